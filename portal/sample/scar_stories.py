"""A few SCARs that are under way, told by the portal's own verbs at the time it happened."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access.principal import Principal, of_person
from portal.models.organisation import Part
from portal.models.people import Person
from portal.models.scars import CauseKind, CostKind, Discipline, Scar, Severity, Stage
from portal.models.suppliers import Supplier
from portal.sample.days import Anchor
from portal.sample.scars import ELIN, IDS, TOMASZ, content
from portal.workflows.scars import (
    costs,
    extensions,
    issue,
    record,
    responsibility,
    reviewing,
    sending,
    writing,
)
from portal.workflows.scars.reviewing import Decision

_PORES = {
    "title": "Pores in bearing seat, gearbox housing GH-220-04",
    "description": "At incoming inspection in Luleå, 36 housings had open pores in the machined bearing seat"
    " Ø72 H7. The largest is 1.9 mm. The drawing allows pores up to 0.5 mm, at most 3 per seat (note 7).",
    "defect": "Porosity",
    "quantity": 36,
    "quantity_checked": 480,
    "severity": Severity.MAJOR,
}
_BURRS = {
    "title": "Burrs in oil bore, bracket BR-118",
    "description": "12 brackets have burrs in the oil bore. A loose burr blocks the oil.",
    "defect": "Burrs",
    "quantity": 12,
    "quantity_checked": 300,
    "severity": Severity.MINOR,
}
_LABELS = {
    "title": "Wrong labels on motor housings",
    "description": "Four boxes carry the label of another part number.",
    "defect": "Label, packing",
    "quantity": 4,
    "quantity_checked": 40,
    "severity": Severity.MINOR,
}
_SHAFTS = {
    "title": "Shaft diameter above tolerance",
    "description": "Diameter 25 h6 measures 25.008 to 25.012 mm on nine shafts. The line stood for 5 h.",
    "defect": "Dimension",
    "quantity": 9,
    "quantity_checked": 200,
    "severity": Severity.CRITICAL,
}
_WANTED = (
    "All pieces in transit and in stock are checked.",
    "Why it happened, proven by a test (switch the cause on and off).",
    "Why final inspection did not find it.",
)
_D3 = {
    "checks": [
        {"place": "Our stock", "checked": "212", "bad": "9"},
        {"place": "Truck near Gdańsk", "checked": "0", "bad": ""},
    ],
    "actions": [{"what": "X-ray of every piece before shipping", "owner": "T. Wieczorek", "since": ""}],
    "marking": "Green dot beside the casting number",
}
_D4 = {
    "occurrence": [
        "Gas stayed in the thick wall at section B-B.",
        "The core vent at B-B was closed by core coating.",
        "Coating was too thick: 0.42 mm instead of 0.20 to 0.30 mm, shift 2.",
        "The new coating batch is denser. Our instruction has no density check when a batch is changed.",
    ],
    "escape": [
        "Pores are under the as-cast skin. They open when the seat is machined.",
        "X-ray takes 2 pieces per lot, and both were from shift 1.",
        "The operator forgot to take a piece from shift 2.",
    ],
    "proof": "10 cores with 0.42 mm coating: 8 of 10 castings with pores over 0.5 mm in X-ray.\n"
    "10 cores with 0.25 mm coating, same melt: 0 of 10.",
}


async def tell(db: AsyncSession, anchor: Anchor) -> None:
    """Let a few be under way on the day the sample is made for: each in another state."""
    people = {each.id: each for each in (await db.execute(select(Person))).scalars()}
    companies = {each.number: each for each in (await db.execute(select(Supplier))).scalars()}
    story = _Story(
        db, anchor, {key: await _principal(one, companies) for key, one in people.items()}, companies
    )
    await story.waits_for_the_cause()
    await story.was_returned()
    await story.is_disputed()
    await story.is_overdue()


async def _principal(person: Person, companies: dict[str, Supplier]) -> Principal:
    own = next((each for each in companies.values() if each.id == person.supplier_id), None)
    return of_person(person, own.name if own else None, own.number if own else None)


class _Story:
    def __init__(
        self, db: AsyncSession, anchor: Anchor, people: dict[int, Principal], companies: dict[str, Supplier]
    ) -> None:
        self.db, self.anchor, self.people, self.companies = db, anchor, people, companies

    async def waits_for_the_cause(self) -> None:
        with self.at(9, 12.5):
            scar = await self.issued("104417", _PORES, 1, "GH-220-04", "26-1873")
        with self.at(9, 14):
            await self.send(scar, Stage.ACKNOWLEDGEMENT, TOMASZ)
        with self.at(8, 9.8):
            await self.write(scar, Discipline.D1, TOMASZ)
            await self.write(scar, Discipline.D2, TOMASZ)
            await self.write(scar, Discipline.D3, TOMASZ, _D3)
            await self.send(scar, Stage.CONTAINMENT, TOMASZ)
        with self.at(7, 13):
            await self.decide(scar)
        with self.at(3, 8.25):
            line = {"kind": CostKind.HOURS, "words": "Sorting 480 pieces", "quantity": 14, "rate": 62}
            await costs.add(self.db, scar, line, by=self.people[ELIN])
        with self.at(1, 11):
            await self.write(scar, Discipline.D4, TOMASZ, _D4)

    async def was_returned(self) -> None:
        with self.at(4, 8):
            scar = await self.issued("104417", _BURRS, 1, "BR-118", "26-1790")
        with self.at(4, 10):
            await self.send(scar, Stage.ACKNOWLEDGEMENT, TOMASZ)
        with self.at(3, 9):
            for each in (Discipline.D1, Discipline.D2, Discipline.D3):
                await self.write(scar, each, TOMASZ)
            await self.send(scar, Stage.CONTAINMENT, TOMASZ)
        with self.at(2, 7.5):
            await self.decide(
                scar, {Discipline.D3: "Parts in transit are missing. Two pallets left you on Monday."}
            )
        with self.at(1, 8):
            await extensions.ask(
                self.db, scar, 2, "The deburring robot is being serviced.", by=self.people[TOMASZ]
            )

    async def is_disputed(self) -> None:
        with self.at(3, 7):
            scar = await self.issued("100701", _LABELS, 2)
        with self.at(2, 3):
            words = "The labels were changed in your warehouse: our delivery note shows the right number."
            await responsibility.reject(self.db, scar, words, by=self.people[IDS["Lin Xiaomei"]])

    async def is_overdue(self) -> None:
        with self.at(6, 9):
            scar = await self.issued("100533", _SHAFTS, 1)
        with self.at(6, 11):
            await self.send(scar, Stage.ACKNOWLEDGEMENT, IDS["Rita Bolt"])

    def at(self, days: int, hour: float) -> Any:
        return clock.fixed(self.anchor.now - timedelta(days=days) + timedelta(hours=hour))

    async def issued(
        self, supplier: str, words: dict[str, Any], plant: int, number: str = "", lot: str = ""
    ) -> Scar:
        company = self.companies[supplier]
        part = (await self.db.execute(select(Part).where(col(Part.number) == number))).scalar_one_or_none()
        values = {
            **words,
            "plant_id": plant,
            "part_id": part.id if part else None,
            "commodity_id": company.commodity_id,
            "lots": lot,
            "buyer_id": IDS["Olle Nyström"],
        }
        scar = await issue.draft(self.db, company, values, _WANTED, by=self.people[ELIN])
        await issue.issue(self.db, scar, by=self.people[ELIN])
        return scar

    async def write(
        self, scar: Scar, discipline: Discipline, person: int, given: dict[str, Any] | None = None
    ) -> None:
        by = self.people[person]
        answers = await record.answers(self.db, by, scar)
        words = given or content(discipline, CauseKind.METHOD, scar.defect, clock.now())
        await writing.save(self.db, scar, answers, discipline, words, 0, by=by)

    async def send(self, scar: Scar, stage: Stage, person: int) -> None:
        by = self.people[person]
        await sending.send(self.db, scar, await record.answers(self.db, by, scar), stage, by=by)

    async def decide(self, scar: Scar, returned: dict[Discipline, str] | None = None) -> None:
        by = self.people[ELIN]
        answers = await record.answers(self.db, by, scar)
        decisions = {
            each: Decision(each not in (returned or {}), (returned or {}).get(each, ""))
            for each in reviewing.to_decide(scar, answers)
        }
        shown = {
            each.id: Discipline.D3 for each in await issue.criteria_of(self.db, scar) if each.position == 1
        }
        await reviewing.decide(self.db, scar, answers, decisions, by=by, shown=shown)

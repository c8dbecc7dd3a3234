"""SCARs that have come as far as a story needs, by the verbs that the portal itself uses."""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from portal.access.principal import Principal
from portal.models.scar_lessons import ScarLesson
from portal.models.scars import AnswerStatus, Discipline, Scar, Severity, Stage
from portal.workflows.scars import issue, record, reviewing, sending, writing
from portal.workflows.scars.reviewing import Decision
from portal.workflows.scars.steps import STAGES
from tests.people import Cast, principal_of

CONTENT: dict[Discipline, dict[str, Any]] = {
    Discipline.D0: {"response": "Lot 26-1873 is blocked."},
    Discipline.D1: {"team": [{"name": "Tomasz Wieczorek", "role": "Quality"}]},
    Discipline.D2: {"problem": "Open pores in the bearing seat of lot 26-1873."},
    Discipline.D3: {
        "checks": [{"place": "Our stock", "checked": "212", "bad": "9"}],
        "actions": [{"what": "X-ray of all pieces", "owner": "T. Wieczorek", "since": "2026-11-04"}],
    },
    Discipline.D4: {
        "occurrence": ["Gas stayed in the wall.", "Our instruction has no density check."],
        "escape": ["X-ray takes 2 pieces per lot.", "The sampling plan ignores shifts."],
        "proof": "0.42 mm coating: 8 of 10 bad. 0.25 mm: 0 of 10.",
    },
    Discipline.D5: {
        "actions": [{"what": "Density check in the plan", "owner": "A. Nowak", "due": "2026-11-20"}],
        "check": "X-ray of three lots",
    },
    Discipline.D6: {
        "done": [{"what": "Density check in the plan", "owner": "A. Nowak", "since": "2026-11-20"}],
        "result": "0 of 600 bad",
    },
    Discipline.D7: {"elsewhere": "GH-118 has the same core. Changed too.", "documents": "Control plan 7"},
}
VALUES: dict[str, Any] = {
    "title": "Pores in bearing seat, gearbox housing GH-220-04",
    "description": "36 housings of lot 26-1873 had open pores in the machined bearing seat.",
    "defect": "Porosity",
    "lots": "26-1873",
    "severity": Severity.MAJOR,
    "quantity": Decimal(36),
    "quantity_checked": Decimal(480),
}
CRITERIA = ("Why the pores formed, proven by a test.", "Why final inspection did not find them.")


async def drafted(db: AsyncSession, cast: Cast, **given: Any) -> Scar:
    values = {
        **VALUES,
        "plant_id": cast.lulea.id,
        "part_id": cast.housing.id,
        "commodity_id": cast.castings.id,
        **given,
    }
    supplier = values.pop("supplier", cast.acme)
    found = values.pop("found", ())
    return await issue.draft(db, supplier, values, CRITERIA, by=principal_of(cast.elin), found=found)


async def issued(db: AsyncSession, cast: Cast, **given: Any) -> Scar:
    scar = await drafted(db, cast, **given)
    await issue.issue(db, scar, by=principal_of(cast.elin))
    return scar


async def write(
    db: AsyncSession, scar: Scar, discipline: Discipline, by: Principal, content: dict[str, Any] | None = None
) -> None:
    answers = await record.answers(db, by, scar)
    version = writing.draft_version(answers, discipline)
    await writing.save(
        db, scar, answers, discipline, CONTENT[discipline] if content is None else content, version, by=by
    )


async def send(db: AsyncSession, scar: Scar, stage: Stage, by: Principal) -> None:
    """Write whatever the stage lacks, and send it."""
    answers = await record.answers(db, by, scar)
    for each in STAGES[stage]:
        if answers.is_open(each) and answers.status(each) is not AnswerStatus.DRAFT:
            await write(db, scar, each, by)
    await sending.send(db, scar, await record.answers(db, by, scar), stage, by=by)


async def accept(db: AsyncSession, scar: Scar, by: Principal) -> None:
    answers = await record.answers(db, by, scar)
    decisions = {each: Decision(accepted=True) for each in reviewing.to_decide(scar, answers)}
    await reviewing.decide(db, scar, answers, decisions, by=by)


async def bring_to(db: AsyncSession, scar: Scar, stage: Stage, cast: Cast) -> None:
    """Send and accept every stage before this one."""
    for each in Stage:
        if each is stage:
            return
        await send(db, scar, each, principal_of(cast.tomasz))
        if each is not Stage.ACKNOWLEDGEMENT:
            await accept(db, scar, principal_of(cast.elin))


async def lesson(db: AsyncSession, scar: Scar, **given: Any) -> ScarLesson:
    values = {
        "supplier_id": scar.supplier_id,
        "plant_id": scar.plant_id,
        "defect": scar.defect,
        "words": "Look at the density of your cores.",
        "due_on": date(2026, 12, 1),
        "asked_by_id": scar.author_id,
        **given,
    }
    found = ScarLesson(scar_id=scar.id, **values)
    db.add(found)
    await db.flush()
    return found

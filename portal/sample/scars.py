"""SCARs as the feed of answers tells of them: as far as each has come, closed ones over the months."""

import json
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from portal.models.scars import (
    AnswerStatus,
    CauseKind,
    Discipline,
    RunningNumber,
    Scar,
    ScarAnswer,
    ScarCriterion,
    ScarEvent,
    ScarStage,
    ScarStatus,
    Severity,
    Stage,
)
from portal.sample import answers as feed
from portal.sample import chance
from portal.sample.answers import Scar as Told
from portal.sample.days import Anchor
from portal.sample.history import History
from portal.sample.house import SIGN_INS
from portal.sample.rows import SUPPLIER_IDS, Table, table
from portal.workflows.scars.disciplines import FEED_TITLES
from portal.workflows.scars.steps import STAGES

IDS = {person.name: at for at, person in enumerate(SIGN_INS, 1)}
ELIN, KARIN, TOMASZ = (IDS[name] for name in ("Elin Sandberg", "Karin Holm", "Tomasz Wieczorek"))
CLOSED_AFTER = timedelta(days=21)  # from the last acceptance: five lots without recurrence
_STAGES = {title: stage for stage, title in FEED_TITLES.items()}
_ACCEPTED = {
    0: ScarStatus.ISSUED,
    1: ScarStatus.ACKNOWLEDGED,
    2: ScarStatus.CONTAINMENT_ACCEPTED,
    3: ScarStatus.ACTIONS_ACCEPTED,
    4: ScarStatus.IMPLEMENTED,
    5: ScarStatus.EFFECTIVENESS_CHECK,
}
_SENT = {
    1: ScarStatus.CONTAINMENT_SUBMITTED,
    2: ScarStatus.ROOT_CAUSE_SUBMITTED,
    3: ScarStatus.IMPLEMENTATION_SUBMITTED,
    4: ScarStatus.PREVENTION_SUBMITTED,
}
_CRITERIA = ("Why it happened, proven by a test.", "Why it was not found before shipping.")
_CAUSES = (
    (CauseKind.METHOD, 5.0),
    (CauseKind.MACHINE, 3.0),
    (CauseKind.MATERIAL, 2.0),
    (CauseKind.MEASUREMENT, 2.0),
    (CauseKind.PEOPLE, 1.0),
    (CauseKind.SUB_SUPPLIER, 1.0),
)
_ROOTS = {
    CauseKind.METHOD: "The instruction has no step for a change of batch.",
    CauseKind.MACHINE: "The fixture was worn, and no plan asks for its check.",
    CauseKind.MATERIAL: "The new batch behaves differently, and nothing compares it on arrival.",
    CauseKind.MEASUREMENT: "The gauge repeats no better than half the tolerance.",
    CauseKind.PEOPLE: "The operator forgot the step after the break.",
    CauseKind.SUB_SUPPLIER: "The sub-supplier changed its process and told nobody.",
}


def tables(history: History, anchor: Anchor) -> list[Table]:
    """The rows of every SCAR that the feed names, as far as each has come."""
    stages: dict[int, list[feed.Stage]] = defaultdict(list)
    for stage in history.stages:
        if stage.scar is not None and feed.is_asked(stage, anchor):
            stages[id(stage.scar)].append(stage)
    made = _Rows(anchor)
    for told in history.scars:
        if told.issued_at < anchor.now and stages[id(told)]:
            made.add(told, sorted(stages[id(told)], key=lambda one: one.due_at))
    return made.tables()


class _Rows:
    def __init__(self, anchor: Anchor) -> None:
        self.anchor = anchor
        self.rows: dict[type, list[tuple[Any, ...]]] = defaultdict(list)
        self.last: dict[int, int] = {}

    def add(self, told: Told, stages: list[feed.Stage]) -> None:
        number = len(self.rows[Scar]) + 1
        source = chance.of("scar", told.number)
        known = [feed.known(stage, self.anchor) for stage in stages]
        done = next((at for at, (_when, accepted) in enumerate(known) if not accepted), len(known))
        status = _ACCEPTED[done]
        if done < len(known) and known[done][0] and known[done][1] is None:
            status = _SENT.get(done, status)
        ends = [when for when, _accepted in known[:done] if when]
        closed_at = None
        if done == len(known) == len(Stage) and max(ends) + CLOSED_AFTER < self.anchor.now:
            status, closed_at = ScarStatus.CLOSED, max(ends) + CLOSED_AFTER
        self._scar(number, told, status, stages, done, closed_at, chance.weighted(source, list(_CAUSES)))
        self.last[told.issued_at.year] = max(
            self.last.get(told.issued_at.year, 0), int(told.number.rpartition("-")[2])
        )

    def _scar(
        self,
        number: int,
        told: Told,
        status: ScarStatus,
        stages: list[feed.Stage],
        done: int,
        closed_at: datetime | None,
        cause: CauseKind,
    ) -> None:
        found = told.raised_by
        line = found.lot.arrival.line
        supplier = SUPPLIER_IDS[told.company.number]
        place = (supplier, line.plant.id)
        is_checked = closed_at is not None
        waits = status.value.endswith("_submitted") or done == len(Stage)
        self.rows[Scar].append(
            (
                *(number, told.number, *place, line.part.id, line.part.commodity_id, status.value),
                (
                    Severity.CRITICAL
                    if found.is_safety
                    else Severity.MAJOR
                    if found.quantity >= 5
                    else Severity.MINOR
                ).value,
                f"{found.kind} on {line.part.name or 'part'} {line.part.number}",
                *(
                    found.description,
                    found.kind,
                    found.lot.number,
                    found.quantity,
                    found.lot.arrival.quantity,
                ),
                *(
                    ELIN,
                    ELIN,
                    told.company.time_zone,
                    told.company.country,
                    told.issued_at,
                    told.issued_at.date(),
                ),
                None if waits or is_checked else stages[done].due_at,
                cause.value if done > 2 else None,
                cause is CauseKind.PEOPLE and done > 2,
                *("No recurrence in the next 5 lots" if done > 3 else "", ELIN if done > 3 else None),
                *(closed_at, KARIN if is_checked else None, True if is_checked else None),
                "0 of 5 lots" if is_checked else "",
                *(
                    closed_at,
                    KARIN if is_checked else None,
                    "Thank you for the clear answer." if is_checked else "",
                ),
            )
        )
        for position, words in enumerate(_CRITERIA, 1):
            shown = Discipline.D4.value if done > 2 else None
            self.rows[ScarCriterion].append(
                (*self._next(ScarCriterion), number, *place, position, words, shown)
            )
        for at, stage in enumerate(stages):
            self._stage(number, place, at, stage, done, told)
        self._event(number, place, told.issued_at, "issued", ELIN)
        for at, stage in enumerate(stages[:done]):
            self._answers(number, place, _STAGES[stage.title], stage, cause, found.kind)
            kind = (
                "acknowledge",
                "accept_containment",
                "accept_actions",
                "accept_implementation",
                "accept_prevention",
            )
            answered = feed.known(stage, self.anchor)[0]
            if answered is not None and at:
                self._event(number, place, answered + timedelta(hours=20), kind[at], ELIN)
            elif answered is not None:
                self._event(number, place, answered, kind[at], None)
        if closed_at is not None:
            self._event(number, place, closed_at, "close", KARIN)

    def _stage(
        self, number: int, place: tuple[int, int], at: int, stage: feed.Stage, done: int, told: Told
    ) -> None:
        answered, accepted = feed.known(stage, self.anchor) if at <= done else (None, None)
        title = _STAGES[stage.title]
        hours = max(1, int(stage.span.total_seconds() // 3600))
        self.rows[ScarStage].append(
            (
                *(*self._next(ScarStage), number, *place, title.value, hours, title is Stage.PREVENTION),
                *(
                    told.issued_at,
                    stage.due_at,
                    answered,
                    answered if accepted is not None else None,
                    accepted,
                ),
            )
        )

    def _answers(
        self,
        number: int,
        place: tuple[int, int],
        title: Stage,
        stage: feed.Stage,
        cause: CauseKind,
        defect: str,
    ) -> None:
        answered = feed.known(stage, self.anchor)[0]
        if answered is None:
            return
        for discipline in STAGES[title]:
            given = content(discipline, cause, defect, answered)
            if given:
                self.rows[ScarAnswer].append(
                    (
                        *(
                            *self._next(ScarAnswer),
                            number,
                            *place,
                            discipline.value,
                            AnswerStatus.ACCEPTED.value,
                        ),
                        *(
                            json.dumps(given, ensure_ascii=False),
                            TOMASZ if place[0] == SUPPLIER_IDS["104417"] else ELIN,
                        ),
                        place[0] != SUPPLIER_IDS["104417"],
                        discipline is Discipline.D4 and cause is CauseKind.PEOPLE,
                        *(answered, answered + timedelta(hours=20), KARIN),
                    )
                )

    def _event(
        self, number: int, place: tuple[int, int], at: datetime, kind: str, person: int | None
    ) -> None:
        if at < self.anchor.now:
            name = SIGN_INS[person - 1].name if person else ""
            self.rows[ScarEvent].append(
                (*self._next(ScarEvent), number, *place, at, kind, person, name, person is not None)
            )

    def _next(self, model: type) -> tuple[int]:
        return (len(self.rows[model]) + 1,)

    def tables(self) -> list[Table]:
        place = ("id", "scar_id", "supplier_id", "plant_id")
        scar = (
            *("id", "number", "supplier_id", "plant_id", "part_id", "commodity_id", "status", "severity"),
            *("title", "description", "defect", "lots", "quantity", "quantity_checked", "author_id"),
            *("owner_id", "zone", "country", "issued_at", "issued_on", "due_at", "cause", "is_weak", "plan"),
            *("plan_by_id", "checked_at", "checked_by_id", "is_effective", "check_note"),
            *("closed_at", "closed_by_id", "closing_note"),
        )
        answer = (
            *(*place, "discipline", "status", "content", "written_by_id", "is_on_behalf", "is_weak"),
            *("submitted_at", "decided_at", "decided_by_id"),
        )
        stage = (
            *(*place, "stage", "hours", "is_calendar", "started_at", "due_at", "submitted_at"),
            *("decided_at", "accepted"),
        )
        numbers = [(at, "SCAR", year, last) for at, (year, last) in enumerate(sorted(self.last.items()), 1)]
        return [
            table(Scar, scar, self.rows[Scar]),
            table(ScarCriterion, (*place, "position", "words", "shown_with"), self.rows[ScarCriterion]),
            table(ScarStage, stage, self.rows[ScarStage]),
            table(ScarAnswer, answer, self.rows[ScarAnswer]),
            table(
                ScarEvent, (*place, "at", "kind", "person_id", "person_name", "is_ours"), self.rows[ScarEvent]
            ),
            table(RunningNumber, ("id", "prefix", "year", "last"), numbers),
        ]


def content(discipline: Discipline, cause: CauseKind, defect: str, at: datetime) -> dict[str, Any]:
    day = f"{at:%Y-%m-%d}"
    said: dict[Discipline, dict[str, Any]] = {
        Discipline.D0: {"response": "The lot is blocked at our side."},
        Discipline.D1: {
            "team": [{"name": "Quality", "role": "Lead"}, {"name": "Production", "role": "Process"}]
        },
        Discipline.D2: {"problem": f"{defect} on the parts of the lot that you name."},
        Discipline.D3: {
            "checks": [{"place": "Our stock", "checked": "240", "bad": "3"}],
            "actions": [{"what": "100 % check before shipping", "owner": "Quality", "since": day}],
        },
        Discipline.D4: {
            "occurrence": ["The process left its window.", _ROOTS[cause]],
            "escape": [
                "The sample was too small to show it.",
                "The plan takes two pieces a lot, whatever the lot.",
            ],
            "proof": "Cause on: 8 of 10 bad. Cause off: 0 of 10.",
        },
        Discipline.D5: {
            "actions": [{"what": "Add the check to the control plan", "owner": "Process", "due": day}],
            "check": "Three lots without the defect",
        },
        Discipline.D6: {
            "done": [{"what": "Check added to the control plan", "owner": "Process", "since": day}],
            "result": "0 bad in three lots",
        },
        Discipline.D7: {"elsewhere": "Same step for the sister parts.", "documents": "Control plan, FMEA"},
    }
    return said.get(discipline, {})


async def gather(db: AsyncSession) -> None:
    """Put each nonconformance that raised a SCAR into it; they are known by supplier, lot and day."""
    await db.execute(
        text(
            "UPDATE nonconformance SET scar_id = scar.id FROM scar"
            " WHERE scar.supplier_id = nonconformance.supplier_id AND scar.part_id = nonconformance.part_id"
            " AND scar.lots = nonconformance.lot_number AND scar.defect = nonconformance.kind"
            " AND nonconformance.found_on BETWEEN scar.issued_on - 5 AND scar.issued_on"
            " AND nonconformance.scar_id IS NULL"
        )
    )
    # The same part and defect within 90 days is a repeat.
    await db.execute(
        text(
            "UPDATE scar SET repeat_of_id = (SELECT earlier.id FROM scar AS earlier"
            " WHERE earlier.part_id = scar.part_id AND earlier.defect = scar.defect"
            " AND earlier.supplier_id = scar.supplier_id AND earlier.id <> scar.id"
            " AND earlier.issued_on BETWEEN scar.issued_on - 90 AND scar.issued_on"
            " AND (earlier.issued_at, earlier.id) < (scar.issued_at, scar.id)"
            " ORDER BY earlier.issued_at DESC LIMIT 1) WHERE repeat_of_id IS NULL"
        )
    )

"""What suppliers had to answer: SCAR steps after nonconformances, renewals, agreement turns, findings.

A month's plan says how many answers are due and how many of them come late. SCARs take their places
first; renewals, turns and findings fill what is left.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from portal.models.nonconformances import Responsibility
from portal.models.ratings import StageKind
from portal.sample import chance
from portal.sample.companies import Company
from portal.sample.days import Anchor, midday, on_working_day, working_days, working_days_later
from portal.sample.plans import Plan
from portal.sample.quality import Nonconformance
from scorecards.periods import month_number

# Step, then hours, working days or calendar days from the notification.
STEPS = (
    ("D0 acknowledgement", "hours", 24),
    ("D3 containment", "hours", 48),
    ("D4–D5 root cause and actions", "working", 7),
    ("D6 actions in place", "working", 14),
    ("D7–D8 prevention and closure", "days", 30),
)
CERTIFICATES = (
    "ISO 9001",
    "ISO 14001",
    "IATF 16949",
    "ISO 45001",
    "RoHS / REACH declaration",
    "Conflict minerals",
    "Insurance",
)
FINDINGS = ("Gauge labels missing", "Lot traceability", "Rework instruction", "Calibration overdue", "FIFO")
ANSWERED_AGAIN = timedelta(days=4)  # after it was due, where it was returned
LATEST_DAY = 25  # so that a month's answers are decided when it is over


@dataclass(slots=True)
class Scar:
    company: Company
    raised_by: Nonconformance
    issued_at: datetime
    number: str = ""


@dataclass(slots=True)
class Stage:
    """``span`` is the time the supplier had."""

    company: Company
    kind: StageKind
    reference: str
    title: str
    due_at: datetime
    span: timedelta
    scar: Scar | None = None
    answered_at: datetime | None = None
    accepted: bool | None = None

    @property
    def month(self) -> int:
        return month_number(self.due_at.date())


class References:
    """Running numbers over all suppliers, such as QA-2026-031."""

    def __init__(self) -> None:
        self._used: Counter[str] = Counter()

    def next(self, prefix: str, year: int, digits: int = 3) -> str:
        self._used[f"{prefix}-{year}"] += 1
        return f"{prefix}-{year}-{self._used[f'{prefix}-{year}']:0{digits}}"


def stages_of(
    company: Company,
    plans: dict[int, Plan],
    found: list[Nonconformance],
    anchor: Anchor,
    references: References,
) -> tuple[list[Scar], list[Stage]]:
    scars, stages = _scars(company, plans, found, anchor)
    room = Counter({month: plan.due for month, plan in plans.items()})
    room.subtract(Counter(stage.month for stage in stages))
    for month in plans:
        source = chance.of("answers", company.number, month)
        used: set[tuple[str, str]] = set()
        for _ in range(room[month]):
            stages.append(_filler(company, month, source, references, used))
    by_month: dict[int, list[Stage]] = defaultdict(list)
    for stage in stages:
        by_month[stage.month].append(stage)
    for month, due in sorted(by_month.items()):
        late = plans[month].late_answers if month in plans else 0
        _answer(due, late, chance.of("answered", company.number, month))
    return scars, stages


def _scars(
    company: Company, plans: dict[int, Plan], found: list[Nonconformance], anchor: Anchor
) -> tuple[list[Scar], list[Stage]]:
    source = chance.of("scars", company.number)
    room = Counter({month: plan.due for month, plan in plans.items()})
    scars: list[Scar] = []
    stages: list[Stage] = []
    for nonconformance in sorted(found, key=lambda one: one.found_on):
        counts = nonconformance.responsibility is Responsibility.SUPPLIER and not nonconformance.is_sample
        worth = nonconformance.is_safety or (counts and nonconformance.quantity >= 2)
        issued_on = on_working_day(nonconformance.found_on + timedelta(days=source.choice((0, 0, 1))))
        scar = Scar(company, nonconformance, midday(issued_on, source.choice((8, 9.5, 11, 12.5, 13.5))))
        steps = [_step(scar, *step) for step in STEPS]
        months = Counter(step.month for step in steps)
        # A month that is still to come takes what comes.
        fits = all(room[month] >= wanted for month, wanted in months.items() if month <= anchor.running)
        if worth and (fits or nonconformance.is_safety):
            room.subtract(months)
            scars.append(scar)
            stages += steps
    return scars, stages


def _step(scar: Scar, title: str, unit: str, count: int) -> Stage:
    start = scar.issued_at
    if unit == "hours":
        days = count // 24
        due_at = datetime.combine(working_days_later(start.date(), days), start.timetz())
    elif unit == "working":
        due_at = datetime.combine(working_days_later(start.date(), count), start.timetz())
    else:
        due_at = datetime.combine(on_working_day(start.date() + timedelta(days=count)), start.timetz())
    return Stage(scar.company, StageKind.SCAR, "", title, due_at, due_at - start, scar)


def _filler(
    company: Company, month: int, source: Random, references: References, used: set[tuple[str, str]]
) -> Stage:
    day = source.choice([day for day in working_days(month) if day.day <= LATEST_DAY])
    kind = chance.weighted(
        source,
        ((StageKind.CERTIFICATE, 4.0), (StageKind.AGREEMENT, 3.0), (StageKind.AUDIT_FINDING, 2.0)),
    )
    if kind is StageKind.CERTIFICATE:
        reference = source.choice(CERTIFICATES)
        title = f"Renewal, due {day:%Y-%m-%d}"
        if (reference, title) in used:
            kind = StageKind.AGREEMENT
        used.add((reference, title))
    if kind is StageKind.AGREEMENT:
        reference = references.next("QA", day.year)
        title = f"Clause {source.randint(2, 12)}, turn {source.randint(1, 3)}"
    elif kind is StageKind.AUDIT_FINDING:
        reference = references.next("AU", day.year)
        title = f"Finding: {source.choice(FINDINGS)}"
    return Stage(
        company, kind, reference, title, midday(day, 15), timedelta(days=source.choice((10, 14, 30)))
    )


def _answer(due: list[Stage], late: int, source: Random) -> None:
    """Answer all of a month: that many late, one in twelve of those returned, the others in time."""
    too_late = {id(stage) for stage in source.sample(due, min(late, len(due)))}
    for stage in due:
        if id(stage) not in too_late:
            stage.answered_at = stage.due_at - stage.span * source.uniform(0.04, 0.6)
            stage.accepted = True
        elif source.random() < 0.08:
            stage.answered_at = stage.due_at - stage.span * source.uniform(0.05, 0.3)
            stage.accepted = False
        else:
            stage.answered_at = stage.due_at + timedelta(hours=source.uniform(3, 120))
            stage.accepted = True


def known(stage: Stage, anchor: Anchor) -> tuple[datetime | None, bool | None]:
    """Give the answer and our decision as far as they have happened; deciding takes us a day and a half.

    What was returned is answered again, and too late by then.
    """
    if stage.answered_at is None or stage.answered_at >= anchor.now:
        return None, None
    if stage.accepted is False and stage.due_at + ANSWERED_AGAIN < anchor.now:
        return (stage.due_at + ANSWERED_AGAIN).replace(microsecond=0), True
    answered_at = stage.answered_at.replace(microsecond=0)
    return answered_at, stage.accepted if answered_at + timedelta(hours=36) < anchor.now else None


def is_asked(stage: Stage, anchor: Anchor) -> bool:
    return stage.due_at - stage.span < anchor.now


def due_day(stage: Stage) -> date:
    return stage.due_at.date()

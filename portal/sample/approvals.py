"""The approved supplier list and how each entry came to stand where it stands."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from portal.models.suppliers import AslStatus, ScopeKind
from portal.sample import chance
from portal.sample.companies import COMPANIES, Company
from portal.sample.days import Anchor, last_day, midday
from portal.sample.house import COMMODITIES, ENGINEER, MANAGER
from scorecards.periods import month_start

PROCESSES = {
    "CAST": "Pressure die casting",
    "FORG": "Hot forging",
    "MACH": "Grinding",
    "ELEC": "Reflow soldering",
    "FAST": "Thread rolling",
    "PLAT": "Zinc-nickel plating",
}
EXPIRED, EXPIRING = "102499", "103137"  # whose approval has run out, and whose does within 30 days


@dataclass(frozen=True, slots=True)
class Event:
    at: datetime
    by: str
    to: AslStatus
    reason: str
    valid_until_on: date | None


@dataclass(frozen=True, slots=True)
class Entry:
    company: Company
    scope_kind: ScopeKind
    scope: str
    history: tuple[Event, ...]

    @property
    def last(self) -> Event:
        return self.history[-1]


def entries(anchor: Anchor) -> list[Entry]:
    made = []
    for company in COMPANIES:
        source = chance.of("asl", company.number)
        made.append(
            Entry(company, ScopeKind.COMMODITY, COMMODITIES[company.commodity], _history(company, anchor))
        )
        process = PROCESSES.get(company.commodity)
        if process and company.level <= 2 and company.story != "never" and source.random() < 0.3:
            begun = month_start(anchor.first - source.randint(2, 12))
            until = last_day(anchor.running + source.randint(6, 28))
            reason = f"Process audit passed, {source.randint(84, 97)} %"
            event = Event(midday(begun, 11), ENGINEER, AslStatus.APPROVED, reason, until)
            made.append(Entry(company, ScopeKind.PROCESS, process, (event,)))
    return made


def _history(company: Company, anchor: Anchor) -> tuple[Event, ...]:
    source = chance.of("asl history", company.number)
    if company.story == "never":
        asked = midday(month_start(anchor.running - 1) + timedelta(days=8), 10)
        reason = "New supplier for pinions. First audit is planned."
        return (Event(asked, ENGINEER, AslStatus.PENDING, reason, None),)
    until = last_day(anchor.running + source.randint(4, 32))
    if company.number == EXPIRED:
        until = anchor.as_of - timedelta(days=19)
    elif company.number == EXPIRING:
        until = anchor.as_of + timedelta(days=23)
    approved = Event(
        midday(month_start(anchor.first - source.randint(3, 14)) + timedelta(days=source.randint(1, 25)), 13),
        MANAGER,
        AslStatus.APPROVED,
        f"System audit passed, {source.randint(82, 96)} %",
        until,
    )
    return (approved, *_since_then(company, anchor, until))


def _since_then(company: Company, anchor: Anchor, until: date) -> list[Event]:  # noqa: PLR0911 - one line for each story
    def at(age: int, day: int, status: AslStatus, reason: str, by: str = MANAGER) -> Event:
        when = midday(month_start(anchor.running - 1 - age) + timedelta(days=day), 12)
        return Event(when, by, status, reason, until)

    match company.story:
        case "on_hold":
            return [
                at(9, 11, AslStatus.CONDITIONAL, "Coating thickness out of limits three months in a row"),
                at(
                    3,
                    13,
                    AslStatus.RESTRICTED,
                    "Audit result C, 61 %. No new parts until the repeat audit; running parts with "
                    "certificate of analysis for each lot",
                ),
            ]
        case "worsening":
            return [at(1, 20, AslStatus.CONDITIONAL, "Defects rise every month. Sorting before dispatch")]
        case "recovering":
            return [
                at(15, 6, AslStatus.CONDITIONAL, "Late deliveries and defects. Improvement plan agreed"),
                at(2, 17, AslStatus.APPROVED, "Improvement plan done: three months better than target"),
            ]
        case "exited":
            return [at(10, 24, AslStatus.DISQUALIFIED, "Gave up series castings; parts moved to Nordgjut")]
        case _ if company.level == 4:
            return [at(6, 9, AslStatus.CONDITIONAL, "Adhesion test failed twice. Every lot is inspected")]
        case _ if company.level == 3 and company.number[-1] in "20":
            return [at(5, 16, AslStatus.CONDITIONAL, "Self-assessment incomplete", ENGINEER)]
        case _:
            return []

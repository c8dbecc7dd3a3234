"""What suppliers are asked at the moment: who confirmed their details, who is late, who changed some.

Tasks about SCARs and certificates come with those.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from portal.models.tasks import Side, Task
from portal.sample import contacts
from portal.sample.companies import COMPANIES, Company
from portal.sample.days import Anchor, midday
from portal.sample.house import SIGN_INS
from portal.sample.rows import SUPPLIER_IDS, Table, table
from portal.workflows.company_details.kinds import CONFIRM, REVIEW

ELIN, OLLE, ZOFIA = (
    next(at for at, one in enumerate(SIGN_INS, 1) if one.name == name)
    for name in ("Elin Sandberg", "Olle Nyström", "Zofia Kamińska")
)
NAMES = {at: one.name for at, one in enumerate(SIGN_INS, 1)}


@dataclass(frozen=True, slots=True)
class Asked:
    """``days`` from today to the day it is due; reminders were sent every second day after that."""

    number: str
    days: int
    by: int = ELIN
    reminders: int = 0


@dataclass(frozen=True, slots=True)
class Changed:
    number: str
    ago: float  # days
    event: str
    by: int = ELIN


ASKED = (
    Asked("104417", 4),
    Asked("100701", -6, reminders=2),
    Asked("100610", -2, reminders=1),
    Asked("100533", 1),
    Asked("101690", 6),
    Asked("100577", 12),
    Asked("101208", -1, by=ZOFIA),
    Asked("101932", 9, by=ZOFIA),
    Asked("100290", -3, by=OLLE, reminders=1),
    Asked("101776", 5, by=OLLE),
    Asked("102018", 19, by=OLLE),
)
CHANGED = (
    Changed("100942", 1.65, "Contact changed"),
    Changed("100377", 0.4, "Contact added"),
    Changed("101077", 0.55, "Site changed", by=ZOFIA),
)
# Days since they confirmed; the first of their contacts did.
CONFIRMED = {
    "100942": 2,
    "100377": 1,
    "100015": 12,
    "100128": 40,
    "100231": 74,
    "100402": 101,
    "100819": 133,
    "101260": 180,
    "101333": 222,
    "101845": 260,
    "102155": 300,
    "104417": 362,
    "100533": 361,
}
ASKED_BEFORE = timedelta(days=14)


def tables(anchor: Anchor) -> list[Table]:
    columns = (
        *("kind", "side", "supplier_id", "table_name", "record_id", "reference", "facts", "person_id"),
        *("contact_id", "opened_at", "due_at", "due_on", "event", "event_at", "reminded_at", "reminders"),
        *("done_at", "done_by_name"),
    )
    found = [*_confirmed(anchor), *_asked(anchor), *_changed(anchor)]
    return [table(Task, ("id", *columns), ((at, *row) for at, row in enumerate(found, 1)))]


def _asked(anchor: Anchor) -> Iterator[tuple[Any, ...]]:
    for one in ASKED:
        company = _company(one.number)
        due_on = anchor.as_of + timedelta(days=one.days)
        opened_at = midday(min(due_on - ASKED_BEFORE, anchor.as_of - timedelta(days=1)), 8)
        reminded_at = midday(anchor.as_of - timedelta(days=1), 7.5) if one.reminders else None
        event = f"Reminder {one.reminders}" if one.reminders else "Asked"
        yield (
            *(CONFIRM, Side.SUPPLIER.value, *_about(company), json.dumps({"asked_by": NAMES[one.by]})),
            *(one.by, _first_contact(one.number)[0], opened_at, _end_of(due_on, company), due_on),
            *(event, reminded_at or opened_at, reminded_at, one.reminders, None, ""),
        )


def _changed(anchor: Anchor) -> Iterator[tuple[Any, ...]]:
    for one in CHANGED:
        company = _company(one.number)
        at = anchor.now - timedelta(days=one.ago)
        due_on = at.date() + timedelta(days=14)
        facts = json.dumps({"changed_by": _first_contact(one.number)[1]})
        yield (
            *(REVIEW, Side.US.value, *_about(company), facts),
            *(one.by, None, at, _end_of(due_on, company), due_on),
            *(one.event, at, None, 0, None, ""),
        )


def _confirmed(anchor: Anchor) -> Iterator[tuple[Any, ...]]:
    for number, ago in CONFIRMED.items():
        company = _company(number)
        at = midday(anchor.as_of - timedelta(days=ago), 8.75)
        due_on = at.date() + timedelta(days=5)
        contact, name = _first_contact(number)
        yield (
            *(CONFIRM, Side.SUPPLIER.value, *_about(company), json.dumps({"asked_by": NAMES[ELIN]})),
            *(ELIN, contact, midday(due_on - ASKED_BEFORE, 8), _end_of(due_on, company), due_on),
            *("Asked", at, None, 0, at, name),
        )


def _company(number: str) -> Company:
    return next(company for company in COMPANIES if company.number == number)


def _about(company: Company) -> tuple[int, str, int, str]:
    supplier = SUPPLIER_IDS[company.number]
    return supplier, "supplier", supplier, company.number


def _first_contact(number: str) -> tuple[int, str]:
    """The contacts' ids are their places in the list of all."""
    at = 0
    for other, people in contacts.of_companies().items():
        if other == number:
            return at + 1, people[0].name
        at += len(people)
    raise LookupError(number)


def _end_of(day: date, company: Company) -> datetime:
    end = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(company.time_zone))
    return (end - timedelta(seconds=1)).astimezone(UTC)

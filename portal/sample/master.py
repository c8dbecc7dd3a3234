"""Who is who: the organisation, its parts and people, suppliers, sites, contacts, the approved list."""

from datetime import date, datetime, timedelta
from typing import Any

from portal.models.organisation import Commodity, Organisation, Part, Plant
from portal.models.people import Person
from portal.models.suppliers import (
    AslEntry,
    AslEvent,
    Contact,
    RiskClass,
    Supplier,
    SupplierSite,
    SupplierStatus,
)
from portal.sample import approvals, chance, contacts, house
from portal.sample.approvals import Entry
from portal.sample.companies import COMPANIES, Company
from portal.sample.days import Anchor, midday
from portal.sample.parts import Part as SamplePart
from portal.sample.rows import SUPPLIER_IDS, Table, table

STATUS = {
    "never": SupplierStatus.PROSPECT,
    "on_hold": SupplierStatus.ON_HOLD,
    "exited": SupplierStatus.EXITED,
}
RISK = {1: RiskClass.LOW, 2: RiskClass.MEDIUM, 3: RiskClass.HIGH, 4: RiskClass.HIGH}
NOTES = {
    "acme": "Second source for GH-220-04 is being looked for; decision in the spring.",
    "on_hold": "No new parts before the repeat audit. Running parts stay, nobody else does zinc-nickel.",
    "worsening": "New plant manager since the summer. Third-party sorting costs are being collected.",
    "recovering": "Improvement plan of last year worked. Propose for the supplier award.",
    "our_fault": "Late lines are mostly ours: planning sends orders inside the lead time.",
    "exited": "Tools were collected; last invoice paid.",
    "never": "Quoted 11 % below Kessler for pinions. First audit before any order.",
    "safety": "Thread defect on brake unit bolts: customer was told on the same day.",
}
SECOND_SITES = {
    "100942": ("Heidenheim", "Werkstraße 2, 89518", "Heidenheim", "DE", "Europe/Berlin"),
    "100701": ("Huizhou", "惠州市惠城区江北 5 号", "Huizhou", "CN", "Asia/Shanghai"),
    "105120": ("Narewka warehouse", "ul. Leśna 2, 17-220", "Narewka", "PL", "Europe/Warsaw"),
    "101776": ("Arifiye", "Sanayi Bölgesi 4, 54580", "Arifiye", "TR", "Europe/Istanbul"),
}


SINCE = ("created_at", "updated_at")


def tables(anchor: Anchor, parts: dict[str, tuple[SamplePart, ...]]) -> list[Table]:
    listed = approvals.entries(anchor)
    known = _known_since(listed)
    return [
        _organisation(),
        table(
            Plant,
            ("id", "code", "name", "country", "time_zone"),
            ((one.id, one.code, one.name, one.country, one.time_zone) for one in house.PLANTS),
        ),
        table(
            Commodity,
            ("id", "code", "name"),
            ((house.COMMODITY_IDS[code], code, name) for code, name in house.COMMODITIES.items()),
        ),
        table(
            Part,
            ("id", "number", "name", "commodity_id"),
            (
                (part.id, part.number, part.name, part.commodity_id)
                for theirs in parts.values()
                for part in theirs
            ),
        ),
        _suppliers(known),
        _sites(known),
        _contacts(known),
        *_approved_list(listed),
        _people(anchor),
    ]


def _known_since(listed: list[Entry]) -> dict[str, datetime]:
    """A supplier is in the books three weeks before the first decision about it."""
    first: dict[str, datetime] = {}
    for entry in listed:
        number, at = entry.company.number, entry.history[0].at - timedelta(days=21)
        first[number] = min(at, first.get(number, at))
    return first


def _organisation() -> Table:
    columns = ("id", "name", "short_name", "time_zone", "desk_hours", "desk_phone", "desk_email")
    values = (1, house.NAME, house.SHORT_NAME, house.TIME_ZONE, house.DESK_HOURS, house.DESK_PHONE)
    return table(Organisation, (*columns, "is_synthetic"), [(*values, house.DESK_EMAIL, True)])


def _suppliers(known: dict[str, datetime]) -> Table:
    columns = ("id", "number", "name", "country", "city", "time_zone", "status", "risk", "commodity_id")

    def row(company: Company) -> tuple[Any, ...]:
        return (
            SUPPLIER_IDS[company.number],
            company.number,
            company.name,
            company.country,
            company.city,
            company.time_zone,
            STATUS.get(company.story, SupplierStatus.ACTIVE).value,
            RISK[company.level].value,
            house.COMMODITY_IDS[company.commodity],
            NOTES.get(company.story, ""),
            known[company.number],
            known[company.number],
        )

    return table(Supplier, (*columns, "note", *SINCE), map(row, COMPANIES))


def _sites(known: dict[str, datetime]) -> Table:
    """A supplier's first site has the supplier's own number as its id."""
    columns = ("id", "supplier_id", "name", "address", "city", "country", "time_zone")
    rows: list[tuple[Any, ...]] = []
    for company in COMPANIES:
        number = SUPPLIER_IDS[company.number]
        place = (company.address, company.city, company.country, company.time_zone)
        since = known[company.number]
        rows.append((number, number, company.city, *place, since, since))
    for at, (supplier, site) in enumerate(SECOND_SITES.items(), len(rows) + 1):
        rows.append((at, SUPPLIER_IDS[supplier], *site, known[supplier], known[supplier]))
    return table(SupplierSite, (*columns, *SINCE), rows)


def _contacts(known: dict[str, datetime]) -> Table:
    columns = ("id", "supplier_id", "site_id", "name", "email", "phone", "role", "language")
    people = [(number, one) for number, theirs in contacts.of_companies().items() for one in theirs]
    return table(
        Contact,
        (*columns, *SINCE),
        (
            (
                at,
                SUPPLIER_IDS[number],
                SUPPLIER_IDS[number],
                one.name,
                one.email,
                one.phone,
                one.role.value,
                one.language,
                known[number],
                known[number],
            )
            for at, (number, one) in enumerate(people, 1)
        ),
    )


def _approved_list(listed: list[Entry]) -> tuple[Table, Table]:
    columns: tuple[str, ...] = ("id", "supplier_id", "site_id", "scope_kind", "scope", "status", "reason")
    rows = (_entry(at, entry) for at, entry in enumerate(listed, 1))
    entries = table(AslEntry, (*columns, "valid_until_on", *SINCE), rows)
    events: list[tuple[Any, ...]] = []
    for at, entry in enumerate(listed, 1):
        before: str | None = None
        for event in entry.history:
            supplier = SUPPLIER_IDS[entry.company.number]
            until: date | None = event.valid_until_on
            change = (before, event.to.value, until, event.reason)
            events.append((len(events) + 1, supplier, at, event.at, event.by, *change))
            before = event.to.value
    columns = ("id", "supplier_id", "asl_entry_id", "at", "by_name", "from_status", "to_status")
    return entries, table(AslEvent, (*columns, "valid_until_on", "reason"), events)


def _entry(at: int, entry: Entry) -> tuple[Any, ...]:
    site = SUPPLIER_IDS[entry.company.number]
    last = entry.last
    scope = (entry.scope_kind.value, entry.scope)
    standing = (last.to.value, last.reason, last.valid_until_on)
    return (at, site, site, *scope, *standing, entry.history[0].at, last.at)


def _people(anchor: Anchor) -> Table:
    columns = ("id", "email", "name", "role", "title", "supplier_id", "plant_ids", "time_zone", "language")
    return table(
        Person,
        (*columns, "last_signed_in_at"),
        (
            (
                at,
                one.email,
                one.name,
                one.role.value,
                one.title,
                SUPPLIER_IDS[one.supplier] if one.supplier else None,
                list(one.plants) if one.plants else None,
                one.time_zone,
                one.language,
                _last_seen(one, anchor),
            )
            for at, one in enumerate(house.SIGN_INS, 1)
        ),
    )


def _last_seen(one: house.SignIn, anchor: Anchor) -> datetime:
    source = chance.of("seen", one.email)
    return midday(anchor.as_of - timedelta(days=source.randint(1, 5)), 6 + source.randint(0, 480) / 60)

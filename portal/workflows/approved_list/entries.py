"""Entries of the approved supplier list: listed, added, decided on. Each decision leaves an event."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.db import because
from portal.errors import NotFoundError
from portal.models.suppliers import AslEntry, AslEvent, AslStatus, ScopeKind, Supplier, SupplierSite
from portal.workflows import lists
from portal.workflows.approved_list import standing
from portal.workflows.editing import TakenError, apply, refuse_stale, unless_taken
from portal.workflows.lists import Listed, Query, Wanted

# Values of the filter "ends", beside the number of days.
EXPIRED, NO_END = "expired", "none"
WITHIN = ("30", "60", "90")

SORTS: lists.Sorts = {
    "supplier": func.lower(col(Supplier.name)),
    "number": col(Supplier.number),
    "scope": func.lower(col(AslEntry.scope)),
    "site": func.lower(col(SupplierSite.name)),
    "status": col(AslEntry.status),
    "until": col(AslEntry.valid_until_on),
    "changed": col(AslEntry.updated_at),
}


class EntryRow(NamedTuple):
    id: int
    supplier_number: str
    supplier_name: str
    scope_kind: ScopeKind
    scope: str
    site: str | None
    status: AslStatus
    valid_until_on: date | None
    reason: str

    def is_expired(self, today: date) -> bool:
        return standing.is_expired(self.status, self.valid_until_on, today)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry with its events, the newest first."""

    entry: AslEntry
    site: str
    events: list[AslEvent]

    def is_expired(self, today: date) -> bool:
        return standing.is_expired(self.entry.status, self.entry.valid_until_on, today)


class Counts(NamedTuple):
    all: int
    expired: int
    within_30: int
    within_60: int
    within_90: int


async def listed(db: AsyncSession, who: Principal, wanted: Wanted, *, today: date) -> Listed[EntryRow]:
    return await lists.first(db, _query(who, wanted, today), wanted, SORTS, col(AslEntry.id), EntryRow)


def every(db: AsyncSession, who: Principal, wanted: Wanted, *, today: date) -> AsyncIterator[EntryRow]:
    return lists.every(db, _query(who, wanted, today), wanted, SORTS, col(AslEntry.id), EntryRow)


async def counts(db: AsyncSession, who: Principal, *, today: date) -> Counts:
    query = select(
        func.count(),
        func.count().filter(standing.expired(today)),
        *(func.count().filter(standing.ending(today, int(days))) for days in WITHIN),
    ).where(scopes.condition(who, AslEntry))
    return Counts._make((await db.execute(query)).one())


async def entries_of(db: AsyncSession, who: Principal, supplier: Supplier) -> list[Entry]:
    """All entries of a supplier with their history, those that end first on top."""
    query = (
        scopes.visible(who, AslEntry)
        .where(col(AslEntry.supplier_id) == supplier.id)
        .order_by(col(AslEntry.valid_until_on).nulls_last(), func.lower(col(AslEntry.scope)))
    )
    entries = list((await db.execute(query)).scalars())
    events = scopes.visible(who, AslEvent).where(col(AslEvent.supplier_id) == supplier.id)
    return await _with_history(db, who, entries, events)


async def find(db: AsyncSession, who: Principal, entry_id: int) -> tuple[Entry, Supplier]:
    return await _load(db, who, scopes.visible(who, AslEntry).where(col(AslEntry.id) == entry_id))


async def to_change(db: AsyncSession, who: Principal, entry_id: int) -> tuple[Entry, Supplier]:
    query = scopes.visible(who, AslEntry).where(col(AslEntry.id) == entry_id)
    return await _load(db, who, query.with_for_update(of=AslEntry).execution_options(populate_existing=True))


async def add(
    db: AsyncSession, supplier: Supplier, values: Mapping[str, Any], *, by: Principal, today: date
) -> AslEntry:
    """Put a supplier on the list for a scope, at one site or all of them.

    Raises:
        TakenError: the list has this scope and site, the site is another supplier's, or a date is wrong.
    """
    _check_end(values["status"], values["valid_until_on"], today)
    await _own_site(db, by, supplier, values["site_id"])
    await because(db, values["reason"])
    entry = AslEntry(supplier_id=supplier.id, **values)
    taken = f"The list already has {supplier.name} for this scope and site. Change that entry instead."
    async with unless_taken(db, entry, "scope", taken):
        db.add(entry)
    db.add(_event(entry, None, by))
    await db.flush()
    return entry


async def decide(
    db: AsyncSession,
    entry: AslEntry,
    version: int,
    *,
    status: AslStatus,
    valid_until_on: date | None,
    reason: str,
    by: Principal,
    today: date,
) -> None:
    """Change status or expiry with a reason; what was decided before stays in the history.

    Raises:
        StaleError: somebody decided after that version was shown.
        TakenError: the date makes no sense for the status.
    """
    refuse_stale(entry, version)
    _check_end(status, valid_until_on, today)
    before = entry.status
    await because(db, reason)
    apply(entry, {"status": status, "valid_until_on": valid_until_on, "reason": reason})
    db.add(_event(entry, before, by))
    await db.flush()


def _check_end(status: AslStatus, valid_until_on: date | None, today: date) -> None:
    if status in {AslStatus.APPROVED, AslStatus.CONDITIONAL} and valid_until_on is None:
        raise TakenError("valid_until", f"Say until when the supplier is {standing.STATUS[status].lower()}.")
    if status in standing.STANDS and valid_until_on is not None and valid_until_on < today:
        raise TakenError("valid_until", "This day has passed. Choose today or later.")


def _event(entry: AslEntry, before: AslStatus | None, by: Principal) -> AslEvent:
    return AslEvent(
        supplier_id=entry.supplier_id,
        asl_entry_id=entry.id,
        by_name=by.name,
        from_status=before,
        to_status=entry.status,
        valid_until_on=entry.valid_until_on,
        reason=entry.reason,
    )


async def _own_site(db: AsyncSession, who: Principal, supplier: Supplier, site_id: int | None) -> None:
    if site_id is None:
        return
    query = scopes.visible(who, SupplierSite).where(
        col(SupplierSite.id) == site_id, col(SupplierSite.supplier_id) == supplier.id
    )
    if (await db.execute(query)).scalar_one_or_none() is None:
        raise TakenError("site", "Choose a site of this supplier. That one is no longer there.")


async def _load(db: AsyncSession, who: Principal, query: Select[AslEntry]) -> tuple[Entry, Supplier]:
    entry = (await db.execute(query)).scalar_one_or_none()
    if entry is None:
        raise NotFoundError
    supplier = (
        await db.execute(scopes.visible(who, Supplier).where(col(Supplier.id) == entry.supplier_id))
    ).scalar_one()
    events = scopes.visible(who, AslEvent).where(col(AslEvent.asl_entry_id) == entry.id)
    return (await _with_history(db, who, [entry], events))[0], supplier


async def _with_history(
    db: AsyncSession, who: Principal, entries: list[AslEntry], query: Select[AslEvent]
) -> list[Entry]:
    ordered = query.order_by(col(AslEvent.at).desc(), col(AslEvent.id).desc())
    events = list((await db.execute(ordered)).scalars())
    ids = {entry.site_id for entry in entries if entry.site_id is not None}
    named = scopes.visible(who, SupplierSite).where(col(SupplierSite.id).in_(ids))
    sites = {site.id: site.name for site in (await db.execute(named)).scalars()} if ids else {}
    return [
        Entry(
            entry,
            sites.get(entry.site_id, "") if entry.site_id is not None else "",
            [event for event in events if event.asl_entry_id == entry.id],
        )
        for entry in entries
    ]


def _query(who: Principal, wanted: Wanted, today: date) -> Query:
    query = (
        select(
            col(AslEntry.id),
            col(Supplier.number),
            col(Supplier.name),
            col(AslEntry.scope_kind),
            col(AslEntry.scope),
            col(SupplierSite.name),
            col(AslEntry.status),
            col(AslEntry.valid_until_on),
            col(AslEntry.reason),
        )
        .join(Supplier, col(Supplier.id) == col(AslEntry.supplier_id))
        .outerjoin(SupplierSite, col(SupplierSite.id) == col(AslEntry.site_id))
        .where(scopes.condition(who, AslEntry))
    )
    if wanted.q:
        query = query.where(
            lists.contains(
                wanted.q,
                col(Supplier.name),
                col(Supplier.number),
                col(AslEntry.scope),
                col(SupplierSite.name),
            )
        )
    if statuses := wanted.options("status", AslStatus):
        query = query.where(col(AslEntry.status).in_(statuses))
    if kinds := wanted.options("kind", ScopeKind):
        query = query.where(col(AslEntry.scope_kind).in_(kinds))
    if ends := wanted.chosen("ends"):
        query = query.where(or_(*(_ends(each, today) for each in ends)))
    return query


def _ends(wish: str, today: date) -> ColumnElement[bool]:
    if wish == EXPIRED:
        return standing.expired(today)
    if wish == NO_END:
        return col(AslEntry.valid_until_on).is_(None)
    return standing.ending(today, int(wish))

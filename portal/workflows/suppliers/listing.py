"""All suppliers as one list: searched, filtered, in order, and counted for the saved filters."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, case, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.countries import country_name
from portal.models.organisation import Commodity
from portal.models.suppliers import AslEntry, AslStatus, RiskClass, Supplier, SupplierStatus
from portal.workflows import lists
from portal.workflows.approved_list import standing
from portal.workflows.approved_list.standing import SOON_DAYS, Standing
from portal.workflows.lists import Listed, Query, Wanted

# Filter values beside the decisions themselves.
EXPIRED, ENDING, NOT_LISTED = "expired", "ending", "none"

_RISK_ORDER = {RiskClass.HIGH: 0, RiskClass.MEDIUM: 1, RiskClass.LOW: 2}

SORTS: lists.Sorts = {
    "number": col(Supplier.number),
    "name": func.lower(col(Supplier.name)),
    "country": col(Supplier.country),
    "commodity": func.lower(col(Commodity.name)),
    "risk": case(_RISK_ORDER, value=col(Supplier.risk)),
    "status": col(Supplier.status),
    "asl": standing.ends_on(),
}


class SupplierRow(NamedTuple):
    id: int
    number: str
    name: str
    country: str
    city: str
    status: SupplierStatus
    risk: RiskClass
    commodity: str | None
    standing: Standing

    @property
    def country_name(self) -> str:
        return country_name(self.country)


class Counts(NamedTuple):
    """How many suppliers each saved filter finds."""

    all: int
    high_risk: int
    on_hold: int
    expired: int
    ending: int
    not_listed: int


async def listed(db: AsyncSession, who: Principal, wanted: Wanted, *, today: date) -> Listed[SupplierRow]:
    return await lists.first(db, _query(who, wanted, today), wanted, SORTS, col(Supplier.id), _row)


def every(db: AsyncSession, who: Principal, wanted: Wanted, *, today: date) -> AsyncIterator[SupplierRow]:
    return lists.every(db, _query(who, wanted, today), wanted, SORTS, col(Supplier.id), _row)


async def counts(db: AsyncSession, who: Principal, *, today: date) -> Counts:
    """Count for the saved filters, in one pass over the entries and one over the suppliers."""
    entries = (
        select(
            col(AslEntry.supplier_id),
            func.bool_or(standing.expired(today)).label("expired"),
            func.bool_or(standing.ending(today, SOON_DAYS)).label("ending"),
        )
        .where(scopes.condition(who, AslEntry))
        .group_by(col(AslEntry.supplier_id))
        .subquery()
    )
    query = (
        select(
            func.count(),
            func.count().filter(col(Supplier.risk) == RiskClass.HIGH),
            func.count().filter(col(Supplier.status) == SupplierStatus.ON_HOLD),
            func.count().filter(entries.c.expired),
            func.count().filter(entries.c.ending),
            func.count().filter(entries.c.supplier_id.is_(None)),
        )
        .select_from(Supplier)
        .outerjoin(entries, entries.c.supplier_id == col(Supplier.id))
        .where(scopes.condition(who, Supplier))
    )
    return Counts._make((await db.execute(query)).one())


async def choices(db: AsyncSession, who: Principal) -> dict[str, list[tuple[str, str]]]:
    """What the filters for commodity and country can be set to: only what a visible supplier has."""
    commodities = (
        select(col(Commodity.code), col(Commodity.name))
        .where(
            exists().where(col(Supplier.commodity_id) == col(Commodity.id), scopes.condition(who, Supplier))
        )
        .order_by(func.lower(col(Commodity.name)))
    )
    countries = (
        select(col(Supplier.country))
        .where(scopes.condition(who, Supplier), col(Supplier.country) != "")
        .distinct()
    )
    names = [(code, country_name(code)) for code in (await db.execute(countries)).scalars()]
    return {
        "commodity": [(code, name) for code, name in await db.execute(commodities)],
        "country": sorted(names, key=lambda each: each[1]),
    }


def _query(who: Principal, wanted: Wanted, today: date) -> Query:
    query = (
        select(
            col(Supplier.id),
            col(Supplier.number),
            col(Supplier.name),
            col(Supplier.country),
            col(Supplier.city),
            col(Supplier.status),
            col(Supplier.risk),
            col(Commodity.name),
            *standing.standing_columns(today),
        )
        .outerjoin(Commodity, col(Commodity.id) == col(Supplier.commodity_id))
        .where(scopes.condition(who, Supplier))
    )
    if wanted.q:
        query = query.where(lists.contains(wanted.q, col(Supplier.name), col(Supplier.number)))
    if statuses := wanted.options("status", SupplierStatus):
        query = query.where(col(Supplier.status).in_(statuses))
    if risks := wanted.options("risk", RiskClass):
        query = query.where(col(Supplier.risk).in_(risks))
    if codes := wanted.chosen("commodity"):
        query = query.where(col(Commodity.code).in_(codes))
    if countries := wanted.chosen("country"):
        query = query.where(col(Supplier.country).in_(countries))
    if standings := wanted.chosen("asl"):
        query = query.where(or_(*(_stands(each, today) for each in standings)))
    return query


def _stands(wish: str, today: date) -> ColumnElement[bool]:
    """Match suppliers with at least one entry that stands so."""
    entry = exists().where(col(AslEntry.supplier_id) == col(Supplier.id))
    if wish == NOT_LISTED:
        return ~entry
    if wish == EXPIRED:
        return entry.where(standing.expired(today))
    if wish == ENDING:
        return entry.where(standing.ending(today, SOON_DAYS))
    return entry.where(standing.stands_as(AslStatus(wish), today))


def _row(*values: Any) -> SupplierRow:
    return SupplierRow._make([*values[:8], standing.standing_of(*values[8:])])

"""Nonconformances as a list, of our people."""

from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.models.nonconformances import Disposition, Nonconformance, Responsibility
from portal.models.organisation import Part, Plant
from portal.models.scars import Scar
from portal.models.suppliers import Supplier
from portal.workflows import lists
from portal.workflows.lists import Listed, Query, Wanted

NO_SCAR, IN_SCAR = "none", "some"
SORTS: lists.Sorts = {
    "found": col(Nonconformance.found_on),
    "number": col(Nonconformance.number),
    "supplier": func.lower(col(Supplier.name)),
    "part": col(Part.number),
    "kind": func.lower(col(Nonconformance.kind)),
    "quantity": col(Nonconformance.quantity),
}
_COLUMNS: dict[str, Any] = {
    "responsibility": Nonconformance.responsibility,
    "disposition": Nonconformance.disposition,
    "plant": Plant.code,
    "supplier": Supplier.number,
    "part": Part.number,
    "kind": Nonconformance.kind,
}


class Row(NamedTuple):
    id: int
    number: str
    found_on: date
    supplier_number: str
    supplier_name: str
    part: str
    plant: str
    kind: str
    quantity: Decimal
    lot: str
    responsibility: Responsibility
    disposition: Disposition
    scar: str | None
    is_safety: bool


class Counts(NamedTuple):
    all: int
    open: int
    undetermined: int
    without: int
    safety: int


async def listed(db: AsyncSession, who: Principal, wanted: Wanted) -> Listed[Row]:
    return await lists.first(db, _query(who, wanted), wanted, SORTS, col(Nonconformance.id), Row)


def every(db: AsyncSession, who: Principal, wanted: Wanted) -> AsyncIterator[Row]:
    return lists.every(db, _query(who, wanted), wanted, SORTS, col(Nonconformance.id), Row)


async def counts(db: AsyncSession, who: Principal) -> Counts:
    def when(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.count().filter(condition)

    row = await db.execute(
        select(
            func.count(),
            when(col(Nonconformance.disposition) == Disposition.OPEN),
            when(col(Nonconformance.responsibility) == Responsibility.UNDETERMINED),
            when(_scar(NO_SCAR)),
            when(col(Nonconformance.is_safety).is_(true())),
        ).where(scopes.condition(who, Nonconformance))
    )
    return Counts(*row.one())


async def options(db: AsyncSession, who: Principal) -> dict[str, list[tuple[str, str]]]:
    plants = await db.execute(scopes.receiving(who).order_by(col(Plant.name)))
    return {"plant": [(each.code, each.name) for each in plants.scalars()]}


def _scar(which: str) -> ColumnElement[bool]:
    """Of the supplier's own: those that no SCAR speaks of, or those that one does."""
    if which == IN_SCAR:
        return col(Nonconformance.scar_id).is_not(None)
    return col(Nonconformance.scar_id).is_(None) & (
        col(Nonconformance.responsibility) == Responsibility.SUPPLIER
    )


def _query(who: Principal, wanted: Wanted) -> Query:
    query = (
        select(
            col(Nonconformance.id),
            col(Nonconformance.number),
            col(Nonconformance.found_on),
            col(Supplier.number),
            col(Supplier.name),
            col(Part.number),
            col(Plant.name),
            col(Nonconformance.kind),
            col(Nonconformance.quantity),
            col(Nonconformance.lot_number),
            col(Nonconformance.responsibility),
            col(Nonconformance.disposition),
            col(Scar.number),
            col(Nonconformance.is_safety),
        )
        .join(Supplier, col(Supplier.id) == col(Nonconformance.supplier_id))
        .join(Plant, col(Plant.id) == col(Nonconformance.plant_id))
        .join(Part, col(Part.id) == col(Nonconformance.part_id))
        .outerjoin(Scar, col(Scar.id) == col(Nonconformance.scar_id))
        .where(scopes.condition(who, Nonconformance))
    )
    if wanted.q:
        fields = (Nonconformance.number, Supplier.name, Part.number, Nonconformance.kind)
        query = query.where(lists.contains(wanted.q, *(col(field) for field in fields)))
    for key in wanted.filters:
        chosen = wanted.chosen(key)
        if key == "scar":
            query = query.where(_scar(chosen[0]))
        elif key == "safety":
            query = query.where(col(Nonconformance.is_safety))
        else:
            query = query.where(col(_COLUMNS[key]).in_(chosen))
    return query

"""What all capabilities share: the organisation, its plants, commodities and parts."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.errors import NotFoundError
from portal.models.organisation import Commodity, Organisation, Part, Plant
from portal.models.suppliers import Supplier
from portal.workflows import lists
from portal.workflows.editing import TakenError, apply, refuse_stale, unless_taken
from portal.workflows.lists import Listed, Query, Wanted

Record = TypeVar("Record", Plant, Commodity, Part)

PART_SORTS: lists.Sorts = {
    "number": col(Part.number),
    "name": func.lower(col(Part.name)),
    "commodity": func.lower(col(Commodity.name)),
}


class PartRow(NamedTuple):
    id: int
    number: str
    name: str
    commodity: str | None


class CommodityRow(NamedTuple):
    """A commodity with how many suppliers have it as their main one, and how many parts belong to it."""

    id: int
    code: str
    name: str
    suppliers: int
    parts: int


async def organisation(db: AsyncSession, who: Principal) -> Organisation:
    found = (await db.execute(scopes.shared(who, Organisation))).scalar_one_or_none()
    if found is None:
        raise NotFoundError
    return found


async def organisation_to_change(db: AsyncSession, who: Principal) -> Organisation:
    query = scopes.shared(who, Organisation).with_for_update().execution_options(populate_existing=True)
    found = (await db.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFoundError
    return found


async def change_organisation(
    db: AsyncSession, record: Organisation, version: int, values: Mapping[str, Any]
) -> None:
    refuse_stale(record, version)
    apply(record, values)
    await db.flush()


async def plants(db: AsyncSession, who: Principal) -> list[Plant]:
    query = scopes.shared(who, Plant).order_by(func.lower(col(Plant.name)))
    return list((await db.execute(query)).scalars())


async def commodities(db: AsyncSession, who: Principal) -> list[CommodityRow]:
    suppliers = (
        select(func.count())
        .where(col(Supplier.commodity_id) == col(Commodity.id), scopes.condition(who, Supplier))
        .scalar_subquery()
    )
    parts = select(func.count()).where(col(Part.commodity_id) == col(Commodity.id)).scalar_subquery()
    query = (
        scopes.shared(who, Commodity)
        .with_only_columns(col(Commodity.id), col(Commodity.code), col(Commodity.name), suppliers, parts)
        .order_by(func.lower(col(Commodity.name)))
    )
    return [CommodityRow._make(row) for row in await db.execute(query)]


async def count_parts(db: AsyncSession, who: Principal) -> int:
    query = scopes.shared(who, Part).with_only_columns(func.count(), maintain_column_froms=True)
    return int((await db.execute(query)).scalar_one())


async def parts(db: AsyncSession, who: Principal, wanted: Wanted) -> Listed[PartRow]:
    return await lists.first(db, _parts(who, wanted), wanted, PART_SORTS, col(Part.id), PartRow)


def every_part(db: AsyncSession, who: Principal, wanted: Wanted) -> AsyncIterator[PartRow]:
    return lists.every(db, _parts(who, wanted), wanted, PART_SORTS, col(Part.id), PartRow)


async def to_change(db: AsyncSession, who: Principal, model: type[Record], record_id: int) -> Record:
    """Load and lock a plant, a commodity or a part."""
    columns: Any = model
    query = (
        scopes.shared(who, model)
        .where(col(columns.id) == record_id)
        .with_for_update(key_share=True)  # imports under way hold on to its key alone
        .execution_options(populate_existing=True)
    )
    found: Record | None = (await db.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFoundError
    return found


async def commodity_code(db: AsyncSession, who: Principal, part: Part) -> str:
    query = scopes.shared(who, Commodity).where(col(Commodity.id) == part.commodity_id)
    found = (await db.execute(query)).scalar_one_or_none()
    return found.code if found else ""


async def add(db: AsyncSession, model: type[Record], values: Mapping[str, Any]) -> Record:
    """Add one.

    Raises:
        TakenError: its code or number is taken, or there is no such commodity.
    """
    record = model(**await _resolved(db, values))
    async with unless_taken(db, record, *_taken(model, values)):
        db.add(record)
    return record


async def change(db: AsyncSession, record: Record, version: int, values: Mapping[str, Any]) -> None:
    """Change one that was loaded with to_change.

    Raises:
        StaleError: somebody changed it after that version was shown.
        TakenError: its code or number is taken, or there is no such commodity.
    """
    refuse_stale(record, version)
    resolved = await _resolved(db, values)
    async with unless_taken(db, record, *_taken(type(record), values)):
        apply(record, resolved)


def _parts(who: Principal, wanted: Wanted) -> Query:
    query: Query = (
        scopes.shared(who, Part)
        .outerjoin(Commodity, col(Commodity.id) == col(Part.commodity_id))
        .with_only_columns(col(Part.id), col(Part.number), col(Part.name), col(Commodity.name))
    )
    if wanted.q:
        query = query.where(lists.contains(wanted.q, col(Part.number), col(Part.name)))
    if codes := wanted.chosen("commodity"):
        query = query.where(col(Commodity.code).in_(codes))
    return query


async def _resolved(db: AsyncSession, values: Mapping[str, Any]) -> dict[str, Any]:
    """Put a commodity's id in place of its code, where there is one."""
    resolved = dict(values)
    if "commodity" not in resolved:
        return resolved
    code = resolved.pop("commodity")
    query = select(col(Commodity.id)).where(col(Commodity.code) == code)
    resolved["commodity_id"] = (await db.execute(query)).scalar_one_or_none() if code else None
    if code and resolved["commodity_id"] is None:
        raise TakenError("commodity", "Choose a commodity from the list. This one is no longer there.")
    return resolved


def _taken(model: type[Any], values: Mapping[str, Any]) -> tuple[str, str]:
    field = "number" if model is Part else "code"
    noun = model.__name__.lower()
    return field, f"{values[field]} is already the {field} of another {noun}. Choose another one."

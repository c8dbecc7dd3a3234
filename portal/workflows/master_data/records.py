"""The organisation, its plants, commodities and parts, one at a time."""

from collections.abc import Mapping
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.errors import NotFoundError
from portal.models.organisation import Commodity, Organisation, Part, Plant
from portal.workflows.editing import TakenError, apply, refuse_stale, unless_taken

Record = TypeVar("Record", Plant, Commodity, Part)


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


async def commodities(db: AsyncSession, who: Principal) -> list[tuple[int, str]]:
    """All commodities as (id, name), by name, to choose from."""
    query = scopes.shared(who, Commodity).order_by(func.lower(col(Commodity.name)))
    return [(each.id, each.name) for each in (await db.execute(query)).scalars()]


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

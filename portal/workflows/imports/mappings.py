"""Mappings by name: those that come with Assay, and those that people saved."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access import scopes
from portal.access.principal import Principal
from portal.errors import BadInputError, NotFoundError
from portal.imports import mapping as reading
from portal.imports.mapping import ColumnMapping, gaps
from portal.imports.shipped import NAMES, SHIPPED
from portal.models.imports import ImportKind, ImportMapping

_LIMIT = 80


async def names(db: AsyncSession, who: Principal, kind: ImportKind) -> list[str]:
    """Give the names of a kind's mappings: saved ones first, then those that come with Assay."""
    saved = await db.execute(
        scopes.shared(who, ImportMapping)
        .with_only_columns(col(ImportMapping.name))
        .where(col(ImportMapping.kind) == kind)
        .order_by(col(ImportMapping.name))
    )
    return [*saved.scalars(), *SHIPPED[kind]]


async def named(db: AsyncSession, who: Principal, kind: ImportKind, name: str) -> ColumnMapping:
    """Find a mapping.

    Raises:
        NotFoundError: there is none of this name, with the names there are.
    """
    if shipped := SHIPPED[kind].get(name):
        return shipped
    found = (
        await db.execute(
            scopes.shared(who, ImportMapping)
            .with_only_columns(col(ImportMapping.definition))
            .where(col(ImportMapping.name) == name, col(ImportMapping.kind) == kind)
        )
    ).scalar_one_or_none()
    if found is None:
        there = ", ".join(await names(db, who, kind))
        raise NotFoundError(f"There is no mapping “{name[:_LIMIT]}” for {kind}. There are: {there}.")
    return reading.read(found, kind)


async def fitting(
    db: AsyncSession, who: Principal, kind: ImportKind, columns: list[str]
) -> tuple[str, ColumnMapping] | None:
    """Find the mapping all of whose columns a file has; the one that uses most of them."""
    best: tuple[int, str, ColumnMapping] | None = None
    for name in await names(db, who, kind):
        candidate = await named(db, who, kind, name)
        used = sum(len(source.columns) for source in candidate.sources.values())
        if used and not gaps(candidate, columns) and (best is None or used > best[0]):
            best = used, name, candidate
    return None if best is None else (best[1], best[2])


async def save(db: AsyncSession, who: Principal, name: str, mapping: ColumnMapping) -> None:
    """Save a mapping under a name; one of the same kind and name is replaced.

    Raises:
        BadInputError: the name is taken by something that stays as it is.
    """
    if not name or len(name) > _LIMIT:
        raise BadInputError(f"Give the mapping a name of at most {_LIMIT} characters.")
    if name in NAMES:
        raise BadInputError(f"“{name}” comes with Assay and stays as it is. Choose another name.")
    saved = (
        await db.execute(
            scopes.shared(who, ImportMapping).where(col(ImportMapping.name) == name).with_for_update()
        )
    ).scalar_one_or_none()
    definition: dict[str, Any] = mapping.as_data()
    if saved is None:
        db.add(ImportMapping(name=name, kind=mapping.kind, definition=definition))
    elif saved.kind is not mapping.kind:
        raise BadInputError(f"“{name}” is a mapping for {saved.kind}. Choose another name.")
    elif saved.definition != definition:
        saved.definition = definition
        saved.version += 1
        saved.updated_at = clock.now()
    await db.flush()

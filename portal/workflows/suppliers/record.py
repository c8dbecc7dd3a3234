"""One supplier: found by its number, added, changed."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.countries import NAMES
from portal.errors import NotFoundError
from portal.models.organisation import Commodity
from portal.models.suppliers import Supplier
from portal.workflows.editing import TakenError, apply, refuse_stale, unless_taken

# A number is part of addresses: these would end or change one.
_NOT_IN_A_NUMBER = set("/\\?#%")
_RESERVED = {".", "..", "new", "details-request"}


def check_number(value: str) -> str:
    """Give the number back, or raise ValueError with a sentence when no address could hold it."""
    if any(c in _NOT_IN_A_NUMBER or not c.isprintable() for c in value):
        raise ValueError("Leave out / \\ ? # % and line ends: the number is part of the page's address.")
    if value.lower() in _RESERVED:
        raise ValueError(f"“{value}” cannot be a number: the portal uses it in its own addresses.")
    return value


def check_country(value: str) -> str:
    if value not in NAMES:
        raise ValueError("Choose a country from the list.")
    return value


async def find(db: AsyncSession, who: Principal, number: str) -> Supplier:
    """Load the supplier that the principal may see; missing and forbidden are the same."""
    return await _load(db, who, number, lock=False)


async def to_change(db: AsyncSession, who: Principal, number: str) -> Supplier:
    """Load and lock; another change waits until this one is done."""
    return await _load(db, who, number, lock=True)


async def add(db: AsyncSession, values: Mapping[str, Any]) -> Supplier:
    """Add a supplier.

    Raises:
        TakenError: the number is another supplier's, or there is no such commodity.
    """
    supplier = Supplier(**await _resolved(db, values))
    async with unless_taken(db, supplier, "number", _taken(values)):
        db.add(supplier)
    return supplier


async def change(db: AsyncSession, supplier: Supplier, version: int, values: Mapping[str, Any]) -> None:
    """Change a supplier that was loaded with to_change.

    Raises:
        StaleError: somebody changed it after that version was shown.
        TakenError: the number is another supplier's, or there is no such commodity.
    """
    refuse_stale(supplier, version)
    resolved = await _resolved(db, values)
    async with unless_taken(db, supplier, "number", _taken(values)):
        apply(supplier, resolved)


async def commodities(db: AsyncSession, who: Principal) -> list[tuple[str, str]]:
    """All commodities as (code, name), by name."""
    query = scopes.shared(who, Commodity).order_by(col(Commodity.name))
    return [(each.code, each.name) for each in (await db.execute(query)).scalars()]


async def commodity_code(db: AsyncSession, supplier: Supplier) -> str:
    if supplier.commodity_id is None:
        return ""
    query = select(col(Commodity.code)).where(col(Commodity.id) == supplier.commodity_id)
    return (await db.execute(query)).scalar_one()


async def _load(db: AsyncSession, who: Principal, number: str, *, lock: bool) -> Supplier:
    if "\x00" in number:  # the database has no such text, and would say so with an error
        raise NotFoundError
    query = scopes.visible(who, Supplier).where(col(Supplier.number) == number)
    if lock:
        # Imports under way hold on to the supplier's key alone: they keep nobody from editing the rest.
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    found = (await db.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFoundError
    return found


async def _resolved(db: AsyncSession, values: Mapping[str, Any]) -> dict[str, Any]:
    """Put the commodity's id in place of its code."""
    resolved = {name: value for name, value in values.items() if name != "commodity"}
    code = values["commodity"]
    query = select(col(Commodity.id)).where(col(Commodity.code) == code)
    resolved["commodity_id"] = (await db.execute(query)).scalar_one_or_none() if code else None
    if code and resolved["commodity_id"] is None:
        raise TakenError("commodity", "Choose a commodity from the list. This one is no longer there.")
    return resolved


def _taken(values: Mapping[str, Any]) -> str:
    return f"Number {values['number']} belongs to another supplier. Each number is used once."

"""Where a supplier is, and whom to write to there."""

from collections.abc import Mapping
from typing import Any, TypeVar

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.errors import NotFoundError
from portal.models.suppliers import AslEntry, Contact, Supplier, SupplierSite
from portal.workflows.editing import InUseError, TakenError, apply, refuse_stale, unless_taken, unless_used
from portal.workflows.task_links import ending

Part = TypeVar("Part", SupplierSite, Contact)


async def sites_of(db: AsyncSession, who: Principal, supplier: Supplier) -> list[SupplierSite]:
    query = (
        scopes.visible(who, SupplierSite)
        .where(col(SupplierSite.supplier_id) == supplier.id)
        .order_by(func.lower(col(SupplierSite.name)))
    )
    return list((await db.execute(query)).scalars())


async def contacts_of(db: AsyncSession, who: Principal, supplier: Supplier) -> list[Contact]:
    query = (
        scopes.visible(who, Contact)
        .where(col(Contact.supplier_id) == supplier.id)
        .order_by(func.lower(col(Contact.name)), col(Contact.id))
    )
    return list((await db.execute(query)).scalars())


async def site_to_change(db: AsyncSession, who: Principal, supplier: Supplier, site_id: int) -> SupplierSite:
    return await _to_change(db, who, SupplierSite, supplier, site_id)


async def contact_to_change(db: AsyncSession, who: Principal, supplier: Supplier, contact_id: int) -> Contact:
    return await _to_change(db, who, Contact, supplier, contact_id)


async def add_site(db: AsyncSession, supplier: Supplier, values: Mapping[str, Any]) -> SupplierSite:
    site = SupplierSite(supplier_id=supplier.id, **values)
    async with unless_taken(db, site, "name", _site_taken(values)):
        db.add(site)
    return site


async def change_site(db: AsyncSession, site: SupplierSite, version: int, values: Mapping[str, Any]) -> None:
    refuse_stale(site, version)
    async with unless_taken(db, site, "name", _site_taken(values)):
        apply(site, values)


async def contacts_at(db: AsyncSession, site: SupplierSite) -> int:
    query = select(func.count()).where(col(Contact.site_id) == site.id)
    return int((await db.execute(query)).scalar_one())


async def remove_site(db: AsyncSession, site: SupplierSite) -> None:
    """Remove a site; its contacts stay with the supplier.

    Raises:
        InUseError: the approved supplier list names the site.
    """
    refused = (
        f"{site.name} stands on the approved supplier list, with its history. It was not removed."
        " Rename the site instead if it moved."
    )
    entries = select(func.count()).where(col(AslEntry.site_id) == site.id)
    if (await db.execute(entries)).scalar_one():
        raise InUseError(refused)
    async with unless_used(db, site, refused):
        await db.execute(update(Contact).where(col(Contact.site_id) == site.id).values(site_id=None))
        await db.delete(site)


async def add_contact(
    db: AsyncSession, who: Principal, supplier: Supplier, values: Mapping[str, Any]
) -> Contact:
    await _own_site(db, who, supplier, values["site_id"])
    contact = Contact(supplier_id=supplier.id, **values)
    async with unless_taken(db, contact, "email", _contact_taken(values)):
        db.add(contact)
    return contact


async def change_contact(
    db: AsyncSession,
    who: Principal,
    supplier: Supplier,
    contact: Contact,
    version: int,
    values: Mapping[str, Any],
) -> None:
    refuse_stale(contact, version)
    await _own_site(db, who, supplier, values["site_id"])
    before = contact.email
    async with unless_taken(db, contact, "email", _contact_taken(values)):
        apply(contact, values)
    if contact.email != before:
        await ending.address_changed(db, who, contact)


async def remove_contact(db: AsyncSession, contact: Contact) -> None:
    await db.delete(contact)
    await db.flush()


async def _to_change(
    db: AsyncSession, who: Principal, model: type[Part], supplier: Supplier, row_id: int
) -> Part:
    """Load and lock a row of this supplier; another supplier's row is as good as missing."""
    columns: Any = model
    query = (
        scopes.visible(who, model)
        .where(col(columns.id) == row_id, col(columns.supplier_id) == supplier.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found: Part | None = (await db.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFoundError
    return found


async def _own_site(db: AsyncSession, who: Principal, supplier: Supplier, site_id: int | None) -> None:
    if site_id is None:
        return
    query = scopes.visible(who, SupplierSite).where(
        col(SupplierSite.id) == site_id, col(SupplierSite.supplier_id) == supplier.id
    )
    if (await db.execute(query)).scalar_one_or_none() is None:
        raise TakenError("site", "Choose a site of this supplier. That one is no longer there.")


def _site_taken(values: Mapping[str, Any]) -> str:
    return f"This supplier already has a site named {values['name']}. Give this one another name."


def _contact_taken(values: Mapping[str, Any]) -> str:
    return f"{values['email']} is already a contact for {values['role']} here. Change that entry instead."

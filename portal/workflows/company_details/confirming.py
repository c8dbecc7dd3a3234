"""A supplier's people read what we hold about their company, change it, and say that it is right."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from portal import clock
from portal.access import scopes
from portal.access.principal import Principal
from portal.db import because
from portal.errors import NotFoundError, NotReadyError
from portal.languages import _
from portal.models.suppliers import Contact, ProcessRole, Supplier, SupplierSite
from portal.models.tasks import Side
from portal.workflows import tasks
from portal.workflows.company_details.asking import TIME_TO_LOOK, Standing, about, standing
from portal.workflows.company_details.kinds import CONFIRM, REVIEW
from portal.workflows.suppliers import sites


@dataclass(frozen=True, slots=True)
class Details:
    supplier: Supplier
    sites: list[SupplierSite]
    contacts: list[tuple[ProcessRole, list[Contact]]]  # every process, also those without anybody
    standing: Standing

    def site_name(self, site_id: int | None) -> str:
        return next((each.name for each in self.sites if each.id == site_id), "")


async def own(db: AsyncSession, who: Principal) -> Supplier:
    """Give the one company that a supplier's person, or a guest, belongs to."""
    if not who.is_supplier:
        raise NotFoundError
    return (await db.execute(scopes.visible(who, Supplier))).scalar_one()


async def details(db: AsyncSession, who: Principal) -> Details:
    supplier = await own(db, who)
    contacts = await sites.contacts_of(db, who, supplier)
    return Details(
        supplier=supplier,
        sites=await sites.sites_of(db, who, supplier),
        contacts=[(role, [each for each in contacts if each.role == role]) for role in ProcessRole],
        standing=await standing(db, who, supplier),
    )


async def confirm(db: AsyncSession, who: Principal) -> None:
    """Say that all of it is right; where nobody asked, that is noted all the same.

    Raises:
        NotReadyError: there would be nobody left to write to.
    """
    supplier = await own(db, who)
    if not await sites.contacts_of(db, who, supplier):
        raise NotReadyError(_("Add somebody we can write to, then confirm."))
    await because(db, "Confirmed by the supplier")
    if not await tasks.finish(db, about(supplier), CONFIRM, by=who):
        await tasks.open_task(db, CONFIRM, about(supplier), Side.SUPPLIER, supplier_id=supplier.id)
        await tasks.finish(db, about(supplier), CONFIRM, by=who)


async def changed(db: AsyncSession, who: Principal, supplier: Supplier, event: str) -> None:
    """Let our people know: a change counts at once, and whoever follows the supplier looks at it.

    Whom we write to decides who gets in by a task link, so that no such change goes unseen.
    """
    asked = (await standing(db, who, supplier)).asked
    await tasks.open_task(
        db,
        REVIEW,
        about(supplier),
        Side.US,
        supplier_id=supplier.id,
        facts={"changed_by": who.name},
        person_id=asked.person_id if asked else None,
        due=clock.today(supplier.time_zone) + TIME_TO_LOOK,
        zone=supplier.time_zone,
        event=event,
    )


async def remove_contact(db: AsyncSession, who: Principal, supplier: Supplier, contact: Contact) -> None:
    """Take somebody off the list.

    Raises:
        NotReadyError: a guest is here as that contact, and would end in the middle of it.
    """
    if who.guest is not None and who.guest.contact_id == contact.id:
        raise NotReadyError(
            _("You are here as this contact. Ask a colleague to remove it, or change its name and address.")
        )
    await sites.remove_contact(db, contact)
    await changed(db, who, supplier, "Contact removed")

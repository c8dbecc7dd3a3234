"""From a draft to the notification: writing one, issuing it, taking it back."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access import scopes
from portal.access.principal import Principal
from portal.errors import BadInputError, NotReadyError
from portal.languages import N_, _
from portal.models.nonconformances import Nonconformance
from portal.models.organisation import Plant
from portal.models.people import Person
from portal.models.scars import Scar, ScarCriterion, ScarSource, ScarStatus, Stage
from portal.models.suppliers import Supplier, SupplierSite
from portal.workflows import editing
from portal.workflows.scars import clocks, record
from portal.workflows.scars.steps import STEPS
from portal.workflows.steps import advance


async def draft(
    db: AsyncSession,
    supplier: Supplier,
    values: Mapping[str, Any],
    criteria: Sequence[str],
    *,
    by: Principal,
    found: Sequence[Nonconformance] = (),
) -> Scar:
    """Write a draft that only we see, about nonconformances of one supplier or without any."""
    zone = (
        await db.execute(select(col(Plant.time_zone)).where(col(Plant.id) == values["plant_id"]))
    ).scalar_one()
    scar = Scar(
        number=await record.next_number(db, "SCAR", clock.today(zone).year),
        supplier_id=supplier.id,
        author_id=by.person_id,
        **{"owner_id": by.person_id, **values},
    )
    db.add(scar)
    await db.flush()
    await _criteria(db, scar, criteria)
    gather(scar, found)
    await record.note(db, scar, "drafted", by=by, is_internal=True)
    return scar


async def change(
    db: AsyncSession, scar: Scar, version: int, values: Mapping[str, Any], criteria: Sequence[str]
) -> None:
    """Change a draft.

    Raises:
        NotReadyError: it is issued, and the supplier relies on what it says.
        StaleError: somebody else saved it meanwhile.
    """
    if scar.status is not ScarStatus.DRAFT:
        raise NotReadyError(N_("This SCAR is issued: what it says stays. Write to the supplier instead."))
    editing.refuse_stale(scar, version)
    kept = [each.words for each in await criteria_of(db, scar)]
    if not editing.apply(scar, values) and kept != list(criteria):
        scar.version += 1
        scar.updated_at = clock.now()
    await _criteria(db, scar, criteria)


def gather(scar: Scar, found: Sequence[Nonconformance]) -> None:
    """Take nonconformances into a SCAR.

    Raises:
        BadInputError: one is another supplier's, or in a SCAR already.
    """
    for each in found:
        if each.supplier_id != scar.supplier_id:
            raise BadInputError(
                _("%(number)s is another supplier's. A SCAR goes to one supplier.", number=each.number)
            )
        if each.scar_id not in {None, scar.id}:
            raise BadInputError(_("%(number)s is in another SCAR already.", number=each.number))
        each.scar_id = scar.id
        each.version += 1
        each.updated_at = clock.now()


async def issue(db: AsyncSession, scar: Scar, *, by: Principal) -> None:
    """Send it out: the clocks start, and the supplier is told.

    Raises:
        NotReadyError: it is issued already, or says too little to be answered.
    """
    criteria = await criteria_of(db, scar)
    plant = (await db.execute(select(Plant).where(col(Plant.id) == scar.plant_id))).scalar_one()
    zone, country = await _place(db, scar)
    # From here on nothing is asked before it is whole: the database would refuse half of it.
    advance(scar, STEPS, "issue", by=by)
    if not scar.description:
        raise NotReadyError(N_("Say what happened before you issue it."))
    if not criteria:
        raise NotReadyError(N_("Say what a good answer shows before you issue it."))
    scar.zone, scar.country = zone, country
    scar.issued_at = clock.now()
    scar.issued_on = clock.today(plant.time_zone)
    scar.author_id = by.person_id
    await db.flush()
    await clocks.start(db, scar, list(Stage))
    await clocks.set_due(db, scar)
    await clocks.feed(db, scar)
    await record.note(db, scar, "issued", by=by)


async def cancel(db: AsyncSession, scar: Scar, reason: str, *, by: Principal) -> None:
    """End it without an answer; the reason is for the supplier as well."""
    was_issued = scar.issued_at is not None
    advance(scar, STEPS, "cancel", by=by)
    scar.cancel_reason = reason
    await release(db, scar)
    if was_issued:
        await clocks.go_on(db, scar)
        await clocks.feed(db, scar)
    await record.note(db, scar, "cancelled", by=by, words=reason, is_internal=not was_issued)


async def release(db: AsyncSession, scar: Scar) -> None:
    """Let go of its nonconformances: they may go into another one."""
    held = await db.execute(select(Nonconformance).where(col(Nonconformance.scar_id) == scar.id))
    for each in held.scalars():
        each.scar_id = None
        each.version += 1
        each.updated_at = clock.now()


async def criteria_of(db: AsyncSession, scar: Scar) -> list[ScarCriterion]:
    found = await db.execute(
        select(ScarCriterion)
        .where(col(ScarCriterion.scar_id) == scar.id)
        .order_by(col(ScarCriterion.position))
    )
    return list(found.scalars())


async def nonconformances(db: AsyncSession, who: Principal, scar: Scar) -> list[Nonconformance]:
    found = await db.execute(
        scopes.visible(who, Nonconformance)
        .where(col(Nonconformance.scar_id) == scar.id)
        .order_by(col(Nonconformance.found_on), col(Nonconformance.id))
    )
    return list(found.scalars())


async def supplier_of(db: AsyncSession, who: Principal, scar: Scar) -> Supplier:
    found = await db.execute(scopes.visible(who, Supplier).where(col(Supplier.id) == scar.supplier_id))
    return found.scalar_one()


def source_of(found: Sequence[Nonconformance]) -> ScarSource:
    return ScarSource.NONCONFORMANCE if found else ScarSource.BY_HAND


async def owners(db: AsyncSession, who: Principal) -> list[Person]:
    """Our people who may be asked to review."""
    found = await db.execute(
        scopes.visible(who, Person)
        .where(col(Person.supplier_id).is_(None), col(Person.is_active))
        .order_by(col(Person.name))
    )
    return list(found.scalars())


async def _criteria(db: AsyncSession, scar: Scar, words: Sequence[str]) -> None:
    await db.execute(delete(ScarCriterion).where(col(ScarCriterion.scar_id) == scar.id))
    for position, each in enumerate(words, 1):
        db.add(
            ScarCriterion(
                scar_id=scar.id,
                supplier_id=scar.supplier_id,
                plant_id=scar.plant_id,
                position=position,
                words=each,
            )
        )
    await db.flush()


async def _place(db: AsyncSession, scar: Scar) -> tuple[str, str]:
    """The time zone and country of the site that answers, or of the supplier."""
    place: Supplier | SupplierSite | None = None
    if scar.site_id is not None:
        place = (
            await db.execute(select(SupplierSite).where(col(SupplierSite.id) == scar.site_id))
        ).scalar_one_or_none()
    if place is None:
        place = (await db.execute(select(Supplier).where(col(Supplier.id) == scar.supplier_id))).scalar_one()
    return place.time_zone, place.country

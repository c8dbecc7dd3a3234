"""For whom a job acts."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access.principal import Principal, of_person, portal_for, system
from portal.errors import ForbiddenError
from portal.jobs.queue import ASKER, PERSON
from portal.models.people import Person
from portal.models.suppliers import Supplier
from portal.workflows import shares


async def asker(db: AsyncSession, payload: dict[str, Any]) -> Principal:
    """Return the person who asked, as they are now: the job sees and may do what they may.

    ForbiddenError when they may no longer sign in, since what they asked for is then nobody's wish, and when
    nobody asked.
    """
    if PERSON not in payload:
        raise ForbiddenError("Nobody with an account asked for this, so there is nobody to act for.")
    row = (
        await db.execute(
            select(Person, col(Supplier.number), col(Supplier.name))
            .outerjoin(Supplier, col(Supplier.id) == col(Person.supplier_id))
            .where(col(Person.id) == payload[PERSON], col(Person.is_active))
        )
    ).first()
    if row is None:
        raise ForbiddenError("The person who asked for this may no longer sign in.")
    person, supplier_number, supplier_name = row
    shared = await shares.supplier_ids(db, person)
    return of_person(person, supplier_name, supplier_number, shared_supplier_ids=shared)


async def portal(db: AsyncSession, name: str, payload: dict[str, Any]) -> Principal:
    """Return the portal itself, in the name of whoever asked, whether or not they may still sign in."""
    person_id = payload.get(PERSON, 0)
    asked_by = payload.get(ASKER, "")
    if person_id:
        found = await db.execute(select(col(Person.name)).where(col(Person.id) == person_id))
        asked_by = found.scalar_one_or_none() or ""
    return portal_for(asked_by, person_id) if asked_by else system(f"job {name}")

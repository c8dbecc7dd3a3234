"""For whom a job acts."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access.principal import Principal, of_person, system
from portal.errors import ForbiddenError
from portal.jobs.queue import PERSON
from portal.models.people import Person
from portal.models.suppliers import Supplier
from portal.workflows import shares


async def principal_for(db: AsyncSession, name: str, payload: dict[str, Any]) -> Principal:
    """Return the person the payload names, as they are now, else the portal itself.

    ForbiddenError when that person may no longer sign in: what they asked for is then nobody's wish.
    """
    if PERSON not in payload:
        return system(f"job {name}")
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

"""What is shared with the auditor: two suppliers now, one until last month, one that was taken back."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.models.people import Person
from portal.models.shares import AuditorShare
from portal.models.suppliers import Supplier
from portal.sample.days import Anchor
from portal.sample.house import AUDITOR, MANAGER

# Supplier, last day from today, days since it was shared and since it was taken back, what for.
_SHARES = (
    ("104417", 60, 12, None, "Surveillance audit of Acme Castings"),
    ("100533", 25, 30, None, "Audit of the fasteners' supply chain"),
    ("101690", -20, 80, None, "Recertification audit"),
    ("100701", 90, 40, 33, "Shared by mistake"),
)


async def load(db: AsyncSession, anchor: Anchor) -> None:
    auditor = (await db.execute(select(col(Person.id)).where(col(Person.name) == AUDITOR))).scalar_one()
    query = select(col(Supplier.number), col(Supplier.id))
    ids = {number: supplier_id for number, supplier_id in await db.execute(query)}  # noqa: C416 # rows are no pairs to the type checker
    for number, until, since, revoked, reason in _SHARES:
        db.add(
            AuditorShare(
                supplier_id=ids[number],
                auditor_id=auditor,
                until_on=anchor.as_of + timedelta(days=until),
                reason=reason,
                shared_by_name=MANAGER,
                created_at=anchor.now - timedelta(days=since),
                revoked_at=None if revoked is None else anchor.now - timedelta(days=revoked),
                revoked_by_name="" if revoked is None else MANAGER,
            )
        )
    await db.flush()

"""Showing a supplier to an auditor: exactly that, until a day, and taken back at any time."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access import scopes
from portal.access.principal import Principal
from portal.errors import BadInputError, NotFoundError
from portal.models.people import Person, Role
from portal.models.shares import AuditorShare
from portal.models.suppliers import Supplier

LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Shared:
    """One share with the names that people read."""

    share: AuditorShare
    auditor: str
    supplier: str
    number: str

    def is_open(self, today: date) -> bool:
        return self.share.revoked_at is None and self.share.until_on >= today


class SharedSupplier(NamedTuple):
    number: str
    name: str
    until_on: date
    reason: str
    shared_by_name: str


async def supplier_ids(db: AsyncSession, person: Person) -> tuple[int, ...]:
    """Give the suppliers that are shared with an auditor today, by their calendar; nobody else has any."""
    if person.role is not Role.AUDITOR:
        return ()
    query = select(col(AuditorShare.supplier_id)).where(
        col(AuditorShare.auditor_id) == person.id,
        col(AuditorShare.revoked_at).is_(None),
        col(AuditorShare.until_on) >= clock.today(person.time_zone),
    )
    return tuple((await db.execute(query)).scalars())


async def with_me(db: AsyncSession, who: Principal) -> list[SharedSupplier]:
    """List what the auditor who asks may read, by name."""
    rows = await db.execute(
        select(
            col(Supplier.number),
            col(Supplier.name),
            col(AuditorShare.until_on),
            col(AuditorShare.reason),
            col(AuditorShare.shared_by_name),
        )
        .join(AuditorShare, col(AuditorShare.supplier_id) == col(Supplier.id))
        .where(
            scopes.condition(who, Supplier),
            col(AuditorShare.auditor_id) == who.person_id,
            col(AuditorShare.revoked_at).is_(None),
        )
        .order_by(col(Supplier.name))
    )
    return [SharedSupplier._make(row) for row in rows]


async def of_supplier(db: AsyncSession, who: Principal, supplier: Supplier) -> list[Shared]:
    """List all shares of a supplier, also those that have ended, newest first."""
    return await _listed(db, who, supplier_id=supplier.id)


async def of_auditor(db: AsyncSession, who: Principal, person_id: int) -> list[Shared]:
    return await _listed(db, who, auditor_id=person_id)


async def auditors(db: AsyncSession, who: Principal) -> list[tuple[int, str]]:
    """Give the active auditors as (id, words)."""
    query = (
        scopes.visible(who, Person)
        .where(col(Person.role) == Role.AUDITOR, col(Person.is_active))
        .order_by(col(Person.name))
    )
    return [(each.id, f"{each.name}, {each.email}") for each in (await db.execute(query)).scalars()]


async def share(
    db: AsyncSession, who: Principal, supplier: Supplier, auditor_id: int, until_on: date, reason: str
) -> AuditorShare:
    """Share a supplier loaded for the principal; an open share for the same auditor ends with it.

    Raises:
        BadInputError: nobody of that id is an auditor, or the day is past or too far away.
    """
    if auditor_id not in {each for each, _ in await auditors(db, who)}:
        raise BadInputError("Choose an auditor from the list.")
    today = clock.today(who.time_zone)
    if not today <= until_on <= today + LONGEST:
        raise BadInputError("Choose a day from today to a year from now.")
    query = select(AuditorShare).where(
        col(AuditorShare.supplier_id) == supplier.id,
        col(AuditorShare.auditor_id) == auditor_id,
        col(AuditorShare.revoked_at).is_(None),
    )
    for earlier in (await db.execute(query.with_for_update())).scalars():
        _end(earlier, who)
    await db.flush()
    made = AuditorShare(
        supplier_id=supplier.id,
        auditor_id=auditor_id,
        until_on=until_on,
        reason=reason,
        shared_by_name=who.name,
    )
    db.add(made)
    await db.flush()
    return made


async def revoke(db: AsyncSession, who: Principal, supplier: Supplier, share_id: int) -> None:
    query = scopes.visible(who, AuditorShare).where(
        col(AuditorShare.id) == share_id,
        col(AuditorShare.supplier_id) == supplier.id,
        col(AuditorShare.revoked_at).is_(None),
    )
    found = (await db.execute(query.with_for_update())).scalar_one_or_none()
    if found is None:
        raise NotFoundError
    _end(found, who)
    await db.flush()


def _end(found: AuditorShare, who: Principal) -> None:
    found.revoked_at, found.revoked_by_name = clock.now(), who.name


async def _listed(
    db: AsyncSession, who: Principal, *, supplier_id: int | None = None, auditor_id: int | None = None
) -> list[Shared]:
    query = (
        select(AuditorShare, col(Person.name), col(Supplier.name), col(Supplier.number))
        .join(Person, col(Person.id) == col(AuditorShare.auditor_id))
        .join(Supplier, col(Supplier.id) == col(AuditorShare.supplier_id))
        .where(scopes.condition(who, AuditorShare))
        .order_by(col(AuditorShare.created_at).desc(), col(AuditorShare.id).desc())
    )
    if supplier_id is not None:
        query = query.where(col(AuditorShare.supplier_id) == supplier_id)
    if auditor_id is not None:
        query = query.where(col(AuditorShare.auditor_id) == auditor_id)
    return [Shared(*row) for row in await db.execute(query)]

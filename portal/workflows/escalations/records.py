"""Finding places on the ladder, for us and for the supplier."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.errors import NotFoundError
from portal.models.escalations import Escalation, EscalationStatus, Milestone
from portal.models.suppliers import Supplier


class Record(NamedTuple):
    escalation: Escalation
    supplier: Supplier


async def listed(db: AsyncSession, who: Principal, *, supplier_id: int | None = None) -> list[Record]:
    """Give proposals first, then who is on the ladder from the top, then what is over."""
    query = (
        select(Escalation, Supplier)
        .join(Supplier, col(Supplier.id) == col(Escalation.supplier_id))
        .where(scopes.condition(who, Escalation), scopes.condition(who, Supplier))
        .order_by(col(Escalation.began_on).desc().nulls_first(), col(Escalation.id).desc())
    )
    if supplier_id is not None:
        query = query.where(col(Supplier.id) == supplier_id)
    order = list(EscalationStatus)
    found = [Record(*row) for row in await db.execute(query)]
    return sorted(found, key=lambda each: order.index(each.escalation.status))


async def find(db: AsyncSession, who: Principal, escalation_id: int) -> Record:
    return await _one(db, who, escalation_id, lock=False)


async def to_change(db: AsyncSession, who: Principal, escalation_id: int) -> Record:
    """Find a place and lock it, where somebody's role may write it at all."""
    return await _one(db, who, escalation_id, lock=True)


async def milestones(db: AsyncSession, who: Principal, escalation: Escalation) -> Sequence[Milestone]:
    query = scopes.visible(who, Milestone).where(col(Milestone.escalation_id) == escalation.id)
    return (await db.scalars(query.order_by(col(Milestone.due_on), col(Milestone.id)))).all()


async def milestone_to_change(
    db: AsyncSession, who: Principal, escalation: Escalation, milestone_id: int
) -> Milestone:
    query = scopes.visible(who, Milestone).where(
        col(Milestone.id) == milestone_id, col(Milestone.escalation_id) == escalation.id
    )
    locked = query.with_for_update().execution_options(populate_existing=True)
    found = (await db.execute(locked)).scalar_one_or_none()
    if found is None:
        raise NotFoundError
    return found


async def open_of(db: AsyncSession, who: Principal, supplier_id: int) -> Escalation | None:
    """Give the rung that a supplier stands on now."""
    query = scopes.visible(who, Escalation).where(
        col(Escalation.supplier_id) == supplier_id, col(Escalation.status) == EscalationStatus.OPEN
    )
    return (await db.execute(query)).scalar_one_or_none()


async def _one(db: AsyncSession, who: Principal, escalation_id: int, *, lock: bool) -> Record:
    query = (
        select(Escalation, Supplier)
        .join(Supplier, col(Supplier.id) == col(Escalation.supplier_id))
        .where(
            col(Escalation.id) == escalation_id,
            scopes.condition(who, Escalation),
            scopes.condition(who, Supplier),
        )
    )
    if lock:
        query = query.with_for_update(of=Escalation).execution_options(populate_existing=True)
    found = (await db.execute(query)).one_or_none()
    if found is None:
        raise NotFoundError
    return Record(*found)

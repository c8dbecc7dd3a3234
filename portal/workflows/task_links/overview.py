"""The links that were sent to a supplier, for our own people: who, when, and when they were last used."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access import scopes
from portal.access.principal import Principal
from portal.models.suppliers import Supplier
from portal.models.task_links import TaskLink

MOST = 20


class LinkRow(NamedTuple):
    id: int
    name: str
    email: str
    title: str
    sent_by: str
    sent_at: datetime
    expires_at: datetime
    used_at: datetime | None
    uses: int


async def of_supplier(db: AsyncSession, who: Principal, supplier: Supplier) -> list[LinkRow]:
    """List the links that still work, the newest first."""
    query = (
        select(
            col(TaskLink.id),
            col(TaskLink.name),
            col(TaskLink.email),
            col(TaskLink.title),
            col(TaskLink.sent_by_name),
            col(TaskLink.created_at),
            col(TaskLink.expires_at),
            col(TaskLink.used_at),
            col(TaskLink.uses),
        )
        .where(
            scopes.condition(who, TaskLink),
            col(TaskLink.supplier_id) == supplier.id,
            col(TaskLink.ended_at).is_(None),
            col(TaskLink.done_at).is_(None),
            col(TaskLink.expires_at) > clock.now(),
        )
        .order_by(col(TaskLink.created_at).desc(), col(TaskLink.id).desc())
        .limit(MOST)
    )
    return [LinkRow(*row) for row in await db.execute(query)]

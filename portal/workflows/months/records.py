"""Months as they are found and locked."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.errors import NotFoundError
from portal.models.months import MonthStatus, ScorecardMonth

# Everybody who is signed in may know where a month stands: it belongs to no supplier.


async def find(db: AsyncSession, month: int) -> ScorecardMonth:
    found = await known(db, month)
    if found is None:
        raise NotFoundError
    return found


async def known(db: AsyncSession, month: int) -> ScorecardMonth | None:
    query = select(ScorecardMonth).where(col(ScorecardMonth.month) == month)
    return (await db.execute(query)).scalar_one_or_none()


async def to_change(db: AsyncSession, month: int) -> ScorecardMonth:
    """Load and lock; NotFoundError when there is no such month yet."""
    query = select(ScorecardMonth).where(col(ScorecardMonth.month) == month).with_for_update()
    found = (await db.execute(query.execution_options(populate_existing=True))).scalar_one_or_none()
    if found is None:
        raise NotFoundError
    return found


async def listed(db: AsyncSession, *, at_most: int = 36) -> Sequence[ScorecardMonth]:
    """List months, the newest first."""
    query = select(ScorecardMonth).order_by(col(ScorecardMonth.month).desc()).limit(at_most)
    return (await db.execute(query)).scalars().all()


async def under_way(db: AsyncSession) -> Sequence[ScorecardMonth]:
    """Lock the months that are not published yet, the oldest first."""
    query = (
        select(ScorecardMonth)
        .where(col(ScorecardMonth.status) != MonthStatus.PUBLISHED)
        .order_by(col(ScorecardMonth.month))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return (await db.execute(query)).scalars().all()

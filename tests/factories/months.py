"""Months of the scorecards in a state, without waiting for the clock."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from portal.models.months import MonthStatus, ScorecardMonth

OCTOBER = 321
PREVIEW_UNTIL = datetime(2026, 11, 10, 16, tzinfo=UTC)
PUBLISH = datetime(2026, 11, 12, 7, tzinfo=UTC)


async def month(db: AsyncSession, **given: Any) -> ScorecardMonth:
    """October 2026 in preview, until 10 November 17:00 in Stockholm."""
    made = ScorecardMonth(
        **{
            "month": OCTOBER,
            "status": MonthStatus.PREVIEW,
            "preview_until_at": PREVIEW_UNTIL,
            "publish_at": PUBLISH,
            **given,
        }
    )
    db.add(made)
    await db.flush()
    return made

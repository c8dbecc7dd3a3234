"""What seems to be missing from a month before suppliers look at it: a plant that went silent too early."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.models.organisation import Plant
from scorecards.periods import Period

LOOKED_BACK = 3  # months: how often a plant usually books arrivals
FEWEST_DAYS = 10  # a plant with fewer days of arrivals in them is not expected to book any
LEAST_SILENCE = 3  # days at the end of a month that say nothing

_DAYS = text("""
    SELECT plant_id, received_on FROM receipt
    WHERE received_on BETWEEN :first AND :last AND plant_id = ANY(CAST(:plants AS bigint[]))
    GROUP BY plant_id, received_on ORDER BY plant_id, received_on
""")


class Gap(NamedTuple):
    """A plant that has booked nothing since a day, or all month where ``since`` is None."""

    plant: str
    since: date | None


async def gaps(db: AsyncSession, who: Principal, month: int) -> list[Gap]:
    """List plants that went silent before the month's end, longer than they did in the months before."""
    period = Period(month)
    plants = {
        plant.id: plant.name
        for plant in (await db.execute(scopes.receiving(who).order_by(col(Plant.name)))).scalars()
    }
    rows = await db.execute(
        _DAYS,
        {
            "first": Period(month - LOOKED_BACK).first_day,
            "last": period.last_day,
            "plants": list(plants),
        },
    )
    days: dict[int, list[date]] = defaultdict(list)
    for plant_id, day in rows:
        days[plant_id].append(day)
    return [
        Gap(name, days[plant_id][-1] if period.contains(days[plant_id][-1]) else None)
        for plant_id, name in plants.items()
        if _is_silent(days[plant_id], period)
    ]


def _is_silent(days: Sequence[date], period: Period) -> bool:
    before = [day for day in days if day < period.first_day]
    if len(before) < FEWEST_DAYS:
        return False
    usual = max((later - earlier).days for earlier, later in pairwise(before))
    return (period.last_day - days[-1]).days > max(usual, LEAST_SILENCE)


async def has_deliveries(db: AsyncSession, month: int) -> bool:
    """Say whether anything at all was promised for or arrived in a month."""
    found = await db.execute(
        text("SELECT EXISTS (SELECT FROM supplier_month_total_now WHERE month = :month)"), {"month": month}
    )
    return bool(found.scalar_one())

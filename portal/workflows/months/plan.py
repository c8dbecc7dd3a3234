"""When things happen to a month: the organisation's rules, and the instants that they give."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from portal import clock
from portal.models.months import MonthRules
from portal.models.organisation import Organisation
from portal.workflows.editing import apply, refuse_stale
from portal.workflows.timetable import Line, Place, WorkingDay, place_of
from scorecards.periods import month_number, month_start

COMPUTE_AT = 5  # o'clock: before anybody works, after the night's import
PUBLISH_AT = 8
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Plan:
    """The instants of one month, in UTC."""

    compute_at: datetime
    preview_until_at: datetime
    publish_at: datetime


async def rules(db: AsyncSession, *, lock: bool = False) -> MonthRules:
    query = select(MonthRules)
    return (await db.execute(query.with_for_update() if lock else query)).scalar_one()


async def change(db: AsyncSession, version: int, values: Mapping[str, Any]) -> bool:
    """Set other days and times; months that have begun keep theirs.

    Raises:
        StaleError: somebody else changed them meanwhile.
    """
    found = await rules(db, lock=True)
    refuse_stale(found, version)
    changed = apply(found, values)
    await db.flush()
    return changed


async def place(db: AsyncSession, month: int) -> Place:
    """Give the organisation's zone, with the days off around the end of a month."""
    begins = datetime.combine(month_start(month + 1), time(), UTC)
    return await place_of(db, (Line("months", WorkingDay(COMPUTE_AT)),), since=begins, now=begins)


def plan_of(found: MonthRules, month: int, where: Place) -> Plan:
    """Work out a month's instants. A day off moves an end or a publication to the next working day."""
    begins = month_start(month + 1)
    first = datetime.combine(begins, time(), where.zone).astimezone(UTC)
    computing = WorkingDay(COMPUTE_AT, nth=found.compute_on)
    compute_at = next(iter(computing.moments(first, first + timedelta(days=28), where)), first)
    closes_on = _worked(begins.replace(day=found.preview_until_day), where)
    # There is a night at least between the last dispute and publication, also after a long weekend.
    earliest = max(begins.replace(day=found.publish_day), closes_on + _ONE_DAY)
    publishes_on = _worked(earliest, where)
    return Plan(
        compute_at, _at(closes_on, found.preview_until_hour, where), _at(publishes_on, PUBLISH_AT, where)
    )


def later(instant: datetime, days: int, where: Place) -> datetime:
    """Move an instant on by days, at the same time of day at the organisation."""
    return (instant.astimezone(where.zone) + timedelta(days=days)).astimezone(UTC)


async def our_today(db: AsyncSession) -> date:
    """Give the calendar day at the organisation."""
    found = (await db.execute(select(Organisation))).scalar_one_or_none()
    return clock.today(found.time_zone if found else "UTC")


async def last_month(db: AsyncSession) -> int:
    """Give the last month that is over at the organisation."""
    return month_number(await our_today(db)) - 1


def _worked(day: date, where: Place) -> date:
    for _ in range(31):
        if where.calendar.is_working(day):
            break
        day += _ONE_DAY
    return day


def _at(day: date, hour: int, where: Place) -> datetime:
    return datetime.combine(day, time(hour), where.zone).astimezone(UTC)

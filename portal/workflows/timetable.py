"""What the portal does by itself and when: data. ``portal/jobs/schedule.py`` follows it.

Days and times are those of the organisation's time zone. A time of day that summer time leaves out is due as
much later as the clock jumps; one that comes twice is due the first time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.models.organisation import Organisation, Plant
from portal.workflows.ratings import calendars
from scorecards.periods import EVERY_PLANT, Calendar

_ONE_DAY = timedelta(days=1)
_ONE_HOUR = timedelta(hours=1)


log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Place:
    """Where the timetable is followed: the time zone, and which days are worked."""

    zone: ZoneInfo
    calendar: Calendar = EVERY_PLANT


class CatchUp(StrEnum):
    """What becomes of moments at which no worker ran."""

    ONCE = "once"  # one run, as soon as a worker is there
    EACH = "each"  # a run for each of them, in their order
    SKIP = "skip"  # none: the next moment is early enough


@dataclass(frozen=True, slots=True)
class Hourly:
    """Every hour, at these minutes."""

    minutes: tuple[int, ...] = (0,)
    longest_gap: timedelta = _ONE_HOUR
    needs_calendar: bool = False

    def moments(self, after: datetime, until: datetime, place: Place) -> Iterator[datetime]:
        """Give the instants (UTC) after the one and up to the other, in order."""
        del place
        hour = after.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        while hour <= until:
            for minute in self.minutes:
                if after < (moment := hour + timedelta(minutes=minute)) <= until:
                    yield moment
            hour += _ONE_HOUR

    @property
    def words(self) -> str:
        return "every hour at " + " and ".join(f":{minute:02}" for minute in self.minutes)


@dataclass(frozen=True, slots=True)
class Daily:
    """Every day at a time."""

    hour: int
    minute: int = 0
    longest_gap: timedelta = 2 * _ONE_DAY
    needs_calendar: bool = False

    def moments(self, after: datetime, until: datetime, place: Place) -> Iterator[datetime]:
        return (
            moment
            for day in _days(after, until, place.zone)
            if self.is_on(day, place) and after < (moment := self._at(day, place.zone)) <= until
        )

    def is_on(self, day: date, place: Place) -> bool:
        """Say whether there is a moment on a day at all."""
        del day, place
        return True

    def _at(self, day: date, zone: ZoneInfo) -> datetime:
        return datetime.combine(day, time(self.hour, self.minute), tzinfo=zone).astimezone(UTC)

    @property
    def words(self) -> str:
        return f"every day at {self.hour:02}:{self.minute:02}"


@dataclass(frozen=True, slots=True)
class WorkingDay(Daily):
    """On the nth working day of each month, at a time; a month that has fewer has none."""

    nth: int = 1
    longest_gap: timedelta = 70 * _ONE_DAY
    needs_calendar: bool = True

    def is_on(self, day: date, place: Place) -> bool:
        is_working = place.calendar.is_working
        first = day.replace(day=1)
        before = (first + timedelta(days=n) for n in range((day - first).days))
        return is_working(day) and sum(map(is_working, before)) == self.nth - 1

    @property
    def words(self) -> str:
        return f"on working day {self.nth} of the month at {self.hour:02}:{self.minute:02}"


When = Hourly | Daily | WorkingDay


@dataclass(frozen=True, slots=True)
class Line:
    """A job, when it is due, and what becomes of moments that were missed.

    ``on_time`` says until when a moment that nobody attended still counts as attended: a worker that is
    restarted misses nothing.
    """

    job: str
    when: When
    catch_up: CatchUp = CatchUp.ONCE
    on_time: timedelta = timedelta(minutes=30)


TIMETABLE: tuple[Line, ...] = (
    Line("ratings.recount", Daily(2, 30)),
    Line("policies.activate", Daily(0, 5)),
    Line("certificates.expire", Daily(0, 20)),
    Line("certificates.remind", Hourly((25,))),
    Line("escalations.propose", Daily(4)),
    Line("sessions.clear", Daily(3, 10)),
    Line("secrets.lock", Daily(3, 15)),
    Line("job_log.clear", Daily(3, 20)),
    Line("given_answers.clear", Daily(3, 25)),
    Line("documents.clear_unfinished", Daily(3, 30)),
    Line("months.clear_bundles", Daily(3, 35)),
    Line("documents.sweep", Daily(3, 40)),
    Line("company_details.ask_again", Daily(8)),
    Line("mail.sweep", Hourly((7,)), CatchUp.SKIP),
    Line("months.follow", Hourly((5, 20, 35, 50))),
    Line("scars.escalate", Hourly((22,))),
    Line("summaries.begin", Hourly((0, 30)), CatchUp.SKIP),
    Line("trail.seal", Hourly((12,))),
)


def last_due(line: Line, now: datetime, place: Place) -> datetime:
    """Give the latest instant at which a line was due; long ago where there was none."""
    found = now - line.when.longest_gap
    return max(line.when.moments(found, now, place), default=found)


def next_due(line: Line, now: datetime, place: Place) -> datetime | None:
    return next(iter(line.when.moments(now, now + line.when.longest_gap, place)), None)


async def place_of(db: AsyncSession, timetable: Sequence[Line], *, since: datetime, now: datetime) -> Place:
    """Give the organisation's time zone, and its days off where a line asks for working days.

    They are those of the country of its first plant, one in its own time zone before others.
    """
    name = (await db.execute(select(col(Organisation.time_zone)))).scalar_one_or_none() or "UTC"
    try:
        zone = ZoneInfo(name)
    except (KeyError, ValueError):
        log.warning("timetable.unknown_zone", zone=name)
        name, zone = "UTC", ZoneInfo("UTC")
    if not any(line.when.needs_calendar for line in timetable):
        return Place(zone)
    home = select(col(Plant.country)).order_by((col(Plant.time_zone) == name).desc(), col(Plant.id)).limit(1)
    country = (await db.execute(home)).scalar_one_or_none() or ""
    around = max(line.when.longest_gap for line in timetable)
    first, last = (since - around).date(), (now + around).date()
    return Place(zone, await calendars.of_country(db, country, first, last))


def _days(after: datetime, until: datetime, zone: ZoneInfo) -> Iterator[date]:
    """Give every local day that could hold a moment between two instants."""
    day, last = after.astimezone(zone).date() - _ONE_DAY, until.astimezone(zone).date()
    while day <= last:
        yield day
        day += _ONE_DAY

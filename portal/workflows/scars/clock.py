"""The two-sided clock, as pure functions: how long a supplier has, without the time that was ours.

Time is counted on the supplier's site: hours of working days there (24 each; weekends and public holidays
stand still), or round the clock where a stage says so. It is counted on the wall clock, so that "seven
working days" ends at the same time of day, also when summer time begins or ends in between.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from portal.languages import _, ngettext
from portal.models.scars import Severity, Stage
from scorecards.periods import EVERY_PLANT, Calendar

_DAY = timedelta(days=1)
_NOTHING = timedelta(0)
_LONGEST = 4000  # days looked ahead; no country has so many holidays on end


@dataclass(frozen=True, slots=True)
class Allowance:
    """``hours`` on working days, or on all days."""

    hours: int
    is_calendar: bool = False


def _days(working: int = 0, calendar: int = 0) -> Allowance:
    return Allowance(working * 24) if working else Allowance(calendar * 24, is_calendar=True)


# What each severity allows from the notification on. Major is the published default.
ALLOWED: dict[Severity, dict[Stage, Allowance]] = {
    Severity.CRITICAL: {
        Stage.ACKNOWLEDGEMENT: Allowance(8),
        Stage.CONTAINMENT: Allowance(24),
        Stage.ANALYSIS: _days(working=5),
        Stage.IMPLEMENTATION: _days(working=10),
        Stage.PREVENTION: _days(calendar=30),
    },
    Severity.MAJOR: {
        Stage.ACKNOWLEDGEMENT: Allowance(24),
        Stage.CONTAINMENT: Allowance(48),
        Stage.ANALYSIS: _days(working=7),
        Stage.IMPLEMENTATION: _days(working=14),
        Stage.PREVENTION: _days(calendar=30),
    },
    Severity.MINOR: {
        Stage.ACKNOWLEDGEMENT: Allowance(48),
        Stage.CONTAINMENT: Allowance(96),
        Stage.ANALYSIS: _days(working=10),
        Stage.IMPLEMENTATION: _days(working=20),
        Stage.PREVENTION: _days(calendar=45),
    },
}


@dataclass(frozen=True, slots=True)
class Pause:
    """From a submission to our decision; without an end, it still lasts."""

    begins: datetime
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """Where the supplier's clock hangs: a time zone, and the days off of its country."""

    zone: str
    calendar: Calendar = EVERY_PLANT

    def works_on(self, day: date) -> bool:
        return self.calendar.is_working(day)

    def local(self, instant: datetime) -> datetime:
        """The wall clock, naive."""
        return instant.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)

    def instant(self, local: datetime) -> datetime:
        """The instant (UTC) of a wall-clock time; one that summer time leaves out is as much later."""
        aware = local.replace(tzinfo=ZoneInfo(self.zone))
        return aware.astimezone(ZoneInfo("UTC"))


def later(begins: datetime, span: timedelta, site: Site, *, is_calendar: bool = False) -> datetime:
    """Give the instant at which so much time has passed. What begins on a day off begins when work does."""
    now = site.local(begins)
    if is_calendar:
        return site.instant(now + span)
    for _day in range(_LONGEST):
        midnight = datetime.combine(now.date(), time()) + _DAY
        if site.works_on(now.date()):
            left = midnight - now
            if span <= left:
                return site.instant(now + span)
            span -= left
        now = midnight
    raise ValueError(f"No working day is left after {begins:%Y-%m-%d}.")


def between(begins: datetime, ends: datetime, site: Site, *, is_calendar: bool = False) -> timedelta:
    """Give the time that counts between two instants: the inverse of ``later``."""
    now, then = site.local(begins), site.local(ends)
    if is_calendar:
        return max(then - now, _NOTHING)
    total = _NOTHING
    while now < then:
        midnight = datetime.combine(now.date(), time()) + _DAY
        if site.works_on(now.date()):
            total += min(midnight, then) - now
        now = midnight
    return total


def paused(pauses: Iterable[Pause], until: datetime, site: Site, *, is_calendar: bool = False) -> timedelta:
    """Give how much of the time up to ``until`` was ours. Pauses do not overlap."""
    return sum(
        (
            between(pause.begins, min(pause.ends or until, until), site, is_calendar=is_calendar)
            for pause in pauses
            if pause.begins < until
        ),
        _NOTHING,
    )


def due(
    begins: datetime,
    allowed: Allowance,
    pauses: Iterable[Pause],
    site: Site,
    *,
    now: datetime,
    extra_hours: int = 0,
) -> datetime:
    """Give a stage's deadline: what it is allowed, what was granted, and what our decisions have taken.

    A stage that is counted round the clock is granted working days as well: more time ends on a working day.
    """
    ours = paused(pauses, now, site, is_calendar=allowed.is_calendar)
    end = later(begins, timedelta(hours=allowed.hours) + ours, site, is_calendar=allowed.is_calendar)
    return later(end, timedelta(hours=extra_hours), site) if extra_hours else end


def spent(begins: datetime, until: datetime, pauses: Iterable[Pause], site: Site) -> timedelta:
    """Give the supplier's own time of a stretch: all of it but what was ours."""
    return between(begins, until, site) - paused(pauses, until, site)


def words(span: timedelta) -> str:
    """27 h 10 min; 3 days 4 h from two days on."""
    minutes = int(span.total_seconds() // 60)
    hours, minutes = divmod(minutes, 60)
    days, rest = divmod(hours, 24)
    if days >= 2:
        said = [ngettext("%(num)s day", "%(num)s days", days)] + (
            [_("%(hours)s h", hours=rest)] if rest else []
        )
    else:
        said = [_("%(hours)s h", hours=hours)] if hours else []
        said += [_("%(minutes)s min", minutes=minutes)] if minutes or not hours else []
    return " ".join(said)

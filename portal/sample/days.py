"""Calendar arithmetic of the sample: months, working days, the day up to which things have happened."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from scorecards.periods import month_number, month_start

MONTHS = 24  # complete ones; the running month comes on top


@dataclass(frozen=True, slots=True)
class Anchor:
    """``as_of`` is a day that has just begun: whatever the data tells happened before it.

    Chance depends on the month only. Tomorrow's demo shows the same history and one day more of it.
    """

    as_of: date

    @property
    def running(self) -> int:
        """Month number of the month that is not over."""
        return month_number(self.as_of)

    @property
    def first(self) -> int:
        return self.running - MONTHS

    def age(self, month: int) -> int:
        """0 is the newest complete month, 23 the oldest, −1 the running one."""
        return self.running - 1 - month

    def is_past(self, day: date) -> bool:
        return day < self.as_of

    @property
    def now(self) -> datetime:
        return midday(self.as_of, 0)


def midday(day: date, hour: float = 9) -> datetime:
    return datetime.combine(day, time(), UTC) + timedelta(hours=hour)


def last_day(month: int) -> date:
    return month_start(month + 1) - timedelta(days=1)


def working_days(month: int) -> list[date]:
    first = month_start(month)
    days = [first + timedelta(days=n) for n in range((last_day(month) - first).days + 1)]
    return [day for day in days if day.weekday() < 5]


def on_working_day(day: date, direction: int = 1) -> date:
    while day.weekday() >= 5:
        day += timedelta(days=direction)
    return day


def working_days_later(day: date, count: int) -> date:
    for _ in range(count):
        day = on_working_day(day + timedelta(days=1))
    return day

"""Months, quarters and trailing windows; working days.

A month number counts the months since January 2000: 2000-01 is 0, 2026-10 is 321.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from scorecards.speech import N_, _

MONTHS = (
    N_("January"),
    N_("February"),
    N_("March"),
    N_("April"),
    N_("May"),
    N_("June"),
    N_("July"),
    N_("August"),
    N_("September"),
    N_("October"),
    N_("November"),
    N_("December"),
)
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
ONE_DAY = timedelta(days=1)
LONG_AGO = date(1900, 1, 1)


def month_number(day: date) -> int:
    return (day.year - 2000) * 12 + day.month - 1


def month_start(number: int) -> date:
    return date(2000 + number // 12, number % 12 + 1, 1)


def month_label(number: int) -> str:
    return f"{_(MONTHS[number % 12])} {2000 + number // 12}"


def day_label(day: date) -> str:
    """Such as "8 Oct 2026". Written here because strftime follows the machine's language."""
    month = _(MONTHS[day.month - 1])[:3]
    return _("%(day)s %(month)s %(year)s", day=day.day, month=month, year=day.year)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    first_month: int
    months: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.months <= 600:
            raise ValueError(f"A period has 1 to 600 months, not {self.months}.")
        if not -2400 <= self.first_month <= 11999:
            raise ValueError("A period begins between 1800 and 2999.")

    @classmethod
    def month(cls, year: int, month: int) -> "Period":
        return cls(month_number(date(year, month, 1)))

    @classmethod
    def quarter(cls, year: int, quarter: int) -> "Period":
        if quarter not in {1, 2, 3, 4}:
            raise ValueError(f"A year has quarters 1 to 4, not {quarter}.")
        return cls(month_number(date(year, quarter * 3 - 2, 1)), 3)

    @classmethod
    def trailing(cls, last_month: int, months: int) -> "Period":
        """The given number of months that ends with month number `last_month`."""
        return cls(last_month - months + 1, months)

    @property
    def last_month(self) -> int:
        return self.first_month + self.months - 1

    @property
    def first_day(self) -> date:
        return month_start(self.first_month)

    @property
    def last_day(self) -> date:
        return month_start(self.last_month + 1) - ONE_DAY

    def previous(self) -> "Period":
        return Period(self.first_month - self.months, self.months)

    def contains(self, day: date) -> bool:
        return self.first_month <= month_number(day) <= self.last_month

    def month_numbers(self) -> range:
        return range(self.first_month, self.last_month + 1)

    def label(self) -> str:
        """Such as "October 2026", "Q3 2026" or "6 months to October 2026"."""
        if self.months == 1:
            return month_label(self.first_month)
        if self.months == 3 and self.first_month % 3 == 0:
            number = self.first_month % 12 // 3 + 1
            return _("Q%(number)s %(year)s", number=number, year=2000 + self.first_month // 12)
        last = month_label(self.last_month)
        return _("%(count)s months to %(month)s", count=self.months, month=last)

    def within(self) -> str:
        """The label inside a sentence: "the 6 months to October 2026"."""
        if self.months == 1 or (self.months == 3 and self.first_month % 3 == 0):
            return self.label()
        last = month_label(self.last_month)
        return _("the %(count)s months to %(month)s", count=self.months, month=last)

    def inside(self) -> str:
        """What happened when: "in October 2026", "in the 6 months to October 2026"."""
        if self.months == 1:
            return _("in %(month)s", month=month_label(self.first_month))
        if self.months == 3 and self.first_month % 3 == 0:
            return _("in %(quarter)s", quarter=self.label())
        last = month_label(self.last_month)
        return _("in the %(count)s months to %(month)s", count=self.months, month=last)


@dataclass(frozen=True, slots=True)
class Calendar:
    """A plant's days off. Weekdays count from Monday = 0; the default weekend is Saturday and Sunday."""

    weekend: tuple[int, ...] = (5, 6)
    holidays: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if not set(self.weekend) <= set(range(7)) or len(set(self.weekend)) > 6:
            raise ValueError("A weekend holds weekdays from 0 (Monday) to 6 (Sunday) and leaves one to work.")
        if len(self.holidays) > 20_000:
            raise ValueError("A calendar holds at most 20,000 holidays.")

    def is_working(self, day: date) -> bool:
        return day.weekday() not in self.weekend and day not in self.holidays

    def shift(self, day: date, working_days: int, *, direction: int) -> date:
        """The day that many working days after (+1) or before (−1).

        A day off first moves to the next working day in that direction, so "0 days late" for a promise on
        a Sunday ends on Monday.
        """
        while not self.is_working(day):
            day += direction * ONE_DAY
        for _each in range(working_days):
            day += direction * ONE_DAY
            while not self.is_working(day):
                day += direction * ONE_DAY
        return day


Calendars = Mapping[str, Calendar]
EVERY_PLANT = Calendar()


def window(
    day: date, early: int | None, late: int, *, business: bool, calendar: Calendar = EVERY_PLANT
) -> tuple[date, date]:
    """First and last day on which a delivery promised for `day` is on time.

    Without a limit for early ones (`early` None) the first day is `LONG_AGO`.
    """
    if business:
        first = LONG_AGO if early is None else calendar.shift(day, early, direction=-1)
        return first, calendar.shift(day, late, direction=1)
    return LONG_AGO if early is None else day - early * ONE_DAY, day + late * ONE_DAY

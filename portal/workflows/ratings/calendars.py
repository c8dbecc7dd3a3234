"""Working days by country: weekends and public holidays, from the `holidays` library, kept in a table.

The table is what both twins read, so a newer library changes no number until ``fill`` is run again.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

import holidays
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from scorecards.periods import EVERY_PLANT, Calendar
from scorecards.policy import DeliveryRules

_EPOCH = date(2000, 1, 1)  # the working day on or after it is number 1
_FIRST, _LAST = date(1900, 1, 1), date(2999, 12, 31)
_ONE_DAY = timedelta(days=1)


async def prepare(db: AsyncSession, rules: DeliveryRules, first: date | None, last: date | None) -> None:
    """See that the calendars reach far enough to judge promises from ``first`` to ``last``."""
    if rules.days != "business" or first is None or last is None:
        return
    early, late = (_reach(rules.early_days or 0), _reach(rules.late_days))
    await fill(db, _moved(first, -early), _moved(last, late))


async def fill(db: AsyncSession, first: date, last: date, *, again: bool = False) -> None:
    """Write the working days of every plant's country, where they do not reach from first to last yet.

    ``again`` writes them in any case, after the library has learnt of other holidays.
    """
    rows = await db.execute(text("SELECT DISTINCT country FROM plant ORDER BY country"))
    for country in rows.scalars().all():
        await fill_country(db, country, first, last, again=again)


async def fill_country(
    db: AsyncSession, country: str, first: date, last: date, *, again: bool = False
) -> None:
    """Write the working days of one country, where they do not reach from first to last yet."""
    begins, ends = (
        await db.execute(
            text("SELECT min(day), max(day) FROM calendar_day WHERE country = :country"), {"country": country}
        )
    ).one()
    if begins is None or first < begins or last > ends or again:
        # Two who need the same calendar at once take turns; the second finds it written.
        await db.execute(text("LOCK TABLE calendar_day IN SHARE ROW EXCLUSIVE MODE"))
        low, high = min(first, begins or _EPOCH, _EPOCH), max(last, ends or _EPOCH, _EPOCH)
        await _write(db, country, date(low.year, 1, 1), date(high.year, 12, 31))


async def of_country(db: AsyncSession, country: str, first: date, last: date) -> Calendar:
    """The calendar of a country, a supplier's for instance, with its days off from first to last."""
    await fill_country(db, country, first, last)
    days = await db.execute(
        text(
            "SELECT day FROM calendar_day WHERE country = :country AND back < ahead"
            " AND day BETWEEN :first AND :last"
        ),
        {"country": country, "first": first, "last": last},
    )
    return _calendar(_weekend(country), list(days.scalars()))


async def of_plants(db: AsyncSession, plants: Iterable[str], first: date, last: date) -> dict[str, Calendar]:
    """The engine's calendars by plant code, with the days off from first to last."""
    rows = await db.execute(
        text("""
            SELECT plant.code, plant.country, array_agg(calendar_day.day ORDER BY calendar_day.day)
            FROM plant LEFT JOIN calendar_day ON calendar_day.country = plant.country
                AND calendar_day.back < calendar_day.ahead AND calendar_day.day BETWEEN :first AND :last
            WHERE plant.code = ANY(CAST(:plants AS text[]))
            GROUP BY plant.code, plant.country
        """),
        {"plants": list(plants), "first": first, "last": last},
    )
    return {code: _calendar(_weekend(country), days) for code, country, days in rows}


def reach(rules: DeliveryRules) -> tuple[int, int]:
    """Calendar days that a window may lie before and after its reference day, at the very most."""
    if rules.days == "business":
        return _reach(rules.early_days or 0), _reach(rules.late_days)
    return rules.early_days or 0, rules.late_days


def _reach(working_days: int) -> int:
    """Every week has its working days but for holidays, and no country has two months of them on end."""
    return working_days * 7 + 60


def _moved(day: date, days: int) -> date:
    target = min(max(day.toordinal() + days, _FIRST.toordinal()), _LAST.toordinal())
    return date.fromordinal(target)


async def _write(db: AsyncSession, country: str, first: date, last: date) -> None:
    await db.execute(text("DELETE FROM calendar_day WHERE country = :country"), {"country": country})
    connection = (await (await db.connection()).get_raw_connection()).driver_connection
    assert connection is not None  # noqa: S101 - a session that has executed something has one
    await connection.copy_records_to_table(
        "calendar_day",
        records=_numbered(country, first, last),
        columns=("country", "day", "back", "ahead"),
    )


def _numbered(country: str, first: date, last: date) -> Iterator[tuple[str, date, int, int]]:
    weekend = _weekend(country)
    off = _public(country, first.year, last.year)
    count = -sum(
        1 for day in _days(first, _EPOCH - _ONE_DAY) if day.weekday() not in weekend and day not in off
    )
    for day in _days(first, last):
        if day.weekday() in weekend or day in off:
            yield country, day, count, count + 1
        else:
            count += 1
            yield country, day, count, count


def _days(first: date, last: date) -> Iterator[date]:
    return map(date.fromordinal, range(first.toordinal(), last.toordinal() + 1))


def _public(country: str, first: int, last: int) -> frozenset[date]:
    if country not in holidays.list_supported_countries(include_aliases=False):
        return frozenset()
    return frozenset(holidays.country_holidays(country, years=range(first, last + 1)))


def _weekend(country: str) -> tuple[int, ...]:
    if country not in holidays.list_supported_countries(include_aliases=False):
        return EVERY_PLANT.weekend
    return tuple(sorted(holidays.country_holidays(country).weekend))


def _calendar(weekend: tuple[int, ...], days: list[date | None]) -> Calendar:
    off = frozenset(day for day in days if day is not None and day.weekday() not in weekend)
    return Calendar(weekend, off)

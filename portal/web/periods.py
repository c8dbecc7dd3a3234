"""Periods in addresses: 2026-10 is a month, 2026-Q3 a quarter, 2026-10~3 three months to October."""

import re
from datetime import date

from portal.errors import BadInputError
from portal.languages import _
from scorecards.periods import Period, month_label, month_number

_MONTH = re.compile(r"(\d{4})-(\d{2})(?:~(3|6|12))?")
_QUARTER = re.compile(r"(\d{4})-Q([1-4])")
_MONTHS_OFFERED = 24
_FIRST_YEAR, _LAST_YEAR = 2000, 2100


def read(value: str | None, today: date) -> Period:
    """Read a period; nothing means the last month that is over. Raises BadInputError with a sentence."""
    if not value:
        return Period(month_number(today) - 1)
    if found := _QUARTER.fullmatch(value):
        year = _year(found[1], value)
        return Period.quarter(year, int(found[2]))
    if (found := _MONTH.fullmatch(value)) and 1 <= int(found[2]) <= 12:
        month = Period.month(_year(found[1], value), int(found[2]))
        return Period.trailing(month.first_month, int(found[3])) if found[3] else month
    raise BadInputError(_advice(value))


def write(period: Period) -> str:
    last = date(2000 + period.last_month // 12, period.last_month % 12 + 1, 1)
    if period.months == 1:
        return f"{last:%Y-%m}"
    if period.months == 3 and period.first_month % 3 == 0:
        return f"{last.year}-Q{(last.month + 2) // 3}"
    return f"{last:%Y-%m}~{period.months}"


def offered(today: date, chosen: Period) -> list[tuple[str, list[tuple[str, str]]]]:
    """Give what a period can be chosen from, in groups: (address value, words)."""
    running = month_number(today)
    months = [(write(Period(m)), month_label(m)) for m in range(running, running - _MONTHS_OFFERED, -1)]
    months[0] = (months[0][0], _("%(period)s, running", period=months[0][1]))
    quarters = []
    first = running - running % 3
    for start in range(first, first - 24, -3):
        period = Period(start, 3)
        label = period.label()
        if period.last_month >= running:
            label = _("%(period)s, running", period=label)
        quarters.append((write(period), label))
    last = running - 1
    trailing = [(f"{write(Period(last))}~{n}", Period.trailing(last, n).label()) for n in (6, 12)]
    groups = [(_("Month"), months), (_("Quarter"), quarters), (_("Longer"), trailing)]
    value = write(chosen)
    if not any(value == each for _group, options in groups for each, _label in options):
        groups.insert(0, (_("Chosen"), [(value, chosen.label())]))
    return groups


def _year(text: str, value: str) -> int:
    year = int(text)
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise BadInputError(_advice(value))
    return year


def _advice(value: str) -> str:
    return _(
        "“%(value)s” is no period. Use 2026-10 for a month, 2026-Q3 for a quarter, 2026-10~12 for 12 months.",
        value=value[:20],
    )

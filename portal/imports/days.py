"""Calendar days as people and ERP systems write them. What can be read in two ways is not guessed."""

import re
from datetime import UTC, date, datetime, timedelta, timezone

from portal.imports.cells import BadCellError, Cell
from portal.imports.options import DayOrder

FIRST, LAST = date(1990, 1, 1), date(2100, 12, 31)
_SERIAL_ZERO = date(1899, 12, 30)  # Excel's day 0, its leap day of 1900 allowed for
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar jän jänner janvier enero ene gennaio gen januari",
            "feb february februar février fév febrero febbraio februari",
            "mar march märz mär mrz mars marzo maart mrt",
            "apr april avril avr abril abr aprile",
            "may mai mayo maggio mag mei maj",
            "jun june juni juin junio giugno giu",
            "jul july juli juillet juil julio luglio lug",
            "aug august août aou aoû agosto ago augustus augusti",
            "sep sept september septembre septiembre settembre set",
            "oct october okt oktober octobre octubre ottobre ott",
            "nov november novembre noviembre",
            "dec december dez dezember décembre déc diciembre dic dicembre",
        ),
        1,
    )
    for name in names.split()
}
_TIME = re.compile(
    r"[T ]+(?P<h>\d{1,2}):(?P<m>\d{2})(:(?P<s>\d{2})([.,]\d+)?)?\s*(?P<half>[AaPp]\.?[Mm]\.?)?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?$"
)
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_THREE = re.compile(r"(\d{1,2})([-/.])\s?(\d{1,2})\2\s?(\d{4}|\d{2})")
_NAMED = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[-./ ]*([^\W\d_]{3,10})[-./, ]*(\d{4}|\d{2})")
_NAME_FIRST = re.compile(r"([^\W\d_]{3,10})[. ]+(\d{1,2})(?:st|nd|rd|th)?,? +(\d{4})")
_SERIAL = re.compile(r"(\d{5})(\.\d+)?")

# No day is longer. The patterns above take the square of a text's length to say no.
_MOST_LETTERS = 100
_ADVICE = "Write a day, for example 2026-10-08."


def read_day(cell: Cell, order: str) -> date | datetime:
    """Read a day; an aware datetime when the cell names an instant with its zone.

    Args:
        cell: text, or a day or number from a workbook.
        order: a DayOrder for days such as 06/02/2006; "" refuses those.

    Raises:
        BadCellError: it is no day, or can be read in two ways.
    """
    if isinstance(cell, datetime):
        return _checked(cell.date())
    if isinstance(cell, date):
        return _checked(cell)
    if isinstance(cell, bool):
        raise BadCellError(_ADVICE)
    if isinstance(cell, int | float):
        return _of_serial(cell)
    if len(cell) > _MOST_LETTERS:
        raise BadCellError(_ADVICE)
    found = _TIME.search(cell)
    if found is None:
        return _day(cell, order)
    day = _day(cell[: found.start()], order)
    return _instant(day, found) if found["zone"] else day


def _instant(day: date, found: re.Match[str]) -> datetime:
    hour, minute, second = int(found["h"]), int(found["m"]), int(found["s"] or 0)
    if found["half"]:
        hour = hour % 12 + (12 if found["half"].lower().startswith("p") else 0)
    zone = found["zone"]
    offset = timedelta()
    if zone[0] in "+-":
        digits = zone[1:].replace(":", "").ljust(4, "0")
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        offset = -offset if zone[0] == "-" else offset
    try:
        return datetime(
            day.year, day.month, day.day, hour, minute, second, tzinfo=timezone(offset) if offset else UTC
        )
    except ValueError:
        raise BadCellError(_ADVICE) from None


def _day(text: str, order: str) -> date:
    text = text.strip()
    if found := _YEAR_FIRST.fullmatch(text):
        return _made(found[1], found[3], found[4])
    if found := _THREE.fullmatch(text):
        return _of_three(found, order)
    if found := _NAMED.fullmatch(text):
        month = _MONTHS.get(found[2].casefold())
        if month:
            return _made(found[3], month, found[1])
    elif found := _NAME_FIRST.fullmatch(text):
        month = _MONTHS.get(found[1].casefold())
        if month:
            return _made(found[3], month, found[2])
    elif found := _COMPACT.fullmatch(text):
        return _made(*found.groups())
    elif found := _SERIAL.fullmatch(text):
        return _of_serial(float(text))
    raise BadCellError(_ADVICE)


def _of_three(found: re.Match[str], order: str) -> date:
    one, mark, two, three = found.groups()
    if order == DayOrder.YEAR_FIRST and len(three) == 2:
        return _made(one, two, three)
    if order == DayOrder.MONTH_FIRST:
        return _made(three, one, two)
    # A point between the numbers is written where the day comes first.
    if order == DayOrder.DAY_FIRST or mark == ".":
        return _made(three, two, one)
    raise BadCellError(
        "This can be read with the day or the month first. Say in the mapping which, or write 2026-10-08."
    )


def _three_parts(text: str) -> re.Match[str] | None:
    if len(text) > _MOST_LETTERS:
        return None
    return _THREE.fullmatch(_TIME.sub("", text.strip()).strip())


def orders_proved(text: str) -> set[str]:
    """Give the orders in which a day such as 25/12/2006 makes sense; all when it says nothing."""
    found = _three_parts(text)
    if found is None or found[2] == ".":
        return {DayOrder.DAY_FIRST, DayOrder.MONTH_FIRST, DayOrder.YEAR_FIRST}
    possible: set[str] = set()
    for order in DayOrder:
        try:
            _of_three(found, order)
        except BadCellError:
            continue
        if order != DayOrder.YEAR_FIRST or len(found[4]) == 2:
            possible.add(order)
    return possible


def is_ambiguous(text: str) -> bool:
    found = _three_parts(text)
    return found is not None and found[2] != "."


def _made(year: str, month: str | int, day: str) -> date:
    number = int(year)
    if len(year) == 2:
        number += 2000 if number < 70 else 1900
    try:
        return _checked(date(number, int(month), int(day)))
    except BadCellError:
        raise
    except ValueError:
        raise BadCellError("There is no such day in the calendar. " + _ADVICE) from None


def _of_serial(number: float) -> date:
    """Read the number of days that Excel counts in."""
    if not 30_000 <= number < 80_000:
        raise BadCellError(_ADVICE)
    return _checked(_SERIAL_ZERO + timedelta(days=int(number)))


def _checked(day: date) -> date:
    if not FIRST <= day <= LAST:
        raise BadCellError(f"The year {day.year} looks wrong. Write a day from {FIRST.year} to {LAST.year}.")
    return day

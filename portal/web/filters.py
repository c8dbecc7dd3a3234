"""The portal's typography as Jinja filters: numbers, shares, dates and times as people read them.

Every filter takes `none=`, the words shown for a missing value. Numbers are rounded half up, here and when a
band is assigned, nowhere else. A number keeps to its unit with a no-break space; a minus is a minus sign.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from jinja2 import Environment

from portal import charts, clock
from portal.languages import _, figure, ngettext, spoken

NBSP = "\N{NO-BREAK SPACE}"
NONE = "–"
# Written out here: the calendar module speaks the machine's language, and Babel's names have other dots.
WEEKDAYS = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "de": ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"),
}
MONTHS = {
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    "de": (
        *("Januar", "Februar", "März", "April", "Mai", "Juni"),
        *("Juli", "August", "September", "Oktober", "November", "Dezember"),
    ),
}
# Thu 8 Oct; Do 8. Okt.
_DAY = {"en": "{weekday} {day} {month}", "de": "{weekday} {day}. {month}"}
CURRENCY_SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}

Number = Decimal | int | float


def half_up(value: Number, digits: int) -> Decimal:
    """The value with so many digits after the point; a float counts as what it prints.

    Raises:
        ValueError: not a number, or infinite: a measure without a value must come as None.
    """
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    if not exact.is_finite():
        raise ValueError(f"{value} cannot be shown as a number.")
    return exact.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


def number(value: Number | None, digits: int = 0, *, none: str = NONE) -> str:
    """1265100 → 1,265,100."""
    if value is None:
        return none
    rounded = half_up(value, digits)
    # −0.0 is no news to anybody.
    sign = "−" if rounded < 0 else ""
    text = f"{sign}{abs(rounded):,f}"
    return figure(text)


def percent(value: Number | None, digits: int = 1, *, none: str = NONE) -> str:
    """92.3077 → 92.3 %. The value is 0 to 100, never 0 to 1."""
    return none if value is None else f"{number(value, digits)}{NBSP}%"


def ppm(value: Number | None, *, none: str = NONE) -> str:
    """400.64 → 401 PPM. Below 10 with one digit, so that a few defects in millions do not read as none."""
    if value is None:
        return none
    if 0 < value < 10:
        text = number(value, 0 if half_up(value, 1) == half_up(value, 0) else 1)
        return (
            f"{text if half_up(value, 1) else _('under %(least)s', least=number(Decimal('0.1'), 1))}{NBSP}PPM"
        )
    return f"{number(value)}{NBSP}PPM"


def points(value: Number | None, digits: int = 1, *, none: str = NONE) -> str:
    """83.05 → 83.1; with digits=2 for what a measure adds to the score."""
    return number(value, digits, none=none)


def quantity(value: Number | None, *, none: str = NONE) -> str:
    """1200.500 → 1,200.5, and 480.000 → 480."""
    if value is None:
        return none
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    digits = max(0, -int(exact.normalize().as_tuple().exponent))
    return number(exact, digits)


def money(value: Number | None, currency: str = "EUR", digits: int = 0, *, none: str = NONE) -> str:
    """61400 → € 61,400. A currency without a sign of its own shows its code."""
    if value is None:
        return none
    return f"{CURRENCY_SIGNS.get(currency, currency)}{NBSP}{number(value, digits)}"


def plural(count: int, one: str, many: str = "") -> str:
    """3, "line" → 3 lines. Give the plural when it is no mere s."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def filesize(size: int | None, *, none: str = NONE) -> str:
    """1240000 bytes → 1.2 MB."""
    if size is None:
        return none
    if size < 1000:
        return ngettext("%(num)s byte", "%(num)s bytes", size).replace(" ", NBSP)
    for unit, scale in (("kB", 10**3), ("MB", 10**6), ("GB", 10**9)):
        shown = half_up(Decimal(size) / scale, 0 if unit == "kB" else 1)
        if shown < 1000 or unit == "GB":
            return f"{number(shown, 0 if shown == half_up(shown, 0) else 1)}{NBSP}{unit}"
    raise AssertionError


def day(value: date | None, today: date | None = None, *, none: str = NONE) -> str:
    """Thu 8 Oct; with the year when that is not this year's."""
    if value is None:
        return none
    today = today or clock.today()
    language = spoken()
    text = _DAY[language].format(
        weekday=WEEKDAYS[language][value.weekday()],
        day=value.day,
        month=MONTHS[language][value.month - 1][:3],
    )
    return text if value.year == today.year else f"{text} {value.year}"


def moment(value: datetime | None, zone: str = "UTC", today: date | None = None, *, none: str = NONE) -> str:
    """An instant in a person's zone: Thu 8 Oct, 14:20.

    Raises:
        ValueError: the instant is naive, so nobody can say when it was.
    """
    if value is None:
        return none
    if value.tzinfo is None:
        raise ValueError("An instant needs its zone before it can be shown.")
    local = value.astimezone(ZoneInfo(zone))
    return f"{day(local.date(), today or clock.today(zone))}, {local:%H:%M}"


def month(value: int | None, form: str = "long", *, none: str = NONE) -> str:
    """Months since January 2000: 321 → October 2026; form "short": Oct 2026; form "axis": Oct."""
    if value is None:
        return none
    year, index = divmod(value, 12)
    name = MONTHS[spoken()][index] if form == "long" else MONTHS[spoken()][index][:3]
    return name if form == "axis" else f"{name} {2000 + year}"


def link(path: str, params: Mapping[str, object] | None = None, **changes: object) -> str:
    """The path with what the URL says now and these changes; None and "" take a parameter away."""
    pairs: list[tuple[str, str]] = []
    for key, value in {**(params or {}), **changes}.items():
        several = value if isinstance(value, Iterable) and not isinstance(value, str) else (value,)
        pairs += [(key, str(each)) for each in several if each not in {None, ""}]
    return f"{path}?{urlencode(pairs, quote_via=quote)}" if pairs else path


FILTERS = (number, percent, ppm, points, quantity, money, plural, filesize, day, moment, month)


def install(env: Environment) -> None:
    """Register all of it, and the charts, under the names they have here."""
    env.filters.update({each.__name__: each for each in FILTERS})
    env.globals.update(link=link, charts=charts)

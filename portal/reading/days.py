"""Calendar days as certificates print them: in numbers, in the words of a dozen languages, in any order."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

_MONTHS = """
january february march april may june july august september october november december
jan feb mar apr may jun jul aug sep oct nov dec
januar februar märz april mai juni juli august september oktober november dezember
jänner feber maerz - - - - - sept - - dez
janvier février mars avril mai juin juillet août septembre octobre novembre décembre
- fevrier - - - - - aout - - - decembre
enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
- - - - - - - - setiembre - - -
gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro
januari februari maart april mei juni juli augustus september oktober november december
januari februari mars april maj juni juli augusti september oktober november december
tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta lokakuuta marraskuuta joulukuuta
stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia
styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad grudzień
ledna února března dubna května června července srpna září října listopadu prosince
leden únor březen duben květen červen červenec srpen - říjen listopad prosinec
januára februára - apríla mája júna júla augusta septembra októbra novembra decembra
január február marec apríl máj jún júl - szeptember október - december
január február március április május június július augusztus szeptember október november december
ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie
ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık
"""


def _plain_letters(name: str) -> str:
    return "".join(
        letter for letter in unicodedata.normalize("NFD", name) if not unicodedata.combining(letter)
    )


# Also without their marks: a scan loses them ("1. Marz 2026").
MONTHS = {
    written: number
    for line in _MONTHS.strip().splitlines()
    for number, name in enumerate(line.split(), 1)
    if name != "-"
    for written in (name, _plain_letters(name))
}
# The longest first: "červenec" is not "červen".
_NAME = "|".join(sorted(map(re.escape, MONTHS), key=len, reverse=True))
_DAY = r"(?P<day>0?[1-9]|[12]\d|3[01])"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_MONTH = r"(?P<month>0?[1-9]|1[0-2])"
_NOT_BEFORE = r"(?<![\d.,/-])"
_NOT_AFTER = r"(?![\d/]|[.,-]\d)"

# With words, or in an order that is plain to see; each has day, month or name, and year.
_PLAIN = tuple(
    re.compile(_NOT_BEFORE + pattern + _NOT_AFTER, re.IGNORECASE)
    for pattern in (
        rf"{_DAY}(?:st|nd|rd|th|er|º|ª|\.)?\s*(?:of |de |day of |-|\.)?\s*(?P<name>{_NAME})\b\.?,?\s*(?:de |del |-)?\s*{_YEAR}",
        rf"\b(?P<name>{_NAME})\b\.?\s+{_DAY}(?:st|nd|rd|th)?,?\s+{_YEAR}",
        rf"{_YEAR}\.?\s+(?P<name>{_NAME})\b\.?\s+{_DAY}\.?",
        rf"{_YEAR}\s*[年년]\s*{_MONTH}\s*[月월]\s*{_DAY}\s*[日일]?",
        rf"{_YEAR}\s?[-/.]\s?{_MONTH}\s?[-/.]\s?{_DAY}",
        # Points stand between day, month and year only in that order.
        rf"{_DAY}\.\s?{_MONTH}\.\s?{_YEAR}",
    )
)
_EITHER = re.compile(
    rf"{_NOT_BEFORE}(?P<first>0?[1-9]|[12]\d|3[01])\s?(?P<mark>[/-])\s?(?P<second>0?[1-9]|[12]\d|3[01])\s?(?P=mark)\s?{_YEAR}{_NOT_AFTER}"
)


class Order(StrEnum):
    """Which of two numbers is the day."""

    PLAIN = "plain"  # the order is the script's own, or a word says it
    DAY_FIRST = "day_first"  # 25/11/2026
    MONTH_FIRST = "month_first"  # 11/25/2026
    OPEN = "open"  # 3/11/2026


@dataclass(frozen=True, slots=True)
class Day:
    """A day in a text from ``start`` to ``end``; ``other`` is the day it is when the month comes first."""

    day: date
    start: int
    end: int
    order: Order = Order.PLAIN
    other: date | None = None


def days_in(text: str) -> list[Day]:
    """Find all days of a text, in its order. Where the order is open, the day comes first."""
    found: list[Day] = []
    for pattern in _PLAIN:
        found += [day for match in pattern.finditer(text) if (day := _plain(match))]
    found += [day for match in _EITHER.finditer(text) if (day := _either(match))]
    found.sort(key=lambda each: (each.start, -each.end))
    kept: list[Day] = []
    for day in found:
        if not kept or day.start >= kept[-1].end:
            kept.append(day)
    return kept


def order_of(days: Iterable[Day]) -> Order:
    """Say which order a document writes its days in, from those that leave no doubt; OPEN where none does."""
    seen = {each.order for each in days} & {Order.DAY_FIRST, Order.MONTH_FIRST}
    return seen.pop() if len(seen) == 1 else Order.OPEN


def settled(day: Day, order: Order) -> Day:
    """Read an open day in a known order."""
    if day.other is None or order is Order.OPEN:
        return day
    return replace(day, day=day.other if order is Order.MONTH_FIRST else day.day, order=order, other=None)


def _plain(match: re.Match[str]) -> Day | None:
    parts = match.groupdict()
    month = MONTHS[parts["name"].lower()] if parts.get("name") else int(parts["month"])
    day = _date(int(parts["year"]), month, int(parts["day"]))
    return Day(day, match.start(), match.end()) if day else None


def _either(match: re.Match[str]) -> Day | None:
    year, first, second = int(match["year"]), int(match["first"]), int(match["second"])
    day_first, month_first = _date(year, second, first), _date(year, first, second)
    if day_first and month_first:
        if day_first == month_first:
            return Day(day_first, match.start(), match.end())
        return Day(day_first, match.start(), match.end(), Order.OPEN, month_first)
    if day_first:
        return Day(day_first, match.start(), match.end(), Order.DAY_FIRST)
    return Day(month_first, match.start(), match.end(), Order.MONTH_FIRST) if month_first else None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None

"""A card against the one of the period before, of the same length."""

from dataclasses import dataclass
from decimal import Decimal

from scorecards.exact import exactly
from scorecards.periods import Period
from scorecards.speech import _
from scorecards.weighting import Card
from scorecards.wording import ngettext, number


@dataclass(frozen=True, slots=True)
class Trend:
    """`change` is the difference of the two scores as shown, so that a reader can check it."""

    previous: Period
    previous_shown: Decimal
    change: Decimal
    sentence: str


def trend(card: Card, previous: Card) -> Trend | None:
    """None where one of the two is not rated.

    Raises:
        ValueError: the other card is not of the period just before.
    """
    if previous.period != card.period.previous():
        raise ValueError("A trend compares with the period just before, of the same length.")
    if card.shown is None or previous.shown is None:
        return None
    return _trend(previous.period, previous.shown, card.shown)


@exactly
def _trend(before: Period, previous: Decimal, shown: Decimal) -> Trend:
    change = shown - previous
    if change == 0:
        return Trend(before, previous, change, _("the same as %(period)s", period=before.label()))
    by = abs(change)
    digits = max(0, -int(change.as_tuple().exponent))
    if change > 0:
        sentence = ngettext(
            "%(num)s point higher than %(period)s",
            "%(num)s points higher than %(period)s",
            by,
            num=number(by, digits),
            period=before.label(),
        )
    else:
        sentence = ngettext(
            "%(num)s point lower than %(period)s",
            "%(num)s points lower than %(period)s",
            by,
            num=number(by, digits),
            period=before.label(),
        )
    return Trend(before, previous, change, sentence)

"""A card against the one of the period before, of the same length."""

from dataclasses import dataclass
from decimal import Decimal

from scorecards.exact import exactly
from scorecards.periods import Period
from scorecards.weighting import Card


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
        return Trend(before, previous, change, f"the same as {before.label()}")
    unit = "point" if abs(change) == 1 else "points"
    word = "higher" if change > 0 else "lower"
    return Trend(before, previous, change, f"{abs(change)} {unit} {word} than {before.label()}")

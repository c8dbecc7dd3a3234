"""What a measure is, before and after weights."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from scorecards.exact import ZERO
from scorecards.periods import Period
from scorecards.speech import N_

PERCENT = "percent"
PPM = "ppm"
PER_MILLION_OPPORTUNITIES = "dpmo"
POINTS = "points"
NUMBER = "number"  # of a criterion of one's own

QUALITY = "quality"
DELIVERY = "delivery"
RESPONSIVENESS = "responsiveness"
LAR = "lar"
DPMO = "dpmo"
OTIF = "otif"
PERFECT_ORDER = "perfect_order"
COMPUTED = (QUALITY, DELIVERY, RESPONSIVENESS, LAR, DPMO, OTIF, PERFECT_ORDER)
FALLING = frozenset({QUALITY, DPMO})  # fewer is better

TITLES = {
    QUALITY: N_("Defects"),
    DELIVERY: N_("On-time delivery"),
    RESPONSIVENESS: N_("Answers on time"),
    LAR: N_("Lots accepted"),
    DPMO: N_("Defects per million opportunities"),
    OTIF: N_("On time and in full"),
    PERFECT_ORDER: N_("Perfect orders"),
}


class State(StrEnum):
    """`no_activity`, `pending` and `undefined` have no points and leave their weight to the others."""

    OK = "ok"
    NO_ACTIVITY = "no_activity"
    LOW_VOLUME = "low_volume"
    PENDING = "pending"
    UNDEFINED = "undefined"


@dataclass(frozen=True, slots=True)
class Ratio:
    """A measure before points and weight. `volume` is what minimum volume is judged by, such as lines."""

    key: str
    state: State
    value: Decimal | None
    unit: str
    numerator: Decimal
    denominator: Decimal
    volume: int


@dataclass(frozen=True, slots=True)
class Measure:
    """One row of a card.

    `period` is the window it was taken over, wider than the card's own where there was too little in that.
    `weight` is the policy's, `effective_weight` what it has after measures without a number left theirs to
    the others; both in percent. `contribution` adds to the score (or, in a weighted product, is its factor).
    """

    key: str
    state: State
    period: Period
    value: Decimal | None
    unit: str
    numerator: Decimal
    denominator: Decimal
    volume: int
    points: Decimal | None = None
    weight: Decimal = ZERO
    effective_weight: Decimal = ZERO
    contribution: Decimal | None = None

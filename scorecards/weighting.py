"""From sums to a card: points, weights, score, demerits, band and caps."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from scorecards import banding, delivery, expressions, measures, quality, responsiveness
from scorecards.banding import CapResult
from scorecards.canonical import from_plain, to_plain
from scorecards.exact import HUNDRED, ZERO, exactly, rounded, settle
from scorecards.feeds import Fact, Inputs
from scorecards.measures import Measure, Ratio, State
from scorecards.periods import Period
from scorecards.points import derive
from scorecards.policy import OwnCriterion, Policy
from scorecards.speech import N_
from scorecards.sums import SoftSums, Sums, count_by_month, over
from scorecards.variables import is_empty, values_of

NOT_RATED = N_("Not rated")
_WITH_NUMBER = frozenset({State.OK, State.LOW_VOLUME})


@dataclass(frozen=True, slots=True)
class Window:
    period: Period
    sums: Sums


@dataclass(frozen=True, slots=True)
class Card:
    """`score` is unrounded and `shown` half up; both are None where the supplier is not rated.

    `score` = `before_demerits` − `demerits`, at least 0. `band` is after caps, `uncapped_band` before them.
    `beside` are measures without weight. `windows` holds the sums of every window that a measure was taken
    over, the card's own first, so that a card explains itself without its rows.
    """

    period: Period
    policy_name: str
    policy_version: int
    measures: tuple[Measure, ...]
    beside: tuple[Measure, ...]
    before_demerits: Decimal | None
    demerits: Decimal
    score: Decimal | None
    shown: Decimal | None
    band: str
    uncapped_band: str
    caps: tuple[CapResult, ...]
    windows: tuple[Window, ...]

    @property
    def is_rated(self) -> bool:
        return self.score is not None

    @property
    def is_low_volume(self) -> bool:
        return any(measure.state is State.LOW_VOLUME for measure in self.measures)

    @property
    def may_escalate(self) -> bool:
        """A card with too few lines, or with defects on nothing received, is for people to judge."""
        unsure = {State.LOW_VOLUME, State.UNDEFINED}
        return self.is_rated and not any(measure.state in unsure for measure in self.measures)

    @property
    def acting_caps(self) -> tuple[CapResult, ...]:
        return tuple(cap for cap in self.caps if cap.acted)

    def measure(self, key: str) -> Measure | None:
        return next((one for one in (*self.measures, *self.beside) if one.key == key), None)

    def sums_over(self, period: Period) -> Sums:
        return next(window.sums for window in self.windows if window.period == period)

    def to_dict(self) -> dict[str, Any]:
        plainly: dict[str, Any] = to_plain(self)
        return plainly

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Card":
        return from_plain(cls, data)


def rate(sums: Sums, policy: Policy, period: Period, facts: Sequence[Fact] = ()) -> Card:
    """A card from one window's sums, without looking for a wider one."""
    return _card([Window(period, sums)], policy, facts)


def rate_with_trailing(
    months: Mapping[int, Sums], policy: Policy, period: Period, facts: Sequence[Fact] = ()
) -> Card:
    """A card from sums by month number, taking wider windows where the period holds too little."""
    windows = [Window(each, over(months, each)) for each in windows_of(period, policy)]
    return _card(windows, policy, facts)


def rate_inputs(inputs: Inputs, policy: Policy, period: Period, as_of: date) -> Card:
    """The same, counted from the rows."""
    widest = max(windows_of(period, policy), key=lambda each: each.months)
    months = count_by_month(inputs, widest, policy, as_of)
    return rate_with_trailing(months, policy, period, inputs.facts)


def windows_of(period: Period, policy: Policy) -> list[Period]:
    wider = (months for months in policy.minimum_volume.trailing if months > period.months)
    return [period, *(Period.trailing(period.last_month, months) for months in wider)]


@exactly
def _card(windows: list[Window], policy: Policy, facts: Iterable[Fact]) -> Card:
    own = windows[0]
    weighted = policy.weighted()
    rows = [_measure(key, windows, policy) for key in weighted]
    others = (*measures.COMPUTED, *(one.key for one in policy.own))
    beside = [_measure(key, windows, policy) for key in others if key not in weighted]
    rows, combined = _combined(rows, policy)
    demerits = _demerits(own.sums.events, policy) if combined is not None else ZERO
    score = None if combined is None else settle(max(ZERO, combined - demerits))
    shown = None if score is None else rounded(score, policy.score_decimals)
    uncapped = NOT_RATED if shown is None else banding.band_of(shown, policy).band
    caps = banding.caps(policy, list(facts), own.sums.quality.safety, None if shown is None else uncapped)
    used = {row.period for row in (*rows, *beside)}
    return Card(
        period=own.period,
        policy_name=policy.name,
        policy_version=policy.version,
        measures=tuple(rows),
        beside=tuple(row for row in beside if row.state is not State.NO_ACTIVITY),
        before_demerits=combined,
        demerits=demerits,
        score=score,
        shown=shown,
        band=uncapped if shown is None else banding.capped(policy, uncapped, caps),
        uncapped_band=uncapped,
        caps=tuple(caps),
        windows=(own, *(window for window in windows[1:] if window.period in used)),
    )


def _ratio(key: str, sums: Sums, policy: Policy) -> Ratio:  # noqa: PLR0911 - one line for each measure
    match key:
        case measures.DELIVERY:
            return delivery.measure(sums.delivery, policy.delivery)
        case measures.OTIF:
            return delivery.otif(sums.delivery, policy.delivery)
        case measures.PERFECT_ORDER:
            return delivery.perfect_order(sums.delivery, policy.delivery)
        case measures.QUALITY:
            return quality.ppm(sums.quality)
        case measures.DPMO:
            return quality.dpmo(sums.quality, policy.quality)
        case measures.LAR:
            return quality.lar(sums.quality, policy.quality)
        case measures.RESPONSIVENESS:
            return responsiveness.measure(sums.response)
        case _:
            own = policy.own_criterion(key)
            return _own(own, sums) if own else _soft(key, sums.soft.get(key, SoftSums()))


def _own(criterion: OwnCriterion, sums: Sums) -> Ratio:
    """A formula's value over one: where nothing happened, or it divides by nothing, there is none."""
    found = sums.delivery
    volume = max(found.on_time + found.late + found.early, sums.quality.lines)
    values = {} if is_empty(sums) else values_of(sums)
    value = expressions.evaluate(criterion.expression, values).value if values else None
    state = State.NO_ACTIVITY if value is None else State.OK
    value = None if value is None else settle(value)
    return Ratio(criterion.key, state, value, criterion.unit, value or ZERO, Decimal(1), volume)


def _soft(key: str, given: SoftSums) -> Ratio:
    if not given.given:
        return Ratio(key, State.NO_ACTIVITY, None, measures.POINTS, ZERO, ZERO, 0)
    value = settle(given.points / given.given)
    return Ratio(key, State.OK, value, measures.POINTS, given.points, Decimal(given.given), given.given)


# Only these are judged by lines; a supplier with three SCAR steps in a month has no more to answer.
_BY_LINES = frozenset(measures.COMPUTED) - {measures.RESPONSIVENESS, measures.LAR}
_NOT_OF_LINES = ("lots_", "answers_")


def _least(key: str, policy: Policy) -> int:
    """How many lines a measure asks for."""
    own = policy.own_criterion(key)
    by_lines = key in _BY_LINES or (
        own is not None and any(not name.startswith(_NOT_OF_LINES) for name in own.expression.names)
    )
    return policy.minimum_volume.lines if by_lines else 0


def _measure(key: str, windows: list[Window], policy: Policy) -> Measure:
    """The measure over the first window with enough lines, otherwise over the widest, as low volume.

    A window without anything is not widened: nothing happened, and last quarter's result is no substitute.
    """
    least = _least(key, policy)
    ratio, period = _ratio(key, windows[0].sums, policy), windows[0].period
    if key in measures.FALLING and ratio.value == 0 and _nobody_looked(windows[-1].sums, policy):
        ratio = replace(ratio, state=State.NO_ACTIVITY, value=None)
        period = windows[-1].period
    for window in windows[1:]:
        if ratio.state is not State.OK or ratio.volume >= least:
            break
        ratio, period = _ratio(key, window.sums, policy), window.period
    if ratio.state is State.OK and ratio.volume < least:
        ratio = replace(ratio, state=State.LOW_VOLUME)
    return Measure(
        key=key,
        state=ratio.state,
        period=period,
        value=ratio.value,
        unit=ratio.unit,
        numerator=ratio.numerator,
        denominator=ratio.denominator,
        volume=ratio.volume,
        points=_points(ratio, policy),
        weight=policy.weights.get(key, ZERO),
    )


def _nobody_looked(widest: Sums, policy: Policy) -> bool:
    return policy.quality.without_records == "no_activity" and not widest.quality.records


def _points(ratio: Ratio, policy: Policy) -> Decimal | None:
    if ratio.value is None:
        return None
    table = policy.points.get(ratio.key)
    if table is not None:
        return derive(table, ratio.value).points
    if policy.own_criterion(ratio.key):
        return min(HUNDRED, max(ZERO, ratio.value))
    return ratio.value if ratio.unit == measures.POINTS else None


def _combined(rows: list[Measure], policy: Policy) -> tuple[list[Measure], Decimal | None]:
    """Rows with their effective weights and contributions, and the score they make."""
    parts = [(row.weight, row.points) for row in rows if row.points is not None]
    weights = sum((weight for weight, _ in parts), ZERO)
    if not weights:
        return rows, None
    filled = []
    for row in rows:
        if row.points is None:
            filled.append(row)
            continue
        share = row.weight / weights
        adds = row.points * share if policy.combine == "average" else _power(row.points / HUNDRED, share)
        filled.append(replace(row, effective_weight=settle(HUNDRED * share), contribution=settle(adds)))
    score = weighted_average(parts) if policy.combine == "average" else weighted_product(parts)
    return filled, score


@exactly
def weighted_average(parts: Iterable[tuple[Decimal, Decimal]]) -> Decimal:
    """Of (weight, points), weights of any sum above 0."""
    pairs = list(parts)
    return settle(sum((w * p for w, p in pairs), ZERO) / sum((w for w, _ in pairs), ZERO))


@exactly
def weighted_product(parts: Iterable[tuple[Decimal, Decimal]]) -> Decimal:
    """Each points value ÷ 100 to the power of its share, multiplied, × 100: one zero makes the whole zero."""
    pairs = list(parts)
    weights = sum((weight for weight, _ in pairs), ZERO)
    product = HUNDRED
    for weight, points in pairs:
        product *= _power(points / HUNDRED, weight / weights)
    return settle(product)


def _power(base: Decimal, share: Decimal) -> Decimal:
    return ZERO if base == 0 else base**share


def _demerits(events: Mapping[str, int], policy: Policy) -> Decimal:
    if policy.demerits is None:
        return ZERO
    points = (each * events.get(kind, 0) for kind, each in policy.demerits.points.items())
    return min(policy.demerits.at_most, sum(points, ZERO))

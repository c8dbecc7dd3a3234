"""Sentences on points, weights, windows and states."""

from decimal import Decimal

from scorecards import measures
from scorecards.exact import HUNDRED, ZERO
from scorecards.formulas import Formula
from scorecards.measures import Measure, State
from scorecards.points import Derivation, Knot, PointsTable, Step, derive
from scorecards.policy import Policy
from scorecards.weighting import Card
from scorecards.wording import at_most, number, with_unit


def points_sentence(measure: Measure, policy: Policy) -> str | None:
    """How the value became points, and the points the contribution."""
    if measure.value is None or measure.points is None:
        return None
    points = number(measure.points, 1)
    table = policy.points.get(measure.key)
    if table is None and policy.own_criterion(measure.key):
        limited = ", limited to 0 to 100" if measure.value != measure.points else ""
        words = f"The result is the points{limited}: {points} points."
    elif table is None:
        words = f"The points are taken as given: {points} points."
    else:
        words = _derived(measure.value, measure.unit, table)
    if measure.contribution is None:
        return words
    return f"{words} {_contributes(measure, measure.contribution, policy)}"


def _contributes(measure: Measure, contribution: Decimal, policy: Policy) -> str:
    weight = at_most(measure.effective_weight, 2)
    if policy.combine == "average":
        return f"× {weight} % = {number(contribution, 2)}."
    base = f"{at_most(measure.points or ZERO, 2)} ÷ 100"
    return f"As a factor: ({base}) to the power of {weight} % = {number(contribution, 4)}."


def _derived(value: Decimal, unit: str, table: PointsTable) -> str:
    found = derive(table, value)
    given = _scaled(found, table)
    text = with_unit(value, unit)
    if table.kind == "steps":
        return _step(found, text, unit, table)
    if _is_as_measured(table):
        return f"The percentage is the points: {number(found.points, 1)} points."
    lower, upper = found.lower, found.upper
    if lower is not None and upper is not None:
        return f"{text} lies between {_walk(value, unit, lower, upper)} = {given}."
    end = lower or table.knots[-1]
    if end.at == value:
        return f"{text} gives {given}."
    beyond = "or more" if value > end.at else "or less"
    return f"{text} is {with_unit(end.at, unit)} {beyond}: {given}."


def _walk(value: Decimal, unit: str, lower: Knot, upper: Knot) -> str:
    rise = upper.points - lower.points
    sign = "+" if rise >= 0 else "−"
    return (
        f"{with_unit(lower.at, unit)} ({number(lower.points)} points) and"
        f" {with_unit(upper.at, unit)} ({number(upper.points)} points): {number(lower.points)} {sign}"
        f" {at_most(value - lower.at, 2)} ÷ {number(upper.at - lower.at)} × {number(abs(rise))}"
    )


def _scaled(found: Derivation, table: PointsTable) -> str:
    if table.out_of == HUNDRED:
        return f"{number(found.points, 1)} points"
    own = at_most(found.points * table.out_of / HUNDRED, 2)
    return f"{own} of {number(table.out_of)} points, that is {number(found.points, 1)} of 100"


def _step(found: Derivation, text: str, unit: str, table: PointsTable) -> str:
    value = text
    if table.rounded_to is not None:
        value = f"{text}, rounded to {with_unit(found.value, unit)},"
    where = _step_words(found.step, unit) if found.step else "no step"
    return f"{value} falls in the step {where}: {_scaled(found, table)}."


def _step_words(step: Step, unit: str) -> str:
    if step.above is not None:
        return f"above {with_unit(step.above, unit)}"
    start = with_unit(step.from_ or ZERO, unit)
    return f"{start} and up" if step.to is None else f"{start} to {with_unit(step.to, unit)}"


def _is_as_measured(table: PointsTable) -> bool:
    return (
        table.out_of == HUNDRED
        and all(knot.at == knot.points for knot in table.knots)
        and (
            table.knots[0].at,
            table.knots[-1].at,
        )
        == (ZERO, HUNDRED)
    )


def weight_sentence(measure: Measure, card: Card, policy: Policy) -> str | None:
    """How the weight grew where other measures had no number."""
    if measure.contribution is None or measure.effective_weight == measure.weight:
        return None
    left = [policy.title(one.key) for one in card.measures if one.contribution is None]
    there = sum((one.weight for one in card.measures if one.contribution is not None), ZERO)
    verb = "has" if len(left) == 1 else "have"
    return (
        f"{' and '.join(left)} {verb} no number, so this weight of {number(measure.weight)} % counts as"
        f" {number(measure.weight)} ÷ {number(there)} = {at_most(measure.effective_weight, 2)} %."
    )


def window_sentence(measure: Measure, card: Card) -> str | None:
    """Why the measure was taken over more than the card's period."""
    if measure.period == card.period or measure.value is None:
        return None
    return f"Too few lines in {card.period.within()}, so what counts is {measure.period.within()}."


def state_sentence(measure: Measure, card: Card, parts: Formula) -> str | None:
    own = card.sums_over(measure.period)
    match measure.state:
        case State.OK:
            return None
        case State.NO_ACTIVITY:
            return f"No {parts.nothing} in {measure.period.within()}.{_left_out(measure, card)}"
        case State.PENDING:
            waiting = own.response.pending if measure.key == measures.RESPONSIVENESS else own.delivery.pending
            noun = "step" if measure.key == measures.RESPONSIVENESS else "line"
            one = noun if waiting == 1 else f"{noun}s"
            words = "waiting or not due yet" if noun == "step" else "not due yet"
            return f"{number(waiting)} {one} {words}, on neither side.{_left_out(measure, card)}"
        case State.UNDEFINED:
            found = f"{number(measure.numerator)} {_defect_noun(measure)}"
            return f"{found}, nothing received.{_left_out(measure, card)}"
        case State.LOW_VOLUME:
            lines = "line" if measure.volume == 1 else "lines"
            return (
                f"Only {number(measure.volume)} {lines} in {measure.period.within()}: shown, but nothing"
                " is escalated by it automatically."
            )


def _defect_noun(measure: Measure) -> str:
    if measure.key == measures.DPMO:
        return "defect" if measure.numerator == 1 else "defects"
    return "piece rejected" if measure.numerator == 1 else "pieces rejected"


def _left_out(measure: Measure, card: Card) -> str:
    if not measure.weight:
        return ""
    if not card.is_rated:
        return " Left out."
    return f" Left out, the other weights share its {number(measure.weight)} %."

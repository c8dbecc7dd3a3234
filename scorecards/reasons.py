"""Sentences on points, weights, windows and states."""

from decimal import Decimal

from scorecards import measures
from scorecards.exact import HUNDRED, ZERO
from scorecards.formulas import Formula
from scorecards.measures import Measure, State
from scorecards.points import Derivation, Knot, PointsTable, Step, derive
from scorecards.policy import Policy
from scorecards.speech import _
from scorecards.weighting import Card
from scorecards.wording import at_most, ngettext, number, with_unit


def points_sentence(measure: Measure, policy: Policy) -> str | None:
    """How the value became points, and the points the contribution."""
    if measure.value is None or measure.points is None:
        return None
    points = number(measure.points, 1)
    table = policy.points.get(measure.key)
    if table is None and policy.own_criterion(measure.key):
        if measure.value == measure.points:
            words = _("The result is the points: %(points)s points.", points=points)
        else:
            words = _("The result is the points, limited to 0 to 100: %(points)s points.", points=points)
    elif table is None:
        words = _("The points are taken as given: %(points)s points.", points=points)
    else:
        words = _derived(measure.value, measure.unit, table)
    if measure.contribution is None:
        return words
    return f"{words} {_contributes(measure, measure.contribution, policy)}"


def _contributes(measure: Measure, contribution: Decimal, policy: Policy) -> str:
    weight = at_most(measure.effective_weight, 2)
    if policy.combine == "average":
        return f"× {weight} % = {number(contribution, 2)}."
    return _(
        "As a factor: (%(points)s ÷ 100) to the power of %(weight)s %% = %(factor)s.",
        points=at_most(measure.points or ZERO, 2),
        weight=weight,
        factor=number(contribution, 4),
    )


def _derived(value: Decimal, unit: str, table: PointsTable) -> str:
    found = derive(table, value)
    given = _scaled(found, table)
    text = with_unit(value, unit)
    if table.kind == "steps":
        return _step(found, text, unit, table)
    if _is_as_measured(table):
        return _("The percentage is the points: %(points)s points.", points=number(found.points, 1))
    lower, upper = found.lower, found.upper
    if lower is not None and upper is not None:
        return _between(value, text, given, unit, lower, upper)
    end = lower or table.knots[-1]
    limit = with_unit(end.at, unit)
    if end.at == value:
        return _("%(value)s gives %(points)s.", value=text, points=given)
    if value > end.at:
        return _("%(value)s is %(limit)s or more: %(points)s.", value=text, limit=limit, points=given)
    return _("%(value)s is %(limit)s or less: %(points)s.", value=text, limit=limit, points=given)


def _between(value: Decimal, text: str, given: str, unit: str, lower: Knot, upper: Knot) -> str:
    rise = upper.points - lower.points
    sign = "+" if rise >= 0 else "−"
    return _(
        "%(value)s lies between %(lower)s (%(lower_points)s points) and %(upper)s (%(upper_points)s points):"
        " %(sum)s = %(points)s.",
        value=text,
        lower=with_unit(lower.at, unit),
        lower_points=number(lower.points),
        upper=with_unit(upper.at, unit),
        upper_points=number(upper.points),
        sum=f"{number(lower.points)} {sign} {at_most(value - lower.at, 2)} ÷ {number(upper.at - lower.at)}"
        f" × {number(abs(rise))}",
        points=given,
    )


def _scaled(found: Derivation, table: PointsTable) -> str:
    if table.out_of == HUNDRED:
        return _("%(points)s points", points=number(found.points, 1))
    return _(
        "%(own)s of %(most)s points, that is %(points)s of 100",
        own=at_most(found.points * table.out_of / HUNDRED, 2),
        most=number(table.out_of),
        points=number(found.points, 1),
    )


def _step(found: Derivation, text: str, unit: str, table: PointsTable) -> str:
    value = text
    if table.rounded_to is not None:
        value = _("%(value)s, rounded to %(to)s,", value=text, to=with_unit(found.value, unit))
    return _(
        "%(value)s falls in the step %(step)s: %(points)s.",
        value=value,
        step=step_words(found.step, unit) if found.step else "–",
        points=_scaled(found, table),
    )


def step_words(step: Step, unit: str) -> str:
    if step.above is not None:
        return _("above %(limit)s", limit=with_unit(step.above, unit))
    start = with_unit(step.from_ or ZERO, unit)
    if step.to is None:
        return _("%(start)s and up", start=start)
    return _("%(start)s to %(end)s", start=start, end=with_unit(step.to, unit))


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
    return ngettext(
        "%(names)s has no number, so this weight of %(weight)s %% counts as %(weight)s ÷ %(there)s"
        " = %(share)s %%.",
        "%(names)s have no number, so this weight of %(weight)s %% counts as %(weight)s ÷ %(there)s"
        " = %(share)s %%.",
        len(left),
        names=_(" and ").join(left),
        weight=number(measure.weight),
        there=number(there),
        share=at_most(measure.effective_weight, 2),
    )


def window_sentence(measure: Measure, card: Card) -> str | None:
    """Why the measure was taken over more than the card's period."""
    if measure.period == card.period or measure.value is None:
        return None
    return _(
        "Too few lines %(inside)s, so what counts is %(window)s.",
        inside=card.period.inside(),
        window=measure.period.within(),
    )


def state_sentence(measure: Measure, card: Card, parts: Formula) -> str | None:
    own, inside = card.sums_over(measure.period), measure.period.inside()
    match measure.state:
        case State.OK:
            return None
        case State.NO_ACTIVITY:
            said = _(parts.nothing, inside=inside)
            return f"{said}{_left_out(measure, card)}"
        case State.PENDING if measure.key == measures.RESPONSIVENESS:
            said = ngettext(
                "%(num)s step waiting or not due yet, on neither side.",
                "%(num)s steps waiting or not due yet, on neither side.",
                own.response.pending,
            )
            return f"{said}{_left_out(measure, card)}"
        case State.PENDING:
            said = ngettext(
                "%(num)s line not due yet, on neither side.",
                "%(num)s lines not due yet, on neither side.",
                own.delivery.pending,
            )
            return f"{said}{_left_out(measure, card)}"
        case State.UNDEFINED:
            return f"{_nothing_received(measure)}{_left_out(measure, card)}"
        case State.LOW_VOLUME:
            return ngettext(
                "Only %(num)s line %(inside)s: shown, but nothing is escalated by it automatically.",
                "Only %(num)s lines %(inside)s: shown, but nothing is escalated by it automatically.",
                measure.volume,
                inside=inside,
            )


def _nothing_received(measure: Measure) -> str:
    if measure.key == measures.DPMO:
        return ngettext(
            "%(num)s defect, nothing received.", "%(num)s defects, nothing received.", measure.numerator
        )
    return ngettext(
        "%(num)s piece rejected, nothing received.",
        "%(num)s pieces rejected, nothing received.",
        measure.numerator,
    )


def _left_out(measure: Measure, card: Card) -> str:
    if not measure.weight:
        return ""
    if not card.is_rated:
        return f" {_('Left out.')}"
    weight = number(measure.weight)
    return f" {_('Left out, the other weights share its %(weight)s %%.', weight=weight)}"

"""The formula of each measure with the values put in, and how its counts come about."""

from dataclasses import dataclass
from decimal import Decimal

from scorecards import expressions, measures
from scorecards.delivery import DeliverySums
from scorecards.exact import exactly, plain
from scorecards.measures import Measure
from scorecards.policy import DeliveryRules, OwnCriterion, Policy, Reference
from scorecards.quality import QualitySums
from scorecards.responsiveness import ResponseSums
from scorecards.sums import Sums
from scorecards.variables import VARIABLES, values_of
from scorecards.wording import counted, number


@dataclass(frozen=True, slots=True)
class Amount:
    value: Decimal
    text: str
    label: str


@dataclass(frozen=True, slots=True)
class Term:
    """One step of a calculation: a sign ("", "+", "−", "×" or "="), a number and what it counts."""

    sign: str
    text: str
    label: str


@dataclass(frozen=True, slots=True)
class Formula:
    subtitle: str
    numerator: Amount
    denominator: Amount
    multiplier: str | None
    brief: str
    reconciliation: tuple[Term, ...]
    rule: str
    nothing: str  # what there was none of, for "No deliveries in October 2026."
    worked: str | None = None  # a formula of one's own with the numbers in the places of the names


@exactly
def formula(measure: Measure, sums: Sums, policy: Policy) -> Formula:
    match measure.key:
        case measures.DELIVERY | measures.OTIF | measures.PERFECT_ORDER:
            return _delivery(measure, sums.delivery, policy.delivery)
        case measures.QUALITY | measures.DPMO:
            return _defects(measure, sums.quality, policy)
        case measures.LAR:
            return _lots(measure, sums.quality, policy)
        case measures.RESPONSIVENESS:
            return _answers(measure, sums.response)
        case _:
            own = policy.own_criterion(measure.key)
            return _own(measure, own, sums) if own else _soft(measure)


def _fraction(measure: Measure, above: str, below: str) -> tuple[Amount, Amount]:
    return (
        Amount(measure.numerator, number(measure.numerator), above),
        Amount(measure.denominator, number(measure.denominator), below),
    )


def _terms(*terms: tuple[str, int, str]) -> tuple[Term, ...]:
    """Without the terms that would add or take away nothing."""
    return tuple(
        Term(sign, number(count), label) for sign, count, label in terms if count or sign in {"", "="}
    )


def _delivery(measure: Measure, sums: DeliverySums, rules: DeliveryRules) -> Formula:
    lines = measure.key != measures.DELIVERY or rules.mode == "line"
    above, below, subtitle = _DELIVERY_LABELS[measure.key if lines else "quantity"]
    numerator, denominator = _fraction(measure, above, below)
    pieces = "lines" if lines else "pieces"
    brief = f"{numerator.text} of {denominator.text} {pieces}"
    if sums.excused:
        brief += f", {number(sums.excused)} excused"
    return Formula(
        subtitle=subtitle,
        numerator=numerator,
        denominator=denominator,
        multiplier="× 100",
        brief=brief,
        reconciliation=_lines_of(measure, sums, rules),
        rule=_delivery_rule(measure.key, rules),
        nothing="deliveries to count" if sums.promised else "deliveries",
    )


_DELIVERY_LABELS = {
    measures.DELIVERY: ("lines on time", "lines counted", "Lines that arrived in the window"),
    "quantity": ("pieces in the window", "pieces ordered", "Pieces that arrived in the window"),
    measures.OTIF: ("lines on time and in full", "lines counted", "Lines on time with the whole quantity"),
    measures.PERFECT_ORDER: ("perfect lines", "lines counted", "Lines without anything to complain about"),
}


def _lines_of(measure: Measure, sums: DeliverySums, rules: DeliveryRules) -> tuple[Term, ...]:
    apart = rules.early == "apart"
    return _terms(
        ("", sums.promised, f"lines promised for {measure.period.within()}"),
        ("−", sums.excused, "excused"),
        ("−", sums.cancelled, "cancelled"),
        ("−", sums.empty, "with quantity 0"),
        ("−", sums.pending, "not due yet"),
        ("−", sums.early if apart else 0, "too early, kept apart"),
        ("=", sums.counted(rules), "counted"),
        ("=", sums.on_time, "on time"),
        ("+", sums.late, "late"),
        ("+", 0 if apart else sums.early, "too early"),
    )


_REFERENCES = {
    Reference.REQUESTED: ("requested", "confirmed"),
    Reference.ACKNOWLEDGED: ("first acknowledged", "confirmed, or else the one requested"),
    Reference.CONFIRMED: ("last confirmed", "first acknowledged, or else the one requested"),
}


def _delivery_rule(key: str, rules: DeliveryRules) -> str:
    main, instead = _REFERENCES[rules.reference]
    if rules.reference is Reference.REQUESTED:
        instead = "first acknowledged, or else the one last confirmed"
    part = number(100 - rules.tolerance_percent)
    whole = "the whole quantity" if not rules.tolerance_percent else f"at least {part} % of the quantity"
    window = _window_words(rules, f"the day {main}")
    if rules.mode == "quantity" and key == measures.DELIVERY:
        sentence = f"A piece is on time when it arrives {window}, plant time, up to the quantity ordered."
    else:
        sentence = f"A line is on time when {whole} arrives {window}, plant time."
    sentence += f" Where that day is missing, the one {instead} takes its place."
    if rules.early == "apart":
        sentence += " Lines that came too early are on neither side of the ratio."
    return sentence + _BEYOND_TIME.get(key, "")


_BEYOND_TIME = {
    measures.OTIF: " In full means without any tolerance.",
    measures.PERFECT_ORDER: " Perfect means on time, in full, nothing nonconforming, paperwork right.",
}


def _window_words(rules: DeliveryRules, day: str) -> str:
    def days(count: int) -> str:
        return f"{count} {rules.days} {'day' if count == 1 else 'days'}"

    if rules.early_days is None:
        return f"by {day}" if not rules.late_days else f"at most {days(rules.late_days)} after {day}"
    if not rules.early_days and not rules.late_days:
        return f"on {day}"
    if not rules.early_days:
        return f"from {day} to {days(rules.late_days)} after it"
    if not rules.late_days:
        return f"from {days(rules.early_days)} before to {day}"
    return f"from {days(rules.early_days)} before to {days(rules.late_days)} after {day}"


def _defects(measure: Measure, sums: QualitySums, policy: Policy) -> Formula:
    found = sums.nonconformances + sums.left_out
    ours = "not the supplier’s, undecided or samples"
    reconciliation = _terms(
        ("", found, "nonconformance found" if found == 1 else "nonconformances found"),
        ("−", sums.left_out, ours),
        ("=", sums.nonconformances, "counted"),
    )
    if measure.key == measures.DPMO:
        per_unit = policy.quality.opportunities_per_unit or 1
        numerator, denominator = _fraction(measure, "defects", "opportunities")
        each = counted(per_unit, "opportunity", "opportunities")
        rule = f"{number(sums.received)} pieces received, each with {each} for a defect."
        subtitle = "Defects per million opportunities"
    else:
        numerator, denominator = _fraction(measure, "pieces rejected", "pieces received")
        rule = (
            "Pieces count in the month they arrive, nonconforming ones in the month they are found, and only"
            " where the supplier is responsible. Samples are left out."
        )
        subtitle = "Pieces rejected per million received"
    of = "pieces" if measure.key == measures.QUALITY else "opportunities"
    return Formula(
        subtitle=subtitle,
        numerator=numerator,
        denominator=denominator,
        multiplier="× 1,000,000",
        brief=f"{numerator.text} of {denominator.text} {of}",
        reconciliation=reconciliation if found else (),
        rule=rule,
        nothing="inspections and nonconformances recorded" if sums.received else "pieces received",
    )


def _lots(measure: Measure, sums: QualitySums, policy: Policy) -> Formula:
    accepted = policy.quality.use_as_is == "accepted"
    numerator, denominator = _fraction(measure, "lots accepted", "lots inspected")
    return Formula(
        subtitle="Lots that incoming inspection accepted",
        numerator=numerator,
        denominator=denominator,
        multiplier="× 100",
        brief=f"{numerator.text} of {denominator.text} lots",
        reconciliation=_terms(
            ("", sums.lots, "lots inspected"),
            ("=", sums.lots_accepted, "accepted"),
            ("+", sums.lots_rejected, "rejected"),
            ("+", sums.lots_used_as_is, "used as is"),
        ),
        rule=f"A lot used as is counts as {'accepted' if accepted else 'rejected'}.",
        nothing="lots inspected",
    )


def _answers(measure: Measure, sums: ResponseSums) -> Formula:
    numerator, denominator = _fraction(measure, "answers on time", "answers due")
    return Formula(
        subtitle="SCAR steps, certificates and agreement turns",
        numerator=numerator,
        denominator=denominator,
        multiplier="× 100",
        brief=f"{numerator.text} of {denominator.text} steps",
        reconciliation=_terms(
            ("", sums.due, f"steps due in {measure.period.within()}"),
            ("−", sums.pending, "not due yet or waiting for our decision"),
            ("=", sums.on_time + sums.late, "counted"),
            ("=", sums.on_time, "on time"),
            ("+", sums.late, "late"),
        ),
        rule=(
            "An answer is on time when it is sent by its due time and accepted. The clock stops while it"
            " waits for our decision; a returned answer is no answer."
        ),
        nothing="answers due",
    )


def _own(measure: Measure, criterion: OwnCriterion, sums: Sums) -> Formula:
    """The formula itself, what each of its names stands for, and the same with the values put in."""
    expression, values = criterion.expression, values_of(sums)
    numerator, denominator = _fraction(measure, "result", "")
    worked = expressions.with_values(expression, values)
    return Formula(
        subtitle="By a formula of our own",
        numerator=numerator,
        denominator=denominator,
        multiplier=None,
        brief=worked if len(worked) <= 40 else "by its formula",
        reconciliation=tuple(
            Term(";" if at else "", number(values[name]), VARIABLES[name].title)
            for at, name in enumerate(expression.names)
        ),
        rule=f"The formula: {' '.join(criterion.formula.split())}.",
        nothing="result of the formula" if values and any(values.values()) else "activity",
        worked=worked,
    )


def _soft(measure: Measure) -> Formula:
    numerator, denominator = _fraction(measure, "points given", "times given")
    times = plain(measure.denominator)
    return Formula(
        subtitle="Points given by a person, with a reason",
        numerator=numerator,
        denominator=denominator,
        multiplier=None,
        brief="given once" if times == "1" else f"given {times} times",
        reconciliation=(),
        rule="Points from 0 to 100; several are averaged.",
        nothing="points given",
    )

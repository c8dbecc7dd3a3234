"""The formula of each measure with the values put in, and how its counts come about."""

from dataclasses import dataclass
from decimal import Decimal

from scorecards import expressions, measures
from scorecards.delivery import DeliverySums
from scorecards.exact import exactly
from scorecards.measures import Measure
from scorecards.policy import DeliveryRules, OwnCriterion, Policy, Reference
from scorecards.quality import QualitySums
from scorecards.responsiveness import ResponseSums
from scorecards.speech import N_, _
from scorecards.sums import Sums
from scorecards.variables import VARIABLES, values_of
from scorecards.wording import ngettext, number


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
    nothing: str  # what to say where there was none: "No deliveries %(inside)s."
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
        Amount(measure.numerator, number(measure.numerator), _(above)),
        Amount(measure.denominator, number(measure.denominator), _(below) if below else ""),
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
    of = {"part": numerator.text, "all": denominator.text}
    brief = _("%(part)s of %(all)s lines", **of) if lines else _("%(part)s of %(all)s pieces", **of)
    if sums.excused:
        brief += _(", %(count)s excused", count=number(sums.excused))
    return Formula(
        subtitle=_(subtitle),
        numerator=numerator,
        denominator=denominator,
        multiplier="× 100",
        brief=brief,
        reconciliation=_lines_of(measure, sums, rules),
        rule=_delivery_rule(measure.key, rules),
        nothing=N_("No deliveries to count %(inside)s.")
        if sums.promised
        else N_("No deliveries %(inside)s."),
    )


_DELIVERY_LABELS = {
    measures.DELIVERY: (N_("lines on time"), N_("lines counted"), N_("Lines that arrived in the window")),
    "quantity": (N_("pieces in the window"), N_("pieces ordered"), N_("Pieces that arrived in the window")),
    measures.OTIF: (
        N_("lines on time and in full"),
        N_("lines counted"),
        N_("Lines on time with the whole quantity"),
    ),
    measures.PERFECT_ORDER: (
        N_("perfect lines"),
        N_("lines counted"),
        N_("Lines without anything to complain about"),
    ),
}


def _lines_of(measure: Measure, sums: DeliverySums, rules: DeliveryRules) -> tuple[Term, ...]:
    apart = rules.early == "apart"
    return _terms(
        ("", sums.promised, _("lines promised for %(period)s", period=measure.period.within())),
        ("−", sums.excused, _("excused")),
        ("−", sums.cancelled, _("cancelled")),
        ("−", sums.empty, _("with quantity 0")),
        ("−", sums.pending, _("not due yet")),
        ("−", sums.early if apart else 0, _("too early, kept apart")),
        ("=", sums.counted(rules), _("counted")),
        ("=", sums.on_time, _("on time")),
        ("+", sums.late, _("late")),
        ("+", 0 if apart else sums.early, _("too early")),
    )


# The day that a line is judged by, and what takes its place where it is missing.
_REFERENCES = {
    Reference.REQUESTED: (
        N_("the day requested"),
        N_(
            "Where that day is missing, the one first acknowledged takes its place, or else the one last"
            " confirmed."
        ),
    ),
    Reference.ACKNOWLEDGED: (
        N_("the day first acknowledged"),
        N_("Where that day is missing, the one confirmed takes its place, or else the one requested."),
    ),
    Reference.CONFIRMED: (
        N_("the day last confirmed"),
        N_(
            "Where that day is missing, the one first acknowledged takes its place, or else the one"
            " requested."
        ),
    ),
}


def _delivery_rule(key: str, rules: DeliveryRules) -> str:
    day, instead = _REFERENCES[rules.reference]
    window = _window_words(rules, _(day))
    if rules.mode == "quantity" and key == measures.DELIVERY:
        said = _(
            "A piece is on time when it arrives %(window)s, plant time, up to the quantity ordered.",
            window=window,
        )
    elif not rules.tolerance_percent:
        said = _("A line is on time when the whole quantity arrives %(window)s, plant time.", window=window)
    else:
        said = _(
            "A line is on time when at least %(part)s %% of the quantity arrives %(window)s, plant time.",
            part=number(100 - rules.tolerance_percent),
            window=window,
        )
    sentences = [said, _(instead)]
    if rules.early == "apart":
        sentences.append(_("Lines that came too early are on neither side of the ratio."))
    if key in _BEYOND_TIME:
        sentences.append(_(_BEYOND_TIME[key]))
    return " ".join(sentences)


_BEYOND_TIME = {
    measures.OTIF: N_("In full means without any tolerance."),
    measures.PERFECT_ORDER: N_("Perfect means on time, in full, nothing nonconforming, paperwork right."),
}


def _window_words(rules: DeliveryRules, day: str) -> str:
    def days(count: int) -> str:
        if rules.days == "business":
            return ngettext("%(num)s business day", "%(num)s business days", count)
        return ngettext("%(num)s calendar day", "%(num)s calendar days", count)

    early, late = rules.early_days, rules.late_days
    if early is None:
        if not late:
            return _("by %(day)s", day=day)
        return _("at most %(days)s after %(day)s", days=days(late), day=day)
    if not early and not late:
        return _("on %(day)s", day=day)
    if not early:
        return _("from %(day)s to %(days)s after it", day=day, days=days(late))
    if not late:
        return _("from %(days)s before to %(day)s", days=days(early), day=day)
    return _("from %(early)s before to %(late)s after %(day)s", early=days(early), late=days(late), day=day)


def _defects(measure: Measure, sums: QualitySums, policy: Policy) -> Formula:
    found = sums.nonconformances + sums.left_out
    ours = _("not the supplier’s, undecided or samples")
    reconciliation = _terms(
        ("", found, _("nonconformance found") if found == 1 else _("nonconformances found")),
        ("−", sums.left_out, ours),
        ("=", sums.nonconformances, _("counted")),
    )
    if measure.key == measures.DPMO:
        per_unit = policy.quality.opportunities_per_unit or 1
        numerator, denominator = _fraction(measure, N_("defects"), N_("opportunities"))
        rule = ngettext(
            "%(pieces)s pieces received, each with %(num)s opportunity for a defect.",
            "%(pieces)s pieces received, each with %(num)s opportunities for a defect.",
            per_unit,
            pieces=number(sums.received),
        )
        subtitle = _("Defects per million opportunities")
    else:
        numerator, denominator = _fraction(measure, N_("pieces rejected"), N_("pieces received"))
        rule = _(
            "Pieces count in the month they arrive, nonconforming ones in the month they are found, and only"
            " where the supplier is responsible. Samples are left out."
        )
        subtitle = _("Pieces rejected per million received")
    of = {"part": numerator.text, "all": denominator.text}
    is_ppm = measure.key == measures.QUALITY
    brief = _("%(part)s of %(all)s pieces", **of) if is_ppm else _("%(part)s of %(all)s opportunities", **of)
    return Formula(
        subtitle=subtitle,
        numerator=numerator,
        denominator=denominator,
        multiplier=f"× {number(1_000_000)}",
        brief=brief,
        reconciliation=reconciliation if found else (),
        rule=rule,
        nothing=N_("No inspections and nonconformances recorded %(inside)s.")
        if sums.received
        else N_("No pieces received %(inside)s."),
    )


def _lots(measure: Measure, sums: QualitySums, policy: Policy) -> Formula:
    accepted = policy.quality.use_as_is == "accepted"
    numerator, denominator = _fraction(measure, N_("lots accepted"), N_("lots inspected"))
    return Formula(
        subtitle=_("Lots that incoming inspection accepted"),
        numerator=numerator,
        denominator=denominator,
        multiplier="× 100",
        brief=_("%(part)s of %(all)s lots", part=numerator.text, all=denominator.text),
        reconciliation=_terms(
            ("", sums.lots, _("lots inspected")),
            ("=", sums.lots_accepted, _("accepted")),
            ("+", sums.lots_rejected, _("rejected")),
            ("+", sums.lots_used_as_is, _("used as is")),
        ),
        rule=_("A lot used as is counts as accepted.")
        if accepted
        else _("A lot used as is counts as rejected."),
        nothing=N_("No lots inspected %(inside)s."),
    )


def _answers(measure: Measure, sums: ResponseSums) -> Formula:
    numerator, denominator = _fraction(measure, N_("answers on time"), N_("answers due"))
    return Formula(
        subtitle=_("SCAR steps, certificates and agreement turns"),
        numerator=numerator,
        denominator=denominator,
        multiplier="× 100",
        brief=_("%(part)s of %(all)s steps", part=numerator.text, all=denominator.text),
        reconciliation=_terms(
            ("", sums.due, _("steps due %(inside)s", inside=measure.period.inside())),
            ("−", sums.pending, _("not due yet or waiting for our decision")),
            ("=", sums.on_time + sums.late, _("counted")),
            ("=", sums.on_time, _("on time")),
            ("+", sums.late, _("late")),
        ),
        rule=_(
            "An answer is on time when it is sent by its due time and accepted. The clock stops while it"
            " waits for our decision; a returned answer is no answer."
        ),
        nothing=N_("No answers due %(inside)s."),
    )


def _own(measure: Measure, criterion: OwnCriterion, sums: Sums) -> Formula:
    """The formula itself, what each of its names stands for, and the same with the values put in."""
    expression, values = criterion.expression, values_of(sums)
    numerator, denominator = _fraction(measure, N_("result"), "")
    worked = expressions.with_values(expression, values)
    return Formula(
        subtitle=_("By a formula of our own"),
        numerator=numerator,
        denominator=denominator,
        multiplier=None,
        brief=worked if len(worked) <= 40 else _("by its formula"),
        reconciliation=tuple(
            Term(";" if at else "", number(values[name]), _(VARIABLES[name].title))
            for at, name in enumerate(expression.names)
        ),
        rule=_("The formula: %(formula)s.", formula=" ".join(criterion.formula.split())),
        nothing=N_("No result of the formula %(inside)s.")
        if values and any(values.values())
        else N_("No activity %(inside)s."),
        worked=worked,
    )


def _soft(measure: Measure) -> Formula:
    numerator, denominator = _fraction(measure, N_("points given"), N_("times given"))
    return Formula(
        subtitle=_("Points given by a person, with a reason"),
        numerator=numerator,
        denominator=denominator,
        multiplier=None,
        brief=ngettext("given once", "given %(num)s times", measure.denominator),
        reconciliation=(),
        rule=_("Points from 0 to 100; several are averaged."),
        nothing=N_("No points given %(inside)s."),
    )

"""Every number with its formula, so that page, PDF and mail only have to print it."""

from dataclasses import dataclass
from decimal import Decimal

from scorecards import banding, measures
from scorecards.banding import Distance
from scorecards.exact import exactly
from scorecards.facts import cap_title, fact_words
from scorecards.feeds import FactState
from scorecards.formulas import Amount, Formula, Term, formula
from scorecards.measures import Measure, State
from scorecards.policy import Policy
from scorecards.reasons import points_sentence, state_sentence, weight_sentence, window_sentence
from scorecards.speech import N_, _, inside
from scorecards.weighting import NOT_RATED, Card
from scorecards.wording import before_rounding, number, shown, unrounded_score


@dataclass(frozen=True, slots=True)
class Explanation:
    """One measure. Texts are ready to print; `None` where there is nothing to say.

    `shown` is "92.3 %" and `unrounded` "92.3077"; `brief` is "24 of 26 lines"; `reconciliation` leads from
    everything there was to what counts and how that splits up; the terms after each "=" sum to the one
    before it. `worked` is a formula of one's own with its values, "100 × 24 ÷ 26"; it takes the place of
    numerator and denominator.
    """

    key: str
    title: str
    subtitle: str
    heading: str
    state: State
    shown: str | None
    unrounded: str | None
    brief: str
    numerator: Amount
    denominator: Amount
    multiplier: str | None
    reconciliation: tuple[Term, ...]
    rule: str
    points_shown: str | None
    points_sentence: str | None
    weight_shown: str | None
    weight_sentence: str | None
    contribution_shown: str | None
    state_sentence: str | None
    window_sentence: str | None
    worked: str | None = None

    @property
    def inside(self) -> str:
        """The title as it stands inside a sentence."""
        return inside(self.title)


@dataclass(frozen=True, slots=True)
class ScoreExplanation:
    """`terms` are the contributions and demerits; rounded one by one they may differ from `unrounded` in
    the last digit, because the sum is taken before rounding.
    """

    shown: str
    unrounded: str | None
    terms: tuple[Term, ...]
    sentence: str
    band: str
    band_sentence: str
    caps_sentence: str
    to_next_band: Distance | None


@dataclass(frozen=True, slots=True)
class CardExplanation:
    measures: tuple[Explanation, ...]
    beside: tuple[Explanation, ...]
    score: ScoreExplanation

    def measure(self, key: str) -> Explanation | None:
        return next((one for one in (*self.measures, *self.beside) if one.key == key), None)


@exactly
def explain(card: Card, policy: Policy) -> CardExplanation:
    """Everything about a card. The policy must be the one that the card was rated by."""
    return CardExplanation(
        measures=tuple(_measure(one, card, policy) for one in card.measures),
        beside=tuple(_measure(one, card, policy) for one in card.beside),
        score=_score(card, policy),
    )


def explain_measure(card: Card, policy: Policy, key: str) -> Explanation | None:
    """One measure only, for a panel that is opened alone; None where the card has no such measure."""
    one = card.measure(key)
    return None if one is None else _exactly_measure(one, card, policy)


@exactly
def _exactly_measure(measure: Measure, card: Card, policy: Policy) -> Explanation:
    return _measure(measure, card, policy)


def _measure(measure: Measure, card: Card, policy: Policy) -> Explanation:
    parts: Formula = formula(measure, card.sums_over(measure.period), policy)
    title = policy.title(measure.key)
    text = None if measure.value is None else shown(measure.value, measure.unit)
    return Explanation(
        key=measure.key,
        title=title,
        subtitle=parts.subtitle,
        heading=_heading(measure.key, title, text),
        state=measure.state,
        shown=text,
        unrounded=None if measure.value is None else before_rounding(measure.value, measure.unit),
        brief=parts.brief,
        numerator=parts.numerator,
        denominator=parts.denominator,
        multiplier=parts.multiplier,
        reconciliation=parts.reconciliation,
        rule=parts.rule,
        points_shown=None if measure.points is None else number(measure.points, 1),
        points_sentence=points_sentence(measure, policy),
        weight_shown=f"{number(measure.weight)} %" if measure.weight else None,
        weight_sentence=weight_sentence(measure, card, policy),
        contribution_shown=_contribution(measure.contribution, policy),
        state_sentence=state_sentence(measure, card, parts),
        window_sentence=window_sentence(measure, card),
        worked=parts.worked,
    )


_PLURAL = frozenset(
    {measures.QUALITY, measures.RESPONSIVENESS, measures.LAR, measures.DPMO, measures.PERFECT_ORDER}
)


def _heading(key: str, title: str, text: str | None) -> str:
    name, many = inside(title), key in _PLURAL
    if text is None:
        return (
            _("Why %(names)s have no number", names=name)
            if many
            else _("Why %(name)s has no number", name=name)
        )
    if many:
        return _("How %(names)s become %(value)s", names=name, value=text)
    return _("How %(name)s becomes %(value)s", name=name, value=text)


def _contribution(contribution: Decimal | None, policy: Policy) -> str | None:
    if contribution is None:
        return None
    return number(contribution, 2) if policy.combine == "average" else f"× {number(contribution, 4)}"


def _score(card: Card, policy: Policy) -> ScoreExplanation:
    if card.score is None or card.shown is None or card.before_demerits is None:
        return ScoreExplanation(
            shown=_(NOT_RATED),
            unrounded=None,
            terms=(),
            sentence=_("Not rated. No measure has a number."),
            band=card.band,
            band_sentence=_("Not rated is neither 0 nor 100."),
            caps_sentence=_caps_sentence(card),
            to_next_band=None,
        )
    text = number(card.shown, policy.score_decimals)
    unrounded = unrounded_score(card.score, policy.score_decimals)
    return ScoreExplanation(
        shown=text,
        unrounded=unrounded,
        terms=_terms(card, policy),
        sentence=_(
            "%(how)s %(unrounded)s, shown as %(shown)s.", how=_how(policy), unrounded=unrounded, shown=text
        ),
        band=card.band,
        band_sentence=_band_sentence(card, policy),
        caps_sentence=_caps_sentence(card),
        to_next_band=banding.to_next_band(card.shown, policy),
    )


def _how(policy: Policy) -> str:
    if policy.combine == "average":
        return _("The contributions are added before anything is rounded:")
    return _("100 × the factors, multiplied before anything is rounded:")


def _terms(card: Card, policy: Policy) -> tuple[Term, ...]:
    average = policy.combine == "average"
    terms = [] if average else [Term("", "100", _("points at most"))]
    for measure in card.measures:
        if measure.contribution is not None:
            sign = "×" if not average else "+" if terms else ""
            digits = 2 if average else 4
            terms.append(Term(sign, number(measure.contribution, digits), policy.title(measure.key)))
    if card.demerits:
        terms.append(Term("−", number(card.demerits, 2), _demerit_label(card, policy)))
    return tuple(terms)


def _demerit_label(card: Card, policy: Policy) -> str:
    events = card.sums_over(card.period).events
    if policy.demerits is None:
        return ""
    kinds = [
        f"{number(events[kind])} × {event_words(kind)}" for kind in policy.demerits.points if events.get(kind)
    ]
    full = sum(
        (points * events.get(kind, 0) for kind, points in policy.demerits.points.items()), start=Decimal(0)
    )
    if full <= policy.demerits.at_most:
        return ", ".join(kinds)
    return _(
        "%(events)s, at most %(most)s points",
        events=", ".join(kinds),
        most=number(policy.demerits.at_most),
    )


_EVENTS = {
    "premium_freight": N_("premium freight"),
    "line_stoppage": N_("line stoppage"),
    "field_action": N_("field action"),
}


def event_words(kind: str) -> str:
    """Say what kind of event takes points off; what somebody added is called as they wrote it."""
    return _(_EVENTS[kind]) if kind in _EVENTS else kind.replace("_", " ")


def _band_sentence(card: Card, policy: Policy) -> str:
    band = next(band for band in policy.bands if band.band == card.uncapped_band)
    limits = {"band": band.band, "from_": number(band.from_), "to": number(band.to)}
    if band.to == 100:
        words = _("Band %(band)s is %(from_)s to %(to)s.", **limits)
    else:
        words = _("Band %(band)s is %(from_)s to below %(to)s.", **limits)
    if card.band != card.uncapped_band:
        words += f" {_('A cap limits it to %(band)s.', band=card.band)}"
    return words


def _caps_sentence(card: Card) -> str:
    acting = card.acting_caps
    if acting:
        kept = " ".join(f"{cap_title(cap)}: {fact_words(cap.sentence)}" for cap in acting)
        said = _("Limited to band %(band)s; the number stays.", band=card.band)
        return f"{said} {kept}"
    if any(cap.state is FactState.PRESENT for cap in card.caps):
        return _("A cap is present, but the band is not better than its limit.")
    unchecked = [cap_title(cap) for cap in card.caps if cap.state is FactState.NOT_CHECKED]
    if unchecked:
        return _(
            "None of the caps that were checked applies. Not checked: %(caps)s.", caps=", ".join(unchecked)
        )
    return _("No cap applies.")

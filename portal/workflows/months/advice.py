"""What a card's mail says beside the figures: what changed and why, and what would raise the score most."""

from dataclasses import dataclass
from decimal import Decimal

from portal.languages import _, ngettext
from scorecards import measures
from scorecards.exact import HUNDRED, rounded
from scorecards.facts import fact_words
from scorecards.measures import Measure
from scorecards.policy import Policy
from scorecards.weighting import Card
from scorecards.wording import number, shown

MOST = 2


@dataclass(frozen=True, slots=True)
class Action:
    """Something to do; ``worth`` is what the score would gain at most, None for what limits the band."""

    words: str
    worth: Decimal | None

    @property
    def sentence(self) -> str:
        if self.worth is None:
            return self.words
        return f"{self.words} {_('Worth up to %(points)s points.', points=number(self.worth, 1))}"


def actions(card: Card, policy: Policy) -> list[Action]:
    """Give the two that would raise this card most: first what limits its band, then by points."""
    limiting = [
        Action(
            _("%(cap)s It limits the band to %(band)s.", cap=fact_words(cap.sentence), band=cap.band), None
        )
        for cap in card.acting_caps
    ]
    gains = [(gain, one) for one in card.measures if (gain := _gain(one, card, policy)) > 0]
    gains.sort(key=lambda pair: (-pair[0], pair[1].key))
    return [*limiting, *(Action(_advice(one, policy), gain) for gain, one in gains)][:MOST]


def change(card: Card, before: Card | None, policy: Policy) -> str:
    """Say which measure moved the score most since the card before; '' where there is nothing to compare."""
    if before is None or card.shown is None or before.shown is None or card.shown == before.shown:
        return ""
    moved = []
    for one in card.measures:
        earlier = before.measure(one.key)
        if earlier is not None and one.contribution is not None and earlier.contribution is not None:
            moved.append((one.contribution - earlier.contribution, one, earlier))
    is_up = card.shown > before.shown
    moved = [each for each in moved if (each[0] > 0) is is_up and each[0] != 0]
    if not moved:
        return ""
    _by, now, earlier = max(moved, key=lambda each: abs(each[0]))
    return _(
        "Main reason: %(measure)s, %(before)s before and %(now)s now.",
        measure=policy.title(now.key),
        before=_value(earlier),
        now=_value(now),
    )


def _value(one: Measure) -> str:
    return "–" if one.value is None else shown(one.value, one.unit)


def _gain(one: Measure, card: Card, policy: Policy) -> Decimal:
    """What the score would gain if this measure had all its points."""
    if one.points is None or one.contribution is None or card.score is None:
        return Decimal(0)
    if policy.combine == "average":
        return rounded((HUNDRED - one.points) * one.effective_weight / HUNDRED, 1)
    return HUNDRED - one.points  # of a product: only the order says something


def _advice(one: Measure, policy: Policy) -> str:
    missed = int(one.denominator - one.numerator)
    match one.key:
        case measures.DELIVERY if policy.delivery.mode == "line":
            return ngettext(
                "Deliver on time: %(num)s line of %(all)s was not.",
                "Deliver on time: %(num)s lines of %(all)s were not.",
                missed,
                all=number(one.denominator),
            )
        case measures.QUALITY:
            return _(
                "Find defects before they leave: %(bad)s of %(all)s pieces were rejected.",
                bad=number(one.numerator),
                all=number(one.denominator),
            )
        case measures.RESPONSIVENESS:
            return ngettext(
                "Answer on time: %(num)s step of %(all)s was late.",
                "Answer on time: %(num)s steps of %(all)s were late.",
                missed,
                all=number(one.denominator),
            )
        case _:
            return _("Raise %(measure)s: it is %(value)s.", measure=policy.title(one.key), value=_value(one))

"""What a card would be if one line were excused, for the decision on a dispute."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from scorecards import measures
from scorecards.delivery import DeliverySums, LineState, Verdict, verdict_sums
from scorecards.feeds import Fact
from scorecards.periods import Period, month_number
from scorecards.policy import Policy
from scorecards.sums import Sums
from scorecards.weighting import NOT_RATED, Card, rate_with_trailing
from scorecards.wording import number, shown

_MATTERS = frozenset({LineState.LATE, LineState.EARLY, LineState.PENDING})


@dataclass(frozen=True, slots=True)
class WhatIf:
    card: Card
    sentence: str


def if_excused(
    months: Mapping[int, Sums],
    policy: Policy,
    period: Period,
    verdict: Verdict,
    facts: Sequence[Fact] = (),
) -> WhatIf | None:
    """From the same sums by month that made the card. None for a line that an excuse changes nothing for."""
    if verdict.promised_on is None or verdict.state not in _MATTERS:
        return None
    month = month_number(verdict.promised_on)
    before = months[month]
    moved = before.delivery - verdict_sums(verdict) + DeliverySums(promised=1, excused=1)
    card = rate_with_trailing({**months, month: replace(before, delivery=moved)}, policy, period, facts)
    now = rate_with_trailing(months, policy, period, facts)
    return WhatIf(card, _sentence(card, now, policy))


def _sentence(card: Card, now: Card, policy: Policy) -> str:
    one = card.measure(measures.DELIVERY)
    ratio = "nothing is left to count"
    if one is not None and one.value is not None:
        ratio = f"{number(one.numerator)} ÷ {number(one.denominator)} = {shown(one.value, one.unit)}"
    if card.shown is None:
        return f"If the line is excused: {ratio}, {NOT_RATED.lower()}."
    score = number(card.shown, policy.score_decimals)
    still = "still " if card.band == now.band else ""
    return f"If the line is excused: {ratio}, score {score}, {still}band {card.band}."

"""What a card would be if a line were excused, a nonconformance not counted, or lines had been on time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from scorecards import measures, quality
from scorecards.delivery import DeliverySums, LineState, Verdict, verdict_sums
from scorecards.exact import CONTEXT
from scorecards.feeds import Fact, Nonconformance
from scorecards.periods import Period, month_number
from scorecards.policy import Policy
from scorecards.speech import _
from scorecards.sums import Sums
from scorecards.weighting import Card, rate_with_trailing
from scorecards.wording import ngettext, number, shown

_MATTERS = frozenset({LineState.LATE, LineState.EARLY, LineState.PENDING})


@dataclass(frozen=True, slots=True)
class WhatIf:
    """`card` as it would be, `now` as it is."""

    card: Card
    now: Card
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
    return WhatIf(card, now, _sentence(card, now, policy))


def if_not_counted(
    months: Mapping[int, Sums],
    policy: Policy,
    period: Period,
    found: Nonconformance,
    facts: Sequence[Fact] = (),
) -> WhatIf | None:
    """The same for a nonconformance that is not the supplier's. None for one that does not count anyway."""
    month = month_number(found.found_on)
    if not quality.counts(found) or month not in months:
        return None
    before = months[month]
    moved = replace(
        before.quality,
        nonconforming=CONTEXT.subtract(before.quality.nonconforming, found.quantity),
        defects=before.quality.defects - found.defects,
        nonconformances=before.quality.nonconformances - 1,
        left_out=before.quality.left_out + 1,
        safety=before.quality.safety - int(found.safety),
    )
    card = rate_with_trailing({**months, month: replace(before, quality=moved)}, policy, period, facts)
    now = rate_with_trailing(months, policy, period, facts)
    said = _("If %(number)s is not counted: %(result)s.", number=found.number, result=_result(card, policy))
    return WhatIf(card, now, said)


def if_on_time(
    months: Mapping[int, Sums],
    policy: Policy,
    period: Period,
    verdicts: Sequence[Verdict],
    facts: Sequence[Fact] = (),
) -> WhatIf | None:
    """The same for lines that would have come whole and on time. None where that changes nothing.

    A line that was excused, cancelled or on time anyway is passed over. What arrived counts as it did: only
    the days are other ones.
    """
    changed = dict(months)
    count = 0
    for verdict in verdicts:
        if verdict.promised_on is None or verdict.state not in _MATTERS:
            continue
        month = month_number(verdict.promised_on)
        ordered = verdict.line.ordered
        as_wished = DeliverySums(
            promised=1,
            on_time=1,
            in_full=1,
            perfect=int(not verdict.line.nonconforming and verdict.line.paperwork_right is not False),
            ordered=ordered,
            in_window=ordered,
        )
        moved = changed[month].delivery - verdict_sums(verdict) + as_wished
        changed[month] = replace(changed[month], delivery=moved)
        count += 1
    if not count:
        return None
    card = rate_with_trailing(changed, policy, period, facts)
    now = rate_with_trailing(months, policy, period, facts)
    said = ngettext(
        "If the line was on time: %(result)s.",
        "If these %(num)s lines were on time: %(result)s.",
        count,
        result=_result(card, policy),
    )
    return WhatIf(card, now, said)


def _result(card: Card, policy: Policy) -> str:
    if card.shown is None:
        return _("not rated")
    score = number(card.shown, policy.score_decimals)
    return _("score %(score)s, band %(band)s", score=score, band=card.band)


def _sentence(card: Card, now: Card, policy: Policy) -> str:
    one = card.measure(measures.DELIVERY)
    ratio = _("nothing is left to count")
    if one is not None and one.value is not None:
        ratio = f"{number(one.numerator)} ÷ {number(one.denominator)} = {shown(one.value, one.unit)}"
    if card.shown is None:
        return _("If the line is excused: %(ratio)s, not rated.", ratio=ratio)
    result = {"ratio": ratio, "score": number(card.shown, policy.score_decimals), "band": card.band}
    if card.band == now.band:
        return _("If the line is excused: %(ratio)s, score %(score)s, still band %(band)s.", **result)
    return _("If the line is excused: %(ratio)s, score %(score)s, band %(band)s.", **result)

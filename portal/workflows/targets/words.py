"""How targets and their figures are called and written."""

from decimal import Decimal

from portal.languages import N_, _
from portal.models.targets import Aim, TargetStatus
from scorecards import measures
from scorecards.wording import number, shown, with_unit

AIM = {
    Aim.SCORE: N_("Overall score"),
    Aim.QUALITY: N_("Defects"),
    Aim.DELIVERY: N_("On-time delivery"),
    Aim.RESPONSIVENESS: N_("Answers on time"),
}
STATUS = {
    TargetStatus.PROPOSED: N_("Waits for an answer"),
    TargetStatus.AGREED: N_("Agreed"),
    TargetStatus.DECLINED: N_("Declined"),
    TargetStatus.WITHDRAWN: N_("Taken back"),
    TargetStatus.REPLACED: N_("Replaced"),
    TargetStatus.ENDED: N_("Ended"),
}
UNIT = {
    Aim.SCORE: measures.POINTS,
    Aim.QUALITY: measures.PPM,
    Aim.DELIVERY: measures.PERCENT,
    Aim.RESPONSIVENESS: measures.PERCENT,
}
FALLING = frozenset({Aim.QUALITY})  # fewer is better


def figure(aim: Aim, value: Decimal) -> str:
    """Write a card's figure as the card does: 92.3 %, 398 PPM, 83.1."""
    return shown(value, UNIT[aim])


def gap_words(aim: Aim, gap: Decimal) -> str:
    """Write how much is missing: 2.7 percentage points, 48 PPM; never as nothing."""
    if UNIT[aim] == measures.PPM:
        return shown(gap, measures.PPM)
    tenths = number(gap, 1) if gap >= Decimal("0.05") else number(gap)
    if UNIT[aim] == measures.PERCENT:
        return _("%(gap)s percentage points", gap=tenths)
    return _("%(gap)s points", gap=tenths)


def goal(aim: Aim, value: Decimal) -> str:
    """Such as "at least 95 %"; not broken between number and unit."""
    words = with_unit(value, UNIT[aim]).replace(" ", "\N{NO-BREAK SPACE}")
    return _("at most %(figure)s", figure=words) if aim in FALLING else _("at least %(figure)s", figure=words)

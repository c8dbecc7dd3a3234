"""How far a card's figures are from what was agreed, and what would have closed the gap."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from portal.languages import _, ngettext
from portal.models.targets import Aim, SupplierTarget
from portal.workflows.targets.words import FALLING, figure, gap_words, goal
from scorecards.exact import exactly
from scorecards.measures import PERCENT, Measure
from scorecards.weighting import Card
from scorecards.wording import number

_MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Distance:
    """``value`` is the card's figure as it is compared, None where it has none; ``gap`` what is missing.

    ``missing`` counts the lines, pieces or answers that would have closed the gap; None where that is not
    how the figure comes about.
    """

    target: SupplierTarget
    value: Decimal | None
    gap: Decimal
    missing: int | None = None

    @property
    def aim(self) -> Aim:
        return self.target.aim

    @property
    def is_met(self) -> bool:
        return self.value is not None and not self.gap

    @property
    def is_missed(self) -> bool:
        return self.value is not None and bool(self.gap)

    @property
    def goal(self) -> str:
        return goal(self.aim, self.target.value)

    @property
    def shown(self) -> str:
        return "" if self.value is None else figure(self.aim, self.value)

    @property
    def gap_words(self) -> str:
        return gap_words(self.aim, self.gap)

    @property
    def sentence(self) -> str:
        """Say whether it is met, by how much it is missed, and what would have closed the gap."""
        if self.value is None:
            return _("Target: %(goal)s. There is no figure to compare with it.", goal=self.goal)
        if not self.gap:
            return _("Target: %(goal)s. Met with %(figure)s.", goal=self.goal, figure=self.shown)
        said = _(
            "Target: %(goal)s. Missed with %(figure)s by %(gap)s.",
            goal=self.goal,
            figure=self.shown,
            gap=self.gap_words,
        )
        return f"{said} {self.remedy}" if self.missing else said

    @property
    def remedy(self) -> str:
        count = self.missing or 0
        if self.aim is Aim.QUALITY:
            return ngettext(
                "With %(num)s defective piece less it would have been met.",
                "With %(num)s defective pieces less it would have been met.",
                count,
                num=number(count),
            )
        if self.aim is Aim.RESPONSIVENESS:
            return ngettext(
                "With %(num)s more answer on time it would have been met.",
                "With %(num)s more answers on time it would have been met.",
                count,
                num=number(count),
            )
        return ngettext(
            "With %(num)s more line on time it would have been met.",
            "With %(num)s more lines on time it would have been met.",
            count,
            num=number(count),
        )


def distances(card: Card, targets: Mapping[Aim, SupplierTarget], *, by_line: bool = True) -> list[Distance]:
    """Compare a card with the targets of its last month, in the order of ``Aim``.

    ``by_line`` is False where the policy counts pieces on time: then no number of lines can be said.
    """
    return [_distance(card, targets[aim], by_line=by_line) for aim in Aim if aim in targets]


@exactly
def missed_by(aim: Aim, value: Decimal, target: Decimal) -> Decimal:
    """Give how much a figure is on the wrong side of its target; 0 where it is met."""
    return max(value - target if aim in FALLING else target - value, Decimal(0))


@exactly
def _distance(card: Card, target: SupplierTarget, *, by_line: bool) -> Distance:
    if target.aim is Aim.SCORE:
        gap = Decimal(0) if card.shown is None else missed_by(target.aim, card.shown, target.value)
        return Distance(target, card.shown, gap)
    one = card.measure(target.aim.value)
    if one is None or one.value is None:
        return Distance(target, None, Decimal(0))
    gap = missed_by(target.aim, one.value, target.value)
    counts = by_line or target.aim is not Aim.DELIVERY
    return Distance(target, one.value, gap, _missing(one, target.value) if gap and counts else None)


def _missing(one: Measure, target: Decimal) -> int | None:
    """Count what would have had to go well; None where no count could have helped."""
    if one.unit == PERCENT:
        wanted = (target * one.denominator / 100).to_integral_value(ROUND_CEILING)
        return int(wanted - one.numerator)
    allowed = (target * one.denominator / _MILLION).to_integral_value(ROUND_FLOOR)
    fewer = one.numerator - allowed
    return int(fewer.to_integral_value(ROUND_CEILING)) if fewer > 0 else None

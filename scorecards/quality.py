"""Defects: PPM, DPMO and lots accepted."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from scorecards import measures
from scorecards.exact import CONTEXT, HUNDRED, MILLION, ZERO, exactly, settle
from scorecards.feeds import DeliveryLine, Lot, LotResult, Nonconformance, Responsibility
from scorecards.measures import Ratio, State
from scorecards.periods import Period
from scorecards.policy import QualityRules


@dataclass(frozen=True, slots=True)
class QualitySums:
    """`received` counts in the month of arrival; `lines` are the lines that something arrived on in a month.

    `nonconforming` and `defects` are the supplier's own. `safety` counts nonconformances of the supplier
    that touch safety. `left_out` counts those that are ours, the carrier's, undetermined or samples.
    """

    received: Decimal = ZERO
    lines: int = 0
    nonconforming: Decimal = ZERO
    defects: int = 0
    nonconformances: int = 0
    left_out: int = 0
    safety: int = 0
    lots_accepted: int = 0
    lots_rejected: int = 0
    lots_used_as_is: int = 0

    def __add__(self, other: "QualitySums") -> "QualitySums":
        return QualitySums(
            received=CONTEXT.add(self.received, other.received),
            lines=self.lines + other.lines,
            nonconforming=CONTEXT.add(self.nonconforming, other.nonconforming),
            defects=self.defects + other.defects,
            nonconformances=self.nonconformances + other.nonconformances,
            left_out=self.left_out + other.left_out,
            safety=self.safety + other.safety,
            lots_accepted=self.lots_accepted + other.lots_accepted,
            lots_rejected=self.lots_rejected + other.lots_rejected,
            lots_used_as_is=self.lots_used_as_is + other.lots_used_as_is,
        )

    @property
    def lots(self) -> int:
        return self.lots_accepted + self.lots_rejected + self.lots_used_as_is

    @property
    def records(self) -> int:
        """Anything that shows that somebody looked."""
        return self.lots + self.nonconformances + self.left_out


def counts(nonconformance: Nonconformance) -> bool:
    """Only what is the supplier's, and no samples."""
    return nonconformance.responsibility == Responsibility.SUPPLIER and not nonconformance.is_sample


def sums(
    lines: Iterable[DeliveryLine],
    lots: Iterable[Lot],
    nonconformances: Iterable[Nonconformance],
    period: Period,
) -> QualitySums:
    total = QualitySums()
    for line in lines:
        total += _arrivals(line, period)
    for lot in lots:
        if period.contains(lot.inspected_on):
            total += _lot_sums(lot)
    for nonconformance in nonconformances:
        if period.contains(nonconformance.found_on):
            total += _nonconformance_sums(nonconformance)
    return total


def _arrivals(line: DeliveryLine, period: Period) -> QualitySums:
    """A line whose quantity came in two months is a line in each, so that months can be added."""
    received = ZERO
    months: set[date] = set()
    for receipt in line.receipts:
        if period.contains(receipt.received_on):
            received = CONTEXT.add(received, receipt.quantity)
            if receipt.quantity:
                months.add(receipt.received_on.replace(day=1))
    return QualitySums(received=received, lines=len(months))


def _lot_sums(lot: Lot) -> QualitySums:
    return QualitySums(
        lots_accepted=int(lot.result == LotResult.ACCEPTED),
        lots_rejected=int(lot.result == LotResult.REJECTED),
        lots_used_as_is=int(lot.result == LotResult.USE_AS_IS),
    )


def _nonconformance_sums(found: Nonconformance) -> QualitySums:
    if not counts(found):
        return QualitySums(left_out=1)
    return QualitySums(
        nonconforming=found.quantity, defects=found.defects, nonconformances=1, safety=int(found.safety)
    )


@exactly
def ppm(total: QualitySums) -> Ratio:
    """The supplier's nonconforming pieces ÷ pieces received × 10⁶."""
    return _per_million(measures.QUALITY, measures.PPM, total.nonconforming, total.received, total.lines)


@exactly
def dpmo(total: QualitySums, rules: QualityRules) -> Ratio:
    """Defects ÷ (pieces received × opportunities for a defect on each) × 10⁶."""
    unit = measures.PER_MILLION_OPPORTUNITIES
    if rules.opportunities_per_unit is None:
        return Ratio(measures.DPMO, State.NO_ACTIVITY, None, unit, ZERO, ZERO, 0)
    opportunities = total.received * rules.opportunities_per_unit
    return _per_million(measures.DPMO, unit, Decimal(total.defects), opportunities, total.lines)


def _per_million(key: str, unit: str, numerator: Decimal, denominator: Decimal, volume: int) -> Ratio:
    if denominator > 0:
        value = settle(MILLION * numerator / denominator)
        return Ratio(key, State.OK, value, unit, numerator, denominator, volume)
    state = State.UNDEFINED if numerator > 0 else State.NO_ACTIVITY
    return Ratio(key, state, None, unit, numerator, denominator, volume)


@exactly
def lar(total: QualitySums, rules: QualityRules) -> Ratio:
    """Lots accepted ÷ lots inspected. "Use as is" is no acceptance unless the policy says so."""
    accepted = total.lots_accepted + (total.lots_used_as_is if rules.use_as_is == "accepted" else 0)
    if total.lots == 0:
        return Ratio(measures.LAR, State.NO_ACTIVITY, None, measures.PERCENT, ZERO, ZERO, 0)
    numerator, denominator = Decimal(accepted), Decimal(total.lots)
    value = settle(HUNDRED * numerator / denominator)
    return Ratio(measures.LAR, State.OK, value, measures.PERCENT, numerator, denominator, total.lots)

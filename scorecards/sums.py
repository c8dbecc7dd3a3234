"""All sums of one supplier, or of any group of suppliers, sites, plants or commodities: pooling is adding.

A page that rates from stored sums fills these in itself; a recomputation counts them from the rows.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from scorecards import delivery, quality, responsiveness
from scorecards.delivery import DeliverySums
from scorecards.exact import CONTEXT, ZERO
from scorecards.feeds import DeliveryLine, Event, Inputs, Lot, Nonconformance, SoftScore, Stage
from scorecards.periods import Calendars, Period, month_number
from scorecards.policy import Policy
from scorecards.quality import QualitySums
from scorecards.responsiveness import ResponseSums


@dataclass(frozen=True, slots=True)
class SoftSums:
    """Points given by people for one criterion: their sum and how many there are."""

    points: Decimal = ZERO
    given: int = 0

    def __add__(self, other: "SoftSums") -> "SoftSums":
        return SoftSums(CONTEXT.add(self.points, other.points), self.given + other.given)


@dataclass(frozen=True, slots=True)
class Sums:
    """`soft` is by criterion, `events` counts by kind."""

    delivery: DeliverySums = field(default_factory=DeliverySums)
    quality: QualitySums = field(default_factory=QualitySums)
    response: ResponseSums = field(default_factory=ResponseSums)
    soft: Mapping[str, SoftSums] = field(default_factory=dict)
    events: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: "Sums") -> "Sums":
        soft = {
            key: self.soft.get(key, SoftSums()) + other.soft.get(key, SoftSums())
            for key in sorted({*self.soft, *other.soft})
        }
        events = {
            kind: self.events.get(kind, 0) + other.events.get(kind, 0)
            for kind in sorted({*self.events, *other.events})
        }
        return Sums(
            self.delivery + other.delivery,
            self.quality + other.quality,
            self.response + other.response,
            soft,
            events,
        )


def pooled(parts: Iterable[Sums]) -> Sums:
    return sum(parts, Sums())


def over(months: Mapping[int, Sums], period: Period) -> Sums:
    """The sums of a window from those of its months. A month that is not there had nothing."""
    return pooled(months[number] for number in period.month_numbers() if number in months)


def count(inputs: Inputs, period: Period, policy: Policy, as_of: date) -> Sums:
    return over(count_by_month(inputs, period, policy, as_of), period)


def count_by_month(inputs: Inputs, period: Period, policy: Policy, as_of: date) -> dict[int, Sums]:
    """Sums by month number for every month of the period that has anything; each row is judged once."""
    months: dict[int, _Rows] = defaultdict(_Rows)
    for line in inputs.lines:
        found = delivery.reference_date(line, policy.delivery.reference)
        if found is not None:
            months[month_number(found[1])].promised.append(line)
        for month in {month_number(receipt.received_on) for receipt in line.receipts}:
            months[month].arrived.append(line)
    for lot in inputs.lots:
        months[month_number(lot.inspected_on)].lots.append(lot)
    for nonconformance in inputs.nonconformances:
        months[month_number(nonconformance.found_on)].nonconformances.append(nonconformance)
    for stage in inputs.stages:
        months[month_number(stage.due_on)].stages.append(stage)
    for score in inputs.soft:
        months[month_number(score.given_on)].soft.append(score)
    for event in inputs.events:
        months[month_number(event.happened_on)].events.append(event)
    return {
        month: _month_sums(months[month], Period(month), policy, as_of, inputs.calendars)
        for month in period.month_numbers()
        if month in months
    }


@dataclass(slots=True)
class _Rows:
    promised: list[DeliveryLine] = field(default_factory=list)
    arrived: list[DeliveryLine] = field(default_factory=list)
    lots: list[Lot] = field(default_factory=list)
    nonconformances: list[Nonconformance] = field(default_factory=list)
    stages: list[Stage] = field(default_factory=list)
    soft: list[SoftScore] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


def _month_sums(rows: _Rows, month: Period, policy: Policy, as_of: date, calendars: Calendars) -> Sums:
    soft: dict[str, SoftSums] = {}
    for score in rows.soft:
        soft[score.key] = soft.get(score.key, SoftSums()) + SoftSums(score.points, 1)
    kinds = Counter(event.kind for event in rows.events)
    return Sums(
        delivery.sums(rows.promised, month, policy.delivery, as_of, calendars),
        quality.sums(rows.arrived, rows.lots, rows.nonconformances, month),
        responsiveness.sums(rows.stages, month, as_of),
        dict(sorted(soft.items())),
        dict(sorted(kinds.items())),
    )

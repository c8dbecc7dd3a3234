"""All sums of one supplier, or of any group of suppliers, sites, plants or commodities: pooling is adding.

A page that rates from stored sums fills these in itself; a recomputation counts them from the rows.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TypeVar

from scorecards import delivery, quality, responsiveness
from scorecards.delivery import DeliverySums
from scorecards.exact import CONTEXT, ZERO
from scorecards.feeds import Inputs
from scorecards.periods import Period
from scorecards.policy import Policy
from scorecards.quality import QualitySums
from scorecards.responsiveness import ResponseSums

N = TypeVar("N", int, Decimal)


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
    soft: dict[str, SoftSums] = {}
    for score in inputs.soft:
        if period.contains(score.given_on):
            soft[score.key] = soft.get(score.key, SoftSums()) + SoftSums(score.points, 1)
    events: dict[str, int] = {}
    for event in inputs.events:
        if period.contains(event.happened_on):
            events[event.kind] = events.get(event.kind, 0) + 1
    return Sums(
        delivery.sums(inputs.lines, period, policy.delivery, as_of, inputs.calendars),
        quality.sums(inputs.lines, inputs.lots, inputs.nonconformances, period),
        responsiveness.sums(inputs.stages, period, as_of),
        dict(sorted(soft.items())),
        dict(sorted(events.items())),
    )

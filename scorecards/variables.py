"""The names that a formula may use, each with what it counts; all of them are sums, so they can be pooled."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # sums are counted by a policy, and a policy's formulas are read with these names
    from scorecards.sums import Sums


@dataclass(frozen=True, slots=True)
class Variable:
    title: str
    of: Callable[["Sums"], Decimal | int]


VARIABLES: Mapping[str, Variable] = {
    "lines_promised": Variable("lines promised for the period", lambda s: s.delivery.promised),
    "lines_counted": Variable(
        "lines on time, late and too early", lambda s: s.delivery.on_time + s.delivery.late + s.delivery.early
    ),
    "lines_on_time": Variable("lines on time", lambda s: s.delivery.on_time),
    "lines_late": Variable("lines late", lambda s: s.delivery.late),
    "lines_early": Variable("lines too early", lambda s: s.delivery.early),
    "lines_in_full": Variable("lines on time with the whole quantity", lambda s: s.delivery.in_full),
    "lines_perfect": Variable("lines without anything to complain about", lambda s: s.delivery.perfect),
    "lines_excused": Variable("lines excused", lambda s: s.delivery.excused),
    "lines_cancelled": Variable("lines cancelled", lambda s: s.delivery.cancelled),
    "lines_arrived": Variable("lines on which anything arrived", lambda s: s.quality.lines),
    "quantity_ordered": Variable("pieces ordered on the lines counted", lambda s: s.delivery.ordered),
    "quantity_in_window": Variable("pieces that arrived in the window", lambda s: s.delivery.in_window),
    "quantity_received": Variable("pieces received", lambda s: s.quality.received),
    "pieces_rejected": Variable("nonconforming pieces of the supplier", lambda s: s.quality.nonconforming),
    "defects": Variable("single defects on them", lambda s: s.quality.defects),
    "nonconformances": Variable("nonconformances of the supplier", lambda s: s.quality.nonconformances),
    "safety_nonconformances": Variable("of these, those that touch safety", lambda s: s.quality.safety),
    "lots_inspected": Variable("lots inspected", lambda s: s.quality.lots),
    "lots_accepted": Variable("lots accepted", lambda s: s.quality.lots_accepted),
    "lots_rejected": Variable("lots rejected", lambda s: s.quality.lots_rejected),
    "lots_used_as_is": Variable("lots used as is", lambda s: s.quality.lots_used_as_is),
    "answers_due": Variable(
        "answers due, without those that wait for us", lambda s: s.response.on_time + s.response.late
    ),
    "answers_on_time": Variable("answers on time", lambda s: s.response.on_time),
    "answers_late": Variable("answers late", lambda s: s.response.late),
}


def values_of(sums: "Sums") -> dict[str, Decimal]:
    return {name: Decimal(each.of(sums)) for name, each in VARIABLES.items()}


def is_empty(sums: "Sums") -> bool:
    """Whether nothing at all happened: then a formula says nothing, whatever it would give for zeros."""
    return not any(values_of(sums).values())

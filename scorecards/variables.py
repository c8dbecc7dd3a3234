"""The names that a formula may use, each with what it counts; all of them are sums, so they can be pooled."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from scorecards.speech import N_

if TYPE_CHECKING:  # sums are counted by a policy, and a policy's formulas are read with these names
    from scorecards.sums import Sums


@dataclass(frozen=True, slots=True)
class Variable:
    title: str
    of: Callable[["Sums"], Decimal | int]


VARIABLES: Mapping[str, Variable] = {
    "lines_promised": Variable(N_("lines promised for the period"), lambda s: s.delivery.promised),
    "lines_counted": Variable(
        N_("lines on time, late and too early"),
        lambda s: s.delivery.on_time + s.delivery.late + s.delivery.early,
    ),
    "lines_on_time": Variable(N_("lines on time"), lambda s: s.delivery.on_time),
    "lines_late": Variable(N_("lines late"), lambda s: s.delivery.late),
    "lines_early": Variable(N_("lines too early"), lambda s: s.delivery.early),
    "lines_in_full": Variable(N_("lines on time with the whole quantity"), lambda s: s.delivery.in_full),
    "lines_perfect": Variable(N_("lines without anything to complain about"), lambda s: s.delivery.perfect),
    "lines_excused": Variable(N_("lines excused"), lambda s: s.delivery.excused),
    "lines_cancelled": Variable(N_("lines cancelled"), lambda s: s.delivery.cancelled),
    "lines_arrived": Variable(N_("lines on which anything arrived"), lambda s: s.quality.lines),
    "quantity_ordered": Variable(N_("pieces ordered on the lines counted"), lambda s: s.delivery.ordered),
    "quantity_in_window": Variable(N_("pieces that arrived in the window"), lambda s: s.delivery.in_window),
    "quantity_received": Variable(N_("pieces received"), lambda s: s.quality.received),
    "pieces_rejected": Variable(
        N_("nonconforming pieces of the supplier"), lambda s: s.quality.nonconforming
    ),
    "defects": Variable(N_("single defects on them"), lambda s: s.quality.defects),
    "nonconformances": Variable(N_("nonconformances of the supplier"), lambda s: s.quality.nonconformances),
    "safety_nonconformances": Variable(N_("of these, those that touch safety"), lambda s: s.quality.safety),
    "lots_inspected": Variable(N_("lots inspected"), lambda s: s.quality.lots),
    "lots_accepted": Variable(N_("lots accepted"), lambda s: s.quality.lots_accepted),
    "lots_rejected": Variable(N_("lots rejected"), lambda s: s.quality.lots_rejected),
    "lots_used_as_is": Variable(N_("lots used as is"), lambda s: s.quality.lots_used_as_is),
    "answers_due": Variable(
        N_("answers due, without those that wait for us"), lambda s: s.response.on_time + s.response.late
    ),
    "answers_on_time": Variable(N_("answers on time"), lambda s: s.response.on_time),
    "answers_late": Variable(N_("answers late"), lambda s: s.response.late),
}


def values_of(sums: "Sums") -> dict[str, Decimal]:
    return {name: Decimal(each.of(sums)) for name, each in VARIABLES.items()}


def is_empty(sums: "Sums") -> bool:
    """Whether nothing at all happened: then a formula says nothing, whatever it would give for zeros."""
    return not any(values_of(sums).values())

"""A policy in plain words, taken from the same sentences that explain a card."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from scorecards import measures
from scorecards.banding import best_first
from scorecards.explain import explain
from scorecards.periods import Period
from scorecards.points import PointsTable, Step
from scorecards.policy import Policy
from scorecards.sums import Sums
from scorecards.weighting import rate
from scorecards.wording import number, with_unit

_UNITS = {
    measures.QUALITY: measures.PPM,
    measures.DPMO: measures.PER_MILLION_OPPORTUNITIES,
}


@dataclass(frozen=True, slots=True)
class TableWords:
    rows: tuple[tuple[str, str], ...]  # (value, points)
    note: str


def rules(policy: Policy) -> list[tuple[str, str]]:
    """Give each weighted measure's title and its rule as a sentence."""
    empty = explain(rate(Sums(), policy, Period(0)), policy)
    return [(one.title, one.rule) for one in empty.measures]


def summary(policy: Policy) -> list[str]:
    """Give the whole policy in a few sentences."""
    parts = [f"{policy.title(key)} {number(policy.weights[key])} %" for key in policy.weighted()]
    how = "weighted average" if policy.combine == "average" else "weighted product"
    bands = [
        f"{band.band} from {number(band.from_)}" if band.from_ else f"{band.band} below that"
        for band in best_first(policy)
    ]
    said = [
        f"The score is the {how} of {_listed(parts)}.",
        *(rule for title, rule in rules(policy) if title == policy.title(measures.DELIVERY)),
        f"Bands: {_listed(bands)}.",
    ]
    if policy.minimum_volume.lines:
        said.append(
            f"Fewer than {number(policy.minimum_volume.lines)} lines are few: longer periods are looked at."
        )
    if policy.caps:
        caps = [f"{cap.title[:1].lower()}{cap.title[1:]} (at most {cap.band})" for cap in policy.caps]
        said.append(f"The band is limited by {_listed(caps)}.")
    if policy.demerits is not None:
        each = [
            f"{number(points)} for {kind.replace('_', ' ')}"
            for kind, points in policy.demerits.points.items()
        ]
        said.append(
            f"Points are taken off: {_listed(each)}, at most {number(policy.demerits.at_most)} in all."
        )
    return said


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def tables(policy: Policy) -> list[tuple[str, TableWords]]:
    """Give the points table of each weighted measure."""
    return [(key, _words(policy.points[key], key)) for key in policy.weighted() if key in policy.points]


def _words(table: PointsTable, key: str) -> TableWords:
    unit = _UNITS.get(key, measures.PERCENT if key in measures.COMPUTED else measures.NUMBER)
    if table.kind == "linear":
        rows = tuple((with_unit(knot.at, unit), number(knot.points)) for knot in table.knots)
        return TableWords(
            rows, "Between two rows the points lie on a straight line; beyond the ends they stay."
        )
    rows = tuple((_step(step, unit), number(step.points)) for step in table.steps)
    note = "" if table.out_of == 100 else f"{number(table.out_of)} points count as 100."
    return TableWords(rows, note)


def _step(step: Step, unit: str) -> str:
    if step.above is not None:
        return f"above {with_unit(step.above, unit)}"
    start = with_unit(step.from_, unit) if step.from_ is not None else with_unit(Decimal(0), unit)
    return f"{start} and up" if step.to is None else f"{start} to {with_unit(step.to, unit)}"

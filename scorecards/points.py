"""Tables that turn a measured value into points from 0 to 100, and what may be wrong with them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Literal

from scorecards.canonical import Problem
from scorecards.exact import HUNDRED, ZERO, exactly, plain, settle

_MOST_ROWS = 50
_LARGEST_VALUE = Decimal(1_000_000_000)


@dataclass(frozen=True, slots=True)
class Knot:
    at: Decimal
    points: Decimal


@dataclass(frozen=True, slots=True)
class Step:
    """Holds `from` included (or just over `above`) to `to` included, or without `to` up to the next step."""

    points: Decimal
    from_: Decimal | None = None
    above: Decimal | None = None
    to: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PointsTable:
    """Linear: straight lines between knots, and beyond the outer knots their points. Steps: one value each.

    `rounded_to` (steps only, such as 1) rounds the value half up before it is looked up; with it, 0 to 100
    and 101 to 200 are neighbours. `out_of` is the number of points that means 100.
    """

    kind: Literal["linear", "steps"]
    knots: tuple[Knot, ...] = ()
    steps: tuple[Step, ...] = ()
    rounded_to: Decimal | None = None
    out_of: Decimal = HUNDRED


@dataclass(frozen=True, slots=True)
class Derivation:
    """How points came about. `points` is from 0 to 100; `lower` and `upper` only where a line was walked."""

    points: Decimal
    value: Decimal
    lower: Knot | None = None
    upper: Knot | None = None
    step: Step | None = None


def linear(*knots: tuple[int | str, int | str]) -> PointsTable:
    return PointsTable("linear", tuple(Knot(Decimal(at), Decimal(points)) for at, points in knots))


@exactly
def derive(table: PointsTable, value: Decimal) -> Derivation:
    if table.kind == "steps":
        looked_up = _rounded_to(value, table.rounded_to)
        step = next((step for step in reversed(_in_order(table)) if _starts_by(step, looked_up)), None)
        points = step.points if step else ZERO
        return Derivation(settle(HUNDRED * points / table.out_of), looked_up, step=step)
    lower = next((knot for knot in reversed(table.knots) if knot.at <= value), None)
    upper = next((knot for knot in table.knots if knot.at > value), None)
    if lower is None or upper is None or lower.at == value:
        end = lower or upper or table.knots[0]
        return Derivation(settle(HUNDRED * end.points / table.out_of), value, lower=end)
    walked = (value - lower.at) * (upper.points - lower.points) / (upper.at - lower.at)
    return Derivation(settle(HUNDRED * (lower.points + walked) / table.out_of), value, lower, upper)


def _rounded_to(value: Decimal, unit: Decimal | None) -> Decimal:
    if unit is None:
        return value
    return (settle(value / unit)).quantize(Decimal(1)) * unit


def _start(step: Step) -> Decimal:
    return step.from_ if step.from_ is not None else step.above or ZERO


def _starts_by(step: Step, value: Decimal) -> bool:
    return step.from_ <= value if step.from_ is not None else _start(step) < value


def _in_order(table: PointsTable) -> list[Step]:
    return sorted(table.steps, key=lambda step: (_start(step), step.from_ is None))


@exactly
def problems(table: PointsTable, path: str, *, falling: bool | None, top: Decimal | None) -> list[Problem]:
    """What stands against the table. `top` is the largest value there can be, None for no limit.

    `falling`: more of the measured thing is worse, as with defects; None where nobody can know.
    """
    found = list(_numbers(table, path))
    if found:
        return found
    found = list(_linear(table, path) if table.kind == "linear" else _steps(table, path, top))
    return found or ([] if falling is None else list(_direction(table, path, falling=falling)))


def _numbers(table: PointsTable, path: str) -> Iterator[Problem]:
    rows: Sequence[Knot | Step] = table.knots if table.kind == "linear" else table.steps
    field = "knots" if table.kind == "linear" else "steps"
    if not 1 <= len(rows) <= _MOST_ROWS:
        yield Problem(f"{path}.{field}", f"Give 1 to {_MOST_ROWS} rows.")
    if table.knots and table.steps:
        yield Problem(path, "Give knots for a linear table or steps for a table of steps, not both.")
    if not 0 < table.out_of <= 1000:
        yield Problem(f"{path}.out_of", "Give a number above 0, at most 1000.")
        return
    unit = table.rounded_to
    if unit is not None and (table.kind == "linear" or not Decimal("0.000001") <= unit <= _LARGEST_VALUE):
        yield Problem(f"{path}.rounded_to", "Only steps are rounded, and to something such as 1 or 0.01.")
    for at, row in enumerate(rows):
        values = [row.at] if isinstance(row, Knot) else [row.from_, row.above, row.to]
        where = f"{path}.{field}[{at}]"
        if not 0 <= row.points <= table.out_of:
            yield Problem(f"{where}.points", f"Give points from 0 to {plain(table.out_of)}.")
        if any(value is not None and not 0 <= value <= _LARGEST_VALUE for value in values):
            yield Problem(where, f"Give values from 0 to {_LARGEST_VALUE:,}.")


def _linear(table: PointsTable, path: str) -> Iterator[Problem]:
    for at in range(1, len(table.knots)):
        before, knot = table.knots[at - 1].at, table.knots[at].at
        if knot <= before:
            sentence = f"Put {plain(knot)} before {plain(before)}; each value once, smallest first."
            yield Problem(f"{path}.knots[{at}].at", sentence)


def _steps(table: PointsTable, path: str, top: Decimal | None) -> Iterator[Problem]:
    unit = table.rounded_to
    for at, step in enumerate(table.steps):
        where = f"{path}.steps[{at}]"
        if (step.from_ is None) == (step.above is None):
            yield Problem(where, "Say where the step begins: either from or above.")
            return
        if step.to is not None and unit is None:
            yield Problem(f"{where}.to", "Say in rounded_to how values are rounded, or leave out to.")
            return
        if step.to is not None and step.to < _start(step):
            yield Problem(where, f"{plain(_start(step))} to {plain(step.to)} is empty. Swap the two.")
            return
        numbers = (step.from_, step.above, step.to)
        if unit is not None and any(number is not None and number % unit for number in numbers):
            yield Problem(where, f"Give multiples of {plain(unit)}, to which values are rounded.")
            return
    yield from _coverage(table, path, top)


def _coverage(table: PointsTable, path: str, top: Decimal | None) -> Iterator[Problem]:
    """Every value from 0 up has exactly one step; the holes and overlaps are named."""
    ordered = _in_order(table)
    unit = table.rounded_to
    first = _first(ordered[0], unit)
    if first > 0 or ordered[0].above is not None:
        hole = f"0 to {plain(first - unit)}" if unit else f"below {plain(first)}"
        yield _problem(table, path, ordered[0], f"No step covers {hole}. Begin a step at 0.")
    for step, following in pairwise(ordered):
        start = _first(following, unit)
        if start == _first(step, unit) and (step.from_ is None) == (following.from_ is None):
            yield _problem(table, path, following, f"Two steps begin at {plain(start)}. Keep one.")
        elif step.to is not None and unit is not None and step.to >= start:
            both = _span(start, min(step.to, following.to or step.to))
            yield _problem(table, path, following, f"Two steps cover {both}. Let them meet without overlap.")
        elif step.to is not None and unit is not None and step.to + unit < start:
            hole = _span(step.to + unit, start - unit)
            yield _problem(table, path, following, f"No step covers {hole}. Extend a step or add one.")
    last = ordered[-1]
    if last.to is not None and unit is not None and (top is None or last.to < top):
        hole = f"values above {plain(last.to)}" if top is None else _span(last.to + unit, top)
        yield _problem(table, path, last, f"No step covers {hole}. Leave out the last step's to.")


def _first(step: Step, unit: Decimal | None) -> Decimal:
    if step.from_ is None and unit is not None:
        return _start(step) + unit
    return _start(step)


def _span(first: Decimal, last: Decimal) -> str:
    return plain(first) if first == last else f"{plain(first)} to {plain(last)}"


def _problem(table: PointsTable, path: str, step: Step, sentence: str) -> Problem:
    return Problem(f"{path}.steps[{table.steps.index(step)}]", sentence)


def _direction(table: PointsTable, path: str, *, falling: bool) -> Iterator[Problem]:
    if table.kind == "linear":
        pairs = [(knot.at, knot.points) for knot in table.knots]
    else:
        pairs = [(_start(step), step.points) for step in _in_order(table)]
    for (at, points), (next_at, next_points) in pairwise(pairs):
        if (next_points > points) if falling else (next_points < points):
            yield Problem(
                path,
                f"Points go from {plain(points)} to {plain(next_points)} between {plain(at)} and"
                f" {plain(next_at)}, although that is {'worse' if falling else 'better'}.",
            )

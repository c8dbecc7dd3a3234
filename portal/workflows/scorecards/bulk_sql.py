"""SQL for ``bulk``: what the engine does to a measure, a table of points, a score, a band.

Each function is the twin of one of the engine's. Columns carry the measure's key as prefix; sums over one
window end with its place, ``quality_top_2``, the period's own being 1.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from portal.workflows.ratings.reading import SUMS
from scorecards import banding, measures
from scorecards.exact import plain
from scorecards.points import PointsTable, Step
from scorecards.policy import Band, Policy

_BY_LINES = frozenset(measures.COMPUTED) - {measures.RESPONSIVENESS, measures.LAR}
_JUDGED = "lines - lines_cancelled - lines_empty - lines_excused - pending"
_LOTS = "lots_accepted + lots_rejected + lots_used_as_is"
_LOOKED = f"{_LOTS} + nonconformances + nonconformances_left_out"


@dataclass(frozen=True, slots=True)
class Parts:
    """What a measure adds up, as expressions over a row of sums; ``waiting`` "0" where nothing can wait."""

    top: str
    bottom: str
    volume: str
    waiting: str = "0"


def parts(key: str, policy: Policy) -> Parts:
    """Numerator, denominator, volume and what is pending of a measure."""
    apart = policy.delivery.early == "apart"
    counted = f"{_JUDGED} - lines_early" if apart else _JUDGED
    accepted = "lots_accepted" + (" + lots_used_as_is" if policy.quality.use_as_is == "accepted" else "")
    units = f"received * {policy.quality.opportunities_per_unit}"
    answers = "due - answers_pending"
    found = {
        measures.DELIVERY: Parts("lines_on_time", counted, counted, "pending"),
        measures.OTIF: Parts("lines_in_full", counted, counted, "pending"),
        measures.PERFECT_ORDER: Parts("lines_perfect", counted, counted, "pending"),
        measures.QUALITY: Parts("nonconforming", "received", "lines_arrived"),
        measures.DPMO: Parts("defects", units, "lines_arrived"),
        measures.LAR: Parts(accepted, _LOTS, _LOTS),
        measures.RESPONSIVENESS: Parts("answers_on_time", answers, answers, "answers_pending"),
    }
    if policy.delivery.mode == "quantity":
        inside = "in_window - pending_in_window" + (" - early_in_window" if apart else "")
        asked = "ordered - pending_ordered" + (" - early_ordered" if apart else "")
        found[measures.DELIVERY] = Parts(inside, asked, counted, "pending")
    return found[key]


class Totals:
    """The sums that a policy's measures need, each taken once however many of them use it."""

    def __init__(self, keys: Sequence[str], policy: Policy, windows: int) -> None:
        self.windows = windows
        self._name: dict[str, str] = {}
        self._places: dict[str, int] = {}
        for key in keys:
            for part, expression in _each(parts(key, policy)):
                self._name.setdefault(expression, f"{key}_{part}")
                found = self._places.get(expression, 1)
                self._places[expression] = max(found, widest(key, policy, windows))
        self.looks = _looks(policy)
        self.caps = _safety_cap(policy) is not None

    def needed(self) -> tuple[str, ...]:
        """Names of SUMS that have to be read."""
        used = " ".join([*self._name, _LOOKED if self.looks else "", "safety_escapes" if self.caps else ""])
        words = set(re.findall(r"\w+", used))
        return tuple(name for name in SUMS if name in words)

    def rows(self) -> str:
        """Columns of one row of sums, before rows are added up."""
        columns = [f"{expression} AS {name}" for expression, name in self._name.items()]
        columns += [f"{_LOOKED} AS looked"] if self.looks else []
        columns += ["safety_escapes"] if self.caps else []
        return ", ".join(columns)

    def added(self) -> str:
        """Sums over each window; ``first_1`` is where the period's own begins, and all end together."""
        columns = [
            f"coalesce(sum({name}) FILTER (WHERE month >= first_{place}), 0) AS {name}_{place}"
            if place < self.windows
            else f"sum({name}) AS {name}_{place}"
            for expression, name in self._name.items()
            for place in range(1, self._places[expression] + 1)
        ]
        columns += ["sum(looked) AS records"] if self.looks else []
        columns += ["sum(safety_escapes) FILTER (WHERE month >= first_1) AS escapes"] if self.caps else []
        return ", ".join(columns)

    def at(self, expression: str, place: int) -> str:
        return "0" if expression == "0" else f"{self._name[expression]}_{place}"


def _each(found: Parts) -> list[tuple[str, str]]:
    named = (("top", found.top), ("bottom", found.bottom), ("volume", found.volume))
    return [*named, *([("waiting", found.waiting)] if found.waiting != "0" else [])]


def widest(key: str, policy: Policy, windows: int) -> int:
    """How many windows may have to be looked at: one where any volume is enough."""
    return windows if least(key, policy) > 0 else 1


def least(key: str, policy: Policy) -> int:
    return policy.minimum_volume.lines if key in _BY_LINES else 0


def _looks(policy: Policy) -> bool:
    return policy.quality.without_records == "no_activity"


def place(key: str, totals: Totals, policy: Policy) -> str:
    """The place of the first window with enough lines.

    A period without anything, or with defects on nothing received, is not widened.
    """
    windows = widest(key, policy, totals.windows)
    if windows == 1:
        return f"1 AS {key}_w"
    found = parts(key, policy)
    enough = " ".join(
        f"WHEN {totals.at(found.volume, each)} >= {least(key, policy)} THEN {each}"
        for each in range(1, windows)
    )
    return f"CASE WHEN {totals.at(found.bottom, 1)} <= 0 THEN 1 {enough} ELSE {windows} END AS {key}_w"


def picked(key: str, totals: Totals, policy: Policy) -> str:
    """Numerator, denominator, volume and what is pending over the window at that place."""
    windows = widest(key, policy, totals.windows)
    columns = []
    for part, expression in _each(parts(key, policy)):
        found = totals.at(expression, windows)
        if windows > 1:
            cases = " ".join(f"WHEN {at} THEN {totals.at(expression, at)}" for at in range(1, windows))
            found = f"CASE {key}_w {cases} ELSE {found} END"
        columns.append(f"{found} AS {key}_{part}")
    return ", ".join(columns)


def measured(key: str, policy: Policy) -> str:
    """The measure over its window: state and value."""
    top, bottom = f"{key}_top", f"{key}_bottom"
    falling = key in measures.FALLING
    other = f" WHEN {top} > 0 THEN 'undefined'" if falling else ""
    if parts(key, policy).waiting != "0":
        other = f" WHEN {key}_waiting > 0 THEN 'pending'"
    nobody = f"{top} = 0 AND records = 0" if falling and _looks(policy) else ""
    unseen = f" WHEN {nobody} THEN 'no_activity'" if nobody else ""
    few = f" WHEN {key}_volume < {least(key, policy)} THEN 'low_volume'" if least(key, policy) else ""
    # PostgreSQL takes a quotient's decimals from its operands: forty before the division.
    factor = "1000000" if falling else "100"
    value = f"round({factor} * CAST({top} AS numeric(80, 40)) / {bottom}, 30)"
    seen = f" AND NOT ({nobody})" if nobody else ""
    return (
        f"CASE WHEN {bottom} > 0 THEN CASE{unseen}{few} WHEN true THEN 'ok' END{other}"
        f" ELSE 'no_activity' END AS {key}_state,"
        f" CASE WHEN {bottom} > 0{seen} THEN {value} END AS {key}_value"
    )


def points(key: str, table: PointsTable) -> str:
    """Points from 0 to 100 of the measure's value, NULL where it has none."""
    value = f"{key}_value"
    found = _linear(value, table) if table.kind == "linear" else _steps(value, table)
    return (
        f"CASE WHEN {value} IS NOT NULL THEN round(100 * ({found}) / {_exact(table.out_of)}, 30) END"
        f" AS {key}_points"
    )


def _linear(value: str, table: PointsTable) -> str:
    first, last = table.knots[0], table.knots[-1]
    cases = [f"WHEN {value} <= {_exact(first.at)} THEN {_exact(first.points)}"]
    for lower, upper in pairwise(table.knots):
        rise, run = _exact(upper.points - lower.points), _exact(upper.at - lower.at)
        cases.append(
            f"WHEN {value} < {_exact(upper.at)}"
            f" THEN {_exact(lower.points)} + ({value} - {_exact(lower.at)}) * {rise} / {run}"
        )
    return f"CASE {' '.join(cases)} ELSE {_exact(last.points)} END"


def _steps(value: str, table: PointsTable) -> str:
    if table.rounded_to is not None:
        unit = _exact(table.rounded_to)
        value = f"round(round({value} / {unit}, 30)) * {unit}"
    ordered = sorted(table.steps, key=lambda step: (_start(step), step.from_ is None))
    cases = (
        f"WHEN {value} {'>' if s.from_ is None else '>='} {_exact(_start(s))} THEN {_exact(s.points)}"
        for s in reversed(ordered)
    )
    return f"CASE {' '.join(cases)} ELSE 0 END"


def _start(step: Step) -> Decimal:
    return step.from_ if step.from_ is not None else step.above or Decimal(0)


def score(keys: Collection[str], policy: Policy) -> str:
    """Weighted average or product of the measures that have points; NULL where none has."""
    share = " + ".join(
        f"CASE WHEN {key}_points IS NULL THEN 0 ELSE {_weight(policy, key)} END" for key in keys
    )
    share = f"nullif({share}, 0)"
    if policy.combine == "average":
        total = " + ".join(f"coalesce({key}_points, 0) * {_weight(policy, key)}" for key in keys)
        return f"round(({total}) / {share}, 30) AS score"
    factors = " * ".join(
        f"CASE WHEN {key}_points IS NULL THEN 1 WHEN {key}_points = 0 THEN 0"
        f" ELSE power({key}_points / 100, {_weight(policy, key)} / {share}) END"
        for key in keys
    )
    return f"CASE WHEN {share} IS NOT NULL THEN round(100 * {factors}, 30) END AS score"


def band(policy: Policy) -> str:
    """Band of the score as shown; a safety escape caps it where the policy says so."""
    best = banding.best_first(policy)
    cases = " ".join(f"WHEN shown >= {_exact(each.from_)} THEN {_text(each.band)}" for each in best)
    cap = _safety_cap(policy)
    capped = f"WHEN {_caps(cap)} THEN {_text(cap.band)} " if cap else ""
    return f"CASE {capped}{cases} END AS band"


def is_capped(policy: Policy) -> str:
    cap = _safety_cap(policy)
    return f"coalesce({_caps(cap)}, false) AS is_capped" if cap else "false AS is_capped"


def _safety_cap(policy: Policy) -> Band | None:
    cap = next((each.band for each in policy.caps if each.kind == banding.SAFETY_ESCAPE), None)
    return next((each for each in policy.bands if each.band == cap), None)


def _caps(cap: Band) -> str:
    """Say that the score's own band would be better than the cap's."""
    return f"(escapes > 0 AND shown >= {_exact(cap.to)})"


def _weight(policy: Policy, key: str) -> str:
    return _exact(policy.weights[key])


def _exact(value: Decimal) -> str:
    return f"CAST({plain(value)} AS numeric(80, 40))"


def _text(name: str) -> str:
    # A person typed it: a quote would end the text, a colon would begin a parameter.
    return "'" + name.replace("'", "''").replace(":", "\\:") + "'"

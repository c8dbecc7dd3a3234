"""SQL for ``bulk``: what the engine does to a measure, a table of points, a score, a band.

Each function is the twin of one of the engine's. Columns carry the measure's key as prefix.
"""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from scorecards import banding, measures
from scorecards.exact import plain
from scorecards.points import PointsTable, Step
from scorecards.policy import Band, Policy

_BY_LINES = frozenset(measures.COMPUTED) - {measures.RESPONSIVENESS, measures.LAR}
_LOTS = "lots_accepted + lots_rejected + lots_used_as_is"


def ratio(key: str, policy: Policy) -> str:
    """Numerator, denominator, volume and state over one window of sums."""
    top, bottom, volume, pending = _parts(key, policy)
    other = f"WHEN {pending} > 0 THEN 'pending'"
    if key in measures.FALLING:
        other = f"WHEN {top} > 0 THEN 'undefined'"
    return (
        f"{top} AS {key}_top, {bottom} AS {key}_bottom, {volume} AS {key}_volume,"
        f" CASE WHEN {bottom} > 0 THEN 'ok' {other} ELSE 'no_activity' END AS {key}_state"
    )


def _parts(key: str, policy: Policy) -> tuple[str, str, str, str]:
    rules = policy.delivery
    apart = rules.early == "apart"
    counted = "lines_on_time + lines_late" + ("" if apart else " + lines_early")
    per_unit = policy.quality.opportunities_per_unit
    accepted = "lots_accepted" + (" + lots_used_as_is" if policy.quality.use_as_is == "accepted" else "")
    parts = {
        measures.DELIVERY: ("lines_on_time", counted, counted, "pending"),
        measures.OTIF: ("lines_in_full", counted, counted, "pending"),
        measures.PERFECT_ORDER: ("lines_perfect", counted, counted, "pending"),
        measures.QUALITY: ("nonconforming", "received", "lines_arrived", "0"),
        measures.DPMO: ("defects", f"received * {per_unit}", "lines_arrived", "0"),
        measures.LAR: (accepted, _LOTS, _LOTS, "0"),
        measures.RESPONSIVENESS: (
            "answers_on_time",
            "due - answers_pending",
            "due - answers_pending",
            "answers_pending",
        ),
    }
    if rules.mode == "quantity":
        inside = "in_window - pending_in_window" + (" - early_in_window" if apart else "")
        judged = "ordered - pending_ordered" + (" - early_ordered" if apart else "")
        parts[measures.DELIVERY] = (inside, judged, counted, "pending")
    return parts[key]


def picked(key: str, policy: Policy) -> str:
    """Arrays by window, and the place in them of the first window with enough lines.

    A period without anything, or with defects on nothing received, is not widened.
    """
    enough = f"min(w) FILTER (WHERE {key}_volume >= {_least(key, policy)})"
    place = (
        f"CASE WHEN (array_agg({key}_state ORDER BY w))[1] <> 'ok' THEN 1"
        f" ELSE coalesce({enough}, max(w)) END AS {key}_w"
    )
    arrays = (
        f"array_agg({key}_{each} ORDER BY w) AS {key}_{each}s"
        for each in ("top", "bottom", "volume", "state")
    )
    return ", ".join([place, *arrays])


def measured(key: str, policy: Policy) -> str:
    """The measure over its window: numerator, denominator, state and value."""
    at = f"[{key}_w]"
    top, bottom, state = f"{key}_tops{at}", f"{key}_bottoms{at}", f"{key}_states{at}"
    factor = "1000000" if key in measures.FALLING else "100"
    # PostgreSQL takes a quotient's decimals from its operands: forty before the division.
    value = f"round({factor} * CAST({top} AS numeric(80, 40)) / nullif({bottom}, 0), 30)"
    nobody_looked = "false"
    if key in measures.FALLING and policy.quality.without_records == "no_activity":
        nobody_looked = f"({top} = 0 AND records = 0)"
    return (
        f"{top} AS {key}_top, {bottom} AS {key}_bottom, {key}_w,"
        f" CASE WHEN {state} <> 'ok' THEN {state} WHEN {nobody_looked} THEN 'no_activity'"
        f" WHEN {key}_volumes{at} < {_least(key, policy)} THEN 'low_volume' ELSE 'ok' END AS {key}_state,"
        f" CASE WHEN {state} = 'ok' AND NOT {nobody_looked} THEN {value} END AS {key}_value"
    )


def _least(key: str, policy: Policy) -> int:
    return policy.minimum_volume.lines if key in _BY_LINES else 0


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


def score(keys: Sequence[str], policy: Policy) -> str:
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
    return f"{_caps(cap) if cap else 'false'} AS is_capped"


def _safety_cap(policy: Policy) -> Band | None:
    cap = next((each.band for each in policy.caps if each.kind == banding.SAFETY_ESCAPE), None)
    return next((each for each in policy.bands if each.band == cap), None)


def _caps(cap: Band) -> str:
    """Say that the score's own band would be better than the cap's."""
    return f"(safety_escapes > 0 AND shown >= {_exact(cap.to)})"


def _weight(policy: Policy, key: str) -> str:
    return _exact(policy.weights[key])


def _exact(value: Decimal) -> str:
    return f"CAST({plain(value)} AS numeric(80, 40))"


def _text(name: str) -> str:
    # A person typed it: a quote would end the text, a colon would begin a parameter.
    return "'" + name.replace("'", "''").replace(":", "\\:") + "'"

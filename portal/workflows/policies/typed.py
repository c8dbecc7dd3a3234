"""A policy as fields of a form, and back: text in, plain data out; the engine says what is wrong with it.

Rows that may be any number (bands, criteria) are fields such as ``band-0-name``; empty rows are left out, and
``Typed.rows`` remembers which row each one came from, so that a problem is shown where it was typed.

A table of points is written in lines:

    0: 100              straight lines between the rows
    500: 80
    5000: 0

    0 to 100: 50        or steps
    101 to 200: 42
    above 200: 0
    rounded to 1
    out of 50
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scorecards import measures
from scorecards.canonical import Problem
from scorecards.exact import ZERO, plain
from scorecards.points import PointsTable, Step
from scorecards.policy import DEFAULT_POLICY, Policy

MOST_ROWS = 20
CAPS = {cap.kind: cap.title for cap in DEFAULT_POLICY.caps}
EVENTS = {
    "premium_freight": "Premium freight",
    "line_stoppage": "Line stoppage",
    "field_action": "Field action",
}
_ROW = re.compile(
    r"(?:(?P<above>above)\s+(?P<over>[\d.,]+)|(?P<from>[\d.,]+)(?:\s*(?:to|-|–)\s*(?P<to>[\d.,]+)"
    r"|\s+(?P<up>and up))?)\s*[:=]\s*(?P<points>[\d.,]+)",
    re.ASCII | re.IGNORECASE,
)
_SETTING = re.compile(r"(?P<name>rounded to|out of)\s+(?P<value>[\d.,]+)", re.ASCII | re.IGNORECASE)
_SIMPLE = {
    "reference": ("delivery", "reference"),
    "early_days": ("delivery", "early_days"),
    "late_days": ("delivery", "late_days"),
    "days": ("delivery", "days"),
    "mode": ("delivery", "mode"),
    "tolerance": ("delivery", "tolerance_percent"),
    "early": ("delivery", "early"),
    "use_as_is": ("quality", "use_as_is"),
    "opportunities": ("quality", "opportunities_per_unit"),
    "without_records": ("quality", "without_records"),
    "least_lines": ("minimum_volume", "lines"),
    "trailing": ("minimum_volume", "trailing"),
}
_WHOLE = {"early_days", "late_days", "opportunities", "least_lines"}
_FIELD_OF = {".".join(path): name for name, path in _SIMPLE.items()}


@dataclass(slots=True)
class Typed:
    """``problems`` are those of writing, by field; what the engine finds comes on top (``field_of``)."""

    data: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, list[int]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)  # of a criterion, by the beginning of its fields
    problems: dict[str, str] = field(default_factory=dict)


def as_typed(policy: Policy) -> dict[str, str]:
    """Give a policy as its form begins."""
    data = policy.to_dict()
    typed = {
        "name": policy.name,
        "combine": policy.combine,
        "decimals": str(policy.score_decimals),
        **{name: _shown(data[part][key]) for name, (part, key) in _SIMPLE.items()},
        **{f"weight-{key}": _shown(data["weights"].get(key)) for key in measures.COMPUTED},
        **{f"points-{key}": _table(policy.points.get(key)) for key in measures.COMPUTED},
        **{f"cap-{cap.kind}": cap.band for cap in policy.caps},
    }
    for at, band in enumerate(policy.bands):
        typed |= {f"band-{at}-name": band.band, f"band-{at}-from": plain(band.from_)}
        typed[f"band-{at}-to"] = plain(band.to)
    for at, own in enumerate(policy.own):
        start = f"own-{at}-"
        typed |= {f"{start}key": own.key, f"{start}title": own.title, f"{start}formula": own.formula}
        typed |= {f"{start}unit": own.unit, f"{start}weight": _shown(data["weights"].get(own.key))}
        typed[f"{start}points"] = _table(policy.points.get(own.key))
    for at, soft in enumerate(policy.soft):
        typed |= {f"soft-{at}-key": soft.key, f"soft-{at}-title": soft.title}
        typed[f"soft-{at}-weight"] = _shown(data["weights"].get(soft.key))
    if policy.demerits is not None:
        typed |= {f"demerit-{kind}": plain(points) for kind, points in policy.demerits.points.items()}
        typed["demerit-most"] = plain(policy.demerits.at_most)
    return typed


def read(typed: Mapping[str, str], version: int) -> Typed:
    """Give the plain data of what was typed, for ``Policy.parse``."""
    found = Typed()
    weights: dict[str, Any] = {}
    points: dict[str, Any] = {}
    for key in measures.COMPUTED:
        _weight(weights, key, typed.get(f"weight-{key}", ""))
        _points(found, points, key, f"points-{key}", typed)
    own = _rows(found, typed, "own", ("key", "title", "formula"))
    for at, row in zip(found.rows["own"], own, strict=True):
        row["unit"] = typed.get(f"own-{at}-unit") or "points"
        _weight(weights, row["key"], typed.get(f"own-{at}-weight", ""))
        _points(found, points, row["key"], f"own-{at}-points", typed)
        found.keys[f"own-{at}"] = row["key"]
    soft = _rows(found, typed, "soft", ("key", "title"))
    for at, row in zip(found.rows["soft"], soft, strict=True):
        _weight(weights, row["key"], typed.get(f"soft-{at}-weight", ""))
        found.keys[f"soft-{at}"] = row["key"]
    bands = _rows(found, typed, "band", ("name", "from", "to"))
    caps = [(kind, typed.get(f"cap-{kind}", "")) for kind in CAPS]
    found.data = {
        "name": typed.get("name", ""),
        "version": version,
        "weights": weights,
        "points": points,
        "bands": [
            {"band": row["name"], "from": _decimal(row["from"]), "to": _decimal(row["to"])} for row in bands
        ],
        "combine": typed.get("combine", ""),
        "score_decimals": _whole(typed.get("decimals", "")),
        "caps": [{"kind": kind, "band": band, "title": CAPS[kind]} for kind, band in caps if band],
        "own": own,
        "soft": soft,
        "demerits": _demerits(typed),
    }
    for name, (part, key) in _SIMPLE.items():
        found.data.setdefault(part, {})[key] = _value(name, typed.get(name, ""))
    return found


def field_of(problem: Problem, found: Typed) -> str:
    """Give the field of the form that a problem of the engine belongs to; "" for the whole."""
    path = problem.path
    if path in _FIELD_OF:
        return _FIELD_OF[path]
    if row := re.match(r"(bands|own|soft|caps)(?:\[(\d+)\](?:\.(\w+))?)?", path):
        return _field_of_row(row[1], row[2], row[3] or "", found)
    top, _, rest = path.partition(".")
    key = re.split(r"[.\[]", rest, maxsplit=1)[0]
    if top in {"weights", "points"}:
        start = next((start for start, own in found.keys.items() if key and own == key), "")
        what = top.removesuffix("s") if top == "weights" else "points"
        return f"{start}-{what}" if start else f"{what}-{key or measures.COMPUTED[0]}"
    if top == "demerits":
        return f"demerit-{rest.partition('.')[2] or 'most'}" if rest != "at_most" else "demerit-most"
    if top.startswith("minimum_volume"):
        return "trailing" if "trailing" in rest else "least_lines"
    return {"score_decimals": "decimals"}.get(top, top if top in {"name", "combine"} else "")


def _field_of_row(part: str, place: str | None, name: str, found: Typed) -> str:
    if part == "caps":
        kinds = [cap["kind"] for cap in found.data["caps"]]
        return f"cap-{kinds[int(place)]}" if place and int(place) < len(kinds) else ""
    start, default = ("band", "name") if part == "bands" else (part, "key")
    rows = found.rows.get(start, [])
    at = rows[int(place)] if place is not None and int(place) < len(rows) else 0
    return f"{start}-{at}-{ {'band': 'name'}.get(name, name) or default }"


def _rows(found: Typed, typed: Mapping[str, str], start: str, names: tuple[str, ...]) -> list[dict[str, Any]]:
    rows = [
        {name: typed.get(f"{start}-{at}-{name}", "").strip() for name in names} for at in range(MOST_ROWS)
    ]
    found.rows[start] = [at for at, row in enumerate(rows) if any(row.values())]
    return [rows[at] for at in found.rows[start]]


def _weight(weights: dict[str, Any], key: str, text: str) -> None:
    if text.strip():
        weights[key] = _decimal(text)


def _points(found: Typed, points: dict[str, Any], key: str, name: str, typed: Mapping[str, str]) -> None:
    text = typed.get(name, "")
    if not text.strip():
        return
    table: dict[str, Any] = {"kind": "linear", "knots": [], "steps": []}
    for number, line in enumerate(filter(None, (line.strip() for line in text.splitlines())), start=1):
        if setting := _SETTING.fullmatch(line):
            which = "rounded_to" if setting["name"].lower().startswith("rounded") else "out_of"
            table[which] = _decimal(setting["value"])
        elif row := _ROW.fullmatch(line):
            _add_row(table, row)
        else:
            found.problems[name] = (
                f"Line {number} is no row of points. Write 500: 80, or 0 to 100: 50, or above 1100: 0."
            )
            return
    if table["steps"]:
        # A plain row among steps begins one.
        table["steps"] += [{"from": knot["at"], "points": knot["points"]} for knot in table.pop("knots")]
        table["kind"] = "steps"
    points[key] = table


def _add_row(table: dict[str, Any], row: re.Match[str]) -> None:
    given = _decimal(row["points"])
    if row["above"]:
        table["steps"].append({"above": _decimal(row["over"]), "points": given})
    elif row["to"]:
        table["steps"].append({"from": _decimal(row["from"]), "to": _decimal(row["to"]), "points": given})
    elif row["up"]:
        table["steps"].append({"from": _decimal(row["from"]), "points": given})
    else:
        table["knots"].append({"at": _decimal(row["from"]), "points": given})


def _demerits(typed: Mapping[str, str]) -> dict[str, Any] | None:
    points = {kind: _decimal(text) for kind in EVENTS if (text := typed.get(f"demerit-{kind}", "").strip())}
    most = typed.get("demerit-most", "").strip()
    return {"points": points, "at_most": _decimal(most)} if points or most else None


def _value(name: str, text: str) -> Any:
    if name == "trailing":
        return [_whole(each) for each in re.split(r"[\s,;]+", text.strip()) if each]
    if name in _WHOLE:
        return None if not text.strip() and name in {"early_days", "opportunities"} else _whole(text)
    return _decimal(text) if name == "tolerance" else text


def _whole(text: str) -> Any:
    """What is no number stays text, and the engine says so."""
    clean = text.strip()
    return int(clean) if clean.isascii() and clean.isdigit() and len(clean) < 16 else clean


def _decimal(text: str) -> str:
    return text.strip().replace(",", ".")


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _table(table: PointsTable | None) -> str:
    if table is None:
        return ""
    rows = [f"{plain(knot.at)}: {plain(knot.points)}" for knot in table.knots]
    rows += [f"{_step(step)}: {plain(step.points)}" for step in table.steps]
    if table.rounded_to is not None:
        rows.append(f"rounded to {plain(table.rounded_to)}")
    if table.out_of != 100:
        rows.append(f"out of {plain(table.out_of)}")
    return "\n".join(rows)


def _step(step: Step) -> str:
    if step.above is not None:
        return f"above {plain(step.above)}"
    start = plain(step.from_ or ZERO)
    return f"{start} and up" if step.to is None else f"{start} to {plain(step.to)}"

"""What `assay scorecards` prints: a table to read, CSV and JSON for what comes after it."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from decimal import Decimal

from portal.workflows.ratings import Drift
from portal.workflows.ratings.listing import Line, Listing
from scorecards.exact import plain, rounded
from scorecards.measures import Measure, State
from scorecards.periods import month_label
from scorecards.wording import number

_HEAD = ("Supplier", "Lines", "On time", "Percent", "PPM", "Score", "Band", "")


def table(found: Listing) -> str:
    rows = [_HEAD, *(_row(one) for one in found.lines), _row(found.total)]
    wide = [max(len(row[at]) for row in rows) for at in range(len(_HEAD))]
    lines = [
        "  ".join(
            cell.ljust(width) if at in {0, 6, 7} else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, wide, strict=True))
        ).rstrip()
        for row in rows
    ]
    rule = "-" * len(lines[0])
    return "\n".join([_title(found), "", lines[0], rule, *lines[1:-1], rule, lines[-1], ""])


def _title(found: Listing) -> str:
    rules = found.policy.delivery
    early = "any number of" if rules.early_days is None else str(rules.early_days)
    return (
        f"{found.period.label()}, as of {found.as_of}, policy {found.policy.name} version"
        f" {found.policy.version}: from {early} {rules.days} days before to {rules.late_days} after the day"
        f" {rules.reference.value}. {_counted(len(found.lines), 'supplier')}."
    )


def _row(one: Line) -> tuple[str, ...]:
    card = one.card
    note = "few lines" if one.is_low_volume else ""
    return (
        f"{one.name} ({one.number})" if one.number else one.name,
        f"{_volume(one):,}",
        f"{one.sums.delivery.on_time:,}",
        _percent(one),
        _ppm(one),
        "" if card is None or card.shown is None else f"{card.shown}",
        "" if card is None else card.band,
        note,
    )


def _percent(one: Line) -> str:
    found = one.delivery
    return f"{rounded(found.value, 2)} %" if found and found.value is not None else _words(found)


def _ppm(one: Line) -> str:
    found = one.defects
    return number(rounded(found.value, 0)) if found and found.value is not None else _words(found)


def _words(found: Measure | None) -> str:
    return _state(found).replace("_", " ")


def _state(found: Measure | None) -> str:
    return (State.NO_ACTIVITY if found is None else found.state).value


def comma_separated(found: Listing) -> str:
    out = io.StringIO()
    rows = [_plain(one) for one in (*found.lines, found.total)]
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def as_json(found: Listing) -> str:
    content = {
        "period": {
            "first_month": str(found.period.first_day)[:7],
            "last_month": str(found.period.last_day)[:7],
        },
        "as_of": str(found.as_of),
        "policy": {"name": found.policy.name, "version": found.policy.version},
        "suppliers": [_plain(one) for one in found.lines],
        "total": _plain(found.total),
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _plain(one: Line) -> dict[str, str | int | bool | None]:
    """Exact numbers as text; None, and an empty cell, where there is none."""
    card, lines = one.card, one.sums.delivery
    return {
        "number": one.number,
        "name": one.name,
        "promised": lines.promised,
        "counted": _volume(one),
        "on_time": lines.on_time,
        "late": lines.late,
        "early": lines.early,
        "pending": lines.pending,
        "excused": lines.excused,
        "delivery_state": _state(one.delivery),
        "delivery_percent": _value(one.delivery),
        "received": plain(one.sums.quality.received),
        "nonconforming": plain(one.sums.quality.nonconforming),
        "ppm_state": _state(one.defects),
        "ppm": _value(one.defects),
        "score": None if card is None else _exact(card.shown),
        "band": None if card is None else card.band,
        "few_lines": one.is_low_volume,
    }


def _volume(one: Line) -> int:
    return 0 if one.delivery is None else one.delivery.volume


def _value(found: Measure | None) -> str | None:
    return None if found is None else _exact(found.value)


def _exact(value: Decimal | None) -> str | None:
    return None if value is None else plain(rounded(value, 6))


FORMATS: dict[str, Callable[[Listing], str]] = {"table": table, "csv": comma_separated, "json": as_json}


def drift(found: Sequence[Drift]) -> str:
    if not found:
        return "Lines and monthly sums are what the rows say.\n"
    lines = [_drift(one) for one in found]
    return "\n".join(
        [*lines, f"{_counted(len(found), 'row')} differ. Mend with `assay scorecards rebuild`.", ""]
    )


def _drift(one: Drift) -> str:
    if one.row_id is not None:
        return f"delivery_line {one.row_id}: {', '.join(one.differences)} not derived by the active policy"
    where = f"{one.table}, supplier {one.supplier_id}, {month_label(one.month)}"
    if one.plant_id is not None:
        where += f", plant {one.plant_id}, commodity {one.commodity_id}"
    pairs = (
        f"{name} is {plain(stored)}, counted {plain(counted)}"
        for name, (stored, counted) in one.differences.items()
    )
    return f"{where}: {'; '.join(pairs)}"


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"

"""The rows behind a measure as columns of a file."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from portal.workflows.scorecards.panel import stage_verdicts, verdicts, why_not_counted
from scorecards import measures, quality
from scorecards.feeds import Inputs
from scorecards.periods import Period
from scorecards.policy import Policy

Cell = str | int | Decimal | date | datetime | None


@dataclass(frozen=True, slots=True)
class FileColumn:
    label: str
    value: Callable[[Any], Cell]


_LINES = (
    FileColumn("Order", lambda v: v.line.order_number),
    FileColumn("Line", lambda v: v.line.line_number),
    FileColumn("Part", lambda v: v.line.part),
    FileColumn("Plant", lambda v: v.line.plant),
    FileColumn("Commodity", lambda v: v.line.commodity),
    FileColumn("Ordered", lambda v: v.line.ordered),
    FileColumn("Promised by", lambda v: v.reference.value if v.reference else None),
    FileColumn("Promised", lambda v: v.promised_on),
    FileColumn("Window from", lambda v: v.first_day),
    FileColumn("Window to", lambda v: v.last_day),
    FileColumn("Arrived", lambda v: "; ".join(f"{r.received_on} {r.quantity:f}" for r in v.line.receipts)),
    FileColumn("Received", lambda v: v.arrived),
    FileColumn("In window", lambda v: v.in_window),
    FileColumn("Result", lambda v: v.state.value),
    FileColumn("In words", lambda v: v.sentence),
)
_FOUND = (
    FileColumn("Number", lambda row: row[1]),
    FileColumn("Row", lambda row: row[0]),
    FileColumn("Part", lambda row: row[2]),
    FileColumn("Day", lambda row: row[3]),
    FileColumn("Pieces received", lambda row: row[4]),
    FileColumn("Pieces rejected", lambda row: row[5]),
    FileColumn("Kind", lambda row: row[6]),
    FileColumn("Remark", lambda row: row[7]),
)
_LOTS = (
    FileColumn("Lot", lambda lot: lot.number),
    FileColumn("Part", lambda lot: lot.part),
    FileColumn("Plant", lambda lot: lot.plant),
    FileColumn("Inspected", lambda lot: lot.inspected_on),
    FileColumn("Pieces", lambda lot: lot.quantity),
    FileColumn("Result", lambda lot: lot.result.value),
)
_ANSWERS = (
    FileColumn("Kind", lambda v: v.stage.kind),
    FileColumn("Record", lambda v: v.stage.reference),
    FileColumn("Step", lambda v: v.stage.title),
    FileColumn("Due", lambda v: v.stage.due_at),
    FileColumn("Answered", lambda v: v.stage.answered_at),
    FileColumn("Result", lambda v: v.state.value),
    FileColumn("In words", lambda v: v.sentence),
)


def columns_of(key: str) -> tuple[FileColumn, ...]:
    if key in {measures.QUALITY, measures.DPMO}:
        return _FOUND
    if key == measures.LAR:
        return _LOTS
    if key == measures.RESPONSIVENESS:
        return _ANSWERS
    return _LINES


def rows_of(key: str, inputs: Inputs, policy: Policy, period: Period, as_of: date) -> Iterable[Any]:
    """Give every row behind a measure; columns ``received`` and ``rejected`` add up to its two sides."""
    if key in {measures.QUALITY, measures.DPMO}:
        return [*_receipts(inputs, period), *_nonconformances(inputs, period)]
    if key == measures.LAR:
        return [lot for lot in inputs.lots if period.contains(lot.inspected_on)]
    if key == measures.RESPONSIVENESS:
        return stage_verdicts(inputs, period, as_of)
    return verdicts(inputs, policy, period, as_of)


def _receipts(inputs: Inputs, period: Period) -> Iterable[tuple[Any, ...]]:
    for line in inputs.lines:
        for receipt in line.receipts:
            if period.contains(receipt.received_on):
                name = f"{line.order_number}-{line.line_number}"
                yield (
                    "receipt",
                    name,
                    line.part,
                    receipt.received_on,
                    receipt.quantity,
                    None,
                    "",
                    receipt.reference,
                )


def _nonconformances(inputs: Inputs, period: Period) -> Iterable[tuple[Any, ...]]:
    for one in inputs.nonconformances:
        if period.contains(one.found_on):
            pieces = one.quantity if quality.counts(one) else None
            remark = (
                "" if quality.counts(one) else f"not counted: {why_not_counted(one)}, {one.quantity:f} pieces"
            )
            yield "nonconformance", one.number, one.part, one.found_on, None, pieces, one.kind, remark

"""The history as rows of our tables, as far as it has happened by the day it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import SQLModel

from portal.models.deliveries import DeliveryLine, Receipt
from portal.models.inspections import InspectionLot
from portal.models.nonconformances import Nonconformance as NonconformanceRow
from portal.models.ratings import ResponseStage
from portal.sample import answers, chance
from portal.sample.answers import Stage
from portal.sample.companies import COMPANIES
from portal.sample.days import Anchor
from portal.sample.deliveries import Arrival, Line
from portal.sample.history import History
from portal.sample.house import COMMODITY_IDS, LULEA
from portal.sample.quality import Lot, Nonconformance
from scorecards.periods import month_number

SUPPLIER_IDS = {company.number: number for number, company in enumerate(COMPANIES, 1)}


@dataclass(frozen=True, slots=True)
class Table:
    """Rows for one COPY. Columns that are missing get the model's defaults."""

    model: type[SQLModel]
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def table(model: type[SQLModel], columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> Table:
    return Table(model, tuple(columns), list(rows))


def of_history(history: History, anchor: Anchor) -> list[Table]:
    return [
        _lines(history, anchor),
        _receipts(history, anchor),
        _lots(history, anchor),
        _nonconformances(history, anchor),
        _stages(history, anchor),
    ]


def _lines(history: History, anchor: Anchor) -> Table:
    placed = [line for line in history.lines if anchor.is_past(line.order.placed_on)]
    placed.sort(key=lambda line: (line.promised_on, line.order.number, line.position))
    for number, line in enumerate(placed, 1):
        line.id = number
    columns = (
        *("id", "supplier_id", "plant_id", "part_id", "commodity_id", "order_number", "line_number"),
        *("ordered", "requested_on", "acknowledged_on", "confirmed_on", "cancelled_on"),
        *("excuse_code", "excuse_note", "excused_by_name", "excused_at", "paperwork_right"),
    )
    return table(DeliveryLine, columns, (_line(line, anchor) for line in placed))


def _line(line: Line, anchor: Anchor) -> tuple[Any, ...]:
    excuse = line.excuse if line.excuse and line.excuse.at < anchor.now else None
    cancelled_on = line.cancelled_on
    if cancelled_on and not anchor.is_past(cancelled_on):
        cancelled_on = None
    return (
        line.id,
        SUPPLIER_IDS[line.company.number],
        line.plant.id,
        line.part.id,
        line.part.commodity_id,
        line.order.number,
        str(line.position),
        line.ordered,
        line.requested_on,
        line.acknowledged_on,
        line.confirmed_on,
        cancelled_on,
        excuse.code.value if excuse else None,
        excuse.note if excuse else "",
        excuse.by if excuse else None,
        excuse.at if excuse else None,
        _paperwork(line, anchor),
    )


def _paperwork(line: Line, anchor: Anchor) -> bool | None:
    """Luleå checks delivery papers, the other plants don't."""
    if line.plant is not LULEA or not any(anchor.is_past(arrival.received_on) for arrival in line.arrivals):
        return None
    return chance.of("papers", line.order.number, line.position).random() > 0.015


def _receipts(history: History, anchor: Anchor) -> Table:
    here = [arrival for line in history.lines for arrival in line.arrivals if _has_arrived(arrival, anchor)]
    here.sort(key=lambda arrival: (arrival.received_on, arrival.line.id, arrival.reference))
    for number, arrival in enumerate(here, 1):
        arrival.id = number
    columns = (
        *("id", "delivery_line_id", "supplier_id", "plant_id", "commodity_id"),
        *("reference", "received_on", "arrival_month", "quantity"),
    )
    return table(
        Receipt,
        columns,
        (
            (
                arrival.id,
                arrival.line.id,
                SUPPLIER_IDS[arrival.line.company.number],
                arrival.line.plant.id,
                arrival.line.part.commodity_id,
                arrival.reference,
                arrival.received_on,
                month_number(arrival.received_on),
                arrival.quantity,
            )
            for arrival in here
        ),
    )


def _has_arrived(arrival: Arrival, anchor: Anchor) -> bool:
    return anchor.is_past(arrival.received_on) and anchor.is_past(arrival.line.order.placed_on)


def _lots(history: History, anchor: Anchor) -> Table:
    inspected = [lot for lot in history.lots if anchor.is_past(lot.inspected_on)]
    inspected.sort(key=lambda lot: (lot.inspected_on, lot.company.number, lot.number))
    columns = (
        *("id", "supplier_id", "plant_id", "part_id", "commodity_id"),
        *("number", "inspected_on", "month", "quantity", "result"),
    )
    return table(InspectionLot, columns, (_lot(number, lot) for number, lot in enumerate(inspected, 1)))


def _lot(number: int, lot: Lot) -> tuple[Any, ...]:
    line = lot.arrival.line
    return (
        number,
        SUPPLIER_IDS[lot.company.number],
        line.plant.id,
        line.part.id,
        line.part.commodity_id,
        lot.number,
        lot.inspected_on,
        month_number(lot.inspected_on),
        lot.arrival.quantity,
        lot.result.value,
    )


def _nonconformances(history: History, anchor: Anchor) -> Table:
    found = [one for one in history.found if anchor.is_past(one.found_on)]
    columns = (
        *("id", "number", "supplier_id", "plant_id", "part_id", "commodity_id", "delivery_line_id"),
        *("lot_number", "found_on", "month", "quantity", "defects", "kind", "description"),
        *("responsibility", "disposition", "is_sample", "is_safety"),
    )
    return table(NonconformanceRow, columns, (_found(number, one) for number, one in enumerate(found, 1)))


def _found(number: int, found: Nonconformance) -> tuple[Any, ...]:
    line = found.lot.arrival.line
    return (
        number,
        found.number,
        SUPPLIER_IDS[line.company.number],
        line.plant.id,
        line.part.id,
        line.part.commodity_id,
        line.id,
        found.lot.number,
        found.found_on,
        month_number(found.found_on),
        found.quantity,
        found.defects,
        found.kind,
        found.description,
        found.responsibility.value,
        found.disposition.value,
        found.is_sample,
        found.is_safety,
    )


def _stages(history: History, anchor: Anchor) -> Table:
    asked = [stage for stage in history.stages if answers.is_asked(stage, anchor)]
    asked.sort(key=lambda stage: (stage.due_at, stage.company.number, stage.reference, stage.title))
    columns = (
        *("id", "supplier_id", "plant_id", "commodity_id", "kind", "reference", "stage"),
        *("due_at", "due_on", "month", "answered_at", "accepted"),
    )
    rows = (_stage(number, stage, anchor) for number, stage in enumerate(asked, 1))
    return table(ResponseStage, columns, rows)


def _stage(number: int, stage: Stage, anchor: Anchor) -> tuple[Any, ...]:
    answered_at, accepted = answers.known(stage, anchor)
    due_on = answers.due_day(stage)
    return (
        number,
        SUPPLIER_IDS[stage.company.number],
        stage.company.to[0][0].id,
        COMMODITY_IDS[stage.company.commodity],
        stage.kind.value,
        stage.reference,
        stage.title,
        stage.due_at,
        due_on,
        month_number(due_on),
        answered_at,
        accepted,
    )

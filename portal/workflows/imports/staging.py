"""Rows on their way in: read in a thread, copied into temporary tables that vanish with the transaction."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from portal.imports.bulk import Bulk
from portal.imports.convert import Converter, Problem
from portal.imports.mapping import ColumnMapping
from portal.imports.rows import Reader, Row
from portal.models.imports import ImportKind

BATCH = 2_000
_MANY = 50_000  # rows from which on a join by loops is never right

_MASTER = {
    "supplier": "text",
    "supplier_name": "text",
    "supplier_country": "text",
    "supplier_site": "text",
    "plant": "text",
    "part": "text",
    "part_name": "text",
    "commodity": "text",
}
STAGED: dict[ImportKind, dict[str, str]] = {
    ImportKind.DELIVERIES: {
        "order_number": "text",
        "line_number": "text",
        **_MASTER,
        "unit": "text",
        "ordered": "numeric",
        "requested_on": "date",
        "acknowledged_on": "date",
        "confirmed_on": "date",
        "cancelled_on": "date",
        "received_on": "date",
        "received": "numeric",
        "reference": "text",
    },
    ImportKind.INSPECTIONS: {
        "number": "text",
        **_MASTER,
        "inspected_on": "date",
        "quantity": "numeric",
        "result": "text",
    },
    ImportKind.NONCONFORMANCES: {
        "number": "text",
        **_MASTER,
        "order_number": "text",
        "line_number": "text",
        "lot_number": "text",
        "found_on": "date",
        "quantity": "numeric",
        "defects": "integer",
        "kind": "text",
        "description": "text",
        "responsibility": "text",
        "disposition": "text",
        "is_sample": "boolean",
        "is_safety": "boolean",
    },
}


@dataclass(slots=True)
class Progress:
    """How far the reading is: rows and bytes of the file, and rows that could not be read."""

    rows: int = 0
    bad: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class _Batch:
    records: list[tuple[Any, ...]]
    problems: list[tuple[int, str, str, str]]
    rows: int
    bad: int
    position: int


async def make_tables(db: AsyncSession, mapping: ColumnMapping) -> None:
    """Make import_staged, with ``supplier_ref`` as suppliers are told apart, and import_bad."""
    columns = ", ".join(f"{name} {kind}" for name, kind in STAGED[mapping.kind].items())
    ref = "lower(supplier_name)" if mapping.supplier_by == "name" else "supplier"
    await db.execute(
        text(
            f"CREATE TEMPORARY TABLE import_staged (line integer NOT NULL, {columns},"
            f" supplier_ref text GENERATED ALWAYS AS ({ref}) STORED) ON COMMIT DROP"
        )
    )
    await db.execute(
        text(
            "CREATE TEMPORARY TABLE import_bad (line integer NOT NULL, column_name text NOT NULL,"
            " value text NOT NULL, advice text NOT NULL) ON COMMIT DROP"
        )
    )


async def fill(
    db: AsyncSession,
    reader: Reader,
    converter: Converter,
    kind: ImportKind,
    report: Callable[[Progress], Awaitable[None]],
) -> Progress:
    """Copy all rows of a file; whoever is asked to ``report`` may raise to stop it.

    While the database takes one batch, a thread reads the next: the loop never stands still.
    """
    connection = (await (await db.connection()).get_raw_connection()).driver_connection
    assert connection is not None  # noqa: S101 # a session that has executed something has one
    fields = _fields(converter, kind)
    rows, bulk = iter(reader), Bulk(converter, fields)
    done = Progress()
    coming = asyncio.create_task(asyncio.to_thread(_read, rows, reader, bulk))
    try:
        while batch := await coming:
            coming = asyncio.create_task(asyncio.to_thread(_read, rows, reader, bulk))
            if batch.records:
                await connection.copy_records_to_table(
                    "import_staged", records=batch.records, columns=["line", *fields]
                )
            if batch.problems:
                await connection.copy_records_to_table(
                    "import_bad",
                    records=batch.problems,
                    columns=["line", "column_name", "value", "advice"],
                )
            done.rows += batch.rows
            done.bad += batch.bad
            done.bytes = batch.position
            await report(done)
    finally:
        # The file is still being read in the thread: it must not be closed under it.
        await asyncio.shield(asyncio.gather(coming, return_exceptions=True))
    await db.execute(text("ANALYZE import_staged"))
    if done.rows > _MANY:
        await db.execute(text("SET LOCAL enable_nestloop = off"))
    return done


def _fields(converter: Converter, kind: ImportKind) -> list[str]:
    """Give the staged columns that a file fills; an arrival is always told, if only by its absence."""
    arrival = {"received_on", "received", "reference"} if kind is ImportKind.DELIVERIES else set()
    return [name for name in STAGED[kind] if name in converter.fields or name in arrival]


def _read(rows: Iterator[Row], reader: Reader, bulk: Bulk) -> _Batch | None:
    taken = list(islice(rows, BATCH))
    if not taken:
        return None
    records, problems, bad = bulk.convert(taken)
    return _Batch(records, [_record(each) for each in problems], len(taken), bad, reader.position)


def _record(problem: Problem) -> tuple[int, str, str, str]:
    return problem.line, problem.column[:200], problem.value[:400], problem.advice[:400]

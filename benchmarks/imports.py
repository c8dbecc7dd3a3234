"""The importer on a large file with wrong rows in it, against a plain insert-select of the same rows."""

import csv
import tempfile
import time
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from bench import (
    WHO,
    Table,
    backend,
    forget_peak,
    owning,
    peak_memory,
    portal_with_lines,
    run,
    server_seconds,
)
from sqlalchemy import text

from portal.db import Database
from portal.imports import look as looking
from portal.imports.shipped import SHIPPED, TEMPLATE
from portal.imports.targets import TARGETS
from portal.models.imports import ImportKind, ImportRun, ImportStatus, OnBadRows
from portal.workflows.imports.running import execute
from portal.workflows.imports.staging import Progress

LABELS = {each.name: each.label for each in TARGETS[ImportKind.DELIVERIES]}
COLUMNS = (
    "order_number",
    "line_number",
    "supplier",
    "supplier_name",
    "plant",
    "part",
    "commodity",
    "ordered",
    "acknowledged_on",
    "received_on",
    "received",
    "reference",
)
TEMPLATE_MAPPING = SHIPPED[ImportKind.DELIVERIES][TEMPLATE]
MAPPING = replace(TEMPLATE_MAPPING, sources={name: TEMPLATE_MAPPING.sources[name] for name in COLUMNS})
WRONG_EVERY = 1000  # one row in so many has a day that is none
FIRST = date(2024, 1, 1)


async def measure(size: float, table: Table) -> None:
    rows = int(size * 1_000_000)
    print(f"Import, {rows:,} rows", flush=True)
    # A portal in use already holds lines, though fewer than are coming.
    async with portal_with_lines(size / 10) as database:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "deliveries.csv"
            size_of_file = write(path, rows)
            server = await backend(database)
            used = server_seconds(server)
            seconds, memory, first = await imported(database, path, size_of_file)
            used = server_seconds(server) - used
            again, _, second = await imported(database, path, size_of_file)
        floor, at_least = await inserted(database, server)
    ratio = floor / seconds
    table.add(f"import of {rows:,} rows", seconds, "typed insert-select", floor, "≤ 2×")
    table.add("processor time of the server for it", used, "typed insert-select", at_least, "≤ 2×")
    table.note("the same, as speed", f"{ratio:.2f} of the floor's", "≥ 0.5")
    table.note("rows rejected of them", f"{first.rows_rejected:,}", f"{rows // WRONG_EVERY:,}")
    table.note("memory it took more", f"{memory:.0f} MB", "≤ 100 MB")
    changed = second.rows_added + second.rows_updated
    table.note("rows changed by the same file again", f"{changed:,}", "0")
    table.add("the same file again", again, "the first time", seconds, "")


def write(path: Path, rows: int) -> int:
    """Write the file; returns its size in bytes."""
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow([LABELS[name] for name in COLUMNS])
        for i in range(rows):
            day = FIRST + timedelta(days=i * 730 // rows)
            arrived = day + timedelta(days=i % 7 - 5)
            promised = "32.13.2025" if i % WRONG_EVERY == WRONG_EVERY // 2 else day.isoformat()
            supplier = f"S{i % 1000 % (1 + i % 50) + 1}"
            out.writerow(
                (
                    f"IMP{i // 5}",
                    (i % 5 + 1) * 10,
                    supplier,
                    f"Supplier {supplier}",
                    f"P{i % 3 + 1}",
                    f"PART-{i % 2000 + 1}",
                    f"C{i % 5 + 1}",
                    100,
                    promised,
                    arrived.isoformat(),
                    100,
                    f"DN-{i}",
                )
            )
    return path.stat().st_size


async def imported(database: Database, path: Path, size: int) -> tuple[float, float, ImportRun]:
    """Import the file as the worker does; seconds, MB at most beyond what the process had, and the run."""
    look = looking.look(path, MAPPING.file)
    forget_peak()
    before, began = peak_memory(), time.perf_counter()
    async with database.work(WHO) as db:
        made = ImportRun(
            kind=ImportKind.DELIVERIES,
            mapping_name=TEMPLATE,
            definition=MAPPING.as_data(),
            look=look.as_data(),
            file_name=path.name,
            file_key="",
            file_size=size,
            sha256="",
            on_bad_rows=OnBadRows.SKIP,
            status=ImportStatus.QUEUED,
            started_by_name=WHO.name,
        )
        db.add(made)
        await db.flush()
        await execute(db, made, path, WHO, _silent)
    if made.status is not ImportStatus.DONE:
        raise RuntimeError(f"The import ended as {made.status}: {made.problem}")
    return time.perf_counter() - began, peak_memory() - before, made


async def _silent(_progress: Progress) -> None:
    """Nobody watches."""


async def inserted(database: Database, server: int) -> tuple[float, float]:
    """Write the same typed rows into empty tables with the same indexes and checks, without any trigger; gives
    the seconds of the clock and of the server's processors.

    Those hold fewer rows than the portal's own, which favours this floor.
    """
    async with owning(database) as db:
        await db.execute(text("SET LOCAL statement_timeout = 0"))
        lines = "SELECT * FROM delivery_line WHERE order_number LIKE 'IMP%'"
        receipts = "SELECT * FROM receipt WHERE delivery_line_id IN (SELECT id FROM typed_delivery_line)"
        for name, query in (("delivery_line", lines), ("receipt", receipts)):
            await db.execute(text(f"CREATE UNLOGGED TABLE typed_{name} AS {query}"))
            await db.execute(text(f"CREATE TABLE floor_{name} (LIKE {name} INCLUDING ALL)"))
            await db.execute(text(f"ANALYZE typed_{name}"))
    began, used = time.perf_counter(), server_seconds(server)
    async with owning(database) as db:
        await db.execute(text("SET LOCAL statement_timeout = 0"))
        for name in ("delivery_line", "receipt"):
            await db.execute(
                text(f"INSERT INTO floor_{name} OVERRIDING SYSTEM VALUE SELECT * FROM typed_{name}")
            )
    return time.perf_counter() - began, server_seconds(server) - used


if __name__ == "__main__":
    run(measure)

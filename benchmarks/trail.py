"""What the trail costs an import, how long its verification takes, and that a million rows hide nothing."""

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bench import WHO, Table, forget_peak, owning, peak_memory, portal_with_lines, run
from imports import MAPPING, write
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from portal.db import Database
from portal.imports import look as looking
from portal.imports.shipped import TEMPLATE
from portal.models.imports import ImportKind, ImportRun, ImportStatus, OnBadRows
from portal.settings import Settings
from portal.storage import DocumentStore, make_store
from portal.workflows.imports.running import execute
from portal.workflows.imports.staging import Progress
from portal.workflows.trail import sealing, verifying

TIMES = 3
TABLES = ("delivery_line", "receipt", "supplier", "part", "commodity", "plant", "import_run")
TRAIL = ("trail_act", "trail_change", "trail_seal")
LINES = """
    INSERT INTO delivery_line (created_at, updated_at, version, supplier_id, plant_id, part_id, commodity_id,
        order_number, line_number, unit, ordered, requested_on, acknowledged_on, excuse_note, nonconforming,
        reference_on, reference_month, window_first_on, window_last_on, received, in_window, early, complete,
        too_early)
    SELECT now(), now(), 1, supplier_id, plant_id, part_id, commodity_id, 'NEW' || id, line_number, unit,
        ordered, acknowledged_on, acknowledged_on, '', false, reference_on, reference_month, window_first_on,
        window_last_on, received, in_window, early, complete, too_early
    FROM delivery_line ORDER BY id LIMIT :rows"""
SITES = """
    INSERT INTO supplier_site (created_at, updated_at, version, supplier_id, name, address, city, country,
        time_zone)
    SELECT now(), now(), 1, i % 50 + 1, 'Works ' || i, i || ' Foundry Road, Gate ' || i % 7, 'Sheffield',
        'GB', 'Europe/London'
    FROM generate_series(1, CAST(:rows AS int)) AS i"""


async def measure(size: float, table: Table) -> None:
    rows = int(size * 100_000)
    print(f"Trail, {rows:,} rows written, {rows * 10:,} verified", flush=True)
    async with portal_with_lines(size / 5) as database:
        with tempfile.TemporaryDirectory() as folder:
            await _writing(database, table, Path(folder) / "deliveries.csv", rows)
        with tempfile.TemporaryDirectory() as folder:
            store = make_store(Settings(data_dir=Path(folder)))
            await _verification(database, store, table, rows * 10)
            await _tampering(database, store, table)


async def _writing(database: Database, table: Table, path: Path, rows: int) -> None:
    size = write(path, rows)
    ways = (
        (f"import of {rows:,} lines with receipts", lambda: _import(database, path, size), "≤ 1.15×"),
        ("the lines alone, by one statement", lambda: _lines(database, rows), ""),
    )
    for name, way, goal in ways:
        taken: dict[bool, list[float]] = {True: [], False: []}
        # In turn, so that whatever else the machine does meets both alike.
        for _ in range(TIMES):
            for with_trail in (False, True):
                async with _trail(database, on=with_trail):
                    taken[with_trail].append(await way())
        with_it, without = statistics.median(taken[True]), statistics.median(taken[False])
        table.add(f"{name}, with the trail (processor time)", with_it, "without it", without, goal)


@asynccontextmanager
async def _trail(database: Database, *, on: bool) -> AsyncIterator[None]:
    await _switch(database, on=on)
    async with database.engine.connect() as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        for name in (*TABLES, "trail_change", "trail_act"):
            await raw.execute(f"VACUUM {name}")
    try:
        yield
    finally:
        await _switch(database, on=True)


async def _switch(database: Database, *, on: bool) -> None:
    async with owning(database) as db:
        for name in TABLES:
            for event in ("insert", "update", "delete"):
                verb = "ENABLE" if on else "DISABLE"
                await db.execute(text(f"ALTER TABLE {name} {verb} TRIGGER trail_{event}"))


async def _import(database: Database, path: Path, size: int) -> float:
    """Import the file as the worker does, up to its commit, and take it back."""
    look = looking.look(path, MAPPING.file)
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
    async with database.work(WHO) as db:
        spent = await _processor_time(db)
        db.add(made)
        await db.flush()
        await execute(db, made, path, WHO, _silent)
        await db.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))  # the sums are added at the end
        taken = await _processor_time(db) - spent
        assert made.status is ImportStatus.DONE
        await db.rollback()
    return taken


async def _processor_time(db: AsyncSession) -> float:
    """Seconds that this process and its backend have worked: what else the machine does, does not count."""
    pid = (await db.execute(text("SELECT pg_backend_pid()"))).scalar_one()
    fields = await asyncio.to_thread(Path(f"/proc/{pid}/stat").read_text, encoding="ascii")
    # Fields 14 and 15 are the time in the program and in the system; the name in field 2 may hold spaces.
    user, system = fields.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK") + time.process_time()


async def _silent(_progress: Progress) -> None:
    """Nobody watches."""


async def _lines(database: Database, rows: int) -> float:
    async with database.work(WHO) as db:
        await db.execute(text("SET LOCAL statement_timeout = 0"))
        spent = await _processor_time(db)
        await db.execute(text(LINES), {"rows": rows})
        await db.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        taken = await _processor_time(db) - spent
        await db.rollback()
    return taken


async def _verification(database: Database, store: DocumentStore, table: Table, rows: int) -> None:
    async with database.work(WHO) as db:
        await db.execute(text("SET LOCAL statement_timeout = 0"))
        await db.execute(text(SITES), {"rows": rows})
    forget_peak()
    before, began = peak_memory(), time.perf_counter()
    sealed = await sealing.seal(database, store, WHO, patience=60)
    seconds = time.perf_counter() - began
    memory = peak_memory() - before
    table.note(f"{sealed.rows:,} changes sealed", f"{seconds:.1f} s, {memory:.0f} MB", "≤ 100 MB")
    forget_peak()
    before, began = peak_memory(), time.perf_counter()
    report = await verifying.verify(database, store, WHO)
    seconds = time.perf_counter() - began
    memory = peak_memory() - before
    assert report.difference is None
    assert report.rows == sealed.rows
    table.note(f"{report.rows:,} changes verified", f"{seconds:.1f} s, {memory:.0f} MB", "≤ 100 MB")
    async with database.work(WHO) as db:
        size = text("SELECT pg_total_relation_size('trail_change') / (SELECT count(*) FROM trail_change)")
        table.note("bytes of a recorded row, with its indexes", f"{(await db.execute(size)).scalar_one()}")


async def _tampering(database: Database, store: DocumentStore, table: Table) -> None:
    """Three kinds of it, each late in the trail, by somebody who owns the tables."""
    async with database.work(WHO) as db:
        act = text("SELECT id, rows FROM trail_act ORDER BY rows DESC LIMIT 1")
        largest = (await db.execute(act)).one()
        last = (await db.execute(text("SELECT max(number) FROM trail_seal"))).scalar_one()
    row = {"act": largest.id, "n": largest.rows * 9 // 10}
    at = "WHERE act_id = :act AND n = :n"
    kept = "CREATE TABLE kept AS SELECT * FROM trail_change"
    await _found(
        database,
        store,
        table,
        "a changed value",
        [f"UPDATE trail_change SET new = replace(new, 'Sheffield', 'Rotherham') {at}"],
        [f"UPDATE trail_change SET new = replace(new, 'Rotherham', 'Sheffield') {at}"],
        row,
    )
    await _found(
        database,
        store,
        table,
        "a deleted row",
        [
            f"{kept} {at.replace(':act', str(row['act'])).replace(':n', str(row['n']))}",
            f"DELETE FROM trail_change {at}",
        ],
        ["INSERT INTO trail_change SELECT * FROM kept"],
        row,
    )
    cut = "(act_id, n) > (SELECT last_act, last_n FROM trail_seal WHERE number = :last - 2)"
    await _found(
        database,
        store,
        table,
        "a cut-off tail",
        [f"DELETE FROM trail_change WHERE {cut}", "DELETE FROM trail_seal WHERE number > :last - 2"],
        [],
        {"last": last},
    )


async def _found(
    database: Database,
    store: DocumentStore,
    table: Table,
    what: str,
    tamper: list[str],
    repair: list[str],
    values: dict[str, int],
) -> None:
    await _by_force(database, tamper, values)
    began = time.perf_counter()
    difference = (await verifying.verify(database, store, WHO)).difference
    seconds = time.perf_counter() - began
    assert difference is not None
    table.note(f"{what}, found in {seconds:.1f} s", difference.sentence)
    await _by_force(database, repair, values)


async def _by_force(database: Database, statements: list[str], values: dict[str, int]) -> None:
    async with owning(database) as db:
        await db.execute(text("SET LOCAL statement_timeout = 0"))
        for name in TRAIL:
            await db.execute(text(f"ALTER TABLE {name} DISABLE TRIGGER USER"))
        for statement in statements:
            given = {name: value for name, value in values.items() if f":{name}" in statement}
            await db.execute(text(statement), given)
        for name in TRAIL:
            await db.execute(text(f"ALTER TABLE {name} ENABLE TRIGGER USER"))


if __name__ == "__main__":
    run(measure)

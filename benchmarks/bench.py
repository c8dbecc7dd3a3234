"""What every benchmark shares: a server of its own, generated lines, a clock and a table."""

import argparse
import asyncio
import gc
import logging
import os
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from portal import embedded, logs
from portal.access.principal import system
from portal.db import Database
from portal.migrations.run import migrate
from portal.settings import Settings
from portal.workflows import ratings
from portal.workflows.ratings.upkeep import rebuild

WHO = system("benchmark")
MONTHS = 36
FIRST_DAY = date(2023, 11, 1)  # 36 months to October 2026
LAST_MONTH = 321
TABLES = ("delivery_line", "receipt", "inspection_lot", "nonconformance")


@dataclass
class Table:
    """Rows of (what, measured, floor or peer, ratio, goal), printed as they are found."""

    rows: list[tuple[str, str, str, str, str]] = field(default_factory=list)

    def add(self, what: str, seconds: float, floor: str, floor_seconds: float, goal: str) -> None:
        ratio = seconds / floor_seconds if floor_seconds else float("inf")
        row = (what, _time(seconds), f"{floor} {_time(floor_seconds)}", f"{ratio:.2f}×", goal)
        self.rows.append(row)
        print("  " + " | ".join(row), flush=True)

    def note(self, what: str, value: str, goal: str = "") -> None:
        row = (what, value, "", "", goal)
        self.rows.append(row)
        print("  " + " | ".join(row), flush=True)

    def show(self) -> None:
        head = ("what", "measured", "floor or peer", "ratio", "goal")
        widths = [max(len(row[i]) for row in [head, *self.rows]) for i in range(5)]
        print()
        for row in [head, tuple("-" * w for w in widths), *self.rows]:
            print("| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |")


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms" if seconds < 1 else f"{seconds:.2f} s"


async def best_of(times: int, action: Callable[[], Awaitable[object]]) -> float:
    """Seconds of the median run; the first one, which fills caches, is not counted."""
    await action()
    taken = []
    for _ in range(times):
        gc.collect()
        began = time.perf_counter()
        await action()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


@asynccontextmanager
async def portal_with_lines(millions: float) -> AsyncIterator[Database]:
    """A migrated database with so many million lines, Zipf over a thousand suppliers for each million."""
    with embedded.temporary() as server:
        database = Database(server.url("assay"), Settings(statement_timeout=600), pool_size=6)
        try:
            await migrate(database)
            began = time.perf_counter()
            await fill(database, int(millions * 1_000_000))
            print(f"  {millions:g} million lines in {time.perf_counter() - began:.0f} s", flush=True)
            yield database
        finally:
            await database.close()


@asynccontextmanager
async def owning(database: Database) -> AsyncIterator[AsyncSession]:
    """A transaction as the tables' owner, who may do what the portal itself may not."""
    async with database.work(WHO) as db:
        await db.execute(text("SET LOCAL ROLE NONE"))
        yield db


async def fill(database: Database, lines: int) -> None:
    """Write lines with one receipt each, a lot for every tenth and a nonconformance for every fiftieth.

    A supplier delivers one commodity to two of three plants.
    """
    suppliers = max(50, lines // 1000)
    async with owning(database) as db:
        await db.execute(text("SET LOCAL statement_timeout = 0"))
        await ratings.install_default_policy(db)
        for table in TABLES:
            await db.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        for statement in _STATEMENTS:
            await db.execute(text(statement), {"lines": lines, "suppliers": suppliers, "first": FIRST_DAY})
        for table in TABLES:
            await db.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
    async with database.engine.connect() as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        await raw.execute("SET statement_timeout = 0")
        await raw.execute("VACUUM ANALYZE")
    await rebuild(database, WHO, range(LAST_MONTH - MONTHS + 1, LAST_MONTH + 2))


_STAMP = "now(), now(), 1"
_STATEMENTS = (
    f"""INSERT INTO plant (created_at, updated_at, version, code, name, country, time_zone)
        SELECT {_STAMP}, 'P' || i, 'Plant ' || i, 'SE', 'Europe/Stockholm' FROM generate_series(1, 3) AS i""",
    f"""INSERT INTO commodity (created_at, updated_at, version, code, name)
        SELECT {_STAMP}, 'C' || i, 'Commodity ' || i FROM generate_series(1, 5) AS i""",
    f"""INSERT INTO part (created_at, updated_at, version, number, name, commodity_id)
        SELECT {_STAMP}, 'PART-' || i, '', i % 5 + 1 FROM generate_series(1, 2000) AS i""",
    f"""INSERT INTO supplier (created_at, updated_at, version, number, name, country, city, time_zone,
            status, risk, note)
        SELECT {_STAMP}, 'S' || i, 'Supplier ' || i, 'SE', '', 'UTC', 'active', 'medium', ''
        FROM generate_series(1, CAST(:suppliers AS int)) AS i""",
    f"""INSERT INTO delivery_line (created_at, updated_at, version, supplier_id, plant_id, part_id,
            commodity_id, order_number, line_number, unit, ordered, acknowledged_on, excuse_note,
            nonconforming, reference_on, reference_month, window_first_on, window_last_on, received,
            in_window, early, complete, too_early)
        SELECT {_STAMP}, supplier, (supplier + i % 2) % 3 + 1, i % 2000 + 1, supplier % 5 + 1, 'B' || i,
            '10', 'pc', 100, day, '', false, day,
            (extract(year FROM day) - 2000) * 12 + extract(month FROM day) - 1, day - 5, day, 100,
            CASE WHEN late BETWEEN -5 AND 0 THEN 100 ELSE 0 END, CASE WHEN late < -5 THEN 100 ELSE 0 END,
            late BETWEEN -5 AND 0, late < -5
        FROM (
            SELECT i, floor(power(CAST(:suppliers AS float), random()))::int AS supplier,
                CAST(:first AS date) + (i * 1095 / CAST(:lines AS bigint))::int AS day,
                CASE WHEN random() < 0.92 THEN -(random() * 4)::int ELSE 1 + (random() * 9)::int END AS late
            FROM generate_series(1, CAST(:lines AS bigint)) AS i
        ) AS made""",
    f"""INSERT INTO receipt (created_at, updated_at, version, delivery_line_id, supplier_id, plant_id,
            commodity_id, reference, received_on, arrival_month, quantity)
        SELECT {_STAMP}, id, supplier_id, plant_id, commodity_id, 'DN', day,
            (extract(year FROM day) - 2000) * 12 + extract(month FROM day) - 1, 100
        FROM (
            SELECT *, CASE WHEN complete THEN reference_on WHEN too_early THEN window_first_on - 1
                ELSE window_last_on + 4 END AS day
            FROM delivery_line
        ) AS line""",
    f"""INSERT INTO inspection_lot (created_at, updated_at, version, supplier_id, plant_id, part_id,
            commodity_id, number, inspected_on, month, quantity, result)
        SELECT {_STAMP}, supplier_id, plant_id, part_id, commodity_id, 'L' || id, reference_on,
            reference_month, 100, CASE WHEN id % 200 = 0 THEN 'rejected' ELSE 'accepted' END
        FROM delivery_line WHERE id % 10 = 0""",
    f"""INSERT INTO nonconformance (created_at, updated_at, version, number, supplier_id, plant_id, part_id,
            commodity_id, lot_number, found_on, month, quantity, defects, kind, description,
            responsibility, disposition, is_sample, is_safety)
        SELECT {_STAMP}, 'NC' || id, supplier_id, plant_id, part_id, commodity_id, '', reference_on,
            reference_month, 2, 2, 'Other', '', 'supplier', 'open', false, false
        FROM delivery_line WHERE id % 50 = 0""",
)


def server_seconds(backend: int) -> float:
    """Processor time that the server has used, with the helpers of its queries; ``backend`` is one of its own.

    On a machine that others use as well it tells more than the clock does.
    """
    server = _times(backend)[0]
    _, own, ended = _times(server)
    processes = [_times(int(each.name)) for each in Path("/proc").iterdir() if each.name.isdigit()]
    return own + ended + sum(used for parent, used, _ in processes if parent == server)


def _times(process: int) -> tuple[int, float, float]:
    """The parent of a process, the seconds that it used, and those of its children that have ended."""
    try:
        text = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:  # it has just ended
        return 0, 0.0, 0.0
    words = text.rpartition(")")[2].split()
    ticks = os.sysconf("SC_CLK_TCK")
    return int(words[1]), (int(words[11]) + int(words[12])) / ticks, (int(words[13]) + int(words[14])) / ticks


async def backend(database: Database) -> int:
    async with database.connection() as connection:
        return int((await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one())


def peak_memory() -> float:
    """MB that this process has used at most since ``forget_peak``."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise OSError("This system does not tell the memory of a process.")


def forget_peak() -> None:
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


Measure = Callable[[float, Table], Awaitable[None]]


def run(*measures: Measure) -> None:
    """Run benchmarks from the command line and show one table; --size is in million lines."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=float, default=1.0, help="million delivery lines")
    size = parser.parse_args().size
    logs.configure("console", level=logging.ERROR)
    asyncio.run(_all(measures, size))


async def _all(measures: Sequence[Measure], size: float) -> None:
    table = Table()
    try:
        for measure in measures:
            await measure(size, table)
    finally:
        table.show()

"""Rating from sums against the floor of counting the lines, and keeping the sums against not keeping them."""

import asyncio
import statistics
import time
from datetime import date

from bench import (
    LAST_MONTH,
    MONTHS,
    TABLES,
    WHO,
    Table,
    backend,
    best_of,
    owning,
    portal_with_lines,
    run,
    server_seconds,
)
from sqlalchemy import text

from portal.db import Database
from portal.workflows import ratings
from portal.workflows.ratings.reading import months_of, sums_of
from portal.workflows.ratings.upkeep import rebuild, recount
from portal.workflows.scorecards.bulk import rate_all
from scorecards.periods import Period
from scorecards.weighting import windows_of

AS_OF = date(2026, 11, 20)
OCTOBER = Period(LAST_MONTH)
# The way many ERP scorecards are made: one query for each supplier, variable and window of a card.
_LINES = (
    "SELECT count(*) FROM delivery_line WHERE supplier_id = :id AND reference_month BETWEEN :first AND :last"
)
_VARIABLES = (
    f"{_LINES} AND cancelled_on IS NULL AND ordered > 0",
    f"{_LINES} AND complete",
    "SELECT sum(quantity) FROM receipt WHERE supplier_id = :id AND arrival_month BETWEEN :first AND :last",
    "SELECT sum(quantity) FROM nonconformance WHERE supplier_id = :id AND month BETWEEN :first AND :last",
    "SELECT count(*) FROM inspection_lot WHERE supplier_id = :id AND month BETWEEN :first AND :last",
    "SELECT count(*) FROM response_stage WHERE supplier_id = :id AND month BETWEEN :first AND :last",
)


async def count_lines(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute(text("SELECT count(*) FROM delivery_line"))


async def measure(size: float, table: Table) -> None:
    print(f"Rating, {size:g} million lines", flush=True)
    async with portal_with_lines(size) as database:
        floor = await best_of(5, lambda: count_lines(database))
        await all_suppliers(database, table, floor)
        await one_supplier(database, table)
        await full_rebuild(database, table, floor)
        await batch(database, table)
        await writers(database, table)


async def all_suppliers(database: Database, table: Table, floor: float) -> None:
    async with database.work(WHO) as db:
        policy = await ratings.active_policy(db)

        async def sums() -> None:
            await sums_of(db, WHO, months=[LAST_MONTH], as_of=AS_OF, by=("supplier",), policy=policy)

        async def rated() -> None:
            await rate_all(db, WHO, policy, [OCTOBER], AS_OF)

        count = "count(*) of the lines"
        table.add("sums of all suppliers, one month", await best_of(5, sums), count, floor, "≤ 0.6×")
        seconds = await best_of(5, rated)
        table.add("all suppliers rated, three windows", seconds, count, floor, "≤ 0.6×")
        ids = (await db.execute(text("SELECT id FROM supplier ORDER BY random() LIMIT 100"))).scalars().all()
        suppliers = (await db.execute(text("SELECT count(*) FROM supplier"))).scalar_one()
        began = time.perf_counter()
        for each in ids:
            for window in windows_of(OCTOBER, policy):
                given = {"id": each, "first": window.first_month, "last": window.last_month}
                for query in _VARIABLES:
                    await db.execute(text(query), given)
        one_by_one = (time.perf_counter() - began) * suppliers / len(ids)
        table.add("one query per supplier, variable and window", one_by_one, "all rated", seconds, "≥ 150×")


async def one_supplier(database: Database, table: Table) -> None:
    async with database.work(WHO) as db:
        policy = await ratings.active_policy(db)
        order = "SELECT supplier_id FROM delivery_line GROUP BY supplier_id ORDER BY count(*) DESC"
        ids = (await db.execute(text(order))).scalars().all()

        async def months(supplier: int) -> list[float]:
            taken = []
            for _ in range(200):
                began = time.perf_counter()
                await months_of(
                    db,
                    WHO,
                    months=range(LAST_MONTH - 11, LAST_MONTH + 1),
                    as_of=AS_OF,
                    supplier_ids=[supplier],
                    policy=policy,
                )
                taken.append(time.perf_counter() - began)
            return taken

        async def nothing() -> None:
            await db.execute(text("SELECT 1"))

        least = await best_of(200, nothing)
        biggest, middle = await months(ids[0]), await months(ids[len(ids) // 2])
        table.add("one supplier's 12 months", statistics.median(middle), "select 1", least, "≤ 4×")
        table.note("the same, p99", f"{sorted(middle)[197] * 1000:.2f} ms", "< 1 ms")
        big, mid = statistics.median(biggest), statistics.median(middle)
        table.add("the biggest supplier", big, "the median one", mid, "≤ 1.5×")


async def full_rebuild(database: Database, table: Table, floor: float) -> None:
    """Count all months afresh where nothing is stored, and where what is stored is right."""
    months = range(LAST_MONTH - MONTHS + 1, LAST_MONTH + 1)
    server = await backend(database)
    used = server_seconds(server)
    for _ in range(5):
        await count_lines(database)
    count = (server_seconds(server) - used) / 5
    async with owning(database) as db:
        await db.execute(text("TRUNCATE supplier_month, supplier_month_total"))
    for what in ("sums rebuilt, 36 months, from nothing", "the same where all sums are right"):
        began, used = time.perf_counter(), server_seconds(server)
        await rebuild(database, WHO, months)
        taken, used = time.perf_counter() - began, server_seconds(server) - used
        table.add(what, taken, "count(*)", floor, "≤ 13×")
        table.add("processor time of the server for it", used, "count(*)", count, "")


async def batch(database: Database, table: Table) -> None:
    """100,000 lines written with the sums kept, and with the triggers off."""
    with_sums = await _batch(database, "W", keep=True)
    without = await _batch(database, "N", keep=False)
    table.add("100,000 lines with sums kept", with_sums, "without", without, "≤ 1.5×")
    await rebuild(database, WHO, range(LAST_MONTH - MONTHS + 1, LAST_MONTH + 2))


async def _batch(database: Database, prefix: str, *, keep: bool) -> float:
    async with owning(database) as db:
        await db.execute(text("SET LOCAL statement_timeout = 0"))
        if not keep:
            for name in TABLES:
                await db.execute(text(f"ALTER TABLE {name} DISABLE TRIGGER USER"))
        began = time.perf_counter()
        await db.execute(text(_COPY_LINES), {"prefix": prefix, "most": 100_000, "from": 0})
        seconds = time.perf_counter() - began
        if not keep:
            for name in TABLES:
                await db.execute(text(f"ALTER TABLE {name} ENABLE TRIGGER USER"))
    return seconds


async def writers(database: Database, table: Table) -> None:
    """Four writers at once on the same suppliers: no deadlock, no drift."""

    async def write(number: int) -> None:
        for turn in range(5):
            async with database.work(WHO) as db:
                given = {"prefix": f"D{number}x{turn}-", "most": 2000, "from": 0}
                await db.execute(text(_COPY_LINES), given)

    done = await asyncio.gather(*(write(number) for number in range(4)), return_exceptions=True)
    failed = [each for each in done if each is not None]
    table.note("deadlocks of 4 writers, 20 batches", str(len(failed)), "0")
    async with database.work(WHO) as db:
        await db.execute(text("SET LOCAL statement_timeout = 0"))
        # The copied lines have no receipts of their own, so only the sums are held against their rows.
        drift = [each for each in await recount(db, [LAST_MONTH, LAST_MONTH - 1]) if each.row_id is None]
    table.note("sums that drifted", str(len(drift)), "0")


_COPY_LINES = """
    INSERT INTO delivery_line (created_at, updated_at, version, supplier_id, plant_id, part_id,
        commodity_id, order_number, line_number, unit, ordered, acknowledged_on, excuse_note, nonconforming,
        reference_on, reference_month, window_first_on, window_last_on, received, in_window, early,
        complete, too_early)
    SELECT now(), now(), 1, supplier_id, plant_id, part_id, commodity_id, CAST(:prefix AS text) || id, '10',
        unit, ordered, acknowledged_on, '', false, reference_on, reference_month, window_first_on,
        window_last_on, received, in_window, early, complete, too_early
    FROM delivery_line WHERE id > :from AND order_number LIKE 'B%' ORDER BY id DESC LIMIT :most
"""

if __name__ == "__main__":
    run(measure)

"""From one to four times the lines, with as many times the suppliers: what must stay flat."""

import statistics
import time

from bench import LAST_MONTH, WHO, Table, portal_with_lines, run
from rating import AS_OF
from sqlalchemy import text

from portal.db import Database
from portal.workflows import ratings
from portal.workflows.ratings.reading import months_of
from portal.workflows.scorecards.bulk import rate_all
from scorecards.periods import Period

TIMES = 4


async def measure(size: float, table: Table) -> None:
    print(f"Growth, {size / TIMES:g} to {size:g} million lines", flush=True)
    async with portal_with_lines(size / TIMES) as small, portal_with_lines(size) as large:
        sizes = {1: small, TIMES: large}
        middle = {times: await median_supplier(each) for times, each in sizes.items()}
        year: dict[int, list[float]] = {1: [], TIMES: []}
        month: dict[int, list[float]] = {1: [], TIMES: []}
        # In turn, so that whatever else the machine does meets both alike.
        for turn in range(220):
            for times, each in sizes.items():
                year[times].append(await one_year(each, middle[times]))
                if turn % 20 == 0:
                    month[times].append(await one_month(each))
    for what, taken in (("one supplier's 12 months", year), ("a month's rating, each supplier", month)):
        before, after = (statistics.median(taken[times]) for times in sizes)
        table.add(f"{what}, at {TIMES}× the lines", after, "at 1×", before, "≤ 1.5×")


async def median_supplier(database: Database) -> int:
    async with database.connection() as db:
        order = "SELECT supplier_id FROM delivery_line GROUP BY supplier_id ORDER BY count(*) DESC"
        ids = (await db.execute(text(order))).scalars().all()
    return int(ids[len(ids) // 2])


async def one_year(database: Database, supplier: int) -> float:
    async with database.work(WHO) as db:
        policy = await ratings.active_policy(db)
        months = range(LAST_MONTH - 11, LAST_MONTH + 1)
        began = time.perf_counter()
        await months_of(db, WHO, months=months, as_of=AS_OF, supplier_ids=[supplier], policy=policy)
        return time.perf_counter() - began


async def one_month(database: Database) -> float:
    """Seconds for each supplier."""
    async with database.work(WHO) as db:
        policy = await ratings.active_policy(db)
        began = time.perf_counter()
        rated = await rate_all(db, WHO, policy, [Period(LAST_MONTH)], AS_OF)
        return (time.perf_counter() - began) / len(rated[Period(LAST_MONTH)])


if __name__ == "__main__":
    run(measure)

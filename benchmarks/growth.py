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
    async with portal_with_lines(size / TIMES) as database:
        few = await one_size(database)
    async with portal_with_lines(size) as database:
        many = await one_size(database)
    for (what, before, unit), (_, after, _) in zip(few, many, strict=True):
        table.add(f"{what}, at {TIMES}× the lines", after, f"{unit} at 1×", before, "≤ 1.5×")


async def one_size(database: Database) -> list[tuple[str, float, str]]:
    """Seconds of: the median supplier's year, and the month's rating for each supplier."""
    async with database.work(WHO) as db:
        policy = await ratings.active_policy(db)
        order = "SELECT supplier_id FROM delivery_line GROUP BY supplier_id ORDER BY count(*) DESC"
        ids = (await db.execute(text(order))).scalars().all()
        year, month = [], []
        for turn in range(220):
            began = time.perf_counter()
            await months_of(
                db,
                WHO,
                months=range(LAST_MONTH - 11, LAST_MONTH + 1),
                as_of=AS_OF,
                supplier_ids=[ids[len(ids) // 2]],
                policy=policy,
            )
            if turn >= 20:
                year.append(time.perf_counter() - began)
        for turn in range(9):
            began = time.perf_counter()
            await rate_all(db, WHO, policy, [Period(LAST_MONTH)], AS_OF)
            if turn >= 2:
                month.append((time.perf_counter() - began) / len(ids))
    return [
        ("one supplier's 12 months", statistics.median(year), "the same"),
        ("a month's rating, each supplier", statistics.median(month), "the same"),
    ]


if __name__ == "__main__":
    run(measure)

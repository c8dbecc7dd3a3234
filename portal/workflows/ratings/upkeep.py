"""Sums counted afresh: to mend them month by month, and to see every night that they need no mending."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from portal.access.principal import Principal
from portal.db import Database
from portal.workflows.ratings import calendars
from portal.workflows.ratings.derive import BATCH, COLUMNS, derivation, derive_range, last_line
from portal.workflows.ratings.policies import active_policy, policy_for_writing
from portal.workflows.ratings.reading import STORED
from portal.workflows.ratings.statements import statement
from portal.workflows.ratings.turns import take_turns
from scorecards.periods import Period

MOST_SHOWN = 1000  # drifting rows of one month and table


@dataclass(frozen=True, slots=True)
class Rebuilt:
    lines_changed: int
    months: int


@dataclass(frozen=True, slots=True)
class Drift:
    """A stored row that is not what its source says.

    ``table`` is supplier_month, supplier_month_total (its plants and commodities are None) or delivery_line
    (``row_id`` says which). ``differences`` holds (stored, counted) by column; for a line only the names.
    """

    table: str
    supplier_id: int
    month: int
    plant_id: int | None
    commodity_id: int | None
    row_id: int | None
    differences: dict[str, tuple[Decimal, Decimal]]


async def rebuild(database: Database, who: Principal, months: Iterable[int] | None = None) -> Rebuilt:
    """Derive every line under the active policy, then count the sums afresh, one month at a time.

    Each step commits, so memory stays small and a rebuild that is broken off has done no harm. Others keep
    reading; writers wait for the month at hand. With ``months`` no line is derived.
    """
    changed = 0
    if months is None:
        changed = await _derive_everything(database, who)
        async with database.work(who) as db:
            months = await all_months(db)
    listed = sorted(set(months))
    for month in listed:
        async with database.work(who) as db:
            await _without_limit(db)
            await rebuild_month(db, month)
    return Rebuilt(changed, len(listed))


async def _derive_everything(database: Database, who: Principal) -> int:
    async with database.work(who) as db:
        last = await last_line(db)
    changed = 0
    for low in range(1, last + 1, BATCH):
        async with database.work(who) as db:
            await _without_limit(db)
            await take_turns(db)
            changed += await derive_range(db, await policy_for_writing(db), low, low + BATCH - 1)
    return changed


async def rebuild_month(db: AsyncSession, month: int) -> None:
    """Count one month afresh.

    Transactions that end meanwhile wait at the lock, and add theirs to what is counted here without their
    rows; those who were first have ended, with their rows. Who writes totals writes the finer sums in the
    same statement, so one lock does; two might be taken in another order than theirs.
    """
    await take_turns(db)
    await db.execute(text("LOCK TABLE supplier_month IN SHARE ROW EXCLUSIVE MODE"))
    for table in ("supplier_month", "supplier_month_total", "supplier_month_change"):
        await db.execute(
            text(f"DELETE FROM {table} WHERE month = :month"),  # noqa: S608 - our own names
            {"month": month},
        )
    names = ", ".join(STORED)
    pooled = ", ".join(f"sum({name})" for name in STORED)
    await db.execute(
        text(
            f"INSERT INTO supplier_month (supplier_id, month, plant_id, commodity_id, {names})"
            f" {statement('counted')}"
        ),
        _days(month),
    )
    await db.execute(
        text(
            f"INSERT INTO supplier_month_total (supplier_id, month, {names})"  # noqa: S608 - our own names
            f" SELECT supplier_id, month, {pooled} FROM supplier_month WHERE month = :month GROUP BY 1, 2"
        ),
        {"month": month},
    )


async def recount(db: AsyncSession, months: Iterable[int] | None = None) -> list[Drift]:
    """Compare lines and sums of the months (or of all) with what their rows say; an empty list is good.

    Each comparison is one statement, so whoever writes meanwhile makes no false alarm.
    """
    found: list[Drift] = []
    for month in sorted(set(months if months is not None else await all_months(db))):
        found += await _lines(db, month)
        found += await _fine(db, month)
        found += await _totals(db, month)
    return found


async def all_months(db: AsyncSession) -> list[int]:
    """Every month that a line, an arrival, a lot, a nonconformance or a stored sum is in."""
    rows = await db.execute(
        text("""
            SELECT reference_month AS month FROM delivery_line WHERE reference_month IS NOT NULL
            GROUP BY 1
            UNION SELECT arrival_month FROM receipt GROUP BY 1
            UNION SELECT month FROM inspection_lot GROUP BY 1
            UNION SELECT month FROM nonconformance GROUP BY 1
            UNION SELECT month FROM supplier_month_total GROUP BY 1
            UNION SELECT month FROM supplier_month GROUP BY 1
            ORDER BY 1
        """)
    )
    return [month for (month,) in rows]


async def _lines(db: AsyncSession, month: int) -> list[Drift]:
    """Lines that should be in the month, or are, and were not derived since they or the policy changed."""
    policy = await active_policy(db)
    period = Period(month)
    await calendars.prepare(db, policy.delivery, period.first_day, period.last_day)
    only = """(
        line.reference_on BETWEEN :first_day AND :last_day
        OR line.acknowledged_on BETWEEN :first_day AND :last_day
        OR line.confirmed_on BETWEEN :first_day AND :last_day
        OR line.requested_on BETWEEN :first_day AND :last_day
    )"""
    query, given = derivation(policy.delivery, lines="delivery_line", receipts="receipt", only=only)
    different = ", ".join(
        f"CASE WHEN kept.{name} IS DISTINCT FROM derived.{name} THEN '{name}' END" for name in COLUMNS
    )
    rows = await db.execute(
        text(
            f"SELECT id, supplier_id, names FROM ("  # noqa: S608 - our own names
            f" SELECT kept.id, kept.supplier_id, array_remove(ARRAY[{different}], NULL) AS names"
            f" FROM ({query}) AS derived JOIN delivery_line AS kept ON kept.id = derived.id"
            f" WHERE {only.replace('line.', 'kept.')}"
            f" AND :month IN (kept.reference_month, derived.reference_month)"
            f") AS compared WHERE cardinality(names) > 0 ORDER BY id LIMIT {MOST_SHOWN}"
        ),
        given | _days(month) | {"month": month},
    )
    nothing = (Decimal(0), Decimal(0))
    return [
        Drift("delivery_line", supplier, month, None, None, line, dict.fromkeys(names, nothing))
        for line, supplier, names in rows
    ]


async def _fine(db: AsyncSession, month: int) -> list[Drift]:
    query = _compared(
        "supplier_month",
        "supplier_id, month, plant_id, commodity_id",
        f"({statement('counted')})",
    )
    rows = await db.execute(text(query), _days(month) | {"month": month})
    return [
        Drift("supplier_month", supplier, month, plant, commodity, None, _differences(stored, counted))
        for supplier, _, plant, commodity, stored, counted in rows
    ]


async def _totals(db: AsyncSession, month: int) -> list[Drift]:
    pooled = ", ".join(f"sum({name}) AS {name}" for name in STORED)
    query = _compared(
        "supplier_month_total",
        "supplier_id, month",
        f"(SELECT supplier_id, month, {pooled} FROM supplier_month_now WHERE month = :month GROUP BY 1, 2)",  # noqa: S608
    )
    rows = await db.execute(text(query), {"month": month})
    return [
        Drift("supplier_month_total", supplier, month, None, None, None, _differences(stored, counted))
        for supplier, _, stored, counted in rows
    ]


def _compared(table: str, key: str, counted: str) -> str:
    """Rows on either side that differ; a row of zeros and no row are the same."""
    stored_sums = ", ".join(f"coalesce(stored.{name}, 0)::numeric" for name in STORED)
    sums = ", ".join(f"sum({name}) AS {name}" for name in STORED)
    counted_sums = ", ".join(f"coalesce(counted.{name}, 0)::numeric" for name in STORED)
    return (
        f"SELECT {key}, ARRAY[{stored_sums}] AS stored, ARRAY[{counted_sums}] AS counted"  # noqa: S608
        f" FROM (SELECT {key}, {sums} FROM {table}_now WHERE month = :month GROUP BY {key}) AS stored"
        f" FULL JOIN {counted} AS counted USING ({key})"
        f" WHERE ({stored_sums}) IS DISTINCT FROM ({counted_sums}) ORDER BY {key} LIMIT {MOST_SHOWN}"
    )


def _differences(stored: list[Decimal], counted: list[Decimal]) -> dict[str, tuple[Decimal, Decimal]]:
    pairs = zip(STORED, stored, counted, strict=True)
    return {name: (one, other) for name, one, other in pairs if one != other}


def _days(month: int) -> dict[str, object]:
    period = Period(month)
    return {"first_day": period.first_day, "last_day": period.last_day}


async def _without_limit(db: AsyncSession) -> None:
    await db.execute(text("SET LOCAL statement_timeout = 0"))
    await db.execute(text("SET LOCAL lock_timeout = 0"))
    # A month's rows are sorted and grouped in memory, not through temporary files.
    await db.execute(text("SET LOCAL work_mem = '64MB'"))

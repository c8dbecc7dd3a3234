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
_AT_ONCE = 750_000  # lines and arrivals in one step of a rebuild
_MOST_MONTHS = 12
_FINE = ("supplier_id", "month", "plant_id", "commodity_id")
_TOTAL = ("supplier_id", "month")


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
    """Derive every line under the active policy, then count the sums afresh, some months at a time.

    Each step commits, so memory stays small and a rebuild that is broken off has done no harm. Others keep
    reading; writers wait for the months at hand. With ``months`` no line is derived.
    """
    changed = 0
    if months is None:
        changed = await _derive_everything(database, who)
        async with database.work(who) as db:
            months = await all_months(db)
    listed = sorted(set(months))
    async with database.work(who) as db:
        most = await _months_at_once(db)
    for first, last in _stretches(listed, most):
        async with database.work(who) as db:
            await _without_limit(db)
            await rebuild_months(db, first, last)
    return Rebuilt(changed, len(listed))


def _stretches(months: list[int], most: int) -> list[tuple[int, int]]:
    """First and last of months that follow each other, so many at once."""
    found: list[tuple[int, int]] = []
    for month in months:
        first, last = found[-1] if found else (month, -1)
        if month == last + 1 and month - first < most:
            found[-1] = first, month
        else:
            found.append((month, month))
    return found


async def _months_at_once(db: AsyncSession) -> int:
    """As many months as hold about AT_ONCE rows: nobody waits long, and what a month costs beside its rows is
    paid once for several.
    """
    found = await db.execute(
        text("""
            SELECT (
                SELECT coalesce(sum(greatest(reltuples, 0)), 0) FROM pg_class
                WHERE oid IN (CAST('delivery_line' AS regclass), CAST('receipt' AS regclass))
            ) / greatest(1, (SELECT count(DISTINCT month) FROM supplier_month_total))
        """)
    )
    return int(max(1, min(_MOST_MONTHS, _AT_ONCE // max(1, found.scalar_one()))))


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


async def rebuild_months(db: AsyncSession, first: int, last: int) -> None:
    """Count the months from ``first`` to ``last`` afresh, and write where the sums are others than stored.

    Transactions that end meanwhile wait at the lock, and add theirs to what is counted here without their
    rows; those who were first have ended, with their rows. Who writes totals writes the finer sums in the
    same statement, so one lock does; two might be taken in another order than theirs.
    """
    await take_turns(db)
    await db.execute(text("LOCK TABLE supplier_month IN SHARE ROW EXCLUSIVE MODE"))
    await db.execute(
        text("DELETE FROM supplier_month_change WHERE month BETWEEN :first AND :last"),
        {"first": first, "last": last},
    )
    # Written by nobody else and gone with the transaction: so several processors may count.
    await db.execute(
        text(f"CREATE TEMPORARY TABLE counted_month ON COMMIT DROP AS {statement('counted')}"),
        _days(first, last),
    )
    pooled = ", ".join(f"sum({name}) AS {name}" for name in STORED)
    await db.execute(
        text(
            "CREATE TEMPORARY TABLE counted_month_total ON COMMIT DROP AS"  # noqa: S608 - our own names
            f" SELECT supplier_id, month, {pooled} FROM counted_month GROUP BY 1, 2"
        )
    )
    await _store(db, "supplier_month", _FINE, first, last)
    await _store(db, "supplier_month_total", _TOTAL, first, last)


async def _store(db: AsyncSession, table: str, key: tuple[str, ...], first: int, last: int) -> None:
    """Make the months of a table what was counted, writing only rows that differ."""
    counted = f"counted_{table.removeprefix('supplier_')}"
    months = {"first": first, "last": last}
    keys, names = ", ".join(key), ", ".join(STORED)
    same = " AND ".join(f"kept.{name} = counted.{name}" for name in key)
    assigned = ", ".join(f"{name} = counted.{name}" for name in STORED)
    ours, theirs = (", ".join(f"{side}.{name}" for name in STORED) for side in ("kept", "counted"))
    await db.execute(text(f"ANALYZE {counted} ({keys})"))
    await db.execute(
        text(
            f"DELETE FROM {table} AS kept WHERE month BETWEEN :first AND :last"  # noqa: S608 - our own names
            f" AND NOT EXISTS (SELECT FROM {counted} AS counted WHERE {same})"
        ),
        months,
    )
    await db.execute(
        text(
            f"UPDATE {table} AS kept SET {assigned} FROM {counted} AS counted"  # noqa: S608 - our own names
            f" WHERE {same} AND kept.month BETWEEN :first AND :last AND ({ours}) IS DISTINCT FROM ({theirs})"
        ),
        months,
    )
    await db.execute(
        text(
            f"INSERT INTO {table} ({keys}, {names}) SELECT {keys}, {names} FROM {counted} AS counted"  # noqa: S608
            f" WHERE NOT EXISTS (SELECT FROM {table} AS kept WHERE {same}"
            f" AND kept.month BETWEEN :first AND :last) ORDER BY {keys}"
        ),
        months,
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
        ", ".join(_FINE),
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
        ", ".join(_TOTAL),
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


def _days(first: int, last: int | None = None) -> dict[str, object]:
    return {"first_day": Period(first).first_day, "last_day": Period(last or first).last_day}


async def _without_limit(db: AsyncSession) -> None:
    await db.execute(text("SET LOCAL statement_timeout = 0"))
    await db.execute(text("SET LOCAL lock_timeout = 0"))
    # A month's rows are sorted and grouped in memory, not through temporary files.
    await db.execute(text("SET LOCAL work_mem = '64MB'"))

"""What the active policy makes of a line: its day, its month, its window and what arrived in that.

The definition is ``scorecards.delivery.judge``; its twin is sql/derivation.sql. Call it for the lines whose
dates, quantities or arrivals were written, in the same transaction, with the policy that
``policies.policy_for_writing`` gives.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import CursorResult, text
from sqlalchemy.ext.asyncio import AsyncSession

from portal.workflows.ratings import calendars
from portal.workflows.ratings.statements import parameters, with_windows
from scorecards.policy import DeliveryRules, Policy

BATCH = 50_000  # lines in one statement of a full run
TOUCHED = "touched_line"

COLUMNS = (
    "reference_on",
    "reference_month",
    "window_first_on",
    "window_last_on",
    "received",
    "in_window",
    "early",
    "complete",
    "too_early",
)


def derivation(
    rules: DeliveryRules, *, lines: str, receipts: str, only: str = "true"
) -> tuple[str, dict[str, Any]]:
    """A SELECT of ``id`` and COLUMNS with its parameters, for lines and receipts that may still be staged.

    ``lines`` names a relation with id, plant_id, ordered and the three dates, ``receipts`` one with
    delivery_line_id (indexed: arrivals are looked up), received_on and quantity. ``only`` is a condition on
    ``line``. With business days, ``calendars.prepare`` comes first.
    """
    return with_windows("derivation", rules, lines=lines, receipts=receipts, only=only), parameters(rules)


async def derive(db: AsyncSession, policy: Policy, line_ids: Sequence[int]) -> int:
    """Derive the given lines anew; returns how many of them changed."""
    return await _derive(db, policy, "line.id = ANY(CAST(:ids AS bigint[]))", {"ids": list(line_ids)})


async def note_touched(db: AsyncSession) -> None:
    """Make the empty temporary table ``touched_line (id)``, gone when the transaction ends."""
    await db.execute(text(f"CREATE TEMPORARY TABLE {TOUCHED} (id bigint PRIMARY KEY) ON COMMIT DROP"))


async def derive_touched(db: AsyncSession, policy: Policy) -> int:
    """Derive anew every line listed in ``touched_line``; returns how many changed."""
    await db.execute(text(f"ANALYZE {TOUCHED}"))
    return await _derive(db, policy, f"line.id IN (SELECT id FROM {TOUCHED})", {})  # noqa: S608 - our own


async def derive_all(db: AsyncSession, policy: Policy, batch: int = BATCH) -> int:
    """Derive every line anew, in ranges of ids; returns how many changed."""
    changed = 0
    for low in range(1, await last_line(db) + 1, batch):
        changed += await derive_range(db, policy, low, low + batch - 1)
    return changed


async def derive_range(db: AsyncSession, policy: Policy, low: int, high: int) -> int:
    """Derive the lines with ids from ``low`` to ``high``; returns how many changed."""
    ranged = "line.id BETWEEN CAST(:low AS bigint) AND CAST(:high AS bigint)"
    return await _derive(db, policy, ranged, {"low": low, "high": high})


async def last_line(db: AsyncSession) -> int:
    return int((await db.execute(text("SELECT coalesce(max(id), 0) FROM delivery_line"))).scalar_one())


async def _derive(db: AsyncSession, policy: Policy, only: str, given: dict[str, Any]) -> int:
    rules = policy.delivery
    first, last = await _lock(db, only, given)
    await calendars.prepare(db, rules, first, last)
    query, more = derivation(rules, lines="delivery_line", receipts="receipt", only=only)
    assigned = ", ".join(f"{column} = derived.{column}" for column in COLUMNS)
    kept = ", ".join(f"kept.{column}" for column in COLUMNS)
    derived = ", ".join(f"derived.{column}" for column in COLUMNS)
    result = await db.execute(
        text(
            f"UPDATE delivery_line AS kept SET {assigned} FROM ({query}) AS derived"  # noqa: S608 - our own
            f" WHERE kept.id = derived.id AND {only.replace('line.', 'kept.')}"
            f" AND ({kept}) IS DISTINCT FROM ({derived})"
        ),
        given | more,
    )
    return result.rowcount if isinstance(result, CursorResult) else 0


async def _lock(db: AsyncSession, only: str, given: dict[str, Any]) -> tuple[date | None, date | None]:
    """Lock lines in the order of their ids, then tell the first and last day promised for them.

    Without the lock, two who book arrivals on one line would each derive it from their own alone. Lines of
    this very transaction are nobody else's yet.
    """
    await db.execute(
        text(f"""
            SELECT count(*) FROM (
                SELECT FROM delivery_line AS line
                WHERE {only} AND xmin <> CAST(pg_current_xact_id() AS xid) ORDER BY id FOR NO KEY UPDATE
            ) AS locked
        """),  # noqa: S608 - conditions of our own
        given,
    )
    days = await db.execute(
        text(f"""
            SELECT min(least(requested_on, acknowledged_on, confirmed_on)),
                max(greatest(requested_on, acknowledged_on, confirmed_on))
            FROM delivery_line AS line WHERE {only}
        """),  # noqa: S608 - conditions of our own
        given,
    )
    first, last = days.one()
    return first, last

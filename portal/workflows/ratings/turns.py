"""Who writes many lines in several statements takes turns with the others who do."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# Any fixed numbers, known to nobody else.
_TURN = 7_202_611_02
_POLICY = 7_202_611_03


async def take_turns(db: AsyncSession) -> None:
    """Wait until no other bulk writer is at work, and be the one at work until the transaction ends.

    Two who write the same lines in several statements could otherwise wait for each other in a circle. Who
    writes lines of its own, or one line, needs no turn: the sums take care of themselves.
    """
    await _wait(db, "SELECT pg_advisory_xact_lock(:lock)", _TURN)


async def hold_policy(db: AsyncSession) -> None:
    """Let the active policy stay what it is until the transaction ends; any number may hold it."""
    await db.execute(text("SELECT pg_advisory_xact_lock_shared(:lock)"), {"lock": _POLICY})


async def change_policy(db: AsyncSession) -> None:
    """Wait until nobody holds the policy."""
    await _wait(db, "SELECT pg_advisory_xact_lock(:lock)", _POLICY)


async def _wait(db: AsyncSession, statement: str, lock: int) -> None:
    before = (await db.execute(text("SHOW lock_timeout"))).scalar_one()
    await db.execute(text("SET LOCAL lock_timeout = 0"))
    await db.execute(text(statement), {"lock": lock})
    await db.execute(text("SELECT set_config('lock_timeout', :before, true)"), {"before": before})

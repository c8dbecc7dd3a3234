"""How long suppliers have for each stage: the portal's defaults, or what the organisation set instead.

What is issued keeps the times it began with.
"""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access.permissions import P, may
from portal.access.principal import Principal
from portal.errors import BadInputError, NotFoundError, StaleError
from portal.models.scar_lessons import ScarAllowance
from portal.models.scars import Severity, Stage
from portal.workflows.scars.clock import ALLOWED, Allowance

MOST = 8760  # hours: a year
Times = Mapping[Severity, Mapping[Stage, Allowance]]


async def times(db: AsyncSession) -> dict[Severity, dict[Stage, Allowance]]:
    found = {severity: dict(stages) for severity, stages in ALLOWED.items()}
    for each in await _set(db):
        found[each.severity][each.stage] = Allowance(each.hours, each.is_calendar)
    return found


async def version(db: AsyncSession) -> int:
    """Give a number that changes with every change of any of them."""
    return sum(each.version for each in await _set(db))


async def save(db: AsyncSession, wanted: Times, seen: int, *, by: Principal) -> None:
    """Set them, for whatever is issued from now on.

    Raises:
        BadInputError: a time is too long or too short, or a later stage ends before an earlier one.
        StaleError: somebody else set them meanwhile.
    """
    if not may(by, P.SCARS_DEADLINES):
        raise NotFoundError
    rows = {(each.severity, each.stage): each for each in await _set(db, lock=True)}
    if sum(each.version for each in rows.values()) != seen:
        raise StaleError("Somebody else set the deadlines meanwhile. Look at theirs, then change them again.")
    now = clock.now()
    for severity, stages in wanted.items():
        for stage, allowed in stages.items():
            if not 1 <= allowed.hours <= MOST:
                raise BadInputError("A stage takes an hour at least and a year at most.")
            row = rows.get((severity, stage))
            if row is None:
                db.add(
                    ScarAllowance(
                        severity=severity, stage=stage, hours=allowed.hours, is_calendar=allowed.is_calendar
                    )
                )
            elif (row.hours, row.is_calendar) != (allowed.hours, allowed.is_calendar):
                row.hours, row.is_calendar = allowed.hours, allowed.is_calendar
                row.version, row.updated_at = row.version + 1, now
    await db.flush()


async def _set(db: AsyncSession, *, lock: bool = False) -> list[ScarAllowance]:
    query = select(ScarAllowance).order_by(col(ScarAllowance.id))
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return list((await db.execute(query)).scalars())

"""What is late is escalated by rule: each step once for a stage, the next one a working day or two later."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access.principal import Principal
from portal.models.scars import Scar, ScarExtension
from portal.workflows.scars import clocks, handing
from portal.workflows.scars.clock import between
from portal.workflows.scars.steps import AWAITED

# Working time at the supplier's site, overdue, after which each step is taken.
AFTER = (timedelta(0), timedelta(hours=24), timedelta(hours=72))


async def escalate_overdue(db: AsyncSession, *, by: Principal) -> int:
    """Take the steps that are due, and count them. Who asked for more time and waits for us is left alone."""
    asked = select(col(ScarExtension.scar_id)).where(col(ScarExtension.decided_at).is_(None))
    late = await db.execute(
        select(Scar)
        .where(
            col(Scar.status).in_(AWAITED),
            col(Scar.due_at) < clock.now(),
            col(Scar.escalation) < handing.MOST_STEPS,
            col(Scar.id).not_in(asked),
        )
        .order_by(col(Scar.id))
        .with_for_update(skip_locked=True)
    )
    taken = 0
    for scar in late.scalars().all():
        assert scar.due_at is not None  # noqa: S101 - the query asked for it
        overdue = between(scar.due_at, clock.now(), await clocks.site_of(db, scar))
        if overdue >= AFTER[scar.escalation]:
            await handing.escalate(db, scar, by=by)
            taken += 1
    return taken

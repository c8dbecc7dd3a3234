"""Two people publish a month: one says that it is ready, another approves; then its cards are frozen."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access.principal import Principal
from portal.db import because
from portal.errors import NotReadyError
from portal.jobs.queue import enqueue
from portal.languages import ngettext
from portal.models.months import (
    MailPlan,
    MonthStatus,
    Scorecard,
    ScorecardDispute,
    ScorecardMonth,
    Unanswered,
)
from portal.workflows.months import freezing, kinds, mailing, plan
from portal.workflows.months.steps import STEPS, UNDECIDED
from portal.workflows.steps import advance, next_step

FREEZE = "months.freeze"  # the job


async def undecided(db: AsyncSession, month: int) -> int:
    query = select(func.count()).where(
        col(ScorecardDispute.month) == month, col(ScorecardDispute.status).in_(UNDECIDED)
    )
    return (await db.execute(query)).scalar_one()


async def propose(db: AsyncSession, month: ScorecardMonth, *, by: Principal) -> None:
    """Hand a month in for approval.

    Raises:
        NotReadyError: it is not next, or disputes are open that the organisation does not publish over.
    """
    next_step(month, STEPS, "propose", by=by)
    await _refuse_undecided(db, month)
    advance(month, STEPS, "propose", by=by)
    month.proposed_by_id, month.proposed_by_name = by.person_id or None, by.name
    month.proposed_at, month.returned = clock.now(), ""
    await db.flush()
    await kinds.follow(db, month)


async def approve(db: AsyncSession, month: ScorecardMonth, *, by: Principal) -> None:
    """Agree to a month as the second person; a job freezes its cards as of today.

    Raises:
        NotReadyError: it is not next, or whoever handed it in would approve it.
    """
    next_step(month, STEPS, "approve", by=by)
    if not by.person_id or by.person_id == month.proposed_by_id:
        raise NotReadyError("You handed this month in, so somebody else has to approve it.")
    await _refuse_undecided(db, month)
    advance(month, STEPS, "approve", by=by)
    month.approved_by_id, month.approved_by_name, month.approved_at = by.person_id, by.name, clock.now()
    month.as_of_on = await plan.our_today(db)
    await db.flush()
    await kinds.follow(db, month)
    await enqueue(db, FREEZE, {"month": month.month})


async def give_back(db: AsyncSession, month: ScorecardMonth, reason: str, *, by: Principal) -> None:
    """Do not approve it, or take the approval back before it is published; frozen cards are removed."""
    next_step(month, STEPS, "return", by=by)
    await because(db, reason)
    await freezing.discard(db, month)
    advance(month, STEPS, "return", by=by)
    month.returned = reason
    month.proposed_by_id = month.approved_by_id = month.as_of_on = None
    month.proposed_by_name = month.approved_by_name = ""
    month.proposed_at = month.approved_at = None
    await db.flush()
    await kinds.follow(db, month)


async def publish(db: AsyncSession, month: ScorecardMonth, *, by: Principal) -> None:
    """Publish a month before its day.

    Raises:
        NotReadyError: its cards are not all frozen yet.
    """
    next_step(month, STEPS, "publish", by=by)
    if not await publish_if_ready(db, month, by=by):
        raise NotReadyError("The cards are being frozen. Try again in a minute.")


async def publish_if_ready(db: AsyncSession, month: ScorecardMonth, *, by: Principal) -> bool:
    """Publish a month whose cards are all frozen; False while they are not."""
    if month.status is not MonthStatus.APPROVED or not month.digest:
        return False
    advance(month, STEPS, "publish", by=by)
    month.published_at = clock.now()
    await db.flush()
    query = select(col(Scorecard.supplier_id)).where(
        col(Scorecard.month) == month.month, col(Scorecard.revision) == 0
    )
    await mailing.plan_cards(db, month.month, MailPlan.CARD, (await db.execute(query)).scalars().all())
    await mailing.plan_digest(db, month.month)
    return True


async def _refuse_undecided(db: AsyncSession, month: ScorecardMonth) -> None:
    count = await undecided(db, month.month)
    if count and (await plan.rules(db)).unanswered is Unanswered.BLOCK:
        raise NotReadyError(
            ngettext(
                "%(num)s dispute is not decided yet. Decide it first.",
                "%(num)s disputes are not decided yet. Decide them first.",
                count,
            )
        )

"""What the clock alone does to a month: it is computed, its preview begins and ends, it is published."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from portal import clock
from portal.access.principal import Principal
from portal.db import because
from portal.models.months import MailPlan, MonthStatus, ScorecardMonth
from portal.workflows.months import freezing, gaps, kinds, mailing, plan, publishing, records
from portal.workflows.months.steps import STEPS
from portal.workflows.steps import advance


async def follow(db: AsyncSession, who: Principal) -> list[str]:
    """Bring the months to where they should be by now; again is as good as once. Says what it did.

    A month whose deliveries seem to be missing waits in front of its preview, until they are there or
    somebody goes on without them.
    """
    now = clock.now()
    done = []
    if await _begin(db):
        done.append("computed")
    for month in await records.under_way(db):
        if month.status is MonthStatus.COMPUTED and not await gaps.gaps(db, who, month.month):
            await open_preview(db, month, by=who)
            done.append("opened")
        if month.status is MonthStatus.PREVIEW and month.preview_until_at <= now:
            await because(db, "The preview is over")
            advance(month, STEPS, "close", by=who)
            done.append("closed")
        if (
            month.status is MonthStatus.APPROVED
            and month.publish_at <= now
            and await publishing.publish_if_ready(db, month, by=who)
        ):
            done.append("published")
        await db.flush()
        await kinds.follow(db, month)
    return done


async def open_preview(db: AsyncSession, month: ScorecardMonth, *, by: Principal) -> None:
    """Let suppliers look at the month.

    One that begins late is open as long as it was meant to be: nobody loses days to look.
    """
    advance(month, STEPS, "open", by=by)
    month.opened_by_name = by.name if by.person_id else ""
    await _give_days_back(db, month, since=month.computed_at)
    await db.flush()
    await kinds.follow(db, month)
    rated = await freezing.rated(db, by, month.month, await plan.our_today(db))
    await mailing.plan_cards(db, month.month, MailPlan.PREVIEW, list(rated))


async def _begin(db: AsyncSession) -> bool:
    """Make the row of the last month when its time has come; False when it is there, or too early."""
    number = await plan.last_month(db)
    if await records.known(db, number) is not None or not await gaps.has_deliveries(db, number):
        return False
    found = plan.plan_of(await plan.rules(db), number, await plan.place(db, number))
    if found.compute_at > clock.now():
        return False
    await because(db, "A month is over")
    month = ScorecardMonth(month=number, preview_until_at=found.preview_until_at, publish_at=found.publish_at)
    # Where no worker ran for days, nobody's time to dispute is shortened either.
    await _give_days_back(db, month, since=found.compute_at)
    db.add(month)
    await db.flush()
    return True


async def _give_days_back(db: AsyncSession, month: ScorecardMonth, *, since: datetime) -> None:
    days = (clock.now() - since).days
    if days > 0:
        where = await plan.place(db, month.month)
        month.preview_until_at = plan.later(month.preview_until_at, days, where)
        month.publish_at = plan.later(month.publish_at, days, where)

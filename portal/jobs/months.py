"""The months of the scorecards by the clock: what is due happens, approved cards are frozen."""

from typing import Any

from portal import clock
from portal.jobs.job import Job, JobContext
from portal.jobs.queue import enqueue
from portal.workflows.months import correcting, following, freezing, mailing, publishing, records, writing


async def follow(context: JobContext, payload: dict[str, Any]) -> None:
    del payload
    await following.follow(context.db, context.who)
    await mailing.enqueue_due(context.db)
    if await correcting.has_marks(context.db):
        await enqueue(context.db, correcting.RECHECK, {})


async def freeze(context: JobContext, payload: dict[str, Any]) -> None:
    """Freeze the cards of an approved month; where a worker died, the next one goes on."""
    number = int(payload["month"])
    await freezing.freeze(context.database, context.who, number)
    month = await records.to_change(context.db, number)
    if month.publish_at <= clock.now():
        await publishing.publish_if_ready(context.db, month, by=context.who)
        await mailing.enqueue_due(context.db)


async def recheck(context: JobContext, payload: dict[str, Any]) -> None:
    """Look at what the marks of one month touch: all of it or nothing; then at the next month's."""
    del payload
    if await correcting.recheck(context.db, context.who) and await correcting.has_marks(context.db):
        await enqueue(context.db, correcting.RECHECK, {})


async def mail(context: JobContext, payload: dict[str, Any]) -> None:
    """Write one planned mail; done twice it is written once."""
    await writing.write(context.db, context.store, context.settings, context.who, int(payload["planned"]))


OURS: dict[str, Job] = {
    "months.follow": follow,
    publishing.FREEZE: freeze,
    mailing.WRITE: mail,
    correcting.RECHECK: recheck,
}

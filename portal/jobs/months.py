"""The months of the scorecards by the clock: what is due happens, approved cards are frozen."""

from typing import Any

from portal import clock
from portal.jobs.job import Job, JobContext
from portal.workflows.months import following, freezing, mailing, publishing, records, writing


async def follow(context: JobContext, payload: dict[str, Any]) -> None:
    del payload
    await following.follow(context.db, context.who)
    await mailing.enqueue_due(context.db)


async def freeze(context: JobContext, payload: dict[str, Any]) -> None:
    """Freeze the cards of an approved month; where a worker died, the next one goes on."""
    number = int(payload["month"])
    await freezing.freeze(context.database, context.who, number)
    month = await records.to_change(context.db, number)
    if month.publish_at <= clock.now():
        await publishing.publish_if_ready(context.db, month, by=context.who)


async def mail(context: JobContext, payload: dict[str, Any]) -> None:
    """Write one planned mail; done twice it is written once."""
    await writing.write(context.db, context.store, context.settings, context.who, int(payload["planned"]))


OURS: dict[str, Job] = {"months.follow": follow, publishing.FREEZE: freeze, mailing.WRITE: mail}

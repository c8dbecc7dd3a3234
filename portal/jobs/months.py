"""The months of the scorecards by the clock: what is due happens, approved cards are frozen."""

from typing import Any

from sqlalchemy import text

from portal import clock
from portal.jobs.job import Job, JobContext, WhenHeld
from portal.jobs.queue import enqueue
from portal.models.months import BundleStatus, ScorecardBundle
from portal.workflows.months import (
    bundling,
    correcting,
    following,
    freezing,
    mailing,
    publishing,
    records,
    writing,
)


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


async def bundle(context: JobContext, payload: dict[str, Any]) -> None:
    """Make the file of all cards of a month; begins again when a worker ended in the middle."""
    number = int(payload["bundle"])
    # The cards are read in transactions of their own; this one waits for the end.
    await context.db.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))

    async def report(cards: int) -> None:
        async with context.database.work(context.who) as db:
            found = await db.get_one(ScorecardBundle, number)
            found.status, found.cards_done = BundleStatus.RUNNING, cards

    await report(0)
    made = await context.db.get_one(ScorecardBundle, number)
    made.file_key, made.size = await bundling.make(context.database, context.store, context.who, made, report)
    made.status, made.cards_done, made.finished_at = BundleStatus.DONE, made.cards, clock.now()


async def give_up_bundle(context: JobContext, payload: dict[str, Any], error: Exception) -> None:
    """Say that it broke off: it would look as if it ran for ever."""
    del error
    async with context.database.work(context.who) as db:
        found = await db.get_one(ScorecardBundle, int(payload["bundle"]))
        found.status, found.problem = BundleStatus.FAILED, bundling.BROKEN


async def clear_bundles(context: JobContext, payload: dict[str, Any]) -> None:
    del payload
    await bundling.clear(context.db)


async def mail(context: JobContext, payload: dict[str, Any]) -> None:
    """Write one planned mail; done twice it is written once."""
    await writing.write(context.db, context.store, context.settings, context.who, int(payload["planned"]))


JOBS: dict[str, Job] = {bundling.JOB: bundle}
OURS: dict[str, Job] = {
    bundling.CLEAR: clear_bundles,
    "months.follow": follow,
    publishing.FREEZE: freeze,
    mailing.WRITE: mail,
    correcting.RECHECK: recheck,
}

WHEN_HELD: dict[str, WhenHeld] = {bundling.JOB: give_up_bundle}

"""Documents are checked and shown by the worker, and what nobody needs is swept."""

from typing import Any

from portal.jobs.job import Job, JobContext, WhenHeld
from portal.jobs.queue import enqueue
from portal.workflows.documents import checking, previews, sweeping
from portal.workflows.documents.receiving import CHECK


async def check(context: JobContext, payload: dict[str, Any]) -> None:
    """Check what somebody has sent; a store that is away makes the job come again."""
    number = int(payload["document"])
    document = await checking.check(context.db, context.store, context.settings, number)
    if document is not None and previews.are_possible(document):
        await enqueue(context.db, previews.MAKE, {"document": number})


async def give_up_check(context: JobContext, payload: dict[str, Any], error: Exception) -> None:
    del error
    await checking.give_up(context.db, int(payload["document"]))


async def make_previews(context: JobContext, payload: dict[str, Any]) -> None:
    await previews.make(context.db, context.store, int(payload["document"]))


async def sweep(context: JobContext, payload: dict[str, Any]) -> None:
    """Remove rows first, and files to which nothing refers; those of the rows go the next time."""
    del payload
    await sweeping.sweep_rows(context.db)
    await sweeping.sweep_store(context.db, context.store)


OURS: dict[str, Job] = {CHECK: check, previews.MAKE: make_previews, "documents.sweep": sweep}

WHEN_HELD: dict[str, WhenHeld] = {CHECK: give_up_check}

"""Documents are checked and shown by the worker, and what nobody needs is swept."""

from typing import Any

from portal.jobs.job import Job, JobContext, WhenHeld
from portal.jobs.queue import enqueue
from portal.workflows.documents import arriving, checking, previews, sweeping
from portal.workflows.documents.receiving import CHECK


async def check(context: JobContext, payload: dict[str, Any]) -> None:
    """Check what somebody has sent; a store that is away makes the job come again."""
    number = int(payload["document"])
    document = await checking.check(context.db, context.store, context.settings, number)
    if document is not None and previews.are_possible(document):
        await enqueue(context.db, previews.MAKE, {"document": number})


async def take_in(context: JobContext, payload: dict[str, Any]) -> None:
    """Take in what a browser has sent straight to the store."""
    await arriving.take_in(context.db, context.store, int(payload["document"]))


async def give_up_taking_in(context: JobContext, payload: dict[str, Any], error: Exception) -> None:
    del error
    await arriving.give_up(context.db, int(payload["document"]))


async def drop_arrival(context: JobContext, payload: dict[str, Any]) -> None:
    if context.store.arrivals is not None:
        await context.store.arrivals.drop(str(payload["arrival"]))


async def give_up_check(context: JobContext, payload: dict[str, Any], error: Exception) -> None:
    del error
    await checking.give_up(context.db, int(payload["document"]))


async def scan_again(context: JobContext, payload: dict[str, Any]) -> None:
    await checking.scan_again(
        context.db,
        context.store,
        context.settings,
        int(payload["document"]),
        times=int(payload["times"]),
    )


async def make_previews(context: JobContext, payload: dict[str, Any]) -> None:
    await previews.make(context.db, context.store, int(payload["document"]))


async def sweep(context: JobContext, payload: dict[str, Any]) -> None:
    """Remove rows first, and files to which nothing refers; those of the rows go the next time."""
    del payload
    await sweeping.sweep_rows(context.db)
    await sweeping.sweep_store(context.db, context.store)


OURS: dict[str, Job] = {
    CHECK: check,
    checking.SCAN_AGAIN: scan_again,
    arriving.TAKE_IN: take_in,
    arriving.DROP: drop_arrival,
    previews.MAKE: make_previews,
    "documents.sweep": sweep,
}

WHEN_HELD: dict[str, WhenHeld] = {CHECK: give_up_check, arriving.TAKE_IN: give_up_taking_in}

"""Documents are checked and shown by the worker, and what nobody needs is swept."""

from typing import Any

from portal.jobs.job import Job, JobContext, WhenHeld
from portal.workflows.documents import checking
from portal.workflows.documents.receiving import CHECK


async def check(context: JobContext, payload: dict[str, Any]) -> None:
    """Check what somebody has sent; a store that is away makes the job come again."""
    await checking.check(context.db, context.store, context.settings, int(payload["document"]))


async def give_up_check(context: JobContext, payload: dict[str, Any], error: Exception) -> None:
    del error
    await checking.give_up(context.db, int(payload["document"]))


JOBS: dict[str, Job] = {CHECK: check}

WHEN_HELD: dict[str, WhenHeld] = {CHECK: give_up_check}

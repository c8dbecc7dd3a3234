"""The daily summaries: every half hour for those whose morning it is, one job for each person."""

from typing import Any

from portal.jobs.job import Job, JobContext
from portal.workflows import summaries


async def begin(context: JobContext, payload: dict[str, Any]) -> None:
    del payload
    await summaries.begin(context.db)


async def write(context: JobContext, payload: dict[str, Any]) -> None:
    await summaries.write(context.db, context.settings, int(payload["reader"]))


OURS: dict[str, Job] = {"summaries.begin": begin, summaries.WRITE: write}

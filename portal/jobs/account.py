"""What an account's owner asked for without being signed in."""

from typing import Any

from portal.jobs.job import Job, JobContext
from portal.workflows import links


async def write_reset(context: JobContext, payload: dict[str, Any]) -> None:
    await links.write_reset(context.db, context.settings, payload["email"])


OURS: dict[str, Job] = {links.RESET: write_reset}

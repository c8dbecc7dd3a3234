from typing import Any

from portal.jobs.job import Job, JobContext
from portal.workflows.trail import sealing


async def seal(context: JobContext, payload: dict[str, Any]) -> None:
    """Seal in transactions of its own: this job's own transaction would be the one to wait for."""
    del payload
    await sealing.seal(context.database, context.store, context.who)


OURS: dict[str, Job] = {"trail.seal": seal}

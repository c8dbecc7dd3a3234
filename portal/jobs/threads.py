"""What was said is mailed to those who have not read it by then."""

from typing import Any

from portal.jobs.job import Job, JobContext
from portal.models.threads import Audience
from portal.workflows.threads import saying, telling


async def tell(context: JobContext, payload: dict[str, Any]) -> None:
    await telling.tell(context.db, context.settings, Audience(payload["audience"]), int(payload["said"]))


OURS: dict[str, Job] = {saying.TELL: tell}

"""Mails about SCARs, and every hour what has become late."""

from typing import Any

from portal.jobs.job import Job, JobContext
from portal.workflows.scars import chasing, lessons, telling
from portal.workflows.scars.record import TELL


async def tell(context: JobContext, payload: dict[str, Any]) -> None:
    await telling.tell(context.db, context.settings, payload["event"])


async def escalate(context: JobContext, payload: dict[str, Any]) -> None:
    del payload
    await chasing.escalate_overdue(context.db, by=context.who)


async def gather_lessons(context: JobContext, payload: dict[str, Any]) -> None:
    await lessons.gathered(context.db, payload["scar"])


OURS: dict[str, Job] = {TELL: tell, "scars.escalate": escalate, lessons.ANSWERED: gather_lessons}

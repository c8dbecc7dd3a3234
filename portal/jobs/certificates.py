"""Certificates by the clock: files are read, reminders go out, what has ended expires."""

from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.jobs.job import Job, JobContext
from portal.jobs.queue import enqueue
from portal.models.organisation import Organisation
from portal.workflows.certificates import answers, expiry, proposing, reminders, submitting

REMIND, REMIND_ONE, EXPIRE = "certificates.remind", "certificates.remind_one", "certificates.expire"


async def read(context: JobContext, payload: dict[str, Any]) -> None:
    """Read a draft's file; while it is still being checked, the job comes again."""
    await proposing.propose(
        context.db, context.store, context.settings, context.who, int(payload["certificate"])
    )


async def remind(context: JobContext, payload: dict[str, Any]) -> None:
    """Queue a job for each certificate of which a step may be due: one that fails holds up no other."""
    del payload
    for certificate_id in await reminders.due(context.db, context.who):
        await enqueue(context.db, REMIND_ONE, {"certificate": certificate_id})


async def remind_one(context: JobContext, payload: dict[str, Any]) -> None:
    await reminders.send_due(context.db, context.settings, context.who, int(payload["certificate"]))


async def expire(context: JobContext, payload: dict[str, Any]) -> None:
    del payload
    await expiry.run(context.db, context.who, today=clock.today((await _zone(context.db)).key))


async def note_answer(context: JobContext, payload: dict[str, Any]) -> None:
    await answers.note(context.db, int(payload["certificate"]))


async def _zone(db: AsyncSession) -> ZoneInfo:
    name = (await db.execute(select(col(Organisation.time_zone)))).scalar_one_or_none()
    return ZoneInfo(name or "UTC")


OURS: dict[str, Job] = {
    submitting.READ: read,
    answers.NOTE: note_answer,
    REMIND: remind,
    REMIND_ONE: remind_one,
    EXPIRE: expire,
}

"""Mails to contacts, and the yearly question whether we still write to the right people."""

from typing import Any

from sqlalchemy import select
from sqlmodel import col

from portal import clock
from portal.jobs.job import Job, JobContext
from portal.models.organisation import Organisation
from portal.workflows.company_details import asking
from portal.workflows.task_links import sending


async def send(context: JobContext, payload: dict[str, Any]) -> None:
    await sending.send(context.db, context.settings, payload["task_id"], payload["by"])


async def ask_again(context: JobContext, payload: dict[str, Any]) -> None:
    del payload
    zone = (await context.db.execute(select(col(Organisation.time_zone)))).scalar_one_or_none() or "UTC"
    await asking.ask_again(context.db, context.who, clock.today(zone))


OURS: dict[str, Job] = {
    sending.SEND: send,
    "company_details.ask_again": ask_again,
}

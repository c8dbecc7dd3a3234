"""Escalations by the clock: the rules propose, once a month is over."""

from typing import Any

from sqlalchemy import select
from sqlmodel import col

from portal import clock
from portal.jobs.job import Job, JobContext
from portal.models.organisation import Organisation
from portal.workflows.escalations import rules

PROPOSE = "escalations.propose"


async def propose(context: JobContext, payload: dict[str, Any]) -> None:
    del payload
    zone = (await context.db.execute(select(col(Organisation.time_zone)))).scalar_one_or_none()
    await rules.run(context.db, context.who, today=clock.today(zone or "UTC"))


OURS: dict[str, Job] = {PROPOSE: propose}

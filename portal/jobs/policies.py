"""Policies by the clock: an approved version comes into force when its month begins."""

from typing import Any

from sqlalchemy import select, text
from sqlmodel import col

from portal import clock
from portal.jobs.job import Job, JobContext, WhenHeld
from portal.models.organisation import Organisation
from portal.models.ratings import BackTest, BackTestStatus
from portal.workflows.policies import approving, back_tests


async def activate(context: JobContext, payload: dict[str, Any]) -> None:
    """Put into force what is due. With another window every line is derived anew, so it takes its time."""
    del payload
    zone = (await context.db.execute(select(col(Organisation.time_zone)))).scalar_one_or_none()
    await approving.activate_due(context.db, today=clock.today(zone or "UTC"))


async def back_test(context: JobContext, payload: dict[str, Any]) -> None:
    """Try a version on the months before; begins again from the first when a worker ended in the middle."""
    test_id = int(payload["back_test"])

    async def report(months: int) -> None:
        async with context.database.work(context.who) as db:
            found = await db.get_one(BackTest, test_id)
            found.status, found.months_done = BackTestStatus.RUNNING, months

    await report(0)
    test = await context.db.get_one(BackTest, test_id)
    await context.db.execute(text("SET LOCAL statement_timeout = 0"))
    await back_tests.run(context.db, context.who, test, report)


async def give_up_back_test(context: JobContext, payload: dict[str, Any], error: Exception) -> None:
    """Say that it broke off: it would look as if it ran for ever."""
    del error
    async with context.database.work(context.who) as db:
        found = await db.get_one(BackTest, int(payload["back_test"]))
        found.status, found.problem = BackTestStatus.FAILED, back_tests.BROKEN


JOBS: dict[str, Job] = {back_tests.JOB: back_test}
OURS: dict[str, Job] = {approving.ACTIVATE: activate}
WHEN_HELD: dict[str, WhenHeld] = {back_tests.JOB: give_up_back_test}

"""A contact without an account who was asked by mail."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from portal import clock
from portal.db import at_the_gate
from portal.jobs import task_links as jobs
from portal.jobs.job import JobContext
from portal.models.outbox import OutgoingMail
from portal.models.task_links import GuestSession
from portal.models.tasks import Task
from portal.workflows.company_details import asking
from portal.workflows.task_links import sending
from tests.factories import suppliers as records
from tests.people import principal_of, secrets_of

WORKS_NOT = "This link no longer works"


@pytest.fixture
async def jan(db, cast):
    """Acme's contact, who has no account."""
    return await records.contact(db, cast.acme, name="Jan Novák", email="jan.novak@acme.test")


@pytest.fixture
async def asked(db, cast, settings, jan, database):
    """Elin asks Acme to confirm its details; Jan gets the mail."""
    with clock.fixed(clock.now()):
        await asking.ask(db, principal_of(cast.elin), [cast.acme], clock.today() + timedelta(days=14))
    task = (await db.execute(select(Task))).scalar_one()
    await send(db, database, settings, cast, task)
    return task


async def send(db, database, settings, cast, task):
    """What the worker does with the job that asking queues."""
    who = principal_of(cast.elin)
    context = JobContext(db=db, who=who, database=database, store=None, settings=settings)
    await jobs.OURS[sending.SEND](context, {"task_id": task.id, "by": who.name})


async def mailed(db, kind, pattern):
    query = select(OutgoingMail.body_text).where(OutgoingMail.kind == kind).order_by(OutgoingMail.id.desc())
    return re.search(pattern, (await db.execute(query.limit(1))).scalar_one())[1]


async def link_of(db):
    return await mailed(db, "task_link", r"http://portal\.test(/task\?token=[\w-]+)")


async def code_of(db):
    return await mailed(db, "sign_in_code", r"\b(\d{6})\b")


async def token_of(db):
    return (await link_of(db)).partition("token=")[2]


async def get_in(site, db):
    """Press the button, read the mail, type the code."""
    browser = await site(None)
    token = await token_of(db)
    assert (await browser.post("/task/code", data={"token": token})).status_code == 200
    answer = await browser.post("/task/session", data={"token": token, "code": await code_of(db)})
    assert answer.status_code == 303, answer.text
    csrf = (await secrets_of(db, select(GuestSession.csrf_secret)))[-1]
    browser.headers["x-csrf-token"] = csrf
    return browser, answer.headers["location"]


async def rows(db):
    """Everything that opening a link could touch."""
    query = "SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {} AS t"
    found = [(await db.execute(text(query.format(table)))).scalar() for table in ("task", "outgoing_mail")]
    async with at_the_gate(db):
        for table in ("task_link", "task_code", "guest_session", "sign_in_attempt"):
            found += (await db.execute(text(query.format(table)))).scalars()
    return found

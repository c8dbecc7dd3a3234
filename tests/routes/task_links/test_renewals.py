"""A certificate renewed from a reminder by somebody without an account, from the job to our decision."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from portal import clock
from portal.access.principal import system
from portal.jobs import certificates as jobs
from portal.jobs import task_links as link_jobs
from portal.jobs.job import JobContext
from portal.models.certificates import Certificate, CertificateStatus
from portal.models.outbox import OutgoingMail
from portal.models.suppliers import Contact
from portal.models.task_links import TaskLink
from portal.models.tasks import Task
from portal.sample.papers import pdf
from portal.workflows.certificates import reminders
from portal.workflows.task_links import sending
from tests.factories import certificates
from tests.factories.certificates import paper
from tests.routes.task_links.conftest import code_of, get_in, rows
from tests.routes.test_certificates import fields_in, sent, the_worker_reads

NOW = datetime(2026, 11, 12, 12, tzinfo=UTC)
LINK = re.compile(r"http://portal\.test(/task\?token=[\w-]+)")


@pytest.fixture(autouse=True)
def _today():
    with clock.fixed(NOW):
        yield


@pytest.fixture
async def old(db, cast, jan):
    """Ends in 22 days; Jan has no account, and Tomasz, who has one, is a contact for quality as well."""
    db.add(Contact(supplier_id=cast.acme.id, name=cast.tomasz.name, email=cast.tomasz.email.upper()))
    await certificates.requirement(db)
    return await certificates.certificate(db, cast, number="QM 1", valid_until_on=date(2026, 12, 4))


@pytest.fixture
def work(db, database, settings):
    async def run(jobs_of, name, **payload):
        context = JobContext(db=db, who=system("job"), database=database, store=None, settings=settings)
        await jobs_of.OURS[name](context, payload)

    return run


async def mails(db, kind="certificate_reminder"):
    found = await db.execute(
        select(OutgoingMail).where(col(OutgoingMail.kind) == kind).order_by(col(OutgoingMail.id))
    )
    return list(found.scalars())


async def test_a_reminder_leads_a_contact_without_an_account_from_the_mail_to_done(
    site, db, cast, settings, old, jan, work, monkeypatch
):
    for _ in range(2):
        await work(jobs, jobs.REMIND_ONE, certificate=old.id)
    to_jan, to_tomasz = await mails(db)
    assert to_jan.address == jan.email
    assert "You need no account." in to_jan.body_text
    assert to_jan.is_secret, "the text goes when it is sent"
    assert to_jan.expires_at == NOW + timedelta(days=31)
    assert f"/certificates/{old.id}/renewal" in to_tomasz.body_text
    assert not LINK.search(to_tomasz.body_text)
    links = (await db.execute(select(TaskLink))).scalars().all()
    assert [(each.contact_id, each.email) for each in links] == [(jan.id, jan.email)]

    address = LINK.search(to_jan.body_text)[1]
    before = await rows(db)
    stranger = await site(None)
    for _ in range(3):  # a scanner of mails
        assert "Renew your ISO 9001 certificate" in (await stranger.get(address)).text
    assert await rows(db) == before

    monkeypatch.setattr("tests.routes.task_links.conftest.token_of", lambda _db: _now(address[12:]))
    browser, where = await get_in(site, db)
    assert where == f"/certificates/{old.id}/renewal"
    rivals = await certificates.certificate(db, cast, supplier_id=cast.bolt.id, number="B 1")
    for closed in (
        f"/certificates/{rivals.id}",
        "/scorecard",
        "/people",
        f"/messages/supplier/{cast.acme.id}",
    ):
        assert (await browser.get(closed)).status_code == 404, closed

    page = (await browser.get(where)).text
    action = re.search(r'action="([^"]+files[^"]*)"', page)[1].split("&amp;")[0].split("csrf_token")[0]
    added = await browser.post(action.rstrip("?&"), files=sent(pdf(paper())))
    assert added.status_code == 303, added.text
    here = added.headers["location"]
    await the_worker_reads(db, settings)
    handed_in = await browser.post(f"{here}/submission", data=fields_in((await browser.get(here)).text))
    assert handed_in.status_code == 303, handed_in.text
    assert "Norrland reviews it now." in (await browser.get(here)).text

    done = await stranger.get(address)
    assert done.status_code == 410
    assert "This is done" in done.text
    assert (await stranger.post("/task/code", data={"token": address[12:]})).status_code == 410
    assert old.id not in await reminders.due(db, system("job")), "it waits for us"

    elin = await site(cast.elin)
    await elin.post(f"{here}/acceptance", data=fields_in((await elin.get(here)).text))
    new = (await db.execute(select(Certificate).order_by(col(Certificate.id).desc()).limit(1))).scalar_one()
    await db.refresh(new)
    assert (new.status, new.submitted_by_name) == (CertificateStatus.ACCEPTED, jan.name)


async def test_what_is_returned_comes_back_to_whoever_sent_it_by_a_link(
    site, db, cast, settings, old, jan, work, monkeypatch
):
    await work(jobs, jobs.REMIND_ONE, certificate=old.id)
    address = LINK.search((await mails(db))[0].body_text)[1]
    monkeypatch.setattr("tests.routes.task_links.conftest.token_of", lambda _db: _now(address[12:]))
    browser, where = await get_in(site, db)
    page = (await browser.get(where)).text
    action = re.search(r'action="([^"]+files[^"]*)"', page)[1].split("&amp;")[0].split("csrf_token")[0]
    here = (await browser.post(action.rstrip("?&"), files=sent(pdf(paper())))).headers["location"]
    await the_worker_reads(db, settings)
    await browser.post(f"{here}/submission", data=fields_in((await browser.get(here)).text))
    elin = await site(cast.elin)
    form = fields_in((await elin.get(here)).text) | {"reason": "Page 2 is missing."}
    assert (await elin.post(f"{here}/return", data=form)).status_code == 303
    task = (await db.execute(select(Task).where(col(Task.done_at).is_(None)))).scalar_one()
    assert task.contact_id == jan.id
    await work(link_jobs, sending.SEND, task_id=task.id, by="Elin Sandberg")
    (mail,) = await mails(db, "task_link")
    assert (mail.address, mail.subject.partition(",")[0]) == (jan.email, "Correct your ISO 9001 certificate")


async def test_the_next_step_s_link_takes_the_place_of_the_one_before(site, db, old, jan, work):
    await work(jobs, jobs.REMIND_ONE, certificate=old.id)
    with clock.fixed(NOW + timedelta(days=10)):
        await work(jobs, jobs.REMIND_ONE, certificate=old.id)
        first, second = (
            LINK.search(each.body_text)[1] for each in await mails(db) if each.address == jan.email
        )
        stranger = await site(None)
        assert "This link no longer works" in (await stranger.get(first)).text
        assert (await stranger.get(second)).status_code == 200
        assert (await stranger.post("/task/code", data={"token": second[12:]})).status_code == 200
        assert await code_of(db)


async def _now(value):
    return value

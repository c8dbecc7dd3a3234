"""What the hourly sweep ends, removes and queues again."""

from datetime import timedelta

from sqlalchemy import text

from portal import clock
from portal.jobs import mail as jobs
from portal.jobs.job import JobContext
from portal.mail.delivery import EXPIRED
from portal.models.outbox import MailStatus
from portal.storage import make_store
from tests.mail.conftest import invitation, notice
from tests.people import TESTER


async def sweep(office):
    async with office.database.work(TESTER) as db:
        store = make_store(office.settings)
        context = JobContext(db=db, who=None, database=office.database, store=store, settings=office.settings)
        await jobs.sweep(context, {})


async def queued(office):
    async with office.database.work(TESTER) as db:
        found = await db.execute(
            text("SELECT count(*) FROM job_queue.pgqueuer WHERE entrypoint = 'mail.send'")
        )
        return found.scalar_one()


async def test_what_has_expired_in_the_queue_ends_and_its_secret_goes(office):
    await office.queue(invitation("1", valid=timedelta(hours=1)), invitation("2"))
    with clock.fixed(clock.now() + timedelta(hours=2)):
        office.without_server()
        await sweep(office)
    first, second = await office.mails()
    assert (first.status, first.problem, first.body_text, first.body_html) == (
        MailStatus.FAILED,
        EXPIRED,
        "",
        "",
    )
    assert second.status is MailStatus.QUEUED
    assert "secret-2" in second.body_text


async def test_a_bounced_secret_stays_for_a_second_try_until_it_expires(office):
    await office.queue(invitation())
    office.box.rcpt = ["550 5.1.1 No such user"]
    mail = await office.send()
    await sweep(office)
    assert "secret-1" in (await office.mail()).body_text
    with clock.fixed(mail.expires_at):
        await sweep(office)
    assert (await office.mail()).body_text == ""


async def test_other_texts_go_after_ninety_days(office):
    await office.queue(notice())
    await office.send()
    with clock.fixed(clock.now() + timedelta(days=89)):
        await sweep(office)
    assert (await office.mail()).body_text != ""
    with clock.fixed(clock.now() + timedelta(days=91)):
        await sweep(office)
    mail = await office.mail()
    assert (mail.body_text, mail.body_html) == ("", "")
    assert mail.subject != "", "that there was such a mail stays known"


async def test_in_development_everything_stays_to_be_read(office):
    office.without_server(development=True)
    await office.queue(invitation())
    await office.send()
    with clock.fixed(clock.now() + timedelta(days=91)):
        await sweep(office)
    assert "secret-1" in (await office.mail()).body_text


async def test_a_mail_that_lost_its_job_gets_another_when_there_is_a_server(office):
    await office.queue(notice("1"))
    server = office.settings
    office.without_server()
    async with office.database.work(TESTER) as db:
        await db.execute(text("DELETE FROM job_queue.pgqueuer"))
    with clock.fixed(clock.now() + timedelta(minutes=16)):
        await sweep(office)
        assert await queued(office) == 0, "it would only wait again"
        office.settings = server
        await office.queue(notice("2"))
        assert await queued(office) == 1
        await sweep(office)
    assert await queued(office) == 2, "the new one has its job"
    (first, _) = await office.mails()
    assert (await office.send(first)).status is MailStatus.SENT

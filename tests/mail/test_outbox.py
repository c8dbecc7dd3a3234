"""A mail belongs to the transaction that causes it, and one event causes one mail."""

import asyncio

import pytest
import structlog
from sqlalchemy import text

from portal import clock
from portal.mail import delivery, outbox
from portal.models.outbox import MailStatus
from tests.mail.conftest import HOUSE, invitation, notice, recipient
from tests.people import TESTER, invite_everybody


async def jobs(database):
    async with database.work(TESTER) as db:
        return (await db.execute(text("SELECT count(*) FROM job_queue.pgqueuer"))).scalar_one()


async def test_a_rollback_sends_nothing(office):
    async def change():
        async with office.database.work(TESTER) as db:
            await outbox.queue(db, invitation())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await change()
    assert await office.mails() == []
    assert await jobs(office.database) == 0


async def test_nothing_is_there_before_the_commit(office):
    async with office.database.work(TESTER) as db:
        assert await outbox.queue(db, invitation())
        assert await office.mails() == []
        assert await jobs(office.database) == 0
    assert len(await office.mails()) == 1
    assert await jobs(office.database) == 1


async def test_one_event_is_told_once(office):
    async with office.database.work(TESTER) as db:
        assert await outbox.queue(db, invitation("1"))
        assert not await outbox.queue(db, invitation("1"))
        assert await outbox.queue(db, invitation("2"))
        assert await outbox.queue(db, notice("1")), "another kind of event"
    assert len(await office.mails()) == await jobs(office.database) == 3
    assert len({mail.message_id for mail in await office.mails()}) == 3


async def test_fifty_at_once_tell_of_one_event_once(office):
    async def tell():
        async with office.database.work(TESTER) as db:
            return await outbox.queue(db, invitation())

    told = await asyncio.gather(*(tell() for _ in range(50)))
    assert told.count(True) == 1
    assert len(await office.mails()) == await jobs(office.database) == 1


async def test_the_row_holds_for_whom_and_what(db, cast):
    message = invitation(to=outbox_recipient(cast.tomasz))
    assert await outbox.queue(db, message)
    (mail,) = (await db.execute(text("SELECT * FROM outgoing_mail"))).all()
    assert (mail.person_id, mail.supplier_id) == (cast.tomasz.id, cast.acme.id)
    assert (mail.name, mail.address) == (cast.tomasz.name, cast.tomasz.email)
    assert (mail.status, mail.is_secret, mail.tries) == (MailStatus.QUEUED, True, 0)
    assert mail.expires_at > clock.now()
    assert mail.message_id.endswith("@suppliers.norrland.example>")


def outbox_recipient(person):
    return recipient().person(person)


async def test_the_letterhead_is_the_organisations_and_links_are_configured(fresh, settings):
    async with fresh.work(TESTER) as db:
        house = await outbox.letterhead(db, settings)
        assert (house.name, house.base_url) == ("Assay", "http://portal.test")
        await invite_everybody(db)
        house = await outbox.letterhead(db, settings)
    assert (house.name, house.short_name) == ("Norrland Drives AB", "Norrland")
    assert house.link("/invitation/x") == "http://portal.test/invitation/x"
    assert HOUSE.domain == "suppliers.norrland.example"


async def test_log_hygiene_no_address_link_or_code_is_logged(office, monkeypatch):
    lines = structlog.testing.LogCapture()
    monkeypatch.setattr(delivery, "log", structlog.wrap_logger(None, [lines], structlog.BoundLogger))
    office.box.rcpt = ["451-try\r\n451 later", "550 <tomasz@acme.example> unknown"]
    await office.queue(invitation("1"), notice("2"))
    first, second = await office.mails()
    await office.send(first)
    second = await office.send(second)
    await office.send(first)
    lines = lines.entries
    said = str(lines)
    assert [line["event"] for line in lines] == ["mail.later", "mail.bounced", "mail.sent"]
    assert second.problem == "550 <tomasz@acme.example> unknown", "staff may read it"
    assert lines[0]["problem"] == "451 try later"
    for secret in ("secret-1", "tomasz@acme.example", "Tomasz"):
        assert secret not in said


async def test_the_job_of_a_mail_names_it_and_nothing_else(office):
    await office.queue(invitation())
    mail = await office.mail()
    async with office.database.work(TESTER) as db:
        payload = (await db.execute(text("SELECT payload FROM job_queue.pgqueuer"))).scalar_one()
    assert payload.decode() == f'{{"message_id": "{mail.message_id}"}}'

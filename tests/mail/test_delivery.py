"""What becomes of a mail, over a real mail server on loopback."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from portal import clock
from portal.errors import BusyError, NotReadyError
from portal.mail import delivery, outbox, sender
from portal.models.outbox import Handover, MailStatus, UndeliverableAddress
from portal.settings import Smtp
from tests.mail.conftest import SENDER, invitation, notice, recipient
from tests.mail.servers import drop, hang, nobody
from tests.people import TESTER


async def jobs(office):
    """Give the payloads of what waits, and in how many seconds each is due."""
    async with office.database.work(TESTER) as db:
        rows = await db.execute(
            text(
                "SELECT payload, extract(epoch FROM execute_after - created)::int AS wait"
                " FROM job_queue.pgqueuer WHERE entrypoint = 'mail.send' ORDER BY id"
            )
        )
        return [(json.loads(row.payload), row.wait) for row in rows]


async def unreachable(office):
    async with office.database.work(TESTER) as db:
        return {row.address: row.reason for row in (await db.execute(select(UndeliverableAddress))).scalars()}


async def doubts(office):
    async with office.database.work(TESTER) as db:
        return (await db.execute(select(func.count()).select_from(Handover))).scalar_one()


async def test_a_mail_arrives_as_it_was_written(office):
    message = invitation()
    await office.queue(message)
    mail = await office.send()
    assert (mail.status, mail.tries, mail.problem) == (MailStatus.SENT, 1, "")
    assert mail.ended_at is not None
    (found,) = office.box.taken
    assert found["Message-ID"] == mail.message_id
    assert found["To"] == "Tomasz Wieczorek <tomasz@acme.example>"
    assert found["From"] == SENDER
    assert found["Subject"] == message.subject
    assert found["Reply-To"] == "desk@norrland.example"
    assert found["Auto-Submitted"] == "auto-generated"
    assert found["List-Unsubscribe"] is None
    assert found.get_body(("plain",)).get_content().replace("\r\n", "\n") == message.text
    assert found.get_body(("html",)).get_content().replace("\r\n", "\n").strip() == message.html.strip()
    assert office.box.senders == ["suppliers@norrland.example"]
    assert office.box.hellos == ["portal.test"]
    assert await doubts(office) == 0


async def test_a_mail_that_was_sent_is_not_sent_again(office):
    await office.queue(invitation())
    mail = await office.send()
    await office.send(mail)
    assert len(office.box.taken) == 1


async def test_a_secret_is_gone_once_it_is_sent_and_other_texts_stay(office):
    await office.queue(invitation(), notice())
    first, second = await office.mails()
    assert "secret-1" in first.body_text
    assert "secret-1" in first.body_html
    first, second = await office.send(first), await office.send(second)
    assert (first.body_text, first.body_html) == ("", "")
    assert "Your password was changed" in second.body_text
    assert len(office.box.taken) == 2


async def test_not_now_is_tried_again_later_with_the_same_message_id(office):
    await office.queue(invitation())
    office.box.rcpt = ["451 4.7.1 Greylisted, come back"]
    mail = await office.send()
    assert (mail.status, mail.tries) == (MailStatus.QUEUED, 1)
    assert mail.problem == "451 4.7.1 Greylisted, come back"
    assert "secret-1" in mail.body_text
    assert await jobs(office) == [
        ({"message_id": mail.message_id}, 0),
        ({"message_id": mail.message_id}, 60),
    ]
    office.box.data = ["452 4.3.1 Disk full"]
    mail = await office.send()
    assert (mail.tries, mail.problem) == (2, "452 4.3.1 Disk full")
    assert [wait for _, wait in await jobs(office)] == [0, 60, 120]
    mail = await office.send()
    assert (mail.status, mail.tries, mail.problem) == (MailStatus.SENT, 3, "")
    assert office.box.ids == [mail.message_id]
    assert await doubts(office) == 0


async def test_after_days_of_not_now_it_is_given_up_and_keeps_what_was_said(office):
    await office.queue(notice())
    office.box.rcpt = ["451 Later"] * 200
    mail = await office.mail()
    moment = clock.now()
    tries = 0
    while mail.status is MailStatus.QUEUED:
        with clock.fixed(moment):
            mail = await office.send()
        moment = mail.next_try_at
        tries += 1
        assert tries < 100
    assert mail.status is MailStatus.FAILED
    assert mail.problem == "Given up after 4 days. 451 Later"
    assert mail.ended_at - mail.created_at > timedelta(days=3, hours=19)
    assert mail.tries == tries
    assert 20 < tries < 40
    assert await unreachable(office) == {}, "the address may be right"


@pytest.mark.parametrize("where", ["rcpt", "data"])
async def test_never_is_a_bounce_and_known_of_the_address(office, where):
    await office.queue(notice(to=recipient(address="Tomasz@Acme.example")))
    setattr(office.box, where, ["550 5.1.1 No such user"])
    mail = await office.send()
    assert (mail.status, mail.problem) == (MailStatus.BOUNCED, "550 5.1.1 No such user")
    assert office.box.taken == []
    assert await unreachable(office) == {"tomasz@acme.example": "550 5.1.1 No such user"}
    assert await doubts(office) == 0


async def test_a_mail_that_gets_through_clears_the_address(office):
    await office.queue(notice("1"), notice("2"))
    first, second = await office.mails()
    office.box.rcpt = ["550 5.2.2 Mailbox full"]
    await office.send(first)
    assert len(await unreachable(office)) == 1
    await office.send(second)
    assert await unreachable(office) == {}


async def test_what_is_no_address_bounces_without_stopping_the_change(office):
    await office.queue(notice(to=recipient(address="call me: 0920")))
    mail = await office.mail()
    assert (mail.status, mail.problem) == (MailStatus.BOUNCED, "This is not an e-mail address.")
    assert await unreachable(office) == {"call me: 0920": "This is not an e-mail address."}
    assert await jobs(office) == []


async def test_our_own_set_up_is_nobodys_bounce(office):
    await office.queue(notice("1"), notice("2"))
    first, second = await office.mails()
    office.box.rcpt = ["530 5.7.0 Authentication required"]
    mail = await office.send(first)
    assert mail.status is MailStatus.QUEUED
    assert await unreachable(office) == {}
    mail = await office.send(second)
    assert mail.tries == 0, "no other mail fares better: it waits without a try"
    assert office.box.sessions == 1


async def test_nobody_listens(office):
    office.settings = office.settings.__class__(
        base_url="http://portal.test", smtp=nobody(), mail_from=SENDER
    )
    await office.queue(notice())
    mail = await office.send()
    assert mail.status is MailStatus.QUEUED
    assert "could not be used" in mail.problem
    assert await doubts(office) == 0


async def test_a_server_that_hangs_costs_one_time_out(office, monkeypatch):
    monkeypatch.setattr(sender, "TO_ANSWER", 0.3)
    await office.queue(notice("1"), notice("2"))
    first, second = await office.mails()
    office.box.rcpt = [hang]
    mail = await office.send(first)
    assert mail.status is MailStatus.QUEUED
    assert "did not let us send" in mail.problem
    await office.send(second)
    assert office.box.sessions == 1


async def test_lost_after_the_content_it_is_sent_once_more_and_never_a_third_time(office):
    await office.queue(notice())
    office.box.data = [drop, drop]
    mail = await office.send()
    assert mail.status is MailStatus.QUEUED
    assert "broke while the mail went over" in mail.problem
    assert await doubts(office) == 1
    office.gate.open()
    mail = await office.send()
    assert mail.status is MailStatus.QUEUED
    mail = await office.send()
    assert (mail.status, mail.problem) == (MailStatus.FAILED, delivery.MAY_HAVE_ARRIVED)
    assert office.box.ids == [mail.message_id] * 2


async def test_a_server_that_takes_the_content_and_falls_silent_is_as_good_as_lost(office, monkeypatch):
    monkeypatch.setattr(sender, "TO_TAKE", 0.3)
    await office.queue(notice())
    office.box.data = [hang]
    await office.send()
    assert await doubts(office) == 1
    office.gate.open()
    mail = await office.send()
    assert mail.status is MailStatus.SENT
    assert office.box.ids == [mail.message_id] * 2
    assert await doubts(office) == 0


async def test_a_clear_answer_after_a_lost_one_leaves_the_doubt(office):
    await office.queue(notice())
    office.box.data = [drop, "451 Later", drop]
    for _ in range(3):
        await office.send()
        office.gate.open()
    assert await doubts(office) == 2
    mail = await office.send()
    assert mail.problem == delivery.MAY_HAVE_ARRIVED


async def test_a_worker_lets_go_of_what_another_one_sends(office):
    await office.queue(notice())
    mail = await office.mail()
    async with office.database.work(TESTER) as db:
        await db.execute(
            text("SELECT 1 FROM outgoing_mail WHERE id = :id FOR NO KEY UPDATE"), {"id": mail.id}
        )
        with pytest.raises(BusyError):
            await office.send(mail)
    assert office.box.sessions == 0


async def test_what_has_expired_is_not_sent(office):
    await office.queue(invitation(valid=timedelta(minutes=10)))
    with clock.fixed(clock.now() + timedelta(minutes=11)):
        mail = await office.send()
    assert (mail.status, mail.problem) == (MailStatus.FAILED, delivery.EXPIRED)
    assert mail.body_text == ""
    assert office.box.sessions == 0


async def test_without_a_server_it_waits_in_production_and_is_kept_in_development(office):
    await office.queue(invitation("1"), invitation("2"))
    first, second = await office.mails()
    office.without_server()
    mail = await office.send(first)
    assert (mail.status, mail.tries) == (MailStatus.QUEUED, 0)
    office.without_server(development=True)
    mail = await office.send(second)
    assert mail.status is MailStatus.KEPT
    assert "secret-2" in mail.body_text


async def test_a_failed_mail_is_queued_again_by_hand(office):
    await office.queue(invitation())
    office.box.rcpt = ["550 5.1.1 No such user"]
    before = await office.send()
    assert before.status is MailStatus.BOUNCED
    async with office.database.work(TESTER) as db:
        mail = await db.get(type(before), before.id)
        await outbox.queue_again(db, mail)
    after = await office.send()
    assert (after.status, after.tries) == (MailStatus.SENT, 1)
    assert office.box.ids == [before.message_id]


async def test_a_mail_whose_text_is_gone_is_not_queued_again(office):
    await office.queue(invitation())
    office.box.rcpt = ["550 5.1.1 No such user"]
    mail = await office.send()
    async with office.database.work(TESTER) as db:
        with clock.fixed(mail.expires_at), pytest.raises(NotReadyError, match="expired"):
            await outbox.queue_again(db, await db.get(type(mail), mail.id))
    await office.queue(invitation("2"))
    sent = await office.send((await office.mails())[1])
    async with office.database.work(TESTER) as db:
        with pytest.raises(NotReadyError, match="has not failed"):
            await outbox.queue_again(db, await db.get(type(mail), sent.id))


async def test_a_password_does_not_travel_in_the_clear(office):
    box = office.settings.smtp
    server = Smtp(box.host, box.port, user="assay", password="hush", tls="required")
    office.settings = office.settings.__class__(base_url="http://portal.test", smtp=server, mail_from=SENDER)
    await office.queue(notice())
    mail = await office.send()
    assert mail.status is MailStatus.QUEUED
    assert office.box.senders == []
    assert "hush" not in mail.problem
    assert "hush" not in repr(office.settings)

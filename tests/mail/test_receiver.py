"""Answering a mail into its thread, with a real mail client speaking to our server."""

from dataclasses import replace
from email.message import EmailMessage

import aiosmtplib
import pytest
from sqlalchemy import select
from sqlmodel import col

from portal.jobs.receiver import listening
from portal.models.documents import Document, DocumentAttachment
from portal.models.outbox import MailStatus, OutgoingMail, UndeliverableAddress
from portal.models.people import Person
from portal.models.suppliers import Contact, Supplier
from portal.models.threads import Audience, ThreadMessage, ThreadNote
from portal.storage import make_store
from portal.workflows.threads import say
from portal.workflows.threads.telling import tell
from tests.mail.test_incoming import report
from tests.people import TESTER, invite_everybody, principal_of

DOMAIN = "in.norrland.example"
ANSWER = "Here it is.\n\n> Please add the X-ray.\n"
FROM_US = "Norrland <suppliers@norrland.example>"


class Post:
    """A portal that takes mail in, and whoever answers it."""

    def __init__(self, database, settings, cast, port):
        self.database, self.settings, self.cast, self.port = database, settings, cast, port

    async def write(self, audience=Audience.SHARED, words="Please add the X-ray.", by=None):
        """Say something and give the mail that it became."""
        async with self.database.work(TESTER) as db:
            acme = await db.get_one(Supplier, self.cast.acme.id)
            said = await say(db, principal_of(by or self.cast.elin), acme, words, audience=audience)
            await tell(db, self.settings, audience, said.id)
        async with self.database.work(TESTER) as db:
            query = select(OutgoingMail).order_by(col(OutgoingMail.id).desc()).limit(1)
            return (await db.execute(query)).scalar_one()

    async def answer(
        self, mail, sender=None, words="Here it is.\n\n> Please add the X-ray.\n", files=(), **more
    ):
        made = EmailMessage()
        made["From"] = sender or mail.address
        made["To"] = mail.reply_to
        made["Message-ID"] = more.pop("id", "<answer-1@acme.example>")
        for name, value in more.items():
            made[name.replace("_", "-")] = value
        made.set_content(words)
        for name, content in files:
            made.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
        return await self.send(mail.reply_to, made.as_bytes(), sender or mail.address)

    async def send(self, to, raw, sender="tomasz@acme.example"):
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=self.port, use_tls=False, start_tls=False)
        async with client:
            return await client.sendmail(sender, [to], raw)

    async def all(self, model):
        async with self.database.work(TESTER) as db:
            return list((await db.execute(select(model).order_by(col(model.id)))).scalars())


@pytest.fixture
async def post(fresh, settings):
    ours = replace(settings, inbound_domain=DOMAIN, inbound_listen="127.0.0.1:0", mail_from=FROM_US)
    async with fresh.work(TESTER) as db:
        cast = await invite_everybody(db)
    async with listening(fresh, make_store(ours), ours) as port:
        yield Post(fresh, ours, cast, port)


async def test_an_answer_is_filed_in_its_thread_once_without_what_it_repeats(post):
    mail = await post.write()
    for _ in range(2):
        await post.answer(mail)
    _, said = await post.all(ThreadMessage)
    assert (said.author_name, said.is_ours, said.body) == ("Tomasz Wieczorek", False, "Here it is.")
    assert said.quoted == "> Please add the X-ray."
    assert said.mail_id == "<answer-1@acme.example>"


async def test_an_answer_to_an_internal_note_stays_internal(post):
    mail = await post.write(Audience.INTERNAL, "@Olle Nyström Shall we?")
    assert mail.address == post.cast.olle.email
    await post.answer(mail, words="Yes.")
    assert [note.body for note in await post.all(ThreadNote)] == ["@Olle Nyström Shall we?", "Yes."]
    assert await post.all(ThreadMessage) == []


async def refused(sending):
    with pytest.raises(aiosmtplib.SMTPResponseException) as caught:
        await sending
    return caught.value


async def test_only_the_one_it_was_sent_to_can_answer(post):
    mail = await post.write()
    for stranger in (post.cast.rita.email, post.cast.elin.email, "x@evil.example"):
        error = await refused(post.answer(mail, sender=stranger))
        assert error.code == 550
        assert mail.address not in error.message
    assert len(await post.all(ThreadMessage)) == 1


async def test_whoever_may_no_longer_sign_in_can_no_longer_answer(post):
    mail = await post.write()
    async with post.database.work(TESTER) as db:
        (await db.get_one(Person, post.cast.tomasz.id)).is_active = False
    assert (await refused(post.answer(mail))).code == 550
    assert len(await post.all(ThreadMessage)) == 1


async def test_mail_for_anybody_else_is_not_taken(post):
    for address in (
        "elin@norrland.example",
        f"root@{DOMAIN}",
        f"thread+1.p1.aaaa@{DOMAIN}",
        "x@elsewhere.example",
    ):
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
            await post.send(address, b"Subject: x\r\n\r\nx")


@pytest.mark.parametrize(
    "machine",
    [{"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"sender": "suppliers@norrland.example"}],
)
async def test_holiday_answers_and_our_own_mails_are_dropped_without_an_answer(post, machine):
    mail = await post.write()
    await post.answer(mail, **machine)
    assert len(await post.all(ThreadMessage)) == 1


async def test_our_own_mail_coming_back_makes_no_loop(post):
    mail = await post.write()
    await post.answer(mail, id=mail.message_id)
    assert len(await post.all(ThreadMessage)) == 1


async def test_files_go_through_the_document_service_and_what_may_not_be_sent_is_named(post):
    mail = await post.write()
    text = b"Batch;Density\n1;1.32\n"
    await post.answer(mail, files=(("density.csv", text), ("run.exe", b"MZ\x90\x00" + bytes(200))))
    said = (await post.all(ThreadMessage))[1]
    assert said.body.startswith("Here it is.\n\n[run.exe: ")
    (document,) = await post.all(Document)
    assert (document.file_name, document.size, document.supplier_id) == (
        "density.csv",
        len(text),
        post.cast.acme.id,
    )
    (place,) = await post.all(DocumentAttachment)
    assert (place.table_name, place.record_id) == ("thread_message", said.id)


async def test_of_more_files_than_a_mail_may_have_the_rest_is_counted(post):
    mail = await post.write()
    await post.answer(mail, files=[(f"{number}.csv", b"A;B\n1;%d\n" % number) for number in range(50)])
    said = (await post.all(ThreadMessage))[1]
    assert said.body == "Here it is.\n\n[30 more files were not kept. Send at most 20 with one mail.]"
    assert len(await post.all(Document)) == 20


async def test_a_contact_without_an_account_can_answer_too(post):
    async with post.database.work(TESTER) as db:
        (await db.get_one(Person, post.cast.tomasz.id)).is_active = False
        db.add(Contact(supplier_id=post.cast.acme.id, name="Ola Nowak", email="ola@acme.example"))
    mail = await post.write()
    assert mail.address == "ola@acme.example"
    await post.answer(mail, words="From Ola.")
    said = (await post.all(ThreadMessage))[1]
    assert (said.author_name, said.author_id, said.contact_id is not None) == ("Ola Nowak", None, True)


async def test_a_delivery_report_marks_the_mail_and_the_address(post):
    mail = await post.write()
    await post.send(f"bounces@{DOMAIN}", report(message_id=mail.message_id), sender="")
    (kept,) = await post.all(OutgoingMail)
    assert (kept.status, kept.problem) == (
        MailStatus.BOUNCED,
        "550 5.1.1 No such user here (tomasz@acme.example)",
    )
    async with post.database.work(TESTER) as db:
        assert await db.get(UndeliverableAddress, mail.address.lower()) is not None
    await post.send(f"bounces@{DOMAIN}", report(message_id="<guessed@x.example>"), sender="")


async def test_a_mail_that_is_too_large_or_says_nothing_is_refused(post):
    mail = await post.write()
    assert (await refused(post.answer(mail, words="\n\n> Please add the X-ray.\n"))).code == 550
    too_large = b"From: x@y.example\r\n\r\n" + b"x" * 26_000_000
    assert (await refused(post.send(mail.reply_to, too_large))).code == 552
    assert len(await post.all(ThreadMessage)) == 1


async def test_while_the_database_is_away_the_sender_is_asked_to_come_again(post, server):
    mail = await post.write()
    name = post.database.url.database
    await server.run(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false')
    await server.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as caught:
        await post.answer(mail)
    assert caught.value.recipients[0].code == 451
    await server.run(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true')
    await post.answer(mail)
    assert len(await post.all(ThreadMessage)) == 2

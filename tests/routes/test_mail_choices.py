"""Ending mails from a mail, choosing them in the account, and bringing bounces by HTTP."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from portal.mail import outbox
from portal.mail.addresses import Reader
from portal.mail.signing import signer
from portal.models.mailing import Topic, Wish
from portal.models.outbox import MailStatus, OutgoingMail
from portal.models.threads import Audience
from portal.workflows import mail_choices
from portal.workflows.threads import say
from portal.workflows.threads.telling import tell
from tests.mail.conftest import notice
from tests.mail.test_incoming import report
from tests.people import principal_of


async def wish(db, person, topic=Topic.MESSAGES):
    return (await mail_choices.wishes(db, Reader(person.id)))[topic]


@pytest.fixture
async def mail(db, cast, settings):
    """A mail to Tomasz about a message."""
    said = await say(db, principal_of(cast.elin), cast.acme, "Hello.")
    await tell(db, settings, Audience.SHARED, said.id)
    return (await db.execute(select(OutgoingMail))).scalar_one()


async def test_one_click_of_a_mail_program_ends_the_mails_and_a_look_does_not(site, db, cast, mail):
    path = mail.unsubscribe.removeprefix("http://portal.test")
    nobody = await site(None)
    for _ in range(3):
        page = await nobody.get(path)
        assert page.status_code == 200
        assert '<form method="post"' in page.text
        await nobody.head(path)
    assert await wish(db, cast.tomasz) is Wish.AT_ONCE
    # What a mail program sends (RFC 8058): from anywhere, without cookies, and it follows no redirect.
    done = await nobody.post(
        path,
        content="List-Unsubscribe=One-Click",
        headers={
            "content-type": "application/x-www-form-urlencoded",
            "origin": "https://mail.example",
            "sec-fetch-site": "cross-site",
        },
    )
    assert done.status_code == 200
    assert await wish(db, cast.tomasz) is Wish.NEVER
    assert await wish(db, cast.tomasz, Topic.SUMMARY) is Wish.SUMMED_UP
    assert await wish(db, cast.rita) is Wish.AT_ONCE


async def test_the_page_speaks_the_readers_language(site, db, cast, mail):
    cast.tomasz.language = "de"
    await db.flush()
    page = await (await site(None)).get(mail.unsubscribe.removeprefix("http://portal.test"))
    assert "Diese Mails abbestellen?" in page.text


async def test_a_forged_or_broken_link_changes_nothing(site, db, cast, mail):
    token = parse_qs(urlsplit(mail.unsubscribe).query)["token"][0]
    nobody = await site(None)
    for wrong in (
        "",
        "x",
        token[:-1] + "_",
        token.replace("messages", "summary"),
        token.replace(".p", ".c"),
        "é",
    ):
        for ask in (nobody.get, nobody.post):
            assert (await ask("/unsubscribe", params={"token": wrong})).status_code == 410
    assert await wish(db, cast.tomasz, Topic.SUMMARY) is Wish.SUMMED_UP


async def test_whoever_wants_no_mail_about_messages_gets_none(site, db, cast, settings):
    tomasz = await site(cast.tomasz)
    assert (
        await tomasz.post("/account/mails", data={"messages": "summed_up", "summary": "never"})
    ).status_code == 303
    assert await wish(db, cast.tomasz) is Wish.SUMMED_UP
    assert await wish(db, cast.tomasz, Topic.SUMMARY) is Wish.NEVER
    page = (await tomasz.get("/account")).text
    assert 'value="summed_up" id="f-messages-2" checked' in page
    said = await say(db, principal_of(cast.elin), cast.acme, "Hello.")
    await tell(db, settings, Audience.SHARED, said.id)
    assert (await db.execute(select(OutgoingMail))).first() is None
    await tomasz.post("/account/mails", data={"messages": "at_once", "summary": "at_once"})
    assert await wish(db, cast.tomasz, Topic.SUMMARY) is Wish.NEVER, "a summary at once is not offered"


async def test_mails_about_the_account_cannot_be_ended(db, cast, mail):
    await outbox.queue(db, notice())
    other = (
        await db.execute(select(OutgoingMail).where(OutgoingMail.kind == "account_changed"))
    ).scalar_one()
    assert other.unsubscribe == ""
    key = await signer(db)
    assert mail_choices.link("http://x", key, Topic.MESSAGES, Reader(1)).startswith(
        "http://x/unsubscribe?token="
    )


@pytest.fixture
def settings(settings):
    return replace(settings, inbound_token="t-0123456789", inbound_domain="in.norrland.example")


GOOD = {"authorization": "Bearer t-0123456789"}


async def test_a_bounce_by_http_needs_the_token_and_the_mails_own_id(site, db, cast, mail):
    nobody = await site(None)
    notice_of = {"message_id": mail.message_id, "address": mail.address, "reason": "550 No such user"}
    for headers in ({}, {"authorization": "Bearer t"}, {"authorization": "t-0123456789"}):
        assert (await nobody.post("/inbound/bounces", json=notice_of, headers=headers)).status_code == 401
    for wrong in ([], {"message_id": 1}, {"message_id": "<guessed@x>"}, {"message_id": "a\x00"}, {}):
        assert (await nobody.post("/inbound/bounces", json=wrong, headers=GOOD)).status_code == 422
    await db.refresh(mail)
    assert mail.status is MailStatus.QUEUED
    assert (await nobody.post("/inbound/bounces", json=notice_of, headers=GOOD)).status_code == 200
    await db.refresh(mail)
    assert (mail.status, mail.problem) == (MailStatus.BOUNCED, "550 No such user")
    page = (await (await site(cast.karin)).get("/mail")).text
    assert "1 contact can't be reached" in page


async def test_a_whole_mail_can_be_brought_by_http(site, db, cast, mail):
    nobody = await site(None)
    raw = f"From: {mail.address}\r\nMessage-ID: <7@acme.example>\r\n\r\nBy HTTP.\r\n".encode()
    there = {"params": {"to": mail.reply_to}, "content": raw}
    assert (await nobody.post("/inbound/mail", **there)).status_code == 401
    assert (await nobody.post("/inbound/mail", **there, headers=GOOD)).text == "filed"
    assert (await nobody.post("/inbound/mail", **there, headers=GOOD)).text == "filed before"
    assert (
        await nobody.post("/inbound/mail", params={"to": "x@y"}, content=raw, headers=GOOD)
    ).status_code == 422
    back = {"params": {"to": "bounces@in.norrland.example"}, "content": report(message_id=mail.message_id)}
    assert (await nobody.post("/inbound/mail", **back, headers=GOOD)).text == "bounce noted"

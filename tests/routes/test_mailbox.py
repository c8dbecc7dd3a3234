"""The mailbox of the development: all mails, and none of it in production."""

from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from portal.mail import outbox
from portal.mail.certificates import certificate_reminder
from portal.models.outbox import OutgoingMail
from tests.conftest import visits
from tests.mail.conftest import invitation, recipient


@pytest.fixture
async def developing(database, settings):
    async with AsyncExitStack() as stack:
        yield await visits(stack, database, replace(settings, development=True))


@pytest.fixture
async def mail(db, cast, settings):
    house = await outbox.letterhead(db, settings)
    message = replace(
        invitation("1", recipient(name="Tomasz <b>")),
        text=f"Accept the invitation\nOr open {house.link('/invitation?token=secret-1')}\n",
        html="<p>Accept</p><script>alert(1)</script>",
    )
    await outbox.queue(db, message)
    return (await db.execute(select(OutgoingMail))).scalar_one()


async def test_every_signed_in_person_reads_every_mail_while_developing(developing, cast, mail):
    for person in (cast.rita, cast.elin):
        browser = await developing(person)
        page = (await browser.get("/mailbox")).text
        assert f'href="/mailbox/{mail.id}"' in page
        assert "Tomasz &lt;b&gt;" in page
        page = (await browser.get(f"/mailbox/{mail.id}")).text
        assert 'href="http://portal.test/invitation?token=secret-1"' in page
        assert "Message-ID: &lt;" in page
        assert f'src="/mailbox/{mail.id}/body"' in page


async def test_a_mail_is_framed_where_it_can_do_nothing(developing, cast, mail):
    browser = await developing(cast.elin)
    body = await browser.get(f"/mailbox/{mail.id}/body")
    policy = body.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "script-src" not in policy
    assert "frame-ancestors 'self'" in policy
    assert body.headers["x-frame-options"] == "SAMEORIGIN"
    assert body.text == mail.body_html
    page = await browser.get(f"/mailbox/{mail.id}")
    assert page.headers["content-security-policy"].endswith("frame-src 'self'")
    assert "<script>alert" not in page.text
    assert 'sandbox=""' in page.text


async def test_in_production_there_is_no_mailbox(site, cast, mail):
    browser = await site(cast.root)
    for path in ("/mailbox", f"/mailbox/{mail.id}", f"/mailbox/{mail.id}/body"):
        answer = await browser.get(path)
        assert answer.status_code == 404
        assert "secret-1" not in answer.text


async def test_a_signed_out_browser_sees_nothing(developing, mail):
    browser = await developing(None)
    for path in ("/mailbox", f"/mailbox/{mail.id}", f"/mailbox/{mail.id}/body"):
        assert (await browser.get(path)).headers["location"].startswith("/sign-in")


async def test_an_unknown_mail_is_404(developing, cast, mail):
    browser = await developing(cast.elin)
    for path in ("/mailbox/0", "/mailbox/99999", "/mailbox/x/body"):
        assert (await browser.get(path)).status_code == 404


async def test_an_empty_mailbox_and_a_removed_text_say_so(developing, db, cast, mail):
    browser = await developing(cast.elin)
    mail.body_text = mail.body_html = ""
    await db.flush()
    assert "has been removed" in (await browser.get(f"/mailbox/{mail.id}")).text
    await db.delete(mail)
    await db.flush()
    assert "No mail yet" in (await browser.get("/mailbox")).text


async def test_what_is_no_address_is_shown_all_the_same(developing, db, cast):
    await outbox.queue(db, invitation("2", recipient(address="call me")))
    mail = (await db.execute(select(OutgoingMail))).scalar_one()
    page = (await (await developing(cast.elin)).get(f"/mailbox/{mail.id}")).text
    assert "This is not an e-mail address." in page


async def test_a_link_is_called_what_the_mail_calls_it(developing, db, cast, settings):
    house = await outbox.letterhead(db, settings)
    to = replace(recipient(), language="de")
    ended = {"until": date(2026, 12, 4), "days": 22, "type_code": "ISO 9001", "number": "1"}
    facts = {"path": "/certificates/1/renewal", "key": "1", "supplier_name": "Acme", **ended}
    await outbox.queue(db, certificate_reminder(house, to, **facts))
    mail = (await db.execute(select(OutgoingMail))).scalar_one()
    page = (await (await developing(cast.elin)).get(f"/mailbox/{mail.id}")).text
    assert "Zertifikat hinzufügen</a>" in page
    assert "Open the link" not in page

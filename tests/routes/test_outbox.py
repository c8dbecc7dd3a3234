"""The page of mails for those who look after them."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from portal import clock
from portal.mail import outbox
from portal.mail.message import Recipient
from portal.models.outbox import MailStatus, OutgoingMail
from portal.models.people import Person
from portal.models.suppliers import Contact
from portal.workflows import outbox as workflow
from tests.mail.conftest import invitation, notice
from tests.people import principal_of


@pytest.fixture
async def mails(db, cast):
    """One mail of each end, to people of both suppliers."""
    to_tomasz, to_rita = Recipient.person(cast.tomasz), Recipient.person(cast.rita)
    for message in (
        invitation("1", to_tomasz),
        notice("2", to_rita),
        notice("3", to_tomasz),
        notice("4", to_rita),
    ):
        await outbox.queue(db, message)
    found = {mail.key: mail for mail in (await db.execute(select(OutgoingMail))).scalars()}
    found["2"].status = MailStatus.SENT
    found["3"].status, found["3"].problem = MailStatus.BOUNCED, "550 5.1.1 <No such user>"
    found["4"].status, found["4"].problem = MailStatus.FAILED, "Given up after 4 days. 451 Later"
    await outbox.cannot_be_reached(db, cast.tomasz.email, "550 5.1.1 <No such user>")
    await db.flush()
    return found


async def test_the_list_says_how_each_mail_ended(site, cast, mails):
    page = (await (await site(cast.karin)).get("/mail")).text
    assert "4 mails" in page
    for words in ("Waiting", "Sent", "Refused", "Given up", "550 5.1.1 &lt;No such user&gt;", "451 Later"):
        assert words in page
    assert page.count("Send again") == 2


async def test_no_text_of_a_mail_is_on_the_page_or_in_the_files(site, cast, mails):
    browser = await site(cast.root)
    for path in ("/mail", "/mail.csv", "/mail.xlsx"):
        answer = await browser.get(path)
        assert answer.status_code == 200
        assert b"secret-1" not in answer.content


async def test_who_cannot_be_reached_is_named_once_with_the_reason(site, db, cast, mails):
    db.add(Contact(supplier_id=cast.acme.id, name="Tomasz W.", email=cast.tomasz.email.upper()))
    await db.flush()
    page = (await (await site(cast.karin)).get("/mail")).text
    assert "1 contact can't be reached" in page
    found = await workflow.undeliverable(db, principal_of(cast.karin))
    assert [(one.supplier_name, one.reason) for one in found] == [
        ("Acme Castings", "550 5.1.1 <No such user>")
    ]


async def test_a_corrected_address_is_no_longer_among_them(db, cast, mails):
    cast.tomasz.email = "t.wieczorek@acme.example"
    await db.flush()
    assert await workflow.undeliverable(db, principal_of(cast.karin)) == []


async def test_a_rival_and_top_management_see_nobody_elses_unreachable(db, cast, mails):
    assert await workflow.undeliverable(db, principal_of(cast.rita)) == []
    assert len(await workflow.undeliverable(db, principal_of(cast.tomasz))) == 1
    assert await workflow.undeliverable(db, principal_of(cast.anna)) == []


@pytest.mark.parametrize("who", ["tomasz", "rita", "elin", "olle", "vera", "anna", "gustav"])
async def test_the_page_is_there_for_administrators_and_quality_managers_only(site, cast, mails, who):
    browser = await site(getattr(cast, who))
    for path in ("/mail", "/mail.csv", "/mail.xlsx"):
        assert (await browser.get(path)).status_code == 404
    assert (await browser.post(f"/mail/{mails['3'].id}/attempts")).status_code == 404
    assert 'href="/mail"' not in (await browser.get("/account")).text


async def test_a_signed_out_browser_is_sent_to_sign_in(site, mails):
    browser = await site(None)
    assert (await browser.get("/mail")).headers["location"].startswith("/sign-in")
    answer = await browser.post(f"/mail/{mails['3'].id}/attempts")
    assert answer.headers["location"].startswith("/sign-in")
    assert mails["3"].status is MailStatus.BOUNCED


async def test_a_failed_mail_is_queued_again(site, db, cast, mails):
    browser = await site(cast.karin)
    before = await _jobs(db)
    answer = await browser.post(f"/mail/{mails['4'].id}/attempts")
    assert answer.headers["location"] == "/mail?done=again"
    assert "in the queue again" in (await browser.get("/mail?done=again")).text
    await db.refresh(mails["4"])
    assert (mails["4"].status, mails["4"].problem) == (MailStatus.QUEUED, "")
    assert await _jobs(db) == before + 1


async def _jobs(db):
    return (await db.execute(text("SELECT count(*) FROM job_queue.pgqueuer"))).scalar_one()


async def test_what_has_not_failed_is_refused_with_a_sentence(site, cast, mails):
    answer = await (await site(cast.karin)).post(f"/mail/{mails['2'].id}/attempts")
    assert answer.status_code == 409
    assert "has not failed" in answer.text


async def test_what_has_expired_has_no_button(site, db, cast, mails):
    mails["1"].status, mails["1"].expires_at = MailStatus.FAILED, clock.now() - timedelta(minutes=1)
    await db.flush()
    browser = await site(cast.karin)
    assert (await browser.get("/mail?status=failed")).text.count("Send again") == 1
    assert (await browser.post(f"/mail/{mails['1'].id}/attempts")).status_code == 409


@pytest.mark.parametrize("mail_id", ["0", "9999999999", "-1", "x", "9" * 30])
async def test_an_unknown_mail_is_404(site, cast, mails, mail_id):
    assert (await (await site(cast.karin)).post(f"/mail/{mail_id}/attempts")).status_code == 404


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("status=failed", 1),
        ("status=failed&status=bounced", 2),
        ("q=bolt", 2),
        ("q=Tomasz", 2),
        ("kind=invitation", 1),
        ("q=nobody", 0),
    ],
)
async def test_the_list_is_searched_and_filtered(site, cast, mails, query, count):
    page = (await (await site(cast.karin)).get(f"/mail?{query}")).text
    assert ("1 mail found" if count == 1 else f"{count} mails found") in page


async def test_a_formula_in_a_name_is_text_in_the_file(site, db, cast):
    person = Person(email="x@acme.example", name="=1+1", role=cast.tomasz.role, supplier_id=cast.acme.id)
    db.add(person)
    await db.flush()
    await outbox.queue(db, notice("1", Recipient.person(person)))
    answer = await (await site(cast.root)).get("/mail.csv")
    assert ",=1+1" not in answer.text
    assert "1+1" in answer.text


async def test_without_a_mail_server_the_page_says_so(site, cast, mails):
    page = (await (await site(cast.karin)).get("/mail")).text
    assert "No mail leaves." in page
    assert "Set ASSAY_SMTP_URL" in page

import json
import re
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select, text

from portal import clock
from portal.access.principal import system
from portal.jobs import account as jobs
from portal.jobs.job import JobContext
from portal.models.identity import LinkKind, SingleUseLink
from portal.models.outbox import OutgoingMail
from portal.storage import make_store
from portal.workflows import links, second_factor, sign_in
from tests.conftest import KEYRING
from tests.people import secrets_of

OLD, NEW = "seven gulls over the quay", "a kettle of grey herring"


@pytest.fixture
async def people(db, cast):
    stored = await sign_in.hash_password(OLD)
    for person in (cast.tomasz, cast.rita, cast.elin):
        person.password_hash = stored
    await db.flush()
    return cast


@pytest.fixture
def work(db, database, settings):
    """Run what was asked for, as the worker does; return the addresses that were asked for."""

    async def run():
        rows = await db.execute(
            text("DELETE FROM job_queue.pgqueuer WHERE entrypoint = :name RETURNING id, payload"),
            {"name": links.RESET},
        )
        payloads = [json.loads(bytes(row.payload)) for row in sorted(rows)]
        context = JobContext(db, system("test"), database, make_store(settings), settings)
        for payload in payloads:
            await jobs.write_reset(context, payload)
        return [payload["email"] for payload in payloads]

    return run


async def mails(db, kind):
    query = select(OutgoingMail).where(OutgoingMail.kind == kind).order_by(OutgoingMail.id)
    return (await db.execute(query)).scalars().all()


async def links_in(db, kind="password_reset"):
    pattern = r"http://portal\.test(/[\w/-]+\?token=[\w-]+)"
    return [re.search(pattern, mail.body_text)[1] for mail in await mails(db, kind)]


def token(link):
    return link.partition("token=")[2]


async def asked(site, db, work, person, times=1):
    for _ in range(times):
        answer = await (await site(None)).post("/password-reset", data={"email": person.email})
        assert answer.status_code == 200
    await work()
    return (await links_in(db))[-1]


async def reset(site, link, password=NEW):
    browser = await site(None)
    data = {"token": token(link), "password": password}
    return browser, await browser.post("/password-reset/new", data=data)


async def is_in(browser):
    return (await browser.get("/account")).status_code == 200


async def test_asked_mailed_changed_and_in(site, db, work, people):
    link = await asked(site, db, work, people.tomasz)
    assert (await (await site(None)).get(link)).status_code == 200
    browser, answer = await reset(site, link)
    assert answer.headers["location"] == "/account?done=password"
    assert await is_in(browser)
    await db.refresh(people.tomasz)
    assert await sign_in.is_password(await sign_in.password_hash(db, people.tomasz.id), NEW)
    assert len(await mails(db, "account_changed")) == 1


async def test_enumeration(site, db, work, people):
    """Known, unknown, deactivated: the same status and words, and the same work while one waits."""
    people.rita.is_active = False
    await db.flush()
    browser = await site(None)
    pages = []
    for email in (people.tomasz.email, people.tomasz.email.upper(), "x@example.test", people.rita.email):
        answer = await browser.post("/password-reset", data={"email": email})
        assert answer.status_code == 200
        page = answer.text.replace(email, "").replace(answer.headers["x-request-id"], "")
        pages.append(page)
    assert len(set(pages)) == 1
    assert await mails(db, "password_reset") == []
    assert len(await work()) == 4
    assert {mail.address for mail in await mails(db, "password_reset")} == {people.tomasz.email}


async def test_kill_sessions_a_reset_ends_every_one(site, db, work, people):
    browsers = [await site(people.tomasz) for _ in range(2)]
    await reset(site, await asked(site, db, work, people.tomasz))
    for browser in browsers:
        assert not await is_in(browser)


async def test_reset_token_works_once_and_the_newest_counts(site, db, work, people):
    old = await asked(site, db, work, people.tomasz)
    new = await asked(site, db, work, people.tomasz)
    assert (await reset(site, old))[1].status_code == 410
    assert (await reset(site, new))[1].status_code == 303
    _, again = await reset(site, new, "another kettle of fish soup")
    assert again.status_code == 410
    assert "set-cookie" not in again.headers


async def test_looking_burns_nothing_and_a_weak_password_neither(site, db, work, people):
    link = await asked(site, db, work, people.tomasz)
    for _ in range(3):
        assert (await (await site(None)).get(link)).status_code == 200
    _, answer = await reset(site, link, "Tomasz.Wieczorek.2026")
    assert answer.status_code == 422
    assert "Tomasz.Wieczorek.2026" not in answer.text
    assert (await reset(site, link))[1].status_code == 303


async def test_reset_token_expires(site, db, work, people):
    link = await asked(site, db, work, people.tomasz)
    with clock.fixed(clock.now() + links.VALID[LinkKind.PASSWORD_RESET] + timedelta(seconds=1)):
        assert (await reset(site, link))[1].status_code == 410


async def test_a_link_of_somebody_deactivated_is_dead(site, db, work, people):
    link = await asked(site, db, work, people.tomasz)
    people.tomasz.is_active = False
    await db.flush()
    assert (await reset(site, link))[1].status_code == 410


async def test_reset_token_changes_nobody_else(site, db, work, people):
    link = await asked(site, db, work, people.tomasz)
    rita = await site(people.rita)
    await rita.post("/password-reset/new", data={"token": token(link), "password": NEW})
    await db.refresh(people.rita)
    assert await sign_in.is_password(await sign_in.password_hash(db, people.rita.id), OLD)


async def test_a_reset_does_not_go_round_the_second_factor(site, db, work, people):
    secret = second_factor.new_secret()
    await second_factor.set_up(db, KEYRING, people.elin.id, secret, pyotp.TOTP(secret).at(clock.now()))
    browser, answer = await reset(site, await asked(site, db, work, people.elin))
    assert answer.headers["location"] == "/sign-in/code"
    assert not await is_in(browser)


async def test_after_a_few_requests_nothing_more_is_sent_and_nobody_can_tell(site, db, work, people):
    browser = await site(None)
    for email in (people.tomasz.email, "x@example.test"):
        answers = [
            await browser.post("/password-reset", data={"email": email}) for _ in range(links.PER_ACCOUNT + 3)
        ]
        assert {answer.status_code for answer in answers} == {200}
    found = await work()
    assert found.count(people.tomasz.email) == found.count("x@example.test") == links.PER_ACCOUNT


async def test_one_address_asks_for_so_many_and_no_more(site, db, people):
    browser = await site(None)
    for number in range(sign_in.PER_ADDRESS):
        await browser.post("/password-reset", data={"email": f"x{number}@example.test"})
    answer = await browser.post("/password-reset", data={"email": people.tomasz.email})
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "900"


async def test_host_header(site, db, work, people):
    browser = await site(None)
    headers = {"host": "evil.example", "x-forwarded-host": "evil.example"}
    await browser.post("/password-reset", data={"email": people.tomasz.email}, headers=headers)
    await work()
    (mail,) = await mails(db, "password_reset")
    assert "evil.example" not in mail.body_text + mail.body_html
    assert "http://portal.test/password-reset/new?token=" in mail.body_text


@pytest.mark.parametrize("wrong", ["", "x", "A" * 43, "A" * 5000, "é", "\x00"])
async def test_a_token_that_is_none_says_so(site, cast, wrong):
    browser = await site(None)
    for path in ("/password-reset/new", "/email-change"):
        assert (await browser.get(path, params={"token": wrong})).status_code == 410
        answer = await browser.post(path, data={"token": wrong, "password": NEW})
        assert answer.status_code == 410


async def test_reset_token_counts_only_for_what_it_was_made_for(site, db, work, people):
    link = await asked(site, db, work, people.tomasz)
    browser = await site(None)
    assert (await browser.post("/email-change", data={"token": token(link)})).status_code == 410


async def email_link(site, db, person, email):
    browser = await site(person)
    answer = await browser.post("/account/email", data={"email": email})
    assert answer.headers["location"] == "/account?done=email-asked", answer.text
    return browser, (await links_in(db, "email_change"))[-1]


async def test_a_new_address_counts_once_it_is_confirmed(site, db, people):
    old = people.tomasz.email
    browser, link = await email_link(site, db, people.tomasz, "tomasz@new.example")
    (mail,) = await mails(db, "email_change")
    assert mail.address == "tomasz@new.example"
    page = await (await site(None)).get(link)
    assert "tomasz@new.example" in page.text
    await db.refresh(people.tomasz)
    assert people.tomasz.email == old
    answer = await (await site(None)).post("/email-change", data={"token": token(link)})
    assert answer.status_code == 200
    await db.refresh(people.tomasz)
    assert people.tomasz.email == "tomasz@new.example"
    assert not await is_in(browser)
    (told,) = await mails(db, "account_changed")
    assert told.address == old
    assert "tomasz@new.example" in told.body_text
    answer = await (await site(None)).post("/email-change", data={"token": token(link)})
    assert answer.status_code == 410


async def test_a_new_address_that_is_somebodys_tells_only_its_owner(site, db, people):
    _, taken = await email_link(site, db, people.tomasz, people.rita.email.upper())
    answer = await (await site(None)).post("/email-change", data={"token": token(taken)})
    assert answer.status_code == 410
    assert "already has an account" in answer.text
    await db.refresh(people.tomasz)
    assert people.tomasz.email != people.rita.email


async def test_a_reset_link_that_went_to_the_old_address_dies_with_it(site, db, work, people):
    reset_link = await asked(site, db, work, people.tomasz)
    _, link = await email_link(site, db, people.tomasz, "tomasz@new.example")
    await (await site(None)).post("/email-change", data={"token": token(link)})
    assert (await reset(site, reset_link))[1].status_code == 410


async def test_changing_the_address_asks_for_proof(site, people):
    browser = await site(people.tomasz)
    with clock.fixed(clock.now() + timedelta(minutes=6)):
        for answer in (
            await browser.get("/account/email"),
            await browser.post("/account/email", data={"email": "t@new.example"}),
        ):
            assert answer.headers["location"].startswith("/sign-in/again")


async def test_only_hashes_of_links_are_stored(site, db, work, people):
    link = await asked(site, db, work, people.tomasz)
    (row,) = await secrets_of(db, select(SingleUseLink))
    assert token(link) not in repr(row)
    (mail,) = await mails(db, "password_reset")
    assert mail.is_secret

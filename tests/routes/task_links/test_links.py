"""A link from a mail and its code: what they open, how often and how long."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal import clock
from portal.models.outbox import OutgoingMail
from portal.models.task_links import TaskCode, TaskLink
from portal.workflows.task_links import entering, sending
from tests.people import secrets_of
from tests.routes.task_links.conftest import WORKS_NOT, code_of, get_in, link_of, rows, send, token_of


async def test_task_link_burns_nothing_however_often_it_is_opened(site, db, asked):
    link = await link_of(db)
    before = await rows(db)
    scanner = await site(None)
    for _ in range(3):
        for method in ("GET", "HEAD"):
            answer = await scanner.request(method, link)
            assert answer.status_code == 200
            assert answer.headers["cache-control"] == "no-store"
            assert "set-cookie" not in answer.headers
    assert await rows(db) == before
    page = (await scanner.get(link)).text
    assert "Confirm your company" in page
    assert "Acme Castings" in page
    assert "j…k@acme.test" in page
    assert "jan.novak@acme.test" not in page, "whoever finds the link doesn't learn the address"
    assert page.count("<button") == 1


async def test_task_link_from_the_mail_to_done(site, db, cast, asked, jan):
    browser, where = await get_in(site, db)
    assert where == "/company-details"
    page = (await browser.get(where)).text
    assert "Jan Novák" in page
    edited = {
        "name": "Jan Novák",
        "role": "quality",
        "email": "jan.novak@acme.test",
        "phone": "+48 555 01",
        "language": "de",
        "version": str(jan.version),
    }
    assert (await browser.post(f"/company-details/contacts/{jan.id}", data=edited)).status_code == 303
    done = await browser.post("/company-details/confirmation")
    assert (done.status_code, done.headers["location"]) == (303, "/")
    await db.refresh(asked)
    assert (asked.done_at is not None, asked.done_by_name) == (True, "Jan Novák")
    await db.refresh(jan)
    assert (jan.phone, jan.language) == ("+48 555 01", "de")
    home = (await browser.get("/")).text
    assert "Next time without a code" in home


@pytest.mark.parametrize(
    "path",
    [
        "/account",
        "/scorecard",
        "/people",
        "/search",
        "/worklist",
        "/suppliers",
        "/dashboard",
        "/mailbox",
        "/account/passkey",
        "/account/password",
        "/sign-in/again",
        "/trail",
    ],
)
async def test_task_link_reaches_that_task_alone(site, db, asked, path):
    browser, _ = await get_in(site, db)
    assert (await browser.get(path)).status_code == 404


async def test_a_guest_cannot_sign_or_change_accounts(site, db, asked):
    """Every route that asks to show again who one is stays shut, and so does all of the account."""
    browser, _ = await get_in(site, db)
    for path in (
        "/account/password",
        "/account/email",
        "/account/app",
        "/account/sessions",
        "/people/invite",
    ):
        assert (await browser.post(path, data={"code": "1"})).status_code == 404, path


async def test_the_code_opens_it_once_and_only_where_it_was_sent(site, db, asked):
    token = await token_of(db)
    browser = await site(None)
    await browser.post("/task/code", data={"token": token, "email": "thief@evil.test"})
    to = (await db.execute(select(OutgoingMail.address).where(OutgoingMail.kind == "sign_in_code"))).scalars()
    assert list(to) == ["jan.novak@acme.test"]
    code = await code_of(db)
    (stored,) = await secrets_of(db, select(TaskCode.code_hash))
    assert code not in stored
    assert (await browser.post("/task/session", data={"token": token, "code": code})).status_code == 303
    again = await (await site(None)).post("/task/session", data={"token": token, "code": code})
    assert again.status_code == 422


async def test_a_newer_code_ends_the_older(site, db, asked):
    token = await token_of(db)
    browser = await site(None)
    await browser.post("/task/code", data={"token": token})
    older = await code_of(db)
    await browser.post("/task/code", data={"token": token})
    newer = await code_of(db)
    if older != newer:
        assert (await browser.post("/task/session", data={"token": token, "code": older})).status_code == 422
    # As people type them.
    spaced = f" {newer[:3]} {newer[3:]} "
    assert (await browser.post("/task/session", data={"token": token, "code": spaced})).status_code == 303


async def test_a_code_expires(site, db, asked):
    token = await token_of(db)
    browser = await site(None)
    await browser.post("/task/code", data={"token": token})
    code = await code_of(db)
    with clock.fixed(clock.now() + entering.CODE_VALID + timedelta(seconds=1)):
        late = await browser.post("/task/session", data={"token": token, "code": code})
    assert late.status_code == 422


async def test_lockout_of_guessed_codes(site, db, asked):
    """Five guesses end a code; more of them stop the address on file for a while, in every process."""
    token = await token_of(db)
    browser = await site(None)
    await browser.post("/task/code", data={"token": token})
    code = await code_of(db)
    wrong = f"{(int(code) + 1) % 10**6:06}"
    for _ in range(entering.GUESSES):
        guess = await browser.post("/task/session", data={"token": token, "code": wrong})
        assert guess.status_code == 422
    assert (await browser.post("/task/session", data={"token": token, "code": code})).status_code == 422
    for _ in range(4):
        await browser.post("/task/session", data={"token": token, "code": wrong})
    stopped = await (await site(None)).post("/task/session", data={"token": token, "code": code})
    assert stopped.status_code == 429
    assert int(stopped.headers["retry-after"]) > 0


async def test_lockout_of_codes_that_are_sent(site, db, asked):
    token = await token_of(db)
    browser = await site(None)
    answers = [(await browser.post("/task/code", data={"token": token})).status_code for _ in range(6)]
    assert answers == [200] * entering.CODES + [429]
    sent = select(func.count()).where(OutgoingMail.kind == "sign_in_code")
    assert (await db.execute(sent)).scalar_one() == entering.CODES


async def test_enumeration_unknown_expired_replaced_and_revoked_answer_alike(
    site, db, database, settings, cast, asked
):
    replaced = await token_of(db)
    await send(db, database, settings, cast, asked)
    revoked = await token_of(db)
    assert replaced != revoked
    staff = await site(cast.elin)
    link = (await db.execute(select(TaskLink.id).where(TaskLink.ended_at.is_(None)))).scalar_one()
    ended = await staff.post(f"/suppliers/{cast.acme.number}/task-links/{link}/end")
    assert ended.status_code == 303
    await send(db, database, settings, cast, asked)
    expired = await token_of(db)
    browser = await site(None)
    with clock.fixed(clock.now() + sending.VALID + timedelta(seconds=1)):
        answers = [
            await browser.get("/task", params={"token": token})
            for token in ("unknown", "", replaced, revoked, expired)
        ]
        posts = [
            await browser.post("/task/code", data={"token": token})
            for token in ("unknown", replaced, revoked, expired)
        ]
    for alike in (answers, posts):
        assert {answer.status_code for answer in alike} == {410}
        bodies = {answer.text for answer in alike}
        assert len(bodies) == 1
        assert WORKS_NOT in bodies.pop()

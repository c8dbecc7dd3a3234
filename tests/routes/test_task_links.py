"""From a mail to a task without an account: the link burns nothing, the code opens that one task."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from portal import clock
from portal.db import at_the_gate
from portal.jobs import task_links as jobs
from portal.jobs.job import JobContext
from portal.models.identity import Invitation
from portal.models.outbox import OutgoingMail
from portal.models.suppliers import Contact
from portal.models.task_links import GuestSession, TaskCode, TaskLink
from portal.models.tasks import Side, Task
from portal.models.trail import TrailAct
from portal.workflows import tasks
from portal.workflows.company_details import asking
from portal.workflows.task_links import entering, sending
from tests.factories import suppliers as records
from tests.people import principal_of, secrets_of

WORKS_NOT = "This link no longer works"


@pytest.fixture
async def jan(db, cast):
    """Acme's contact, who has no account."""
    return await records.contact(db, cast.acme, name="Jan Novák", email="jan.novak@acme.test")


@pytest.fixture
async def asked(db, cast, settings, jan, database):
    """Elin asks Acme to confirm its details; Jan gets the mail."""
    with clock.fixed(clock.now()):
        await asking.ask(db, principal_of(cast.elin), [cast.acme], clock.today() + timedelta(days=14))
    task = (await db.execute(select(Task))).scalar_one()
    await send(db, database, settings, cast, task)
    return task


async def send(db, database, settings, cast, task):
    """What the worker does with the job that asking queues."""
    who = principal_of(cast.elin)
    context = JobContext(db=db, who=who, database=database, store=None, settings=settings)
    await jobs.OURS[sending.SEND](context, {"task_id": task.id, "by": who.name})


async def mailed(db, kind, pattern):
    query = select(OutgoingMail.body_text).where(OutgoingMail.kind == kind).order_by(OutgoingMail.id.desc())
    return re.search(pattern, (await db.execute(query.limit(1))).scalar_one())[1]


async def link_of(db):
    return await mailed(db, "task_link", r"http://portal\.test(/task\?token=[\w-]+)")


async def code_of(db):
    return await mailed(db, "sign_in_code", r"\b(\d{6})\b")


async def token_of(db):
    return (await link_of(db)).partition("token=")[2]


async def get_in(site, db):
    """Press the button, read the mail, type the code."""
    browser = await site(None)
    token = await token_of(db)
    assert (await browser.post("/task/code", data={"token": token})).status_code == 200
    answer = await browser.post("/task/session", data={"token": token, "code": await code_of(db)})
    assert answer.status_code == 303, answer.text
    csrf = (await secrets_of(db, select(GuestSession.csrf_secret)))[-1]
    browser.headers["x-csrf-token"] = csrf
    return browser, answer.headers["location"]


async def rows(db):
    """Everything that opening a link could touch."""
    query = "SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {} AS t"
    found = [(await db.execute(text(query.format(table)))).scalar() for table in ("task", "outgoing_mail")]
    async with at_the_gate(db):
        for table in ("task_link", "task_code", "guest_session", "sign_in_attempt"):
            found += (await db.execute(text(query.format(table)))).scalars()
    return found


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


async def test_a_revoked_link_ends_the_session_at_once(site, db, cast, asked):
    browser, where = await get_in(site, db)
    staff = await site(cast.elin)
    shown = (await staff.get(f"/suppliers/{cast.acme.number}")).text
    assert "Jan Novák" in shown
    link = (await db.execute(select(TaskLink))).scalar_one()
    assert link.uses == 1
    await staff.post(f"/suppliers/{cast.acme.number}/task-links/{link.id}/end")
    gone = await browser.get(where)
    assert (gone.status_code, gone.headers["location"].partition("?")[0]) == (303, "/sign-in")


async def test_a_rivals_link_cannot_be_taken_back_under_our_address(site, db, cast, asked):
    link = (await db.execute(select(TaskLink.id))).scalar_one()
    staff = await site(cast.elin)
    assert (await staff.post(f"/suppliers/{cast.bolt.number}/task-links/{link}/end")).status_code == 404
    top = await site(cast.vera)
    assert (await top.post(f"/suppliers/{cast.acme.number}/task-links/{link}/end")).status_code == 404


async def test_whoever_has_left_gets_in_no_more(site, db, cast, asked, jan):
    """The address on file is another's now: the old link, and whoever is in by it, are out."""
    browser, where = await get_in(site, db)
    old = await link_of(db)
    staff = await site(cast.elin)
    change = {"name": jan.name, "role": "quality", "email": "new@acme.test", "version": str(jan.version)}
    await staff.post(f"/suppliers/{cast.acme.number}/contacts/{jan.id}", data=change)
    assert (await browser.get(where)).status_code == 303
    assert (await (await site(None)).get(old)).status_code == 410


async def test_rotate_on_login_the_browser_gets_a_new_session(site, db, settings, asked):
    browser, _ = await get_in(site, db)
    first = browser.cookies[settings.cookie_name]
    browser.cookies.clear()
    browser.cookies.set(settings.cookie_name, "chosen-by-the-client", domain="portal.test")
    token = await token_of(db)
    await browser.post("/task/code", data={"token": token})
    await browser.post("/task/session", data={"token": token, "code": await code_of(db)})
    assert browser.cookies[settings.cookie_name] not in {first, "chosen-by-the-client"}


async def test_a_colleague_with_an_account_goes_straight_to_the_task(site, db, cast, asked):
    link = await link_of(db)
    colleague = await (await site(cast.tomasz)).get(link)
    assert (colleague.status_code, colleague.headers["location"]) == (303, "/company-details")
    for stranger in (cast.rita, cast.elin):
        page = await (await site(stranger)).get(link)
        assert page.status_code == 200
        assert "somebody else" in page.text


async def test_a_guest_sees_their_own_tasks_and_turns_to_one(site, db, database, settings, cast, asked, jan):
    """What a colleague is asked stays the colleague's; the session reaches one task at a time."""
    ola = await records.contact(db, cast.acme, name="Ola Kowal", email="ola@acme.test")
    other = tasks.About("supplier_site", 0)
    await tasks.open_task(
        db,
        asked.kind,
        other,
        Side.SUPPLIER,
        supplier_id=cast.acme.id,
        contact_id=ola.id,
        facts={"asked_by": "Karin"},
    )
    second = await tasks.open_task(
        db,
        asked.kind,
        tasks.About("contact", jan.id),
        Side.SUPPLIER,
        supplier_id=cast.acme.id,
        contact_id=jan.id,
        facts={"asked_by": "Olle"},
    )
    browser, _ = await get_in(site, db)
    home = (await browser.get("/")).text
    assert "Elin Sandberg asks" in home
    assert "Olle asks" in home
    assert "Karin" not in home
    await send(db, database, settings, cast, second)
    there = (await browser.get(await link_of(db))).text
    assert f'name="task" value="{second.id}"' in there, "another mail to them needs no other code"
    assert (await browser.post("/task/turn", data={"task": str(second.id)})).status_code == 303
    (session,) = await secrets_of(db, select(GuestSession))
    assert (session.task_id, session.table_name) == (second.id, "contact")
    hers = (await db.execute(select(Task.id).where(Task.contact_id == ola.id))).scalar_one()
    assert (await browser.post("/task/turn", data={"task": str(hers)})).status_code == 404
    assert (await browser.post("/task/turn", data={"task": "none"})).status_code == 404


async def test_a_guest_of_acme_never_meets_bolt(site, db, cast, asked):
    rita = await records.contact(db, cast.bolt, name="Rita Bolt", email="rita@bolt.test")
    browser, _ = await get_in(site, db)
    assert (await browser.get(f"/company-details/contacts/{rita.id}")).status_code == 404
    page = (await browser.get("/company-details")).text
    assert "Bolt" not in page


async def test_an_account_is_offered_and_belongs_to_the_address_that_was_shown(site, db, cast, asked):
    browser, _ = await get_in(site, db)
    assert "Open my account" in (await browser.get("/task/account")).text
    opened = await browser.post("/task/account", data={"email": "thief@evil.test", "role": "administrator"})
    assert opened.headers["location"].startswith("/invitation?token=")
    made = (await db.execute(select(Invitation))).scalar_one()
    assert (made.email, made.role.value, made.supplier_id) == (
        "jan.novak@acme.test",
        "supplier_member",
        cast.acme.id,
    )
    assert (await browser.get(opened.headers["location"])).status_code == 200
    assert (await browser.get("/company-details")).status_code == 303, "the guest has left"


async def test_leaving_ends_the_session(site, db, asked):
    browser, where = await get_in(site, db)
    left = await browser.post("/task/leave")
    assert (left.status_code, left.headers["clear-site-data"]) == (303, '"cache"')
    assert (await browser.get(where)).status_code == 303
    assert (await db.execute(select(func.count()).select_from(GuestSession))).scalar_one() == 0


async def test_a_guests_session_idles_out(site, db, settings, asked):
    browser, where = await get_in(site, db)
    with clock.fixed(clock.now() + timedelta(hours=settings.session_idle_hours, seconds=1)):
        assert (await browser.get(where)).status_code == 303


async def test_csrf_bound_a_guests_form_needs_their_token(site, db, asked):
    browser, _ = await get_in(site, db)
    browser.headers["x-csrf-token"] = "another"
    assert (await browser.post("/company-details/confirmation")).status_code == 403


async def test_the_trail_says_who_it_was(site, db, cast, asked):
    browser, _ = await get_in(site, db)
    await browser.post("/company-details/confirmation")
    query = select(TrailAct.person_name, TrailAct.person_id).where(TrailAct.table_name == "task")
    assert ("Jan Novák", None) in [tuple(row) for row in await db.execute(query)]


async def test_mails_speak_the_contacts_language(site, db, cast, database, settings, jan):
    jan.language = "de"
    await asking.ask(db, principal_of(cast.elin), [cast.acme], clock.today() + timedelta(days=14))
    task = (await db.execute(select(Task))).scalar_one()
    await send(db, database, settings, cast, task)
    subject = (await db.execute(select(OutgoingMail.subject))).scalar_one()
    assert subject.startswith("Bestätigen Sie")
    page = (await (await site(None)).get(await link_of(db))).text
    assert 'lang="de"' in page
    assert "Code" in page


async def test_nobody_is_written_to_when_it_is_done(db, database, settings, cast, asked):
    await tasks.finish(db, asking.about(cast.acme))
    assert await sending.send(db, settings, asked.id, "Elin Sandberg") is None
    contact = select(func.count()).select_from(Contact)
    assert (await db.execute(contact)).scalar_one() == 1

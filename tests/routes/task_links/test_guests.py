"""Somebody who came by a link: what they see, and when they are out again."""

from datetime import timedelta

from sqlalchemy import func, select

from portal import clock
from portal.models.identity import Invitation
from portal.models.outbox import OutgoingMail
from portal.models.suppliers import Contact
from portal.models.task_links import GuestSession, TaskLink
from portal.models.tasks import Side, Task
from portal.models.trail import TrailAct
from portal.workflows import tasks
from portal.workflows.company_details import asking
from portal.workflows.task_links import sending
from tests.factories import suppliers as records
from tests.people import principal_of, secrets_of
from tests.routes.task_links.conftest import code_of, get_in, link_of, send, token_of


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

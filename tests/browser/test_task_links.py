"""From a mail to a finished task on a phone, without an account; and the worklist by keyboard alone."""

import re

import pytest
from sqlalchemy import select

from portal.access.principal import system
from portal.db import Database
from portal.models.outbox import OutgoingMail
from portal.models.suppliers import Contact, Supplier
from portal.models.tasks import Task
from portal.sample.house import PASS_PHRASE
from portal.settings import Settings
from portal.workflows.company_details.kinds import CONFIRM
from portal.workflows.task_links import sending
from tests.browser.conftest import PHONE

TATRA = "101690"
ELIN = "elin.sandberg@norrland-drives.example"


@pytest.fixture
async def database(demo_url, live):
    database = Database(demo_url, Settings(base_url=live), pool_size=1)
    yield database
    await database.close()


async def mailed(database, kind, pattern):
    async with database.work(system("test")) as db:
        query = select(OutgoingMail.body_text).where(OutgoingMail.kind == kind)
        body = (await db.execute(query.order_by(OutgoingMail.id.desc()).limit(1))).scalar_one()
    return re.search(pattern, body)[1]


@pytest.fixture
async def link(database, live):
    """The mail that a contact of Tatra Forge gets, as the worker writes it."""
    async with database.work(system("test")) as db:
        query = (
            select(Task.id)
            .join(Supplier, Supplier.id == Task.supplier_id)
            .where(Supplier.number == TATRA, Task.kind == CONFIRM, Task.done_at.is_(None))
        )
        task_id = (await db.execute(query)).scalar_one()
        made = await sending.send(db, Settings(base_url=live), task_id, "Elin Sandberg")
        contact = (await db.execute(select(Contact.name).where(Contact.id == made.contact_id))).scalar_one()
    return await mailed(database, "task_link", rf"{live}(/task\?token=[\w-]+)"), contact


async def test_a_task_link_on_a_phone_from_the_mail_to_done(visitor, database, link):
    path, contact = link
    phone = await visitor(size=PHONE)
    page = phone.page
    taps = 0

    async def tap(name, role="button"):
        nonlocal taps
        taps += 1
        await page.get_by_role(role, name=name).first.click()

    # A mail scanner has been there before, and has pressed nothing.
    scanner = await visitor()
    for _ in range(3):
        await scanner.go(path)

    await phone.go(path)
    taps += 1  # the button of the mail
    await page.get_by_role("heading", name="Confirm your company's details").wait_for()
    assert await phone.is_no_wider_than_the_screen()
    await tap("Send me the code")
    await page.get_by_label("Six digits").fill(await mailed(database, "sign_in_code", r"\b(\d{6})\b"))
    await tap("Open the task")
    await page.get_by_role("heading", name="Your company's details").wait_for()
    await page.locator("th", has_text=contact).first.wait_for()
    assert await phone.is_no_wider_than_the_screen()
    await tap("Yes, all is right")
    await page.get_by_text("Thank you, your answer is here.").wait_for()
    assert taps == 4, "the mail, the code, the task, the answer"
    assert await page.get_by_role("link", name="Next time without a code").is_visible()

    # Nothing but the task is within reach, and after leaving not even that.
    for elsewhere in ("/scorecard", "/account", "/people"):
        answer = await page.goto(phone.address + elsewhere)
        assert answer.status == 404
    await phone.go("/company-details")
    await page.locator("summary[aria-label^='Your account']").click()
    await page.get_by_role("button", name="Sign out", exact=True).click()
    await page.wait_for_url("**/sign-in")
    await page.go_back()
    await page.wait_for_url("**/sign-in**")
    assert not await page.get_by_text(contact).count(), "Back shows nothing"
    refused = [said for said in phone.complaints if "404" not in said]
    assert refused == []


async def test_the_worklist_by_keyboard_alone(visitor):
    elin = await visitor(ELIN, PASS_PHRASE)
    page = elin.page
    await page.wait_for_url("**/worklist?owner=me")
    for key in ("j", "x", "j", "x"):
        await page.keyboard.press(key)
    await page.get_by_text("Selected: 2").wait_for()
    await page.keyboard.press("k")
    await page.keyboard.press("x")
    await page.get_by_text("Selected: 1").wait_for()
    await page.get_by_label("Hand over to").select_option(label="Olle Nyström")
    await page.get_by_role("button", name="Hand over").click()
    await page.get_by_text("1 task handed over.").wait_for()
    await page.keyboard.press("/")
    assert await page.evaluate("document.activeElement.type") == "search"
    await page.locator("body").click(position={"x": 700, "y": 5})
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/suppliers/**")
    assert elin.complaints == []

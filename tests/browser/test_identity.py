"""From an invitation to a passkey and in again with it, in a real browser whose device keeps passkeys."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from portal.db import Database
from portal.models.outbox import OutgoingMail
from portal.models.people import Person, Role
from portal.models.suppliers import Contact
from portal.models.tasks import Side, Task
from portal.sample.house import PASS_PHRASE
from portal.settings import Settings
from portal.workflows import sign_in
from portal.workflows.company_details.kinds import CONFIRM
from portal.workflows.task_links import sending
from tests.browser.conftest import DESKTOP, PHONE, ROOT, _wait_until_ready
from tests.people import TESTER

AGNIESZKA = "agnieszka.nowak@acme-castings.example"
PIOTR = "piotr.lis@acme-castings.example"
PASSWORD = "a kettle of grey herring"
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def by_name(demo_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running portal under a host name: browsers keep no passkeys for a bare address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://localhost:{port}"
    folder = tmp_path_factory.mktemp("by-name")
    env = {
        **os.environ,
        "DATABASE_URL": demo_url.replace("postgresql+asyncpg://", "postgresql://"),
        "ASSAY_BASE_URL": address,
        "ASSAY_DATA_DIR": str(folder),
        "ASSAY_DEVELOPMENT": "1",
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "portal.cli", "serve", "--port", str(port)],
            cwd=ROOT,
            env=env,
            stdout=log,
            stderr=log,
        )
    try:
        _wait_until_ready(f"http://127.0.0.1:{port}", process, folder / "log")
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=40)
    # Wherever the walk led, no link's token is in the log.
    assert b"token=" not in (folder / "log").read_bytes()


async def mailed_link(demo_url: str) -> str:
    database = Database(demo_url, Settings(), pool_size=1)
    async with database.work(TESTER) as db:
        query = select(OutgoingMail.body_text).where(OutgoingMail.address == PIOTR)
        body = (await db.execute(query)).scalar_one()
    await database.close()
    return re.search(r"http://localhost:\d+/invitation\?token=[\w-]+", body)[0]


async def mailed(database: Database, address: str, kind: str, pattern: str) -> str:
    async with database.work(TESTER) as db:
        query = select(OutgoingMail.body_text).where(
            OutgoingMail.kind == kind, func.lower(OutgoingMail.address) == address.lower()
        )
        body = (await db.execute(query.order_by(OutgoingMail.id.desc()).limit(1))).scalar_one()
    return re.search(pattern, body)[1]


async def test_a_contact_goes_from_the_mail_to_an_account_with_a_passkey_alone(by_name, demo_url, chrome):
    """On a phone: mail, code, answer, passkey, sign out, sign in with the passkey. No password anywhere."""
    database = Database(demo_url, Settings(), pool_size=1)
    async with database.work(TESTER) as db:
        has_account = select(Person.id).where(func.lower(Person.email) == func.lower(Contact.email))
        query = (
            select(Task.id, Contact.email)
            .join(Contact, Contact.id == Task.contact_id)
            .where(Task.kind == CONFIRM, Task.side == Side.SUPPLIER, Task.done_at.is_(None))
            .where(~has_account.exists())
            .order_by(Task.id.desc())
        )
        task_id, email = (await db.execute(query.limit(1))).one()
        await sending.send(db, Settings(base_url=by_name), task_id, "Elin Sandberg")
    complaints = []
    context = await chrome.new_context(viewport={"width": PHONE[0], "height": PHONE[1]})
    page = await context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    device = await context.new_cdp_session(page)
    await device.send("WebAuthn.enable")
    await device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})

    await page.goto(by_name + await mailed(database, email, "task_link", rf"{by_name}(/task\?token=[\w-]+)"))
    await page.get_by_role("button", name="Send me the code").click()
    await page.get_by_label("Six digits").fill(await mailed(database, email, "sign_in_code", r"\b(\d{6})\b"))
    await page.get_by_role("button", name="Open the task").click()
    await page.get_by_role("button", name="Yes, all is right").click()
    await page.get_by_text("Thank you, your answer is here.").wait_for()
    await page.get_by_role("link", name="Next time without a code").click()
    await page.get_by_role("button", name="Open my account").click()
    await page.get_by_role("button", name="Open it with a passkey").wait_for()
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    await page.get_by_role("button", name="Open it with a passkey").click()
    await page.get_by_text("From now on you sign in with your passkey.").wait_for()
    await page.get_by_text(email).first.wait_for()

    await page.locator("summary[aria-label^='Your account']").click()
    await page.get_by_role("button", name="Sign out", exact=True).click()
    await page.wait_for_url("**/sign-in")
    await page.get_by_role("button", name="Use a passkey").click()
    await page.get_by_text(re.compile("^Good (morning|afternoon|evening)")).first.wait_for()
    async with database.work(TESTER) as db:
        query = select(Person).where(func.lower(Person.email) == email.lower())
        person = (await db.execute(query)).scalar_one()
        assert person.role is Role.SUPPLIER_MEMBER
        assert await sign_in.password_hash(db, person.id) == ""
    await database.close()
    await context.close()
    assert complaints == []


async def test_invitation_passkey_and_sign_out(by_name, demo_url, chrome):
    complaints = []

    async def browser(size):
        context = await chrome.new_context(viewport={"width": size[0], "height": size[1]})
        page = await context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None,
        )
        return context, page

    inviting, page = await browser(DESKTOP)
    await page.goto(f"{by_name}/sign-in")
    await page.get_by_label("Work e-mail").fill(AGNIESZKA)
    await page.get_by_label("Password").fill(PASS_PHRASE)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await page.goto(f"{by_name}/people/invite")
    await page.get_by_label("Name").fill("Piotr Lis")
    await page.get_by_label("E-mail").fill(PIOTR)
    await page.locator("input[value=supplier_member]").check()
    await page.get_by_role("button", name="Send the invitation").click()
    await page.get_by_text("The invitation is on its way").wait_for()
    await inviting.close()

    invited, page = await browser(PHONE)
    session = await invited.new_cdp_session(page)
    await session.send("WebAuthn.enable")
    await session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    await page.goto(await mailed_link(demo_url))
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Open my account").click()
    await page.get_by_text("Your account is open").wait_for()
    await page.get_by_role("link", name="Add a passkey").click()
    await page.get_by_label("Name").fill("My phone")
    await page.get_by_role("button", name="Add the passkey").click()
    await page.get_by_text("The passkey is added").wait_for()
    await page.locator("bdi", has_text="My phone").wait_for()
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    await page.locator("summary[aria-label^='Your account']").click()
    await page.get_by_role("button", name="Sign out", exact=True).click()
    await page.wait_for_url("**/sign-in")
    await page.go_back()
    await page.wait_for_url("**/sign-in**")
    assert not await page.get_by_text(PIOTR).count(), "Back shows nothing"

    await page.goto(f"{by_name}/sign-in?next=/account")
    await page.get_by_role("button", name="Use a passkey").click()
    await page.wait_for_url(re.compile(r"/account$"))
    await page.get_by_text(PIOTR).first.wait_for()

    # A quarter of an hour later the passkey also proves that it is still him.
    await page.goto(f"{by_name}/sign-in/again?next=/account/app")
    await page.get_by_role("button", name="Use a passkey").click()
    await page.get_by_role("heading", name="Set up an authenticator app").wait_for()
    await invited.close()
    assert complaints == []

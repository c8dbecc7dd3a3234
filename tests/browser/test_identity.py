"""From an invitation to a passkey and in again with it, in a real browser whose device keeps passkeys."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from portal.db import Database
from portal.models.outbox import OutgoingMail
from portal.sample.house import PASS_PHRASE
from portal.settings import Settings
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

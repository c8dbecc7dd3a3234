"""Files sent from a real browser: picked, refused, broken off, tried again, taken away, added."""

import re

from playwright.async_api import expect
from sqlalchemy import text

from portal.sample import PASS_PHRASE
from portal.workflows import sign_in
from tests.browser.conftest import portal
from tests.factories import files
from tests.people import TESTER, invite_everybody

PHONE = {"width": 390, "height": 844}


async def test_files_are_sent_one_by_one_and_survive_a_broken_connection(chrome, fresh, tmp_path):
    async with fresh.work(TESTER) as db:
        cast = await invite_everybody(db)
        cast.tomasz.password_hash = await sign_in.hash_password(PASS_PHRASE)
        cast.tomasz.language = "de"
    with portal(fresh.url.render_as_string(hide_password=False), tmp_path) as address:
        context = await chrome.new_context(viewport=PHONE, base_url=address)
        page = await context.new_page()
        problems = []
        page.on(
            "console", lambda message: problems.append(message.text) if "Policy" in message.text else None
        )
        await page.goto("/sign-in")
        await page.locator("input[name=email]").fill(cast.tomasz.email)
        await page.locator("input[name=password]").fill(PASS_PHRASE)
        await page.locator("main button[type=submit]").click()
        await page.goto("/documents")
        await expect(page.get_by_text("Foto aufnehmen")).to_be_visible()
        # Two at once; one of them is nothing that may be sent, and says so in the person's language.
        good = {"name": "Prüfplan.pdf", "mimeType": "application/pdf", "buffer": files.pdf()}
        bad = {"name": "xray.dcm", "mimeType": "application/dicom", "buffer": b"\0\1\2" * 99}
        await page.locator("#f-files").set_input_files([good, bad])
        await expect(page.get_by_text("Gesendet", exact=True)).to_have_count(1)
        await expect(page.get_by_text("Der Dateityp .dcm geht nicht.")).to_be_visible()
        await page.get_by_role("button", name="xray.dcm entfernen").click()
        await expect(page.locator("[data-list] li")).to_have_count(1)
        # The connection breaks: the row says so, and what was typed and sent before stays.
        await page.route(
            "**/documents",
            lambda route: route.abort() if route.request.method == "POST" else route.continue_(),
        )
        await page.locator("#f-files").set_input_files(
            [{**good, "name": "photo.jpg", "buffer": files.photo()}]
        )
        await expect(page.get_by_text("die Verbindung ist abgebrochen", exact=False)).to_be_visible()
        await page.unroute("**/documents")
        await page.get_by_role("button", name="Noch einmal versuchen").click()
        await expect(page.get_by_text("Gesendet", exact=True)).to_have_count(2)
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        await page.locator("main").get_by_role("button", name="Hinzufügen").click()
        await page.wait_for_url(re.compile("/documents$"))
        for name in ("Prüfplan.pdf", "photo.jpg"):
            await expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()
        assert [each for each in problems if "Policy" in each] == []
        await context.close()
    async with fresh.work(TESTER) as db:
        count = await db.execute(text("SELECT count(*) FROM document WHERE attached_at IS NOT NULL"))
        assert count.scalar_one() == 2

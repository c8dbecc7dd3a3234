"""Files sent from a real browser: picked, refused, broken off, tried again, taken away, added.

Where Ceph is installed they go straight to it, as where the store is S3; elsewhere through the portal.
"""

import re
from urllib.parse import urlsplit

import pytest
from playwright.async_api import expect
from sqlalchemy import delete, text

from portal.models.people import Session
from portal.web import session
from tests.browser.conftest import portal
from tests.ceph import KEY, REGION, SECRET, client_of, why_not
from tests.factories import files
from tests.people import TESTER, invite_everybody

pytestmark = pytest.mark.xdist_group("ceph")
PHONE = {"width": 390, "height": 844}
BUCKET = "from-the-browser"


@pytest.fixture
def store(request):
    """The portal's settings of a real S3 store, or of none."""
    if why_not():
        return {}
    endpoint = request.getfixturevalue("ceph")
    rule = {"AllowedMethods": ["POST"], "AllowedOrigins": ["http://127.0.0.1:*"], "AllowedHeaders": ["*"]}
    client = client_of(endpoint)
    client.create_bucket(Bucket=BUCKET)
    client.put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": [rule]})
    client.close()
    addresses = {"ASSAY_S3_ENDPOINT": endpoint, "ASSAY_S3_PUBLIC_URL": endpoint, "ASSAY_S3_REGION": REGION}
    return {
        "ASSAY_S3_BUCKET": BUCKET,
        "ASSAY_S3_ACCESS_KEY": KEY,
        "ASSAY_S3_SECRET_KEY": SECRET,
        **addresses,
    }


async def test_files_are_sent_one_by_one_and_survive_a_broken_connection(
    chrome, fresh, settings, tmp_path, store
):
    async with fresh.work(TESTER) as db:
        cast = await invite_everybody(db)
        cast.tomasz.language = "de"
        token = await session.start(db, settings, cast.tomasz.id, address="127.0.0.1", agent="test")
    with portal(fresh.url.render_as_string(hide_password=False), tmp_path, settings=store) as address:
        context = await chrome.new_context(viewport=PHONE, base_url=address)
        await context.add_cookies(
            [{"name": f"assay_{urlsplit(address).port}", "value": token, "url": address}]
        )
        page = await context.new_page()
        problems, sent = [], []
        page.on(
            "console", lambda message: problems.append(message.text) if "Policy" in message.text else None
        )
        page.on("response", lambda answer: sent.append(answer) if answer.request.method == "POST" else None)
        await page.goto("/documents")
        await expect(page.get_by_text("Foto aufnehmen")).to_be_visible()
        # Two at once; one of them is nothing that may be sent, and says so in the person's language.
        good = {"name": "Prüfplan.pdf", "mimeType": "application/pdf", "buffer": files.pdf()}
        bad = {"name": "xray.dcm", "mimeType": "application/dicom", "buffer": b"\0\1\2" * 99}
        await page.locator("#f-files").set_input_files([good, bad])
        await expect(page.get_by_text("Gesendet", exact=True)).to_have_count(1)
        await expect(page.get_by_text("Der Dateityp .dcm geht nicht.")).to_be_visible()
        to_the_store = [each.status for each in sent if each.url.endswith(f"/{BUCKET}")]
        assert to_the_store == ([204, 204] if store else [])
        await page.get_by_role("button", name="xray.dcm entfernen").click()
        await expect(page.locator("[data-list] li")).to_have_count(1)
        # The connection breaks: the row says so, and what was typed and sent before stays.
        posts = re.compile(r"/documents(/announcements)?$")
        await page.route(
            posts, lambda route: route.abort() if route.request.method == "POST" else route.continue_()
        )
        photo = {**good, "name": "photo.jpg", "buffer": files.photo()}
        await page.locator("#f-files").set_input_files([photo])
        await expect(page.get_by_text("die Verbindung ist abgebrochen", exact=False)).to_be_visible()
        await page.unroute(posts)
        # A store that takes nothing any more is no reason to stop: the portal takes it.
        await page.route(f"**/{BUCKET}", lambda route: route.abort())
        await page.get_by_role("button", name="Noch einmal versuchen").click()
        await expect(page.get_by_text("Gesendet", exact=True)).to_have_count(2)
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        await loses_the_session_and_nothing_else(page, context, fresh, settings, cast.tomasz)
        await page.locator("main").get_by_role("button", name="Hinzufügen").click()
        for name in ("Prüfplan.pdf", "photo.jpg", "large.txt", "late.txt"):
            await expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()
        assert problems == []
        await context.close()
    async with fresh.work(TESTER) as db:
        count = await db.execute(text("SELECT count(*) FROM document WHERE attached_at IS NOT NULL"))
        assert count.scalar_one() == 4


async def loses_the_session_and_nothing_else(page, context, database, settings, person):
    """The session ends before two more files are chosen. They stay, and go after signing in in another tab.

    One of them is so large that the answer comes before all of it was sent, which breaks the connection.
    """
    async with database.gate() as db:
        await db.execute(delete(Session))
    large = {"name": "large.txt", "mimeType": "text/plain", "buffer": b"0123456789abcdef" * 500_000}
    await page.locator("#f-files").set_input_files([large, {**large, "name": "late.txt", "buffer": b"late"}])
    await expect(page.get_by_text("Noch nicht gesendet: Ihre Sitzung ist abgelaufen.")).to_have_count(2)
    add = page.locator("main").get_by_role("button", name="Hinzufügen")
    await add.click()
    link = page.get_by_role("link", name="In einem neuen Tab wieder anmelden")
    await expect(link).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    async with context.expect_page() as opened:
        await link.click()
    tab = await opened.value
    await expect(tab.get_by_role("heading", name="Sign in")).to_be_visible()
    async with database.work(TESTER) as db:
        token = await session.start(db, settings, person.id, address="127.0.0.1", agent="test")
    cookie = next(each for each in await context.cookies() if each["name"].startswith("assay_"))
    await context.add_cookies([{**cookie, "value": token}])
    await tab.reload()
    await expect(tab.get_by_role("heading", name="Sie sind wieder angemeldet")).to_be_visible()
    await tab.close()
    late = page.get_by_role("listitem").filter(has_text="late.txt")
    await late.get_by_role("button", name="Noch einmal versuchen").click()
    await expect(page.get_by_text("Gesendet", exact=True)).to_have_count(3)
    await expect(link).to_be_hidden()
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await expect(page.get_by_text("Gesendet", exact=True)).to_have_count(4)

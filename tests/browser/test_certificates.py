"""A renewal on a phone, and its review by the keyboard alone, with a real worker beside the website."""

import re
from datetime import timedelta

import pytest
from playwright.async_api import expect

from portal import clock
from portal.access.principal import system
from portal.db import Database
from portal.sample.papers import pdf
from portal.settings import Settings
from portal.workflows import sign_in
from tests.browser.conftest import PHONE, portal
from tests.factories import certificates
from tests.factories.certificates import paper
from tests.people import invite_everybody

PASSWORD = "a sentence nobody else thinks of"


@pytest.fixture
async def renewing(server, tmp_path_factory):
    """Acme's ISO 9001 ends in three weeks; Tomasz and Elin can sign in."""
    name = await server.copy()
    database = Database(server.address(name), Settings())
    async with database.work(system("tests")) as db:
        cast = await invite_everybody(db)
        await certificates.requirement(db)
        old = await certificates.certificate(db, cast, valid_until_on=clock.today() + timedelta(days=21))
        hashed = await sign_in.hash_password(PASSWORD)
        for person in (cast.tomasz, cast.elin):
            person.password_hash = hashed
        found = cast.tomasz.email, cast.elin.email, old.id
    await database.close()
    with portal(server.address(name), tmp_path_factory.mktemp("renewing"), worker=True) as address:
        yield address, *found
    await server.drop(name)


async def test_a_renewal_in_four_taps_and_its_review_without_a_mouse(visitor, renewing, tmp_path):
    address, tomasz, elin, old = renewing
    file = tmp_path / "iso-9001.pdf"
    issued_on = clock.today() - timedelta(days=10)
    file.write_bytes(
        pdf(paper(issued_on=issued_on, valid_until_on=issued_on.replace(year=issued_on.year + 3)))
    )

    visit = await visitor(tomasz, PASSWORD, size=PHONE, at=address)
    page = visit.page
    await visit.go(f"/certificates/{old}/renewal")  # the mail's button
    assert await visit.is_no_wider_than_the_screen()
    await page.locator("input[type=file]").last.set_input_files(file)  # 1 choose, 2 the file
    await expect(page.get_by_role("button", name="Remove iso-9001.pdf")).to_be_visible()
    await page.get_by_role("button", name="Read the certificate").click()  # 3
    await expect(page.get_by_label("Number")).to_have_value("QM 26 448 10221", timeout=60_000)
    assert await visit.is_no_wider_than_the_screen()
    await page.get_by_role("button", name="Hand in").click()  # 4
    await expect(page.get_by_text("reviews it now").first).to_be_visible()
    assert await visit.is_no_wider_than_the_screen()
    assert visit.complaints == []

    review = await visitor(elin, PASSWORD, at=address)
    page = review.page
    await review.go("/certificates")
    await page.get_by_role("link", name="Acme Castings, ISO 9001").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Acme Castings, ISO 9001")).to_be_visible()
    await expect(page).to_have_url(re.compile(r"/certificates/\d+$"))
    await expect(page.locator("svg.as-pdf image").first).to_be_visible(timeout=60_000)
    await page.keyboard.press("r")
    await expect(page.get_by_label("Reason for returning")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("a")
    await expect(page.get_by_text("Nothing else waits for review.")).to_be_visible()
    assert review.complaints == []

"""From an ERP's export to a rated supplier, on the page alone."""

import re

import pytest
from playwright.async_api import expect

from portal.access.principal import system
from portal.db import Database
from portal.models.people import Role
from portal.settings import Settings
from portal.workflows import sign_in
from tests.browser.conftest import DESKTOP, PHONE, portal
from tests.factories import people

PASSWORD = "a sentence nobody else thinks of"


@pytest.fixture
async def empty(server, tmp_path_factory):
    """A portal that has nothing but its administrator, with a worker beside it."""
    name = await server.copy()
    database = Database(server.address(name), Settings())
    async with database.work(system("tests")) as db:
        person = await people.person(db, "Rolf Root", Role.ADMINISTRATOR, email="root@example.test")
        person.password_hash = await sign_in.hash_password(PASSWORD)
    await database.close()
    with portal(server.address(name), tmp_path_factory.mktemp("empty"), worker=True) as address:
        yield address
    await server.drop(name)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_the_scms_file_becomes_rated_suppliers(visitor, empty, shared_data, size):
    visit = await visitor("root@example.test", PASSWORD, size=size, at=empty)
    page = visit.page
    await visit.go("/imports/new")
    await page.get_by_label("File", exact=True).set_input_files(shared_data / "scms_delivery_history.csv")
    await page.get_by_role("button", name="Look at the file").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Check how the file is read")
    await page.get_by_label("Saved mapping").select_option("scms")
    await page.get_by_role("button", name="Use", exact=True).click()
    await expect(page.get_by_text("rows are understood")).to_be_visible()
    assert await visit.is_no_wider_than_the_screen()
    await page.get_by_role("button", name="Import the file").last.click()
    # The progress page asks once a second until the result is there.
    await expect(page.get_by_role("heading", name="Take it back")).to_be_visible(timeout=240_000)
    strip = page.locator("dl.as-stats")
    await expect(strip).to_contain_text(re.compile(r"Rows read\s*10,324"))
    await expect(strip).to_contain_text(re.compile(r"Rejected\s*0"))
    assert await visit.is_no_wider_than_the_screen()
    await visit.go("/scorecards/2013-10")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Scorecards, October 2013")
    await expect(page.get_by_role("link", name="All 73")).to_be_visible()
    await page.get_by_role("link", name="Aurobindo Pharma Limited").click()
    await expect(page.get_by_text("no activity").first).to_be_visible()
    assert visit.complaints == []

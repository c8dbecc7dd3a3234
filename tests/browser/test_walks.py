"""What people do, click by click."""

import re

import pytest
from playwright.async_api import expect

from portal.sample import PASS_PHRASE
from tests.browser.conftest import DESKTOP, PHONE

ELIN = "elin.sandberg@norrland-drives.example"
TOMASZ = "tomasz.wieczorek@acme-castings.example"


async def test_a_supplier_opens_a_number_on_a_phone_and_closes_it_again(visitor):
    visit = await visitor(TOMASZ, PASS_PHRASE, size=PHONE)
    page = visit.page
    await visit.go("/scorecard?period=2026-10")
    await page.get_by_role("link", name="Explain On-time delivery").click()
    panel = page.get_by_role("region", name=re.compile("How on-time delivery becomes"))
    await expect(panel).to_be_visible()
    await expect(panel).to_contain_text("lines promised for October 2026")
    await expect(page).to_have_url(re.compile("explain=delivery"))
    await page.get_by_role("link", name="Close On-time delivery").click()
    await expect(panel).to_have_count(0)
    assert visit.complaints == []


async def test_back_closes_what_was_opened(visitor):
    visit = await visitor(TOMASZ, PASS_PHRASE)
    page = visit.page
    await visit.go("/scorecard?period=2026-10")
    await page.get_by_role("link", name="Explain Defects").click()
    await expect(page.get_by_role("region", name=re.compile("How defects become"))).to_be_visible()
    await page.go_back()
    await expect(page.get_by_role("region", name=re.compile("How defects become"))).to_have_count(0)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Scorecard, October 2026")


async def test_everything_works_without_javascript(visitor):
    visit = await visitor(TOMASZ, PASS_PHRASE, javascript=False)
    page = visit.page
    await visit.go("/scorecard?period=2026-10")
    await page.get_by_role("link", name="Explain Answers on time").click()
    await expect(page.get_by_role("heading", name=re.compile("How answers on time become"))).to_be_visible()
    await page.get_by_label("Period").select_option("2026-09")
    await page.get_by_role("button", name="Show").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Scorecard, September 2026")


async def test_the_period_changes_as_soon_as_it_is_chosen(visitor):
    visit = await visitor(TOMASZ, PASS_PHRASE)
    await visit.go("/scorecard?period=2026-10")
    await visit.page.get_by_label("Period").select_option("2026-Q3")
    await expect(visit.page.get_by_role("heading", level=1)).to_have_text("Scorecard, Q3 2026")
    assert visit.complaints == []


async def test_from_the_management_view_down_to_a_line(visitor):
    visit = await visitor(ELIN, PASS_PHRASE)
    page = visit.page
    await visit.go("/dashboard?period=2026-10")
    await page.get_by_role("link", name="On-time delivery", exact=True).click()
    await expect(page.get_by_role("heading", name=re.compile("How on-time delivery becomes"))).to_be_visible()
    await (
        page.get_by_role("table", name="Supplier: each part of the figure")
        .get_by_role("link", name="Acme Castings")
        .click()
    )
    await expect(page.get_by_text("4500118732-10")).to_be_visible()
    assert visit.complaints == []


async def test_after_signing_out_back_shows_nothing(visitor):
    visit = await visitor(TOMASZ, PASS_PHRASE)
    page = visit.page
    await visit.go("/scorecard?period=2026-10")
    await page.locator("summary", has_text="Tomasz").click()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    await page.go_back()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_every_number_of_a_card_opens_down_to_its_rows(visitor, size):
    visit = await visitor(TOMASZ, PASS_PHRASE, size=size)
    page = visit.page
    for key in ("quality", "delivery", "responsiveness", "lar", "otif", "perfect_order"):
        await visit.go(f"/scorecard?period=2026-10&explain={key}")
        panel = page.locator(f"#explain-{key}")
        await expect(panel).to_be_visible()
        await expect(panel.get_by_role("row").nth(2)).to_be_visible()
        await expect(panel.get_by_role("link", name="All rows as CSV")).to_be_visible()
        assert await visit.is_no_wider_than_the_screen(), key
    assert visit.complaints == []

"""Every page in a real browser: nothing refused by the policy, nothing wider than the screen, no barrier."""

import json
from pathlib import Path

import axe_playwright_python
import pytest

from portal.sample import PASS_PHRASE
from tests.browser.conftest import DESKTOP, PHONE

ELIN = "elin.sandberg@norrland-drives.example"
HENRIK = "henrik.akesson@norrland-drives.example"
TOMASZ = "tomasz.wieczorek@acme-castings.example"
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")

CONTRAST = "{runOnly: ['color-contrast']}"

STAFF_PAGES = [
    "/worklist?owner=anyone",
    "/suppliers/details-request?risk=high",
    "/dashboard?period=2026-10",
    "/dashboard?period=2026-10&explain=delivery",
    "/scorecards/2026-10",
    "/suppliers",
    "/suppliers/104417",
    "/suppliers/104417/scorecard?period=2026-10&explain=quality",
    "/approved-suppliers",
    "/imports",
    "/policy",
    "/policies/1",
    "/months",
    "/certificates",
    "/messages?view=all",
    "/escalations",
    "/suppliers/104417/escalation",
    "/master-data",
    "/search?q=acme",
    "/kit",
]
ADMINISTRATOR_PAGES = [
    "/people",
    "/trail",
    "/mail",
    "/mailbox",
    "/account",
    "/imports/new",
    "/account/password",
]
SUPPLIER_PAGES = [
    "/",
    "/company-details",
    "/company-details/contacts/new",
    "/documents",
    "/certificates",
    "/messages",
    "/scorecard?period=2026-10",
    "/scorecard?period=2026-10&explain=delivery",
    "/scorecard?period=2026-10&explain=responsiveness",
]


async def _barriers(page, rules: str = "{}") -> list[str]:
    """What axe finds, as "rule: element"."""
    await page.evaluate(AXE)
    found = json.loads(await page.evaluate(f"axe.run({rules}).then(r => JSON.stringify(r.violations))"))
    return [f"{v['id']}: {node['html'][:120]}" for v in found for node in v["nodes"]]


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize(
    ("email", "paths"),
    [(ELIN, STAFF_PAGES), (HENRIK, ADMINISTRATOR_PAGES), (TOMASZ, SUPPLIER_PAGES)],
    ids=["staff", "administrator", "supplier"],
)
async def test_csp_clean_and_without_barriers_on_every_page(visitor, email, paths, size):
    visit = await visitor(email, PASS_PHRASE, size=size)
    problems = []
    for path in paths:
        await visit.page.emulate_media(color_scheme="light")
        await visit.go(path)
        if size is DESKTOP or email == TOMASZ:  # ours sit at a desk; their phones show the same page, narrow
            problems += [f"{path}: {each}" for each in await _barriers(visit.page)]
        if size is DESKTOP:
            # In the dark only colours differ, and on a phone they are the same.
            await visit.page.emulate_media(color_scheme="dark")
            problems += [f"{path} dark: {each}" for each in await _barriers(visit.page, CONTRAST)]
        if not await visit.is_no_wider_than_the_screen():
            problems.append(f"{path} scrolls sideways")
    assert problems == []
    assert visit.complaints == []


async def test_the_sign_in_page_has_no_barriers(visitor):
    visit = await visitor(size=PHONE)
    await visit.go("/sign-in")
    assert await _barriers(visit.page) == []
    assert visit.complaints == []


@pytest.mark.parametrize(
    ("email", "paths"),
    [(TOMASZ, SUPPLIER_PAGES), (ELIN, ["/policies/1", "/suppliers/104417/escalation"])],
    ids=["supplier", "staff"],
)
async def test_nothing_is_wider_than_the_smallest_phone(visitor, email, paths):
    visit = await visitor(email, PASS_PHRASE, size=(320, 640))
    for path in paths:
        await visit.go(path)
        assert await visit.is_no_wider_than_the_screen(), path

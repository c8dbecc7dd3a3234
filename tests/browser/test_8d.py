"""A whole 8D between a phone at the supplier and a desk of ours: from the dock's photo to the closed SCAR.

``ASSAY_PICTURES=folder`` keeps a picture of every stage, to look at.
"""

import os
import re
from pathlib import Path

import pytest
from playwright.async_api import expect
from sqlalchemy import delete, select

from portal.models.people import Session
from portal.models.scars import Scar, ScarStatus
from portal.sample import PASS_PHRASE
from portal.workflows import sign_in
from tests.browser.conftest import DESKTOP, PHONE, Visitor, portal
from tests.factories import files
from tests.people import TESTER, invite_everybody

PICTURES = os.environ.get("ASSAY_PICTURES")
TEAM = {"team.name": "Tomasz Wieczorek", "team.role": "Quality"}
D3 = {
    "checks.place": "Our stock",
    "checks.checked": "212",
    "checks.bad": "9",
    "actions.what": "X-ray of all pieces",
    "actions.owner": "T. Wieczorek",
    "actions.since": "2026-11-04",
}
D5 = {
    "actions.what": "Density check in the plan",
    "actions.owner": "A. Nowak",
    "actions.due": "2026-11-20",
    "check": "X-ray of three lots",
}
D6 = {
    "done.what": "Density check in the plan",
    "done.owner": "A. Nowak",
    "done.since": "2026-11-20",
    "result": "0 of 600 bad",
}
D7 = {"elsewhere": "GH-118 has the same core. Changed too.", "documents": "Control plan 7"}


@pytest.fixture
async def people(fresh):
    async with fresh.work(TESTER) as db:
        cast = await invite_everybody(db)
        hashed = await sign_in.hash_password(PASS_PHRASE)
        for person in (cast.elin, cast.karin, cast.tomasz):
            person.password_hash = hashed
        return cast


@pytest.fixture
def address(fresh, tmp_path):
    with portal(fresh.url.render_as_string(hide_password=False), tmp_path) as found:
        yield found


class Walk:
    """What somebody does in one window; every page fits the screen."""

    shots = 0

    def __init__(self, visit):
        self.visit, self.page = visit, visit.page

    async def look(self, name):
        assert await self.visit.is_no_wider_than_the_screen(), name
        if PICTURES:
            Walk.shots += 1
            await self.page.screenshot(path=Path(PICTURES) / f"{Walk.shots:02}-{name}.png", full_page=True)

    async def press(self, name, *, stays=False):
        button = self.page.locator("main").get_by_role("button", name=name, exact=True).first
        if stays:
            await button.click()
            return
        async with self.page.expect_navigation():
            await button.click()

    async def fill(self, fields):
        for name, value in fields.items():
            for n, each in enumerate(value if isinstance(value, list) else [value]):
                await self.page.locator(f"[name='{name}']").nth(n).fill(each)

    async def told(self, words):
        await expect(self.page.get_by_text(words).first).to_be_visible()

    async def write(self, path, fields, button):
        await self.visit.go(path)
        await self.fill(fields)
        await self.press(button)


async def dock(walk, cast):
    """Where it was found: the camera first, on a phone."""
    await walk.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    await walk.visit.go("/nonconformances/new")
    photo = {"name": "pores.jpg", "mimeType": "image/jpeg", "buffer": files.photo()}
    await walk.page.locator("#f-files").set_input_files([photo])
    await expect(walk.page.get_by_text("Sent", exact=True)).to_have_count(1)
    await walk.page.get_by_label("Supplier").select_option(cast.acme.number)
    await walk.page.get_by_label("Plant").select_option("LUL")
    found = {
        "part": "GH-220-04",
        "kind": "Porosity",
        "lot_number": "26-1873",
        "quantity": "36",
        "checked": "480",
    }
    await walk.fill(found | {"description": "Open pores in the machined bearing seat."})
    await walk.look("dock")
    await walk.press("Record it")
    await walk.told("is recorded.")
    await walk.look("nonconformance")
    await walk.page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})


async def issue(walk):
    """A double click on the form makes one draft; it is looked at as the supplier, then issued."""
    await walk.page.get_by_role("link", name="Write a SCAR").first.click()
    await walk.fill({"criteria": "Why the pores formed, proven by a test.\nWhy nobody found them."})
    await walk.look("writing")
    await walk.page.evaluate(
        "() => { const f = document.querySelector('main form.wide'); f.submit(); f.submit(); }"
    )
    await walk.page.wait_for_url("**/scars/SCAR-*")
    here = "/" + walk.page.url.split("/", 3)[3]
    await walk.page.get_by_role("link", name="View as supplier").click()
    await walk.told("will see.")
    await walk.look("preview")
    await walk.visit.go(here)
    await walk.press("Issue it")
    await walk.told("Issued. The supplier gets a mail")
    await walk.look("issued")
    return here


async def contain(walk, here, email, second, fresh):
    """D0 to D3, with the connection away, in two tabs, and signed out in between: no word is lost."""
    page, context = walk.page, walk.page.context
    await walk.write(f"{here}?step=D0", {"response": "Lot 26-1873 is blocked."}, "Acknowledge")
    await walk.told("Acknowledged. D1 is next.")
    await walk.look("acknowledged")

    await walk.visit.go(f"{here}?step=D2")
    await context.set_offline(True)
    await walk.fill({"problem": "Open pores in lot 26-1873."})
    await walk.told("Not saved, trying again. Your text is kept in this browser.")
    await walk.press("Go to D3", stays=True)
    await expect(page).to_have_url(re.compile("step=D2"))
    await walk.look("offline")
    await context.set_offline(False)
    await walk.told(re.compile(r"Saved \d"))

    await walk.visit.go(f"{here}?step=D1")
    await second.visit.go(f"{here}?step=D1")
    await second.fill(TEAM)
    await second.told(re.compile(r"Saved \d"))
    await walk.fill({"team.name": "T. Wieczorek"})
    await walk.told("A colleague saved this step meanwhile. Press Save to see both texts.")
    await walk.press("Go to D2")
    await walk.told("Nothing of yours is lost.")
    await walk.look("both-texts")
    await walk.fill(TEAM)
    await walk.press("Go to D2")
    await page.wait_for_url("**step=D2**")
    await expect(page.locator("[name=problem]")).to_have_value("Open pores in lot 26-1873.")

    await walk.visit.go(f"{here}?step=D3")
    async with fresh.gate() as db:
        await db.execute(delete(Session))
    await walk.fill(D3)
    await walk.told("Not saved: you are signed out.")
    await walk.press("Send D1 to D3")
    await page.wait_for_url("**/sign-in**")
    await enter(walk, email)
    await page.wait_for_url("**step=D3**")
    await walk.told("This browser kept text that was not saved.")
    await walk.look("kept")
    await walk.press("Put it back", stays=True)
    await walk.told(re.compile(r"Saved \d"))
    await walk.press("Send D1 to D3")
    await walk.told("Sent. We answer, and your clock stands until then.")
    await walk.look("contained")
    assert await page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('draft:'))") == []


async def enter(walk, email):
    await walk.page.locator("#f-email").fill(email)
    await walk.page.locator("#f-password").fill(PASS_PHRASE)
    await walk.page.locator("form[action='/sign-in'] button[type=submit]").click()


async def decide(walk, here, returned=None, cause="", picture=""):
    await walk.visit.go(here)
    for group in await walk.page.locator("#review input[value=accept]").all():
        await group.check()
    for step, reason in (returned or {}).items():
        await walk.page.locator(f"[name=decide-{step}][value=return]").check()
        await walk.page.locator(f"[name=reason-{step}]").fill(reason)
    if cause:
        await walk.page.locator("[name=cause]").select_option(cause)
    if picture:
        await walk.look(picture)
    await walk.press("Decide")
    await expect(walk.page.locator("#review")).to_have_count(0)


async def analyse(phone, desk, here):
    """D4 and D5: a weak cause is hinted at, returned with a reason, and comes back marked."""
    weak = {"occurrence": ["Gas stayed in the wall."], "escape": ["The operator forgot to take a piece."]}
    await phone.write(f"{here}?step=D4", {**weak, "proof": "8 of 10 bad."}, "Go to D5")
    await phone.visit.go(f"{here}?step=D4")
    await phone.told("This stops at a person.")
    await phone.look("hint")
    await phone.write(f"{here}?step=D5", D5, "Send D4 and D5")
    await phone.told("Sent.")
    await decide(desk, here, {"D4": "What made forgetting possible?"}, picture="deciding")
    await phone.visit.go(f"{here}?step=D4")
    await phone.told("What made forgetting possible?")
    await phone.look("returned")
    better = {"escape": ["X-ray takes 2 pieces per lot.", "The sampling plan ignores shifts."]}
    await phone.write(f"{here}?step=D4", better, "Go to D5")
    await phone.press("Send D4 and D5")
    await phone.told("Sent.")
    await decide(desk, here, cause="method", picture="marked")


async def finish(phone, desk, boss, here):
    """D6 to D8: done, read across, planned by one and checked by another, closed."""
    for step, fields in (("D6", D6), ("D7", D7)):
        await phone.write(f"{here}?step={step}", fields, f"Send {step}")
        await phone.told("Sent.")
        await decide(desk, here)
    await desk.press("Plan the check")
    await desk.told("Somebody else than you makes it.")
    await desk.told("You wrote the plan: somebody else has to check.")
    await desk.look("planned")
    await boss.visit.go(here)
    await boss.fill({"words": "0 of 5 lots bad"})
    await boss.press("It worked")
    await boss.fill({"words": "Thank you."})
    await boss.press("Close the SCAR")
    await boss.told("Closed. The supplier gets a mail.")
    await boss.look("closed")
    await phone.visit.go(f"{here}?step=D8")
    await phone.told("Thank you.")
    await phone.look("closed-on-the-phone")


async def test_a_complete_8d_between_two_browsers(visitor, people, address, fresh):
    def signed_in(person, **more):
        return visitor(person.email, PASS_PHRASE, at=address, **more)

    desk = Walk(await signed_in(people.elin))
    phone = Walk(await signed_in(people.tomasz, size=PHONE))
    await dock(desk, people)
    here = await issue(desk)
    second = Walk(Visitor(await phone.page.context.new_page(), address))
    await contain(phone, here, people.tomasz.email, second, fresh)
    boss = Walk(await signed_in(people.karin))
    await desk.visit.go("/sign-in")
    await enter(desk, people.elin.email)
    await desk.page.wait_for_url("**/worklist**")
    await decide(desk, here, picture="containment")
    await analyse(phone, desk, here)
    await finish(phone, desk, boss, here)
    async with fresh.work(TESTER) as db:
        assert (await db.execute(select(Scar.status))).scalars().all() == [ScarStatus.CLOSED], (
            "one, and closed"
        )
    complaints = [*desk.visit.complaints, *phone.visit.complaints, *boss.visit.complaints]
    assert [each for each in complaints if "Failed to load resource" not in each] == []

"""SCARs on our side: written, issued, listed, answered for a supplier, ended."""

import re
from datetime import timedelta

from sqlalchemy import func, select
from sqlmodel import col

from portal.models.scars import ScarEvent, ScarStatus, Stage
from portal.workflows.scars import record
from tests.factories import deliveries, scars
from tests.people import principal_of
from tests.routes.scars.conftest import NOON, again


async def test_an_engineer_writes_looks_as_the_supplier_and_issues(elin, tomasz, db, cast):
    bad = await deliveries.nonconformance(db, cast, is_safety=True, lot_number="26-1873")
    page = await elin.get(f"/scars/new?nc={bad.number}")
    assert page.status_code == 200
    assert "Proposed severity: critical." in page.text
    assert f"{bad.number} is a safety or regulatory matter." in page.text
    form = {
        "nc": bad.number,
        "title": "Pores in GH-220-04",
        "severity": "critical",
        "plant": "LUL",
        "part": "GH-220-04",
        "defect": "Porosity",
        "source": "nonconformance",
        "owner": str(cast.elin.id),
        "description": "36 housings had pores.",
        "criteria": "Why they formed.\n\nWhy nobody saw them.",
        "status": "closed",
        "supplier_id": "1",
    }
    answer = await elin.post("/scars", data=form)
    assert answer.status_code == 303
    number = answer.headers["location"].rpartition("/")[2]
    assert (await tomasz.get(f"/scars/{number}")).status_code == 404
    preview = await elin.get(f"/scars/{number}/preview")
    assert "This is what Acme Castings will see." in preview.text
    assert "Why nobody saw them." in preview.text
    assert (await elin.post(f"/scars/{number}/issue")).status_code == 303
    assert (await elin.post(f"/scars/{number}/issue")).status_code == 409
    page = await tomasz.get(f"/scars/{number}")
    assert "Pores in GH-220-04" in page.text
    assert bad.number in page.text
    assert (await elin.get(f"/scars/new?nc={bad.number}")).status_code == 200
    again = await elin.post("/scars", data=form)
    assert again.status_code == 422, "it is in a SCAR already"


async def test_a_repeat_is_proposed_with_its_reason(elin, db, cast):
    earlier = await deliveries.nonconformance(db, cast, found_on=NOON.date() - timedelta(days=80))
    await deliveries.nonconformance(db, cast, found_on=NOON.date() - timedelta(days=91))
    await scars.issued(db, cast, found=[earlier])
    bad = await deliveries.nonconformance(db, cast, found_on=NOON.date())
    page = await elin.get(f"/scars/new?nc={bad.number}")
    assert "This looks like a repeat." in page.text
    assert f"{earlier.number} of 15 Aug 2026: same part, same defect (Porosity), SCAR-2026-0001" in page.text
    assert page.text.count("same part, same defect") == 2, "once in the list, once as the reason"
    assert "Proposed severity: major." in page.text


async def test_a_stale_draft_of_ours_shows_both_texts(elin, db, cast):
    draft = await scars.drafted(db, cast)
    page = await elin.get(f"/scars/{draft.number}/edit")
    typed = dict(re.findall(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"', page.text))
    typed |= {"severity": "major", "source": "by_hand", "plant": "LUL", "owner": str(cast.elin.id)}
    typed |= {"criteria": "Why?", "description": "Pores."}
    assert (await elin.post(f"/scars/{draft.number}", data=typed | {"title": "First"})).status_code == 303
    answer = await elin.post(f"/scars/{draft.number}", data=typed | {"title": "Second"})
    assert answer.status_code == 412
    assert "First" in answer.text
    assert "Second" in answer.text


async def test_the_list_narrows_exports_and_acts_on_many(elin, tomasz, site, db, cast):
    first = await scars.issued(db, cast)
    second = await scars.issued(db, cast, severity="minor", title="Burrs on BR-118")
    await scars.issued(db, cast, supplier=cast.bolt, title="Paper missing")
    page = await elin.get("/scars?severity=minor")
    assert second.number in page.text
    assert first.number not in page.text
    file = (await elin.get("/scars.csv?turn=supplier")).text
    assert file.count("SCAR-2026-") == 3
    theirs = await tomasz.get("/scars")
    assert "Paper missing" not in theirs.text
    links = re.findall(r'href="(/scars\.(?:csv|xlsx)[^"]*)"', theirs.text)
    assert len(links) == 2, "the supplier takes the list along too"
    theirs, sheet = [await tomasz.get(each) for each in links]
    assert theirs.text.count("SCAR-2026-") == 2
    assert "Elin Sandberg" not in theirs.text
    assert sheet.content.startswith(b"PK")
    olle = await site(cast.olle)
    answer = await olle.post("/scars/bulk", data={"number": [first.number, second.number], "do": "remind"})
    assert answer.status_code == 303
    answer = await olle.post(
        "/scars/bulk", data={"number": [first.number], "do": "reassign", "owner": str(cast.karin.id)}
    )
    assert (await again(db, first)).owner_id == cast.karin.id
    events = [each.kind for each in await record.of_scar(db, principal_of(cast.elin), ScarEvent, first)]
    assert events == ["drafted", "issued", "reminded", "reassigned"]


async def test_somebody_of_ours_answers_for_the_supplier_and_it_shows(elin, site, tomasz, db, cast, scar):
    page = await elin.get(f"/scars/{scar.number}/for-the-supplier")
    assert "You write for Acme Castings." in page.text
    await elin.post(
        f"/scars/{scar.number}/answers/D0", data={"response": "Blocked.", "version": "0", "go": "send"}
    )
    page = await tomasz.get(f"/scars/{scar.number}?step=D0")
    assert "Elin Sandberg of Norrland wrote this for you." in page.text


async def test_cancelling_closing_and_reopening_on_the_pages(elin, site, db, cast, scar):
    """Each is one text: a reason where the supplier has to know why, closing words where one likes."""
    karin, here = await site(cast.karin), f"/scars/{scar.number}"
    assert (await elin.post(f"{here}/cancellation", data={"reason": ""})).status_code == 422
    await scars.bring_to(db, scar, Stage.PREVENTION, cast)
    await scars.send(db, scar, Stage.PREVENTION, principal_of(cast.tomasz))
    await scars.accept(db, scar, principal_of(cast.elin))
    await elin.post(f"{here}/plan", data={"plan": "5 lots"})
    assert (await karin.post(f"{here}/closure")).status_code == 409
    await karin.post(f"{here}/check", data={"effective": "1", "words": "0 of 5"})
    assert (await karin.post(f"{here}/closure", data={"words": "Thanks."})).status_code == 303
    assert ((await again(db, scar)).status, scar.closing_note) == (ScarStatus.CLOSED, "Thanks.")
    assert (await karin.post(f"{here}/reopening", data={"reason": "It came back."})).status_code == 303
    assert (await elin.post(f"{here}/cancellation", data={"reason": "Ours."})).status_code == 303
    assert ((await again(db, scar)).status, scar.cancel_reason) == (ScarStatus.CANCELLED, "Ours.")


async def test_many_are_reminded_or_handed_over_at_once(elin, site, db, cast, scar):
    """What does not wait for the supplier stays; sent twice it is done once; only with what one sees."""
    second, draft = await scars.issued(db, cast, title="Burrs"), await scars.drafted(db, cast, title="Rust")
    numbers = [each.number for each in (scar, second, draft)]

    async def reminders():
        query = select(func.count()).select_from(ScarEvent).where(col(ScarEvent.kind) == "reminded")
        return (await db.execute(query)).scalar_one()

    form = {"number": numbers, "do": "remind", "once": "a"}
    for _ in range(2):
        answer = await elin.post("/scars/bulk", data=form, follow_redirects=True)
        assert "2 done. 1 left as they were: nothing to do there." in answer.text
    assert await reminders() == 2
    form = {"number": numbers, "do": "reassign", "owner": str(cast.karin.id)}
    assert "3 done." in (await elin.post("/scars/bulk", data=form, follow_redirects=True)).text
    assert [(await again(db, each)).owner_id for each in (scar, second, draft)] == [cast.karin.id] * 3
    for person, changed in (
        (cast.gustav, {}),
        (cast.tomasz, {}),
        (cast.elin, {"number": ["SCAR-2026-9999"]}),
    ):
        browser = await site(person)
        answer = await browser.post("/scars/bulk", data={"number": numbers, "do": "remind"} | changed)
        assert answer.status_code == 404, person.name
    for wrong in ({"number": []}, {"number": numbers, "do": "x"}, {"do": "reassign", "owner": "x"}):
        assert (await elin.post("/scars/bulk", data=wrong)).status_code == 303
    assert await reminders() == 2

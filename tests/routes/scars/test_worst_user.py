"""Two tabs, old pages, odd figures and slow uploads: nothing breaks, and nothing gets in by a side door."""

import asyncio

from sqlalchemy import func, select

from portal.models.documents import DocumentAttachment
from portal.models.scars import Stage
from portal.workflows.scars import issue
from tests.factories import files, scars
from tests.people import principal_of
from tests.routes.scars.conftest import again

PHOTO = ("x.jpg", files.photo(), "image/jpeg")


async def attached(db):
    return (await db.execute(select(func.count()).select_from(DocumentAttachment))).scalar_one()


async def test_evidence_that_arrives_after_the_stage_was_sent_stays_out(tomasz, db, cast, scar):
    """The page was opened in time, and the file was slow."""
    await scars.bring_to(db, scar, Stage.CONTAINMENT, cast)
    token = tomasz.headers["x-csrf-token"]
    body = b"".join(
        (
            b'--b\r\nContent-Disposition: form-data; name="files"; filename="x.jpg"\r\n\r\n',
            PHOTO[1],
            b"\r\n--b--\r\n",
        )
    )

    async def slowly():
        yield body[:200]
        await scars.send(db, scar, Stage.CONTAINMENT, principal_of(cast.tomasz))
        await asyncio.sleep(0)
        yield body[200:]

    answer = await tomasz.post(
        f"/scars/{scar.number}/evidence/D3",
        params={"csrf_token": token},
        content=slowly(),
        headers={"content-type": "multipart/form-data; boundary=b"},
    )
    assert answer.status_code == 409
    assert "D3 is sent and cannot be changed now." in answer.text
    assert await attached(db) == 0


async def test_nothing_is_added_to_what_is_over(elin, tomasz, db, cast, scar):
    await issue.cancel(db, scar, "Ours.", by=principal_of(cast.elin))
    here = f"/scars/{scar.number}"
    assert (await elin.post(f"{here}/photos", files={"files": PHOTO})).status_code == 409
    token = {"csrf_token": tomasz.headers["x-csrf-token"]}
    assert (await tomasz.post(f"{here}/evidence/D1", files={"files": PHOTO}, params=token)).status_code == 409
    assert await attached(db) == 0
    # A tab that was open before: each of its buttons says what is so, and changes nothing.
    before = (await again(db, scar)).version
    left = {
        elin: ("issue", "reminders", "escalation", "review", "closure", "costs", "cancellation", "plan"),
        tomasz: ("stages/acknowledgement", "answers/D1", "extension", "rejection", "colleague", "earlier"),
    }
    data = {
        "reason": "x",
        "plan": "x",
        "days": "1",
        "kind": "hours",
        "words": "x",
        "quantity": "1",
        "rate": "1",
        "person": str(cast.tomasz.id),
        "earlier": scar.number,
        "team.name": "x",
        "version": "0",
    }
    for browser, forms in left.items():
        for form in forms:
            answer = await browser.post(f"{here}/{form}", data=data)
            assert answer.status_code in {404, 409, 422}, (form, answer.status_code)
    assert (await again(db, scar)).version == before


async def test_figures_and_days_that_cannot_be(elin, db, cast, scar):
    form = {
        "supplier": cast.acme.number,
        "title": "Pores",
        "severity": "major",
        "plant": "LUL",
        "defect": "Porosity",
        "source": "by_hand",
        "owner": str(cast.elin.id),
    }
    for wrong in (
        {"quantity": "500", "checked": "10"},
        {"quantity": "1e400"},
        {"quantity": "NaN"},
        {"checked": "-1"},
        {"title": "a\x00b"},
        {"criteria": "x\n" * 13},
        {"owner": str(2**63)},
        {"site": "99999999999"},
    ):
        answer = await elin.post("/scars", data=form | wrong)
        assert answer.status_code == 422, wrong
    cast.bolt.commodity_id = scar.commodity_id
    await db.flush()
    lesson = {"whom": f"supplier:{cast.bolt.id}", "words": "Look.", "due": "2020-02-29"}
    answer = await elin.post(f"/scars/{scar.number}/lessons", data=lesson)
    assert answer.status_code == 422
    assert "Choose a day that is still to come." in answer.text

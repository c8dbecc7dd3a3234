"""Files that come with a message or a note: read by whoever reads the words, and by nobody else."""

import re

import pytest
from sqlalchemy import func, select

from portal.models.documents import Document, DocumentStatus
from portal.models.threads import ThreadMessage, ThreadNote


@pytest.fixture
def thread(cast):
    return f"/messages/supplier/{cast.acme.id}"


@pytest.fixture
def send(thread):
    """Send words with files as a browser does: the token is in the address."""

    async def to(browser, words, *files, place="", **fields):
        token = browser.headers["x-csrf-token"]
        return await browser.post(
            f"{thread}{place}?csrf_token={token}",
            data={"words": words, **fields},
            files=[("files", each) for each in files],
        )

    return to


REPORT = ("x-ray.csv", b"piece;pores\n1;0\n", "text/csv")
SECOND = ("photos.txt", b"two photos, from the line\n", "text/plain")
PROGRAM = ("run.exe", b"MZ\x90\x00" + bytes(400), "application/octet-stream")


async def released(db):
    """Let the worker have looked at all of them."""
    found = list((await db.execute(select(Document).order_by(Document.id))).scalars())
    for document in found:
        document.status = DocumentStatus.RELEASED
    await db.flush()
    return found


async def count(db, model):
    return (await db.execute(select(func.count()).select_from(model))).scalar_one()


async def test_what_comes_with_a_message_is_read_on_both_sides_and_by_no_rival(site, cast, thread, send, db):
    elin, tomasz, rita = [await site(person) for person in (cast.elin, cast.tomasz, cast.rita)]
    assert (await send(elin, "Here it is.", REPORT, SECOND)).status_code == 303
    first, second = await released(db)
    assert (first.supplier_id, first.is_internal, first.file_name) == (cast.acme.id, False, "x-ray.csv")
    for browser in (elin, tomasz):
        page = (await browser.get(thread)).text
        assert page.index("Here it is.") < page.index(f'href="/documents/{first.id}"')
        assert f'href="/documents/{second.id}"' in page
        assert (await browser.get(f"/documents/{first.id}/file")).status_code in {200, 303}
    assert (await rita.get(f"/documents/{first.id}/file")).status_code == 404


async def test_what_comes_with_a_note_never_leaves_the_house(site, cast, thread, send, db):
    elin, tomasz = await site(cast.elin), await site(cast.tomasz)
    assert (await send(elin, "Our measurement.", REPORT, place="/notes")).status_code == 303
    (document,) = await released(db)
    assert document.is_internal
    assert f'href="/documents/{document.id}"' in (await elin.get(thread)).text
    assert "x-ray.csv" not in (await tomasz.get(thread)).text
    for path in ("", "/file"):
        assert (await tomasz.get(f"/documents/{document.id}{path}")).status_code == 404


async def test_a_refused_file_says_so_and_nothing_else_is_lost(site, cast, send, db):
    elin = await site(cast.elin)
    refused = await send(elin, "See both.", REPORT, PROGRAM)
    assert refused.status_code == 422
    assert "run.exe" in refused.text
    assert "See both." in refused.text
    assert await count(db, ThreadMessage) == 0
    kept = re.search(r'name="document" value="(\d+)" checked', refused.text)[1]
    assert (await send(elin, "See both.", document=kept)).status_code == 303
    said = (await db.execute(select(ThreadMessage))).scalar_one()
    assert said.body == "See both."
    assert f"/documents/{kept}" in (await elin.get(f"/messages/supplier/{cast.acme.id}")).text


async def test_the_question_before_it_leaves_the_house_names_the_files_and_keeps_them(
    site, cast, thread, send, db
):
    elin = await site(cast.elin)
    asked = await send(elin, "The crate was wet.", REPORT, place="/notes", share="1")
    assert "Send this to Acme Castings?" in asked.text
    assert "x-ray.csv" in asked.text
    assert await count(db, ThreadMessage) == await count(db, ThreadNote) == 0
    kept = re.search(r'type="hidden" name="document" value="(\d+)"', asked.text)[1]
    await elin.post(thread, data={"words": "The crate was wet.", "document": kept})
    (document,) = await released(db)
    assert not document.is_internal
    assert "x-ray.csv" in (await (await site(cast.tomasz)).get(thread)).text


async def test_somebody_elses_file_cannot_come_along(site, cast, thread, send, db):
    rita, tomasz = await site(cast.rita), await site(cast.tomasz)
    token = rita.headers["x-csrf-token"]
    theirs = f"/messages/supplier/{cast.bolt.id}?csrf_token={token}"
    await rita.post(theirs, data={"words": "Ours."}, files=[("files", REPORT)])
    (document,) = await released(db)
    answer = await tomasz.post(thread, data={"words": "Mine.", "document": str(document.id)})
    assert answer.status_code == 404
    assert "Mine." not in (await tomasz.get(thread)).text


async def test_taken_back_words_take_their_files_along(site, cast, thread, send, db):
    elin, tomasz = await site(cast.elin), await site(cast.tomasz)
    await send(elin, "The wrong one.", REPORT)
    (document,) = await released(db)
    said = (await db.execute(select(ThreadMessage))).scalar_one()
    assert (await elin.post(f"{thread}/shared/{said.id}/removal")).status_code == 303
    assert "x-ray.csv" not in (await tomasz.get(thread)).text
    assert (await tomasz.get(f"/documents/{document.id}/file")).status_code == 404

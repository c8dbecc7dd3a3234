"""The worst sender: twice, half, two things at once, no more who they were, to a store that goes away."""

import re

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from portal.models.documents import Document
from portal.models.people import Role
from portal.storage import make_store
from tests.conftest import portal_with
from tests.factories import files

BOTH = files.pdf().replace(b"%PDF-1.3\n", b"%PDF-1.3\n%<html><script>alert(1)</script></html>\n", 1)
FORM = {"content-type": "multipart/form-data; boundary=b"}
PART = b'--b\r\nContent-Disposition: form-data; name="files"; filename="%b"\r\n\r\n'


@pytest.fixture
def count(db):
    async def count():
        return (await db.execute(select(func.count()).select_from(Document))).scalar_one()

    return count


def stored(settings):
    return [path for path in settings.documents_dir.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "name", ["\U0001f469\u200d\U0001f527 check \U0001f525.txt", "CON.txt", "a" * 3000 + ".txt", " . ", "-rf"]
)
async def test_a_name_that_no_computer_likes_is_kept_as_one_that_all_do(cast, site, name):
    browser = await site(cast.tomasz)
    answer = await browser.post("/documents", files={"file": (name, b"text")})
    assert answer.status_code == 200
    kept = re.search(r"<bdi>(.*?)</bdi>", answer.text)[1]
    assert len(kept) <= 180
    assert kept.partition(".")[0].lower() not in {"con", ""}


async def test_a_double_click_adds_a_file_once(cast, site, count):
    browser = await site(cast.tomasz)
    path = "/suppliers/104417/documents?once=clicked"
    answers = [await browser.post(path, files={"files": ("a.pdf", files.pdf())}) for _ in range(2)]
    assert [each.status_code for each in answers] == [303, 303]
    assert (await browser.get("/documents")).text.count('data-open href="/documents/') == 1
    assert await count() == 1


async def test_a_pdf_that_is_a_page_too_comes_back_as_a_pdf_that_runs_nothing(db, cast, site, settings):
    browser = await site(cast.tomasz)
    answer = await browser.post("/documents", files={"file": ("both.pdf", BOTH)})
    number = re.search(r'value="(\d+)"', answer.text)[1]
    document = (await db.execute(select(Document).where(col(Document.id) == int(number)))).scalar_one()
    document.status = "released"
    await db.flush()
    answer = await browser.get(f"/documents/{number}/file")
    assert answer.content == BOTH
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["content-disposition"].startswith("attachment")


async def test_whoever_goes_away_in_the_middle_leaves_nothing(cast, site, database, settings, count):
    browser = await site(cast.tomasz)
    told = [{"type": "http.request", "body": PART % b"a.pdf" + files.pdf()[:90], "more_body": True}]
    sent = []

    async def receive():
        return told.pop() if told else {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    cookie = f"{settings.cookie_name}={browser.cookies[settings.cookie_name]}"
    headers = {
        **FORM,
        "cookie": cookie,
        "x-csrf-token": browser.headers["x-csrf-token"],
        "host": "portal.test",
    }
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/documents",
        "raw_path": b"/documents",
        "query_string": b"",
        "root_path": "",
        "client": ("127.0.0.1", 1),
        "server": ("portal.test", 80),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    await portal_with(settings, database).asgi(scope, receive, send)
    assert [each["status"] for each in sent if "status" in each] == [422]
    assert stored(settings) == []
    assert await count() == 0


async def test_a_store_that_goes_away_between_two_files_keeps_none_and_says_so(cast, site, settings, count):
    browser = await site(cast.tomasz)
    documents = settings.documents_dir

    async def body():
        yield PART % b"first.txt" + b"one\r\n"
        yield PART % b"second.txt" + b"two"
        documents.rename(documents.with_name("away"))
        documents.write_text("no folder")
        yield b"\r\n--b--\r\n"

    answer = await browser.post("/suppliers/104417/documents", content=body(), headers=FORM)
    assert answer.status_code == 503
    assert "does not work at the moment" in answer.text
    assert await count() == 0
    documents.unlink()
    documents.with_name("away").rename(documents)
    answer = await browser.post("/suppliers/104417/documents", files={"files": ("a.txt", b"one")})
    assert answer.status_code == 303


async def test_whoever_is_no_longer_of_the_company_reads_nothing_from_that_moment(db, cast, site):
    browser = await site(cast.tomasz)
    answer = await browser.post("/suppliers/104417/documents", files={"files": ("a.txt", b"one")})
    assert answer.status_code == 303
    document = (await db.execute(select(Document))).scalar_one()
    document.status = "released"
    await db.flush()
    address = f"/documents/{document.id}/file"
    assert (await browser.get(address)).status_code == 200
    cast.tomasz.supplier_id = cast.bolt.id
    await db.flush()
    assert (await browser.get(address)).status_code == 404
    cast.tomasz.supplier_id, cast.tomasz.role = None, Role.AUDITOR
    await db.flush()
    assert (await browser.get(address)).status_code == 404
    cast.tomasz.is_active = False
    await db.flush()
    assert (await browser.get(address)).status_code == 303


async def test_a_file_that_lies_in_the_store_is_nobody_s_by_its_hash_alone(cast, site, settings, db):
    """The same content of a rival is stored once, and stays two documents of two companies."""
    ours, theirs = await site(cast.tomasz), await site(cast.rita)
    numbers = []
    for browser in (ours, theirs):
        answer = await browser.post("/documents", files={"file": ("same.txt", b"the same")})
        numbers.append(int(re.search(r'value="(\d+)"', answer.text)[1]))
    assert len(stored(settings)) == 1
    assert (await theirs.get(f"/documents/{numbers[0]}")).status_code == 404
    await ours.post(f"/documents/{numbers[0]}/removal")
    kept = (await db.execute(select(Document).where(col(Document.id) == numbers[1]))).scalar_one()
    assert await make_store(settings).exists(kept.file_key)

"""Documents over the website: sent, listed, opened, replaced, and what a rival or a hostile file gets."""

import hashlib
import re
from contextlib import AsyncExitStack
from dataclasses import replace as changed
from datetime import timedelta
from urllib.parse import unquote, urlsplit

import pytest
from sqlalchemy import select
from sqlmodel import col

from portal import clock
from portal.jobs.documents import OURS
from portal.jobs.job import JobContext
from portal.models.documents import Document, DocumentPreview
from portal.storage import make_store
from portal.web import downloads
from portal.workflows.documents import previews
from portal.workflows.documents.receiving import CHECK
from tests.conftest import visits
from tests.factories import files
from tests.people import principal_of

PDF = files.pdf(2)


@pytest.fixture
def released(db, database, settings, cast):
    """Checks, and shows, every document that waits; what the worker does."""

    async def released():
        store = make_store(settings)
        context = JobContext(
            db=db, who=principal_of(cast.root), database=database, store=store, settings=settings
        )
        for document_id in (await db.execute(select(col(Document.id)))).scalars().all():
            await OURS[CHECK](context, {"document": document_id})
            await OURS[previews.MAKE](context, {"document": document_id})
        await db.flush()

    return released


@pytest.fixture
def listed(cast, site):
    """Sends a file to a supplier's list, as the page's form does without scripts, and gives its number."""

    async def listed(person, name="Prüfplan.pdf", content=PDF, *, sharing="shared", supplier=cast.acme):
        browser = await site(person)
        answer = await browser.post(
            f"/suppliers/{supplier.number}/documents",
            data={"sharing": sharing},
            files={"files": (name, content)},
        )
        assert answer.status_code == 303, answer.text
        page = (await browser.get(answer.headers["location"])).text
        return browser, max(int(found) for found in re.findall(r'href="/documents/(\d+)"', page))

    return listed


async def test_a_supplier_sends_a_file_and_we_read_it(cast, site, listed, released):
    browser, number = await listed(cast.tomasz)
    page = await browser.get("/documents")
    assert "Being checked" in page.text
    assert (await browser.get(f"/documents/{number}/file")).status_code == 409
    await released()
    ours = await site(cast.elin)
    page = await ours.get("/suppliers/104417/documents")
    assert "Prüfplan.pdf" in page.text
    assert "Not scanned" in page.text
    answer = await ours.get(f"/documents/{number}/file")
    assert answer.content == PDF
    page = (await ours.get(f"/documents/{number}")).text
    assert hashlib.sha256(answer.content).hexdigest() in page
    assert "Not scanned for viruses. No virus scanner is set up." in page


async def test_a_download_can_do_nothing_in_our_origin(cast, listed, released):
    browser, number = await listed(cast.tomasz, "notes.txt", b"Claims that are <b>bold</b>")
    await released()
    answer = await browser.get(f"/documents/{number}/file")
    assert answer.headers["content-disposition"].startswith('attachment; filename="notes.txt"')
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["content-length"] == str(len(answer.content))


@pytest.mark.parametrize(
    "content",
    [
        b"<html><script>fetch('/people')</script></html>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<?xml version='1.0'?><?xml-stylesheet href='javascript:alert(1)'?><a/>",
    ],
)
@pytest.mark.parametrize("name", ["page.html", "drawing.svg", "data.xml", "innocent.pdf", "innocent.txt"])
async def test_active_content_is_refused_whatever_it_is_called(cast, site, content, name):
    browser = await site(cast.tomasz)
    answer = await browser.post("/documents", files={"file": (name, content)})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


async def test_nobody_else_gets_it(cast, site, listed, released):
    _, number = await listed(cast.tomasz)
    await released()
    for person in (cast.rita, cast.anna):
        browser = await site(person)
        for path in ("", "/file", "/pages/1/240"):
            assert (await browser.get(f"/documents/{number}{path}")).status_code == 404
        for path in ("versions", "deletion", "removal", "hold"):
            assert (await browser.post(f"/documents/{number}/{path}")).status_code == 404
        assert (await browser.get("/suppliers/104417/documents")).status_code == 404
        answer = await browser.post("/suppliers/104417/documents", files={"files": ("a.pdf", PDF)})
        assert answer.status_code == 404
    signed_out = await site(None)
    assert (await signed_out.get(f"/documents/{number}/file")).status_code == 303
    for wrong in ("0", "x", "9" * 30, "%00"):
        assert (await browser.get(f"/documents/{wrong}")).status_code == 404


async def test_a_form_cannot_take_what_is_somebody_else_s(cast, site, listed, released):
    _, number = await listed(cast.rita, supplier=cast.bolt)
    browser = await site(cast.tomasz)
    for foreign in (number, 987_654_321):
        answer = await browser.post(
            "/suppliers/104417/documents", data={"document": str(foreign)}, files={"files": ("a.pdf", PDF)}
        )
        assert answer.status_code == 404
    assert "No documents yet" in (await browser.get("/documents")).text


async def test_what_we_keep_internal_no_supplier_sees(cast, site, listed, released):
    _, number = await listed(cast.elin, "offer.pdf", sharing="internal")
    await released()
    theirs = await site(cast.tomasz)
    assert "offer.pdf" not in (await theirs.get("/documents")).text
    for path in ("", "/file", "/pages/1/240"):
        assert (await theirs.get(f"/documents/{number}{path}")).status_code == 404


async def test_a_file_can_be_sent_before_its_form(cast, site):
    """As the page's script does: one file for each request, then the form that names them."""
    browser = await site(cast.tomasz)
    row = await browser.post("/documents", files={"file": ("report.pdf", PDF)})
    assert row.status_code == 200
    number = re.search(r'name="document" value="(\d+)"', row.text).group(1)
    refused = await browser.post("/documents", files={"file": ("xray.dcm", b"\0\1\2" * 99)})
    assert refused.status_code == 422
    assert "File type .dcm is not supported." in refused.text
    answer = await browser.post("/suppliers/104417/documents", data={"document": number})
    assert answer.status_code == 303
    assert "report.pdf" in (await browser.get("/documents")).text
    # Once it is at a record it is no upload any more that could be thrown away.
    assert (await browser.post(f"/documents/{number}/removal")).status_code == 404


async def test_what_was_sent_is_kept_when_the_form_comes_back(cast, site):
    browser = await site(cast.tomasz)
    answer = await browser.post(
        "/suppliers/104417/documents",
        files=[("files", ("good.pdf", PDF)), ("files", ("bad.dcm", b"\0\1" * 99))],
    )
    assert answer.status_code == 422
    assert "bad.dcm" in answer.text
    number = re.search(r'name="document" value="(\d+)" checked', answer.text).group(1)
    assert (await browser.post("/suppliers/104417/documents", data={"document": number})).status_code == 303


async def test_a_file_over_the_limit_is_refused_and_the_others_are_kept(cast, database, settings):
    async with AsyncExitStack() as stack:
        visit = await visits(stack, database, changed(settings, max_document_bytes=20_000))
        browser = await visit(cast.tomasz)
        answer = await browser.post(
            "/suppliers/104417/documents",
            files=[("files", ("large.txt", b"x" * 20_001)), ("files", ("small.txt", b"x" * 20_000))],
        )
        assert answer.status_code == 422
        assert "larger than 20\u00a0kB" in answer.text
        assert "small.txt" in answer.text
        alone = await browser.post("/documents", files={"file": ("large.txt", b"x" * 20_001)})
        assert alone.status_code == 413
        announced = await browser.post("/documents", files={"file": ("large.txt", b"x" * 9_000_000)})
        assert announced.status_code == 413


async def test_of_many_files_in_one_form_those_for_which_there_is_room_are_kept(cast, database, settings):
    """Sixty at once, the room ends after two, and one form takes twenty."""
    async with AsyncExitStack() as stack:
        visit = await visits(stack, database, changed(settings, supplier_quota_bytes=25))
        browser = await visit(cast.tomasz)
        many = [("files", (f"{number}.txt", b"%010d" % number)) for number in range(60)]
        answer = await browser.post("/suppliers/104417/documents", files=many)
        assert answer.status_code == 422
        assert len(re.findall(r'name="document" value="\d+" checked', answer.text)) == 2
        assert answer.text.count("There is no room left") == 18
        assert answer.text.count("Send at most 20 files at once.") == 40
        alone = await browser.post("/documents", files={"file": ("large.txt", b"x" * 20)})
        assert alone.status_code == 413
        assert 'id="refused"' in alone.text


async def test_a_body_without_an_end_is_cut_off(cast, database, settings):
    async with AsyncExitStack() as stack:
        visit = await visits(stack, database, changed(settings, max_document_bytes=20_000))
        browser = await visit(cast.tomasz)
        came = 0

        async def endless():
            nonlocal came
            yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
            while came < 50_000_000:
                came += 100_000
                yield b"x" * 100_000

        answer = await browser.post(
            "/documents", content=endless(), headers={"content-type": "multipart/form-data; boundary=b"}
        )
        assert answer.status_code == 413
        assert "larger than 20" in answer.text


async def test_a_form_without_its_token_is_refused_before_its_body(cast, site):
    browser = await site(cast.tomasz)
    del browser.headers["x-csrf-token"]
    answer = await browser.post("/documents", files={"file": ("a.pdf", PDF)})
    assert answer.status_code == 403


async def test_whoever_was_signed_out_reads_what_became_of_the_form(cast, site):
    """Without scripts; with them the page keeps the files (tests/browser/test_documents.py)."""
    browser = await site(None)
    answer = await browser.post(
        "/suppliers/104417/documents",
        files={"files": ("a.pdf", PDF)},
        headers={"referer": "http://portal.test/documents", "accept-language": "de"},
    )
    assert answer.headers["location"] == "/sign-in?next=/documents&unsent=1"
    page = await browser.get(answer.headers["location"], headers={"accept-language": "de"})
    assert "Ihr Formular wurde nicht gesendet" in page.text
    assert 'name="next" value="/documents"' in page.text
    assert "nicht gesendet" not in (await browser.get("/sign-in", headers={"accept-language": "de"})).text


HOSTILE = [
    "../../etc/passwd",
    "a\u202egpj.exe",
    "図" * 255,
    'say "hi"; filename=x.exe',
    ".htaccess",
    "o\u0308l",
    "öl",
    "%0d%0aSet-Cookie: a=b",
    "C:\\temp\\x",
    "<img src=x onerror=alert(1)>",
    "{{ 7 * 7 }}",
    "a\tb",
]


@pytest.mark.parametrize("name", HOSTILE)
async def test_no_name_breaks_a_page_or_a_header(cast, listed, released, name):
    browser, number = await listed(cast.tomasz, name, b"text")
    await released()
    answer = await browser.get(f"/documents/{number}/file")
    assert answer.status_code == 200
    header = answer.headers["content-disposition"]
    assert re.fullmatch(
        r"attachment; filename=\"[ -!#-\[\]-~]+\"; filename\*=UTF-8''[\w.%~!$&+^`|-]+", header
    )
    kept = unquote(header.rpartition("''")[2])
    assert not set(kept) & set('/\\"\r\n\0\u202e<>')
    assert not kept.startswith(".")
    for path in (f"/documents/{number}", "/documents"):
        page = await browser.get(path)
        assert page.status_code == 200
        assert "<img src=x" not in page.text
        assert "\u202e" not in page.text


async def test_names_that_no_form_can_hold_are_harmless_too(cast, site):
    """Raw bytes, as no browser sends them: NUL, line ends, halves of characters."""
    browser = await site(cast.tomasz)
    for name in (b"a\0b.txt", b"a\r\nX-Evil: 1.txt", b"\xff\xfe.txt", b'a".txt', b"\xed\xa0\x80.txt", b"a\\"):
        body = (
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="'
            + name
            + b'"\r\n\r\ntext\r\n--b--\r\n'
        )
        answer = await browser.post(
            "/documents", content=body, headers={"content-type": "multipart/form-data; boundary=b"}
        )
        assert answer.status_code in {200, 422}
        assert "x-evil" not in answer.headers
    for body in (
        b"",
        b"--b\r\n",
        b"--b\r\nContent-Disposition: form-data; name=file; filename=a.txt\r\n\r\ncut",
    ):
        answer = await browser.post(
            "/documents", content=body, headers={"content-type": "multipart/form-data; boundary=b"}
        )
        assert answer.status_code == 422


async def test_a_part_of_a_file_can_be_asked_for(cast, listed, released):
    browser, number = await listed(cast.tomasz, "n.txt", b"0123456789")
    await released()
    address = f"/documents/{number}/file"
    for wanted, status, content, told in (
        ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=0-99", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("bytes=4-2", 200, b"0123456789", None),
        ("bytes=0-1,4-5", 200, b"0123456789", None),
        ("lines=1-2", 200, b"0123456789", None),
    ):
        answer = await browser.get(address, headers={"range": wanted})
        assert (answer.status_code, answer.content) == (status, content), wanted
        assert answer.headers.get("content-range") == told
    changed_since = await browser.get(address, headers={"range": "bytes=2-4", "if-range": '"other"'})
    assert changed_since.content == b"0123456789"


async def test_pages_are_shown_small_and_without_where_a_photo_was_taken(db, cast, listed, released):
    sent = files.photo(size=(1600, 1200), location=True)
    browser, number = await listed(cast.tomasz, "pores.jpg", sent)
    await released()
    assert b"GPS" in sent or b"\x88\x25" in sent or b"\x25\x88" in sent
    page = (await browser.get(f"/documents/{number}")).text
    addresses = set(re.findall(rf"/documents/{number}/pages/1/\d+", page))
    assert len(addresses) == 3
    for address in addresses:
        answer = await browser.get(address)
        assert answer.headers["content-type"] == "image/webp"
        assert len(answer.content) <= 60_000
        assert b"EXIF" not in answer.content
        again = await browser.get(address, headers={"if-none-match": answer.headers["etag"]})
        assert again.status_code == 304
    # The original is kept as it was sent.
    assert (await browser.get(f"/documents/{number}/file")).content == sent


async def test_each_page_of_a_pdf_has_its_picture(db, cast, listed, released):
    browser, number = await listed(cast.tomasz)
    await released()
    rows = (await db.execute(select(DocumentPreview.page, DocumentPreview.width))).all()
    assert sorted({page for page, _ in rows}) == [1, 2]
    assert {width for _, width in rows} == {240, 720, 1200}
    page = (await browser.get(f"/documents/{number}")).text
    assert "Page 2 of Prüfplan.pdf" in page


async def test_a_new_version_and_the_end_of_a_document(cast, site, listed, released):
    browser, number = await listed(cast.tomasz)
    answer = await browser.post(f"/documents/{number}/versions", files={"files": ("v2.pdf", files.pdf(3))})
    assert answer.status_code == 303
    newest = answer.headers["location"]
    page = (await browser.get(newest)).text
    assert "Version 2" in page
    assert "Version 1" in page
    assert "There is a newer version." in (await browser.get(f"/documents/{number}")).text
    ours = await site(cast.karin)
    assert (await ours.post(f"{newest}/deletion")).status_code == 404
    answer = await ours.post(f"{newest}/hold", data={"reason": ""})
    assert answer.status_code == 422
    assert (await ours.post(f"{newest}/hold", data={"reason": "Complaint 7"})).status_code == 303
    assert "on hold" in (await browser.post(f"{newest}/deletion")).text
    assert (await ours.post(f"{newest}/hold", data={"lift": "1"})).status_code == 303
    answer = await browser.post(f"{newest}/deletion")
    assert answer.headers["location"] == "/suppliers/104417/documents"
    assert (await browser.get(newest)).status_code == 404
    engineer = await site(cast.elin)
    assert (await engineer.post(f"{newest}/hold", data={"reason": "x"})).status_code == 404


async def test_documents_are_found_by_name_and_sender(cast, site, listed):
    await listed(cast.tomasz, "Prüfplan.pdf")
    browser, _ = await listed(cast.tomasz, "drawing.txt", b"lines")
    found = (await browser.get("/documents", params={"q": "prüf"})).text
    assert "Prüfplan.pdf" in found
    assert "drawing.txt" not in found
    assert "No document matches “zzz”." in (await browser.get("/documents", params={"q": "zzz"})).text
    assert (await browser.get("/documents", params={"q": "a\0"})).status_code == 422
    assert (await browser.get("/documents", params={"rows": "x"})).status_code == 422
    fragment = await browser.get("/documents", headers={"hx-request": "true"})
    assert fragment.text.lstrip().startswith('<div id="documents-table"')


async def test_a_store_that_is_away_is_told_at_once_and_other_pages_stay(
    cast, site, settings, listed, released
):
    browser, number = await listed(cast.tomasz)
    await released()
    settings.documents_dir.rename(settings.documents_dir.with_name("away"))
    settings.documents_dir.write_text("not a folder")
    answer = await browser.get(f"/documents/{number}/file")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "60"
    answer = await browser.post("/documents", files={"file": ("a.pdf", PDF)})
    assert answer.status_code == 503
    assert (await browser.get("/documents")).status_code == 200


async def test_on_an_origin_of_its_own_an_address_is_good_for_a_minute(cast, database, settings, released):
    apart = changed(settings, files_url="http://files.test")
    async with AsyncExitStack() as stack:
        visit = await visits(stack, database, apart)
        browser, stranger = await visit(cast.tomasz), await visit(None)
        row = await browser.post("/documents", files={"file": ("a.pdf", PDF)})
        number = re.search(r'value="(\d+)"', row.text).group(1)
        await released()
        answer = await browser.get(f"/documents/{number}/file")
        assert answer.status_code == 303
        address = answer.headers["location"]
        assert urlsplit(address).netloc == "files.test"
        assert (await stranger.get(address)).content == PDF
        for forged in (
            address.replace(f"/files/{number}", f"/files/{int(number) + 1}"),
            re.sub(r"until=\d+", "until=99999999999", address),
            re.sub(r"sign=\w{4}", "sign=0000", address),
            re.sub(r"of=\w+", "of=", address),
            address.replace("http://files.test", "http://portal.test"),
        ):
            assert (await stranger.get(forged)).status_code == 404
        with clock.fixed(clock.now() + timedelta(seconds=downloads.VALID + 2)):
            assert (await stranger.get(address)).status_code == 404
        await browser.post("/sign-out")
        assert (await stranger.get(address)).status_code == 404

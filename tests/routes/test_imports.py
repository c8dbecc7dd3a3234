"""Imports on the pages: choose a file, check it, import it, look at the result, take it back."""

import csv
import io
import re
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlmodel import col

from portal.errors import BusyError
from portal.models.imports import ImportMapping, ImportRun, ImportStatus
from tests.conftest import visits
from tests.routes.import_files import ONE, content, fields, upload, uploaded


@pytest.fixture
async def run(elin, db):
    """An import that waits to be checked."""
    await uploaded(elin, content(ONE))
    return (await db.execute(select(ImportRun))).scalar_one()


PAGES = [
    "/imports",
    "/imports/new",
    "/imports/1",
    "/imports/templates/deliveries.csv",
    "/imports/1/rejected.csv",
]
FORMS = ["/imports", "/imports/1/mapping", "/imports/1/run", "/imports/1/cancellation", "/imports/1/undoing"]


async def test_a_suppliers_person_an_auditor_top_management_and_nobody_get_nothing(site, cast, run):
    for person in (cast.tomasz, cast.rita, cast.anna, cast.vera):
        browser = await site(person)
        for path in PAGES:
            assert (await browser.get(path.replace("1", str(run.id)))).status_code == 404, path
        for path in FORMS:
            answer = await browser.post(path.replace("1", str(run.id)), data={})
            assert answer.status_code == 404, path
        assert (await upload(browser, content(ONE))).status_code == 404
    nobody = await site(None)
    for path in PAGES:
        assert (await nobody.get(path)).headers["location"].startswith("/sign-in")
    assert (await nobody.post("/imports?csrf_token=x", files={"file": ("x", b"x")})).status_code == 303


async def test_whoever_sees_one_plant_sees_only_the_files_of_their_own(site, cast, run):
    gustav = await site(cast.gustav)
    assert (await gustav.get(f"/imports/{run.id}")).status_code == 404
    assert "deliveries.csv" not in (await gustav.get("/imports")).text
    mine = await uploaded(gustav, content(ONE), name="mine.csv")
    assert (await gustav.get(mine)).status_code == 200
    assert "mine.csv" in (await gustav.get("/imports")).text


@pytest.mark.parametrize("number", ["0", "x", "-1", "9" * 30, "1e3", "99999"])
async def test_what_is_no_import_is_not_found(elin, number):
    assert (await elin.get(f"/imports/{number}")).status_code == 404
    assert (await elin.post(f"/imports/{number}/run", data={})).status_code == 404


async def test_a_file_from_another_site_is_refused_before_it_is_read(elin):
    answer = await elin.post(
        "/imports?csrf_token=wrong",
        files={"file": ("x.csv", content(ONE))},
        headers={"x-csrf-token": "wrong"},
    )
    assert answer.status_code == 403


async def test_the_preview_shows_what_is_read_and_what_is_not_understood(elin, run):
    page = (await elin.get(f"/imports/{run.id}")).text
    assert "The first 1 rows are understood" in page or "The first row is understood" in page
    for heading in ("Order number", "Promised date", "8 Oct 2026", "GH-220-04"):
        assert heading in page
    other = await uploaded(elin, b"colour;smell;weight\nred;sweet;12\n")
    page = (await elin.get(other)).text
    assert "Not ready to import." in page
    assert "Order number: choose the column" in page
    assert "3 columns of the file not used" in page


async def test_a_column_can_be_chosen_and_the_mapping_saved_and_used_again(elin, db, run):
    here = f"/imports/{run.id}"
    form = fields((await elin.get(here)).text)
    assert form["col-order_number"] == "0"
    form |= {"col-order_number": "1", "col-line_number": "", "constant-line_number": "1", "save_as": "Mine"}
    answer = await elin.post(f"{here}/mapping", data=form)
    assert answer.status_code == 303, answer.text
    saved = (await db.execute(select(ImportMapping))).scalar_one()
    assert saved.name == "Mine"
    assert saved.definition["columns"]["order_number"] == {"from": ["Pos"]}
    assert saved.definition["columns"]["line_number"] == {"constant": "1"}
    page = (await elin.get(here)).text
    assert 'value="Mine" selected' in page
    second = await uploaded(elin, content(ONE.replace("45001", "45002")))
    assert 'value="Mine" selected' in (await elin.get(second)).text


async def test_a_saved_mapping_can_be_taken(elin, db, run):
    here = f"/imports/{run.id}"
    form = fields((await elin.get(here)).text) | {"save_as": "First", "arrivals": "all"}
    await elin.post(f"{here}/mapping", data=form)
    form = fields((await elin.get(here)).text) | {"arrivals": "new", "save_as": ""}
    await elin.post(f"{here}/mapping", data=form)
    assert (await db.execute(select(col(ImportRun.definition)))).scalar_one()["arrivals"] == "new"
    await elin.post(f"{here}/mapping", data=form | {"step": "use", "use": "First"})
    assert (await db.execute(select(col(ImportRun.definition)))).scalar_one()["arrivals"] == "all"
    answer = await elin.post(f"{here}/mapping", data=form | {"step": "use", "use": "Nobody's"})
    assert answer.status_code == 422
    assert "There is no mapping" in answer.text


@pytest.mark.parametrize("name", ["assay", "scms", "x" * 81, ""])
async def test_a_name_that_a_mapping_cannot_have(elin, run, name):
    here = f"/imports/{run.id}"
    form = fields((await elin.get(here)).text) | {"save_as": name, "step": "save"}
    answer = await elin.post(f"{here}/mapping", data=form)
    assert answer.status_code == 422
    assert 'href="#f-save_as"' in answer.text


async def test_another_encoding_reads_the_file_again(elin):
    here = await uploaded(elin, content(ONE.replace("GH-220-04", "Gehäuse")).decode().encode("cp1252"))
    page = (await elin.get(here)).text
    assert "Gehäuse" in page
    assert "Windows-1252 (Western Europe), found" in page
    answer = await elin.post(f"{here}/mapping", data=fields(page) | {"encoding": "cp850"})
    assert answer.status_code == 303
    assert "Gehõuse" in (await elin.get(here)).text
    answer = await elin.post(f"{here}/mapping", data=fields(page) | {"header_line": "99"})
    assert answer.status_code == 422
    assert "There is no header" in answer.text


@pytest.mark.parametrize(
    "more",
    [
        {"encoding": "klingon"},
        {"separator": "xx"},
        {"dates": "tomorrow"},
        {"supplier_by": "x"},
        {"arrivals": "x"},
        {"create": ["world"]},
        {"header_line": "-1"},
        {"col-order_number": "9999"},
        {"save_as": "a\x00b"},
        {"constant-plant": "x\x00", "col-plant": ""},
    ],
)
async def test_hostile_fields_are_refused_with_a_sentence(elin, run, more):
    here = f"/imports/{run.id}"
    form = fields((await elin.get(here)).text) | more
    answer = await elin.post(f"{here}/run", data=form)
    assert answer.status_code == 422
    assert "Not started. To change first" in answer.text


async def test_an_import_with_gaps_does_not_start_and_says_why(elin, db, run):
    here = f"/imports/{run.id}"
    form = fields((await elin.get(here)).text) | {"col-part": "", "constant-part": ""}
    answer = await elin.post(f"{here}/run", data=form)
    assert answer.status_code == 422
    assert 'href="#f-col-part"' in answer.text
    assert (await db.execute(select(col(ImportRun.status)))).scalar_one() is ImportStatus.UPLOADED


async def test_started_waiting_cancelled(elin, db, run):
    here = f"/imports/{run.id}"
    form = fields((await elin.get(here)).text)
    assert (await elin.post(f"{here}/run", data=form)).headers["location"] == here
    page = (await elin.get(here)).text
    assert "Waiting for a worker" in page
    assert 'hx-trigger="every 1s"' in page
    assert "<noscript>" in page
    fragment = await elin.get(here, headers={"hx-request": "true"})
    assert fragment.text.lstrip().startswith('<div id="run"')
    assert (await elin.post(f"{here}/run", data=form)).status_code == 409
    assert (await elin.post(f"{here}/removal")).status_code == 409
    assert (await elin.post(f"{here}/undoing")).status_code == 409
    assert (await elin.post(f"{here}/cancellation")).status_code == 303
    page = (await elin.get(here)).text
    assert "Cancelled" in page
    assert "every 1s" not in page
    assert (await elin.post(f"{here}/cancellation")).status_code == 409
    again = (await elin.post(f"{here}/copies")).headers["location"]
    assert again != here
    assert fields((await elin.get(again)).text) == form
    assert (await elin.post(f"{again}/copies")).status_code == 409


async def test_a_file_can_be_removed_before_it_is_started(elin, db, run):
    assert (await elin.post(f"/imports/{run.id}/removal")).headers["location"] == "/imports"
    assert (await elin.get(f"/imports/{run.id}")).status_code == 404


# files


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "This file is empty"),
        (b"%PDF-1.7", "This is a PDF"),
        (b"x" * 1_500_000, "longer than 1,000,000"),
        (b"a," * 300_000 + b"\n", "columns"),
        (b"PK\x03\x04" + b"x" * 100, "damaged"),
    ],
)
async def test_what_is_no_table_is_refused_at_the_field_and_not_kept(elin, db, settings, data, words):
    answer = await upload(elin, data)
    assert answer.status_code == 422
    assert words in answer.text
    assert (await db.execute(select(ImportRun))).first() is None
    kept = settings.documents_dir
    assert not [path for path in kept.rglob("*") if path.is_file()]


async def test_without_a_file_or_a_kind_the_form_comes_back(elin):
    token = elin.headers["x-csrf-token"]
    answer = await elin.post(
        f"/imports?csrf_token={token}", data={"kind": "deliveries"}, files={"file": ("", b"")}
    )
    assert answer.status_code == 422
    assert "Choose a file." in answer.text
    assert (await upload(elin, content(ONE), kind="gossip")).status_code == 422
    answer = await elin.post(f"/imports?csrf_token={token}", data={"kind": "deliveries"})
    assert answer.status_code == 422
    answer = await elin.post(
        f"/imports?csrf_token={token}",
        content=b"--x\r\nnonsense",
        headers={"content-type": "multipart/form-data; boundary=x"},
    )
    assert answer.status_code == 422


async def test_limits(database, db, cast, settings):
    async with AsyncExitStack() as stack:
        small = replace(settings, max_import_bytes=100_000)
        elin = await (await visits(stack, database, small))(cast.elin)
        announced = await upload(elin, b"a,b,c\n" + b"1,2,3\n" * 50_000)
        assert announced.status_code == 413
        assert "larger than 100" in announced.text

        async def body():
            yield b'--x\r\nContent-Disposition: form-data; name="kind"\r\n\r\ndeliveries\r\n'
            yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="x.csv"\r\n\r\n'
            for _ in range(100):
                yield b"1,2,3\n" * 1000
            yield b"\r\n--x--\r\n"

        token = elin.headers["x-csrf-token"]
        unannounced = await elin.post(
            f"/imports?csrf_token={token}",
            content=body(),
            headers={"content-type": "multipart/form-data; boundary=x"},
        )
        assert unannounced.status_code == 413
        assert not [path for path in small.documents_dir.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\deliveries.csv", "deliveries.csv"),
        ("a\u202egpj.exe", "agpj.exe"),
        ("<script>alert(1)<script>.csv", "&lt;script&gt;alert(1)&lt;script&gt;.csv"),
        ("漢" * 255, "漢" * 255),
        (".hidden", ".hidden"),
        ("e\u0301.csv", "é.csv"),
        ("'; drop table.csv", "&#39;; drop table.csv"),
    ],
)
async def test_filenames(elin, settings, name, shown):
    here = await uploaded(elin, content(ONE), name=name)
    page = (await elin.get(here)).text
    assert "<h1>" in page
    assert shown in page
    assert shown in (await elin.get("/imports")).text
    assert "\u202e" not in page
    kept = [path.name for path in settings.documents_dir.rglob("*") if path.is_file()]
    assert all(re.fullmatch(r"[0-9a-f]{64}", each) for each in kept)


async def test_a_template_of_each_kind_is_a_download(elin):
    for kind in ("deliveries", "inspections", "nonconformances"):
        answer = await elin.get(f"/imports/templates/{kind}.csv")
        assert answer.status_code == 200
        assert f'filename="assay-{kind}.csv"' in answer.headers["content-disposition"]
        assert "sandbox" in answer.headers["content-security-policy"]
        rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert len({len(row) for row in rows}) == 1
    assert (await elin.get("/imports/templates/gossip.csv")).status_code == 404


async def test_a_store_that_is_away_is_said_and_nothing_is_kept(elin, db, monkeypatch, settings):
    from portal.storage.disk import DiskStore  # noqa: PLC0415

    async def full(*_, **__):
        raise BusyError("The document store is full. Nothing was saved.", retry_after=60)

    monkeypatch.setattr(DiskStore, "put", full)
    answer = await upload(elin, content(ONE))
    assert answer.status_code == 503
    assert "document store is full" in answer.text
    assert (await db.execute(select(ImportRun))).first() is None

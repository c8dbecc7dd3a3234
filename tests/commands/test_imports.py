"""assay import: the real command on real input."""

import json

import pytest
from sqlalchemy import text

from portal.db import Database
from portal.settings import Settings
from tests.conftest import OWNER
from tests.people import TESTER
from tests.workflows.importing import DELIVERIES, HEADER
from tests.workflows.test_imports import ONE, THREE

LINES = "SELECT sum(CAST(hashtext(CAST(l AS text)) AS bigint)) FROM delivery_line AS l"
ADDING = {**DELIVERIES, "create": ["supplier", "part", "plant"]}


@pytest.fixture
async def empty(server):
    """A database that nobody has migrated."""
    await server.run(f'CREATE DATABASE "assay_empty_import" OWNER {OWNER}')
    yield server.address("assay_empty_import", OWNER).replace("+asyncpg", "")
    await server.drop("assay_empty_import")


@pytest.fixture
def mapping(tmp_path):
    path = tmp_path / "mapping.json"
    path.write_text(json.dumps(ADDING))
    return str(path)


@pytest.fixture
def deliveries(tmp_path):
    def write(*rows, name="deliveries.csv"):
        path = tmp_path / name
        path.write_text("\n".join([HEADER, *rows]) + "\n")
        return str(path)

    return write


async def ask(database, statement):
    async with database.work(TESTER) as db:
        return tuple((await db.execute(text(statement))).one())


async def test_scms_on_an_empty_database(said, empty, shared_data):
    file = str(shared_data / "scms_delivery_history.csv")
    status, out, err = await said("import", "deliveries", file, "--mapping", "scms", DATABASE_URL=empty)
    assert (status, err) == (0, "")
    assert "10,324 rows read" in out
    assert "10,324 added, 0 updated, 0 unchanged, 0 rejected" in out
    assert "73 suppliers" in out
    database = Database(empty.replace("postgresql:", "postgresql+asyncpg:"), Settings(), pool_size=1)
    try:
        assert await ask(database, "SELECT count(*) FROM delivery_line") == (10_324,)
        assert await ask(database, "SELECT count(*) FROM supplier") == (73,)
        # domain.md 2.7: the window -5/+0, and on or before the scheduled day.
        assert await ask(database, "SELECT count(*) FROM delivery_line WHERE complete") == (6_720,)
        assert await ask(
            database,
            "SELECT count(*) FROM delivery_line AS line JOIN receipt ON delivery_line_id = line.id"
            " WHERE receipt.received_on <= line.acknowledged_on",
        ) == (9_138,)
        assert await ask(
            database, "SELECT sum(lines), sum(lines_on_time), sum(nonconformances) FROM supplier_month_total"
        ) == (10_324, 6_720, 0)
        before = await ask(database, LINES)
        status, out, _ = await said("import", "deliveries", file, "--mapping", "scms", DATABASE_URL=empty)
        assert status == 0
        assert "0 added, 0 updated, 10,324 unchanged, 0 rejected" in out
        assert before == await ask(database, LINES)
    finally:
        await database.close()


async def test_bad_rows_are_told_written_to_a_file_and_in_the_exit_status(
    said, fresh, deliveries, mapping, tmp_path
):
    errors = tmp_path / "wrong.csv"
    file = deliveries(ONE, THREE.replace(";5;2026", ";five;2026"))
    status, out, _ = await said("import", "deliveries", file, "--mapping", mapping, "--errors", str(errors))
    assert status == 1
    assert "1 added, 0 updated, 0 unchanged, 1 rejected" in out
    assert "line 3, Qty: “five”: Write a number" in out
    assert "five" in errors.read_text("utf-8-sig")
    errors.write_text(errors.read_text("utf-8-sig").replace("five", "5"))
    status, out, _ = await said("import", "deliveries", str(errors), "--mapping", mapping)
    assert status == 0
    assert "1 added" in out


async def test_all_or_nothing_imports_nothing(said, fresh, deliveries, mapping):
    file = deliveries(ONE, THREE.replace(";5;2026", ";five;2026"))
    status, out, _ = await said("import", "deliveries", file, "--mapping", mapping, "--all-or-nothing")
    assert status == 1
    assert "Nothing imported: 1 row is wrong" in out
    assert await ask(fresh, "SELECT count(*) FROM delivery_line") == (0,)


async def test_a_dry_run_tells_the_counts_and_leaves_no_trace(said, fresh, deliveries, mapping, tmp_path):
    status, out, _ = await said(
        "import", "deliveries", deliveries(ONE, THREE), "--mapping", mapping, "--dry-run"
    )
    assert status == 0
    assert "Nothing was changed" in out
    assert "2 added" in out
    for table in ("delivery_line", "receipt", "supplier", "part", "plant", "import_run", "import_change"):
        assert await ask(fresh, f"SELECT count(*) FROM {table}") == (0,)
    assert not [path for path in (tmp_path / "assay").rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("nothing.csv", "--mapping", "scms"), "There is no file nothing.csv."),
        (("FILE", "--mapping", "sap"), "There is no mapping “sap” for deliveries. There are: assay, scms."),
        (("FILE", "--mapping", "no.json"), "There is no file no.json."),
        (("FILE", "--mapping", "scms"), "this file has no column “PO / SO #”"),
        (("PDF", "--mapping", "scms"), "This is a PDF."),
    ],
)
async def test_what_cannot_be_imported_ends_with_a_sentence(
    said, fresh, deliveries, tmp_path, words, sentence
):
    (tmp_path / "x.pdf").write_bytes(b"%PDF-1.7 " + b"x" * 1000)
    names = {"FILE": deliveries(ONE), "PDF": str(tmp_path / "x.pdf")}
    status, out, err = await said("import", "deliveries", *(names.get(word, word) for word in words))
    assert status == 1
    assert sentence in out + err
    assert "Traceback" not in err
    assert await ask(fresh, "SELECT count(*) FROM delivery_line") == (0,)

"""The rejected rows come back in the form of the file, and go in once they are corrected."""

import csv
import io
import tempfile
from datetime import datetime

import pytest
import xlsxwriter

from portal.models.imports import ImportKind, ImportRun
from portal.workflows.imports import rejected
from tests.workflows.importing import DELIVERIES, HEADER
from tests.workflows.test_imports import ONE, THREE, TWO, counts, file

AUTO = {**DELIVERIES, "file": {}}


async def rows_back(office, run_id):
    with tempfile.TemporaryFile() as out:
        async with office.database.work(office.who) as db:
            run = await db.get_one(ImportRun, run_id)
            async with office.store.local_path(run.file_key) as path:
                await rejected.write(db, run, path, out)
        out.seek(0)
        return out.read()


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [";", "\t", ","])
async def test_the_form_of_the_file_is_kept_and_the_corrected_rows_go_in(office, encoding, separator):
    bad = ONE.replace("GH-220-04", "Gehäuse").replace(";10;2026", ";zehn;2026")
    content = file(bad, THREE, TWO.replace("2026-10-08", "someday")).replace(";", separator).encode(encoding)
    run = await office.send(content, AUTO)
    assert counts(run) == (3, 1, 0, 0, 2)
    back = await rows_back(office, run.id)
    text = back.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    assert rows[0] == [*HEADER.split(";"), "Line", "What is wrong"]
    assert [row[10] for row in rows[1:]] == ["2", "4"]
    assert rows[1][4] == "Gehäuse"
    assert rows[1][11].startswith("Qty: Write a number")
    corrected = text.replace("zehn", "10").replace("someday", "2026-10-08").encode(encoding)
    again = await office.send(corrected, AUTO)
    assert counts(again) == (2, 2, 0, 0, 0), await office.problems(again.id)


async def test_sheet_injection(office):
    rows = [
        ONE.replace("GH-220-04", "=cmd|calc").replace(";10;2026", ";-5;2026"),
        TWO.replace("GH-220-04", "@SUM(A1)").replace("480", "x").replace("45001", "+49"),
        THREE.replace("GH-220-05", "-part").replace(";5;2026", ";x;2026"),
    ]
    run = await office.send(file(*rows))
    assert run.rows_rejected == 3
    text = (await rows_back(office, run.id)).decode("utf-8-sig")
    found = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))[1:]
    assert [row[4] for row in found] == ["'=cmd|calc", "'@SUM(A1)", "'-part"]
    assert found[0][5] == "-5"  # a number stays one
    assert found[1][0] == "+49"
    corrected = text.replace('"-5"', '"5"').replace('"x"', '"1"')
    again = await office.send(corrected)
    assert counts(again) == (3, 3, 0, 0, 0)
    assert await office.rows("SELECT number FROM part WHERE number <> 'GH-220-04' ORDER BY number") == [
        ("-part",),
        ("=cmd|calc",),
        ("@SUM(A1)",),
    ]


async def test_a_row_that_is_no_row_is_there_with_its_line(office):
    run = await office.send(file(THREE, ONE + ";more;cells", '"45001"x;1', TWO))
    assert counts(run) == (4, 2, 0, 0, 2)
    text = (await rows_back(office, run.id)).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))[1:]
    assert [(row[0], row[10]) for row in rows] == [("45001", "3"), ("", "4")]
    assert all(len(row) == 12 for row in rows)


async def test_a_workbooks_rows_come_back_as_csv_that_is_read_again(office, tmp_path):
    path = tmp_path / "x.xlsx"
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "dd.mm.yyyy"})
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER.split(";"))
        for row, quantity in ((1, 480), (2, "many")):
            sheet.write_row(row, 0, [4500012345, row * 10, "104417", "LUL", "GH-220-04"])
            sheet.write(row, 5, quantity)
            sheet.write_datetime(row, 6, datetime(2026, 10, 8), day)  # noqa: DTZ001 # a sheet knows no zone
    run = await office.send(path.read_bytes(), AUTO, name="x.xlsx")
    assert counts(run) == (2, 1, 0, 0, 1), await office.problems(run.id)
    assert (await office.problems(run.id))[0][:3] == (3, "Qty", "many")
    text = (await rows_back(office, run.id)).decode("utf-8-sig")
    again = await office.send(text.replace("many", "12"), AUTO, kind=ImportKind.DELIVERIES)
    assert counts(again) == (1, 1, 0, 0, 0), await office.problems(again.id)
    assert await office.rows("SELECT line_number, ordered FROM delivery_line ORDER BY id") == [
        ("10", 480),
        ("20", 12),
    ]

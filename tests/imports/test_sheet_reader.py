"""Excel workbooks: what they hold as it is meant, and those that want to hurt."""

import struct
import time
import zipfile
from datetime import date, datetime

import pytest
import xlsxwriter

from portal.imports.cells import UnreadableFileError
from portal.imports.look import look
from portal.imports.opening import open_reader
from portal.imports.options import FileOptions
from portal.imports.sheet_reader import SheetReader


def rows_of(path, **options):
    reader = open_reader(path, FileOptions(header_line=1, **options))
    try:
        return reader.columns, list(reader)
    finally:
        reader.close()


@pytest.fixture
def book(tmp_path):
    """A workbook as people send them: a title sheet that is hidden, days, texts that are numbers."""
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        day = workbook.add_format({"num_format": "dd.mm.yyyy"})
        workbook.add_worksheet("Notes").hide()
        sheet = workbook.add_worksheet("Deliveries")
        sheet.activate()
        sheet.write_row(0, 0, ["Order", "Day", "Quantity", "As text", "Formula", "Yes"])
        sheet.write_number(1, 0, 4500012345)
        sheet.write_datetime(1, 1, datetime(2026, 10, 8), day)  # noqa: DTZ001 # a sheet knows no zone
        sheet.write_number(1, 2, 12.5)
        sheet.write_string(1, 3, "0012")
        sheet.write_formula(1, 4, "=1+1", None, 2)
        sheet.write_boolean(1, 5, True)
        sheet.write_string(4, 0, "later")
        other = workbook.add_worksheet("Other")
        other.write_row(2, 1, ["A", "B", "C"])
        other.write_row(3, 1, ["1", "2", "3"])
    return path


def test_cells_are_what_they_are(book):
    columns, rows = rows_of(book)
    assert columns == ["Order", "Day", "Quantity", "As text", "Formula", "Yes"]
    assert rows[0] == (2, [4500012345.0, date(2026, 10, 8), 12.5, "0012", 2.0, True])
    assert rows[1] == (5, ["later", "", "", "", "", ""])


def test_the_first_sheet_that_can_be_seen_is_read_and_another_can_be_chosen(book):
    found = look(book, FileOptions())
    assert found.is_workbook
    assert found.sheets == ("Deliveries", "Other")
    assert found.sheet == "Deliveries"
    columns, rows = rows_of(book, sheet="Other")
    assert columns == ["Column 1", "A", "B", "C"]
    assert rows == [(4, ["", "1", "2", "3"])]
    with pytest.raises(UnreadableFileError, match="Its sheets are: Deliveries, Other"):
        rows_of(book, sheet="Notes")


def test_the_first_rows_can_be_kept_and_read_again(book):
    found = look(book, FileOptions())
    from portal.imports.look import from_data  # noqa: PLC0415

    again = from_data(found.as_data())
    assert again == found
    assert again.rows[0][1][1] == date(2026, 10, 8)


def test_a_reader_that_stops_early_leaves_no_process_behind(book):
    reader = SheetReader(book)
    next(iter(reader))
    child = reader._child
    reader.close()
    assert child.poll() is not None


def zipped(path, members, size=None):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_bombs_are_refused_in_seconds(tmp_path):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as member:
            for _ in range(500):
                member.write(b" " * 1_000_000)
    assert path.stat().st_size < 2_000_000
    began = time.monotonic()
    with pytest.raises(UnreadableFileError, match="unpacks to 500 MB"):
        look(path, FileOptions())
    assert time.monotonic() - began < 10


def test_a_bomb_that_lies_about_its_size_is_not_believed(tmp_path):
    path = zipped(
        tmp_path / "liar.xlsx",
        {"xl/workbook.xml": "<workbook/>", "xl/worksheets/sheet1.xml": b" " * 50_000_000},
    )
    content = path.read_bytes()
    true, false = struct.pack("<I", 50_000_000), struct.pack("<I", 1000)
    assert content.count(true) >= 2
    path.write_bytes(content.replace(true, false))
    with pytest.raises(UnreadableFileError, match="damaged"):
        look(path, FileOptions())


SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'


def with_sheet(source, target, xml):
    """Copy a workbook with the first visible sheet replaced."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            new.writestr(entry, xml if entry.filename.endswith("sheet2.xml") else old.read(entry))
    return target


def test_two_cells_at_the_corners_of_the_largest_sheet_end_in_a_sentence(book, tmp_path):
    cells = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
    path = with_sheet(book, tmp_path / "sparse.xlsx", SHEET.format(cells))
    with pytest.raises(UnreadableFileError, match="can't be read"):
        look(path, FileOptions())


def test_entities_are_not_expanded(book, tmp_path):
    bomb = (
        '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    )
    xml = bomb + SHEET.format('<row r="1"><c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row>')
    path = with_sheet(book, tmp_path / "entities.xlsx", xml)
    try:
        found = look(path, FileOptions())
    except UnreadableFileError:
        return
    assert "aaaa" not in str(found.columns)


def test_too_many_columns_end_in_a_sentence(tmp_path):
    path = tmp_path / "wide.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        workbook.add_worksheet().write_row(0, 0, [f"c{n}" for n in range(2000)])
    with pytest.raises(UnreadableFileError, match="2,000 columns"):
        look(path, FileOptions())


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"word/document.xml": "<x/>"}, "not an Excel workbook"),
        ({"xl/workbook.xml": "no xml", "[Content_Types].xml": "<x/>"}, "damaged|can't be read"),
        ({f"xl/{n}": "" for n in range(10_001)}, "unpacks to"),
    ],
)
def test_other_containers_are_refused(tmp_path, members, words):
    with pytest.raises(UnreadableFileError, match=words):
        look(zipped(tmp_path / "x.xlsx", members), FileOptions())


def test_a_workbook_that_is_cut_off_is_refused(book, tmp_path):
    path = tmp_path / "half.xlsx"
    path.write_bytes(book.read_bytes()[: book.stat().st_size // 2])
    with pytest.raises(UnreadableFileError, match="damaged"):
        look(path, FileOptions())


def test_an_empty_sheet_is_refused(tmp_path):
    path = tmp_path / "empty.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        workbook.add_worksheet()
    with pytest.raises(UnreadableFileError, match="no header"):
        look(path, FileOptions())

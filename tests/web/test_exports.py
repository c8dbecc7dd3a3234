"""Files made from lists: what somebody typed stays text, numbers stay numbers."""

import csv
import io
import tempfile
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from litestar import Request
from python_calamine import CalamineWorkbook

from portal.errors import TooLargeError
from portal.web import exports
from portal.web.listing import Column

LIVE = [
    "=1+1",
    "+46 70 123",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "  =1+1",
    "＝1+1",
    '=HYPERLINK("http://evil.example","x")',
    "=cmd|' /C calc'!A0",
]
COLUMNS = (
    Column("text", "Text", lambda row: row[0]),
    Column("number", "Number", lambda row: row[1]),
)


async def rows_of(*rows):
    for row in rows:
        yield row


def request(path: str) -> Request:
    return Request({"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": []})


async def file(path: str, *rows, columns=COLUMNS, zone="UTC") -> tuple[bytes, dict[str, str]]:
    answer = await exports.answer(request(path), "suppliers", columns, rows_of(*rows), zone=zone)
    return b"".join(answer.iterator), dict(answer.headers)


def read_csv(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def read_xlsx(content: bytes) -> list[list]:
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()


@pytest.mark.parametrize("typed", LIVE)
async def test_sheet_injection_csv(typed):
    content, _ = await file("/suppliers.csv", (typed, Decimal("-12.50")))
    heading, row = read_csv(content)
    assert heading == ["Text", "Number"]
    assert row == ["'" + typed, "-12.50"]
    assert b",-12.50\r\n" in content  # a number, without quotes


async def test_a_semicolon_cannot_start_a_cell_of_its_own():
    content, _ = await file("/suppliers.csv", ("x;=1+1", 3))
    assert content.endswith(b'"x;=1+1",3\r\n')


@pytest.mark.parametrize("typed", LIVE)
async def test_sheet_injection_xlsx(typed):
    content, _ = await file("/suppliers.xlsx", (typed, Decimal("-12.50")))
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert "<f" not in sheet
        assert "<hyperlink" not in sheet
        assert not [name for name in book.namelist() if "worksheets/_rels" in name]
    row = read_xlsx(content)[1]
    assert row[0].replace("\n", "\r") == typed  # XML reads a carriage return as a line end
    assert row[1] == -12.5


async def test_dates_instants_and_what_is_missing():
    columns = (
        *COLUMNS,
        Column("on", "On", lambda row: row[2]),
        Column("at", "At", lambda row: row[3]),
        Column("is", "Is", lambda row: row[4]),
    )
    row = ("", None, date(2026, 10, 8), datetime(2026, 10, 8, 22, 30, tzinfo=UTC), True)
    content, _ = await file("/suppliers.csv", row, columns=columns, zone="Europe/Stockholm")
    assert read_csv(content)[1] == ["", "", "2026-10-08", "2026-10-09 00:30+02:00", "yes"]
    content, _ = await file("/suppliers.xlsx", row, columns=columns, zone="Europe/Stockholm")
    assert read_xlsx(content)[1] == ["", "", date(2026, 10, 8), "2026-10-09 00:30+02:00", True]


async def test_any_script_and_long_texts_arrive_whole_or_as_much_as_a_cell_holds():
    name = "精密鋳造株式会社 – “Łódź” \u202eevil"
    content, _ = await file("/suppliers.csv", (name, 1), ("line\nbreak", Decimal("1E+3")))
    assert read_csv(content)[1:] == [[name, "1"], ["line\nbreak", "1000"]]
    content, _ = await file("/suppliers.xlsx", (name, 1), ("x" * 40_000, 2))
    rows = read_xlsx(content)
    assert rows[1][0] == name
    assert len(rows[2][0]) == 32_767


async def test_more_rows_than_one_batch_all_arrive_in_order():
    wanted = [(f"Supplier {n}", n) for n in range(1203)]
    content, _ = await file("/suppliers.csv", *wanted)
    assert read_csv(content)[1:] == [[name, str(n)] for name, n in wanted]
    content, _ = await file("/suppliers.xlsx", *wanted)
    assert [row[1] for row in read_xlsx(content)[1:]] == [n for _, n in wanted]


async def test_an_empty_list_is_a_file_with_headings():
    assert read_csv((await file("/suppliers.csv"))[0]) == [["Text", "Number"]]
    assert read_xlsx((await file("/suppliers.xlsx"))[0]) == [["Text", "Number"]]


async def test_more_rows_than_a_sheet_has_are_refused_with_the_way_out(monkeypatch):
    monkeypatch.setattr(exports, "MOST_XLSX_ROWS", 2)
    with pytest.raises(TooLargeError, match="Take it as CSV"):
        await file("/suppliers.xlsx", ("a", 1), ("b", 2), ("c", 3))
    assert len(read_csv((await file("/suppliers.csv", ("a", 1), ("b", 2), ("c", 3)))[0])) == 4


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
async def test_a_failure_half_way_is_an_error_and_leaves_nothing_behind(ending, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    async def broken():
        yield ("a", 1)
        raise RuntimeError("the database went away")

    with pytest.raises(RuntimeError, match="went away"):
        await exports.answer(request(f"/suppliers.{ending}"), "suppliers", COLUMNS, broken())
    assert list(tmp_path.iterdir()) == []


async def test_download_headers():
    content, headers = await file("/suppliers.csv", ("a", 1))
    assert headers["Content-Disposition"].startswith('attachment; filename="suppliers-20')
    assert headers["Content-Length"] == str(len(content))
    assert headers["Cache-Control"] == "no-store"
    assert "sandbox" in headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("lines 4711.csv", "lines 4711.csv"),
        ('a"b\\c.csv', "abc.csv"),
        ("x\r\nSet-Cookie: a=b.csv", "xSet-Cookie: a=b.csv"),
        ("../../etc/passwd", "etcpasswd"),
        ("精密.csv", "__.csv"),
        ("\u202egnp.csv", "gnp.csv"),
        ("\x00", "file"),
    ],
)
def test_filenames(name, plain):
    header = exports.disposition(name)
    assert f'filename="{plain}"' in header
    assert "\n" not in header
    assert "\r" not in header
    assert header.isascii()

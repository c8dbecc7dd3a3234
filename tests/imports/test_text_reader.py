"""CSV in every dialect reads the same; what is broken is said by line."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.imports import detect
from portal.imports.cells import UnreadableFileError
from portal.imports.look import look
from portal.imports.opening import open_reader
from portal.imports.options import FileOptions
from portal.imports.rows import Broken

HEADER = ["Bestellung", "Menge", "Größe"]
ROWS = [["4500012345", "1.234,5", "groß, rund"], ["4500012346", "2", 'Zoll: 5"'], ["3", "4", "zwei\nZeilen"]]


def written(rows, separator=",", end="\r\n", encoding="utf-8"):
    out = io.StringIO(newline="")
    # All quoted where a line ends with CR alone: the writer would leave an LF in a cell without quotes.
    quoting = csv.QUOTE_ALL if end == "\r" else csv.QUOTE_MINIMAL
    csv.writer(out, delimiter=separator, lineterminator=end, quoting=quoting).writerows(rows)
    return out.getvalue().encode(encoding)


def rows_of(path, options=None):
    reader = open_reader(path, options or look(path, FileOptions()).options)
    try:
        return reader.columns, list(reader)
    finally:
        reader.close()


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_dialect_reads_the_same(tmp_path, separator, end, encoding):
    path = tmp_path / "x"
    path.write_bytes(written([HEADER, *ROWS], separator, end, encoding))
    columns, rows = rows_of(path)
    assert columns == HEADER
    assert [cells for _, cells in rows] == ROWS
    assert [line for line, _ in rows] == [2, 3, 4]


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r\n\ufeff"), max_size=20).map(str.strip)


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(st.lists(CELL, min_size=4, max_size=4), min_size=1, max_size=12),
    separator=st.sampled_from([",", ";", "\t", "|"]),
    end=st.sampled_from(["\r\n", "\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_is_written_in_a_dialect_is_read_back(tmp_path_factory, rows, separator, end, encoding):
    path = tmp_path_factory.mktemp("dialect") / "x"
    path.write_bytes(written([["a", "b", "c", "d"], *rows], separator, end, encoding))
    given_encoding = "utf-16" if encoding == "utf-16" else "utf-8"
    _, found = rows_of(path, FileOptions(encoding=given_encoding, separator=separator, header_line=1))
    assert [cells for _, cells in found] == [row for row in rows if any(row)]


def test_the_line_is_the_one_in_the_file_also_below_long_cells_and_empty_lines(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(b'a,b\n1,"two\nlines"\n\n\n2,x\n')
    assert rows_of(path)[1] == [(2, ["1", "two\nlines"]), (6, ["2", "x"])]


def test_short_rows_are_filled_and_long_ones_are_bad_unless_they_are_long_with_nothing(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(b"a,b,c\n1\n1,2,3,,\n1,2,3,4\n5,6,7\n")
    _, rows = rows_of(path)
    assert rows[0] == (2, ["1", "", ""])
    assert rows[1] == (3, ["1", "2", "3"])
    assert isinstance(rows[2][1], Broken)
    assert "4 cells and the header has 3" in rows[2][1].advice
    assert rows[3] == (5, ["5", "6", "7"])


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b'a,b\n1,2\n3,"not closed', 3, "ends inside a quoted cell"),
        (b"a,b,c\n1,2,3\n4,5", 3, "2 of 3 cells"),
    ],
)
def test_a_file_that_stops_in_the_middle_says_where(tmp_path, content, line, words):
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    reader = open_reader(path, look(path, FileOptions()).options)
    rows = list(reader)
    assert rows[0][0] == 2
    assert not isinstance(rows[0][1], Broken)
    assert rows[-1][0] == line
    assert words in rows[-1][1].advice
    assert reader.cut_off == line
    reader.close()


def test_a_last_row_without_a_line_end_is_a_row(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(b"a,b,c\n1,2,3\n4,5,6")
    reader = open_reader(path, look(path, FileOptions()).options)
    assert [cells for _, cells in reader] == [["1", "2", "3"], ["4", "5", "6"]]
    assert reader.cut_off == 0
    reader.close()


def test_a_stray_quote_spoils_its_row_and_no_other(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(b'a,b\n1,"x"y\n2,z\n')
    _, rows = rows_of(path)
    assert isinstance(rows[0][1], Broken)
    assert rows[1] == (3, ["2", "z"])


def test_a_quote_that_is_never_closed_costs_a_part_of_the_file_not_all_of_it(tmp_path):
    path = tmp_path / "x.csv"
    lines = [b"a,b", b'1,"never closed', *[b"%d,%s" % (n, b"x" * 1000) for n in range(2, 500)]]
    path.write_bytes(b"\n".join(lines) + b"\n")
    _, rows = rows_of(path)
    broken = [(line, cells) for line, cells in rows if isinstance(cells, Broken)]
    assert [line for line, _ in broken] == [2]
    assert "never closed" in broken[0][1].advice
    assert rows[-1][1][0] == "499"
    assert len(rows) > 300


def test_repeated_and_empty_headings_get_names_of_their_own(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes("Name,,Name,name, Naïve  Name ,\n1,2,3,4,5,\n".encode())
    columns, rows = rows_of(path)
    assert columns == ["Name", "Column 2", "Name (2)", "name (3)", "Naïve Name"]
    assert rows[0][1] == ["1", "2", "3", "4", "5"]


def test_titles_above_the_header_are_skipped(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(b"Deliveries of October\nmade by ERP\n\norder;line;part\n1;2;3\n4;5;6\n")
    found = look(path, FileOptions())
    assert found.header_line == 4
    assert found.columns == ["order", "line", "part"]
    assert [line for line, _ in found.rows] == [5, 6]


def test_excels_own_first_line_names_the_separator(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(b"sep=;\r\na;b;c\r\n1,2;3,4;5\r\n")
    columns, rows = rows_of(path)
    assert columns == ["a", "b", "c"]
    assert rows == [(3, ["1,2", "3,4", "5"])]


def test_the_only_umlaut_is_in_the_last_of_many_rows(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(b"a,b,c\n" + b"1,2,plain\n" * 200_000 + "1,2,Gießerei\n".encode("cp1252"))
    assert detect.encoding_of(path) == "cp1252"
    path.write_bytes(b"a,b,c\n" + b"1,2,plain\n" * 200_000 + "1,2,Gießerei\n".encode())
    assert detect.encoding_of(path) == "utf-8"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"   \n\n", "empty"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "old Excel"),
        (b"\x1f\x8b\x08 gz", "compressed"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"PK\x03\x04 no zip at all", "damaged"),
        (b"," * 500_000 + b"\n", "no header"),
        (b"a," * 450_000 + b"\n", "columns"),
        (b"x" * 2_000_000, "longer than 1,000,000"),
    ],
)
def test_what_is_no_table_is_refused_with_a_sentence(tmp_path, content, words):
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(UnreadableFileError, match=words):
        look(path, FileOptions())


def test_two_gigabytes_of_one_line_are_refused_after_the_first_of_them(tmp_path):
    path = tmp_path / "x.csv"
    with path.open("wb") as file:
        file.write(b"a,b,c\n1,2,3\n")
        file.seek(2_000_000_000)  # a hole: zeros that take no room on the disk
        file.write(b"\n")
    reader = open_reader(path, FileOptions(encoding="utf-8", separator=",", header_line=1))
    with pytest.raises(UnreadableFileError, match=r"Line 3 is longer"):
        list(reader)
    assert reader.position < 20_000_000
    reader.close()

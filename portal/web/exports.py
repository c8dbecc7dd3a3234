"""Any list as CSV or XLSX. What somebody typed never becomes a formula; real numbers stay numbers.

The file is finished on disk before its first byte is sent: a failure is an error page instead of a
torn file, and a slow reader holds no database connection.
"""

import asyncio
import csv
import io
import tempfile
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any, Protocol
from urllib.parse import quote
from zoneinfo import ZoneInfo

import xlsxwriter
from litestar import Request, Response
from litestar.response import Stream

from portal import clock
from portal.errors import TooLargeError

Cell = str | int | float | Decimal | date | datetime | bool | None

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_XLSX_ROWS = 1_048_575  # below the header, as Excel has it
MOST_XLSX_LETTERS = 32_767
# What makes a spreadsheet take a text for a formula or a command; also as full-width letters.
_LIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_BATCH = 500


class Column(Protocol):
    """A column of a file: its heading and how a row's cell is found."""

    @property
    def label(self) -> str: ...
    @property
    def value(self) -> Callable[[Any], Cell]: ...


async def answer(
    request: Request[Any, Any, Any],
    name: str,
    columns: Sequence[Column],
    rows: AsyncIterable[Any],
    *,
    zone: str = "UTC",
) -> Stream:
    """Answer with a file named ``NAME-2026-10-08.csv``; the address's ending says which kind.

    Args:
        request: its path ends with .csv or .xlsx.
        name: what the file holds, such as "suppliers".
        columns: in the order of the file.
        rows: what the columns take their values from; consumed in batches.
        zone: for instants, the zone of whoever reads them.

    Raises:
        TooLargeError: more rows than a sheet has.
    """
    kind = "xlsx" if request.url.path.endswith(".xlsx") else "csv"
    out: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 # closed when its last byte is sent
    labels = [column.label for column in columns]
    sheet: Sheet = XlsxSheet(out, labels) if kind == "xlsx" else CsvSheet(out, labels)
    try:
        batch: list[Any] = []
        async for row in rows:
            batch.append(row)
            if len(batch) == _BATCH:
                await asyncio.to_thread(_write, sheet, columns, batch, zone)
                batch = []
        await asyncio.to_thread(_write, sheet, columns, batch, zone)
        await asyncio.to_thread(sheet.finish)
        size = out.seek(0, io.SEEK_END)
    except BaseException:
        sheet.discard()
        out.close()
        raise
    headers = safe_headers(f"{name}-{clock.today(zone).isoformat()}.{kind}") | {"Content-Length": str(size)}
    return Stream(_sent(out), media_type=XLSX_TYPE if kind == "xlsx" else CSV_TYPE, headers=headers)


async def each(rows: Iterable[Any]) -> AsyncIterator[Any]:
    """Give rows that are there already as ``answer`` takes them."""
    for row in rows:
        yield row


def saved_as(name: str, content: bytes, media_type: str) -> Response[bytes]:
    """Answer with a file that is made for this request alone."""
    return Response(content, media_type=media_type, headers=safe_headers(name))


def safe_headers(name: str) -> dict[str, str]:
    """Give the headers of a file that is saved under a name: it runs nothing, and no cache keeps it."""
    return {
        "Content-Disposition": disposition(name),
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "no-store",
    }


def disposition(name: str) -> str:
    """Give the header that saves a download under this name (RFC 6266), in one line and in any script."""
    harmless = "".join(c for c in name if c.isprintable() and c not in '\\/"').strip(" .") or "file"
    plain = harmless.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(harmless, safe='')}"


class Sheet(Protocol):
    """A file that takes rows of cells one batch after another."""

    def add(self, rows: Iterable[Sequence[Cell]]) -> None: ...

    def finish(self) -> None: ...

    def discard(self) -> None:
        """Leave nothing behind of a file that will not be finished."""
        ...


class CsvSheet:
    """Commas, every text quoted, UTF-8 with the mark that makes Excel read it as such.

    The quotes matter: where a list separator is a semicolon, an unquoted ``x;=1+1`` is two cells.
    """

    def __init__(self, out: IO[bytes], labels: Sequence[str]) -> None:
        self._text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="", write_through=False)
        self._rows = csv.writer(self._text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
        self._rows.writerow(list(labels))

    def add(self, rows: Iterable[Sequence[Cell]]) -> None:
        self._rows.writerows([_csv_cell(cell) for cell in row] for row in rows)

    def finish(self) -> None:
        self._text.detach()  # writes what is left, and leaves the file open

    def discard(self) -> None:
        self._text.close()


class XlsxSheet:
    """One sheet written row by row; a text is always written as a text."""

    def __init__(self, out: IO[bytes], labels: Sequence[str]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="assay-sheet-")
        self._book = xlsxwriter.Workbook(
            out,
            {
                "constant_memory": True,
                "tmpdir": self._folder.name,
                "strings_to_formulas": False,
                "strings_to_numbers": False,
                "strings_to_urls": False,
            },
        )
        self._sheet = self._book.add_worksheet()
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        head = self._book.add_format({"bold": True, "bottom": 1})
        self._sheet.freeze_panes(1, 0)
        for at, label in enumerate(labels):
            self._sheet.set_column(at, at, max(12, min(40, len(label) + 4)))
            self._sheet.write_string(0, at, label, head)
        self._count = 0

    def add(self, rows: Iterable[Sequence[Cell]]) -> None:
        for row in rows:
            self._count += 1
            if self._count > MOST_XLSX_ROWS:
                raise TooLargeError(
                    f"An Excel sheet holds {MOST_XLSX_ROWS:,} rows and this list has more."
                    " Take it as CSV, or narrow the list."
                )
            for at, cell in enumerate(row):
                self._put(at, cell)

    def _put(self, at: int, cell: Cell) -> None:
        if cell is None or cell == "":
            return
        if isinstance(cell, bool):
            self._sheet.write_boolean(self._count, at, cell)
        elif isinstance(cell, int | float | Decimal):
            self._sheet.write_number(self._count, at, cell)
        elif isinstance(cell, date) and not isinstance(cell, datetime) and cell.year >= 1900:
            self._sheet.write_datetime(self._count, at, cell, self._day)
        else:
            self._sheet.write_string(self._count, at, str(cell)[:MOST_XLSX_LETTERS])

    def finish(self) -> None:
        self._book.close()
        self._folder.cleanup()

    def discard(self) -> None:
        self._sheet.row_data_fh.close()
        self._folder.cleanup()


def neutral(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would run; it then shows it as text."""
    return f"'{text}" if text.lstrip(" \N{NO-BREAK SPACE}").startswith(_LIVE) else text


def _csv_cell(cell: Cell) -> str | int | float | Decimal:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, str):
        return neutral(cell)
    if isinstance(cell, Decimal):
        return Decimal(f"{cell:f}")
    return cell if isinstance(cell, int | float) else str(cell)


def _write(sheet: Sheet, columns: Sequence[Column], rows: Sequence[Any], zone: str) -> None:
    where = ZoneInfo(zone)
    sheet.add([[_local(column.value(row), where) for column in columns] for row in rows])


def _local(cell: Cell, zone: ZoneInfo) -> Cell:
    """Write an instant as its reader's local time with the offset: nobody has to guess the zone."""
    return cell.astimezone(zone).isoformat(" ", "minutes") if isinstance(cell, datetime) else cell


def _sent(out: IO[bytes]) -> Iterator[bytes]:
    with out:
        out.seek(0)
        while chunk := out.read(65_536):
            yield chunk

"""The rejected rows as a file in the form of the one that came, to correct and send again."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import IO

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from portal.imports import look as looking
from portal.imports import mapping as reading
from portal.imports.cells import Cell, Cells, as_text
from portal.imports.opening import open_reader
from portal.imports.options import Encoding, FileOptions
from portal.imports.rows import Broken, Reader
from portal.models.imports import ImportRun

LINE, ADVICE = "Line", "What is wrong"
_LIVE = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_BATCH = 1_000
_BY_LINE = """
    SELECT line, string_agg(concat_ws(': ', nullif(column_name, ''), advice), '  ' ORDER BY id) AS advice
    FROM import_problem WHERE import_run_id = :run GROUP BY line ORDER BY line
"""


async def write(db: AsyncSession, run: ImportRun, path: Path, out: IO[bytes]) -> None:
    """Write the rows with problems, two columns longer: their line, and what is wrong.

    Args:
        db: where the problems are.
        run: an import of the file.
        path: the file.
        out: stays open.
    """
    look = looking.from_data(run.look or {})
    mapping = reading.read(run.definition, run.kind)
    options = replace(look.options, quotes=mapping.file.quotes)
    with closing(await asyncio.to_thread(open_reader, path, options)) as reader:
        sheet = _Sheet(out, reader, options, is_workbook=look.is_workbook)
        rows = iter(reader)
        async for problems in _problems(db, run.id):
            await asyncio.to_thread(sheet.add, _matched(rows, problems))
        await asyncio.to_thread(sheet.finish)


async def _problems(db: AsyncSession, run_id: int) -> AsyncIterator[list[tuple[int, str]]]:
    result = await db.stream(text(_BY_LINE).execution_options(yield_per=_BATCH), {"run": run_id})
    async for batch in result.partitions(_BATCH):
        yield [(row.line, row.advice) for row in batch]


def _matched(
    rows: Iterator[tuple[int, Cells | Broken]], problems: Iterable[tuple[int, str]]
) -> Iterator[tuple[int, list[Cell], str]]:
    """Find the rows of these lines; both are in the order of the file."""
    for wanted, advice in problems:
        for line, cells in rows:
            if line == wanted:
                yield line, list(cells.cells if isinstance(cells, Broken) else cells), advice
                break


class _Sheet:
    """CSV as the file had it: encoding, separator, quotes. A workbook's rows become CSV with commas."""

    def __init__(self, out: IO[bytes], reader: Reader, options: FileOptions, *, is_workbook: bool) -> None:
        encoding = Encoding.UTF8 if is_workbook else options.encoding
        self._quotes = options.quotes or is_workbook
        self._separator = "," if is_workbook else options.separator
        self._width = len(reader.columns)
        # The mark tells a spreadsheet that it is UTF-8.
        codec = "utf-8-sig" if encoding == Encoding.UTF8 else encoding
        self._text = io.TextIOWrapper(out, encoding=codec, errors="replace", newline="")
        self._rows = csv.writer(
            self._text,
            delimiter=self._separator,
            # Every text is quoted: an unquoted "x;=1+1" is two cells where a semicolon separates lists.
            quoting=csv.QUOTE_ALL if self._quotes else csv.QUOTE_NONE,
            quotechar='"' if self._quotes else None,
            lineterminator="\r\n",
        )
        self._write([*reader.columns, LINE, ADVICE])

    def add(self, rows: Iterable[tuple[int, list[Cell], str]]) -> None:
        for line, cells, advice in rows:
            kept = (cells + [""] * self._width)[: self._width]
            self._write([*(_neutral(cell) for cell in kept), str(line), advice])

    def _write(self, cells: list[str]) -> None:
        if not self._quotes:
            cells = [" ".join(cell.replace(self._separator, " ").splitlines()) for cell in cells]
        self._rows.writerow(cells)

    def finish(self) -> None:
        self._text.detach()  # writes what is left, and leaves the file open


def _neutral(cell: Cell) -> str:
    """Give a cell as text that no spreadsheet runs; a negative number stays one."""
    value = as_text(cell)
    if not value.lstrip(" \N{NO-BREAK SPACE}").startswith(_LIVE):
        return value
    number = value.strip().lstrip("+-").replace(",", "").replace(".", "")
    return value if number.isascii() and number.isdigit() else f"'{value}"

"""CSV in its dialects, line by line: one line is all that is ever in memory."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from portal.imports.cells import Cells, UnreadableFileError
from portal.imports.rows import MOST_LETTERS, Broken, Row, fitted, is_empty, names_of

MOST_CELL_LETTERS = 131_072

csv.field_size_limit(MOST_CELL_LETTERS)


def is_hint(cells: Cells) -> bool:
    """Say whether this is Excel's own first line "sep=;", which names the separator."""
    return len(cells) <= 2 and str(cells[0]).strip('"').lower().startswith("sep=")


class Lines:
    """The lines of a file with any of CR, LF and CRLF as their ends; a line without an end is refused."""

    def __init__(self, path: Path, encoding: str) -> None:
        self._raw = path.open("rb")
        codec = "utf-8-sig" if encoding == "utf-8" else encoding
        # What can't be decoded becomes U+FFFD, and the cell that holds it is a bad one.
        self._text = io.TextIOWrapper(self._raw, encoding=codec, errors="replace", newline="")
        self._readline = self._text.readline
        self._last = ""
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._readline(MOST_LETTERS + 1)
        if not line:
            raise StopIteration
        self._last = line
        self.number += 1
        if len(line) > MOST_LETTERS:
            raise UnreadableFileError(
                f"Line {self.number:,} is longer than {MOST_LETTERS:,} characters. This is not a table"
                " with one row on a line. Export it again as CSV."
            )
        return line

    @property
    def last_has_end(self) -> bool:
        return self._last[-1:] in {"\r", "\n"}

    @property
    def position(self) -> int:
        return self._raw.tell()

    def close(self) -> None:
        self._text.close()


class TextReader:
    """Reads rows below the header; see rows.Reader."""

    def __init__(
        self, path: Path, *, encoding: str, separator: str, quotes: bool = True, header_line: int = 1
    ) -> None:
        self._lines = Lines(path, encoding)
        self._cut_off = 0
        # Strict: a quote that is never closed must be said, not swallowed with all that follows.
        self._records = csv.reader(
            self._lines,
            delimiter=separator,
            quoting=csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE,
            strict=True,
        )
        try:
            self.header_line, header = self._header(header_line)
            self.columns = names_of(header)
        except BaseException:
            self.close()
            raise

    def _header(self, wanted: int) -> tuple[int, Cells]:
        for line, cells in self._raw_rows():
            if line < wanted or (isinstance(cells, list) and is_empty(cells)):
                continue
            if isinstance(cells, Broken):
                raise UnreadableFileError(f"The header in line {line} can't be read. {cells.advice}")
            if line == 1 and is_hint(cells):
                continue
            return line, cells
        raise UnreadableFileError("There is no header in this file: it is empty, or stops before it.")

    def _raw_rows(self) -> Iterator[Row]:
        lines, records = self._lines, self._records
        while True:
            line = lines.number + 1
            try:
                yield line, cast("Cells", next(records))
            except StopIteration:
                return
            except csv.Error as error:
                yield line, self._broken(line, error)

    def _broken(self, line: int, error: csv.Error) -> Broken:
        last = self._lines.number
        until = f" Lines {line:,} to {last:,} were taken for one row." if last > line else ""
        match str(error):
            case text if "unexpected end of data" in text:
                self._cut_off = line
                return Broken(
                    "The file ends inside a quoted cell that begins in this row."
                    f"{until} Get the whole file, or close the quote."
                )
            case text if "field larger" in text:
                return Broken(
                    f"A cell is longer than {MOST_CELL_LETTERS:,} characters: a quote is opened in this row"
                    f" and never closed.{until}"
                )
            case _:
                return Broken(
                    "A quote stands inside a quoted cell. Write it twice, or leave the quotes around the cell"
                    f" away.{until}"
                )

    def __iter__(self) -> Iterator[Row]:
        # Millions of rows pass here: one that is plainly whole goes on at once.
        width, lines, records = len(self.columns), self._lines, self._records
        short: tuple[int, Cells] | None = None  # kept back, because the last row may be cut off
        while True:
            after = lines.number + 1
            try:
                for cells in cast("Iterator[Cells]", records):
                    line, after = after, lines.number + 1
                    if short is not None:
                        yield short[0], fitted(short[1], width)
                        short = None
                    if len(cells) == width and _is_filled(cells[0]):
                        yield line, cells
                    elif not cells or is_empty(cells):
                        continue
                    elif len(cells) < width:
                        short = line, cells
                    else:
                        yield line, fitted(cells, width)
                break
            except csv.Error as error:
                if short is not None:
                    yield short[0], fitted(short[1], width)
                    short = None
                yield after, self._broken(after, error)
        if short is not None:
            yield self._end(*short)

    def _end(self, line: int, cells: Cells) -> Row:
        if self._lines.last_has_end:
            return line, fitted(cells, len(self.columns))
        self._cut_off = line
        return line, Broken(
            f"The file ends in the middle of this row: {len(cells)} of {len(self.columns)} cells are there."
            " Get the whole file."
        )

    @property
    def position(self) -> int:
        return self._lines.position

    @property
    def cut_off(self) -> int:
        return self._cut_off

    def close(self) -> None:
        self._lines.close()


def _is_filled(cell: object) -> bool:
    """Say whether a row is sure not to be empty or a remark, because its first cell is not."""
    return isinstance(cell, str) and "!" <= cell[:1] <= "~" and cell[0] != "#"

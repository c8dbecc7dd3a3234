"""Excel workbooks. What unpacks to more than we read is refused before anything is unpacked."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from portal.imports.cells import Cells, UnreadableFileError, from_json
from portal.imports.rows import MOST_COLUMNS, Broken, Row, fitted, is_empty, names_of

MOST_UNPACKED = 300_000_000  # bytes
MOST_ENTRIES = 10_000
_CHILD = Path(__file__).with_name("sheet_child.py")
_AS_CSV = "Save it as CSV and send that."
_DAMAGED = f"This Excel workbook is damaged, or it is not one. Open it in Excel and save it again. {_AS_CSV}"


def check_container(path: Path) -> None:
    """Refuse a zip bomb by its declared sizes, and one that lies about them by unpacking up to the limit.

    Python unpacks each entry only as far as it declares and then compares its checksum, so an entry that
    holds more than it declares fails here and is never given to a reader that believes it.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            size = sum(entry.file_size for entry in entries)
            if size > MOST_UNPACKED or len(entries) > MOST_ENTRIES:
                raise UnreadableFileError(
                    f"This workbook unpacks to {size // 1_000_000:,} MB; an import reads"
                    f" {MOST_UNPACKED // 1_000_000} MB of Excel. {_AS_CSV}"
                )
            if not any(entry.filename.lower() == "xl/workbook.xml" for entry in entries):
                raise UnreadableFileError("This is not an Excel workbook (.xlsx). " + _AS_CSV)
            for entry in entries:
                with archive.open(entry) as member:
                    while member.read(1_048_576):
                        pass
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        if isinstance(error, UnreadableFileError):
            raise
        raise UnreadableFileError(_DAMAGED) from error


class SheetReader:
    """Reads one sheet's rows below the header; see rows.Reader.

    The workbook is held in memory by a process of its own, within limits; here is one row at a time.
    """

    def __init__(self, path: Path, *, sheet: str = "", header_line: int = 1) -> None:
        check_container(path)
        self._size = path.stat().st_size
        # Isolated: neither the folder one is in nor the environment decides what is imported.
        self._child = subprocess.Popen(  # noqa: S603 # our own interpreter and script, arguments apart
            [sys.executable, "-I", str(_CHILD), str(path.absolute()), sheet],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        try:
            first = self._said()
            self._refuse(first, sheet)
            self.sheets: list[str] = first["sheets"]
            self.sheet: str = first["sheet"]
            self._line = 0
            self._height = max(1, int(first["height"]))
            self._ended = False
            self.header_line, header = self._header(header_line)
            self.columns = names_of(header)
        except BaseException:
            self.close()
            raise

    def _said(self) -> Any:
        assert self._child.stdout is not None  # noqa: S101 # a pipe was asked for
        line = self._child.stdout.readline()
        if not line:
            raise UnreadableFileError(
                "This workbook can't be read: it is damaged, or too large to open. " + _AS_CSV
            )
        return json.loads(line)

    @staticmethod
    def _refuse(first: Any, sheet: str) -> None:
        match first.get("problem"):
            case None:
                return
            case "password":
                raise UnreadableFileError("This workbook has a password. Save it without one. " + _AS_CSV)
            case "sheet":
                names = ", ".join(first["sheets"])
                raise UnreadableFileError(
                    f"This workbook has no sheet “{sheet}”. Its sheets are: {names}."
                    if names
                    else "This workbook has no sheet that can be seen. " + _AS_CSV
                )
            case _:
                raise UnreadableFileError(_DAMAGED)

    def _rows(self) -> Iterator[tuple[int, Cells]]:
        while not self._ended:
            said = self._said()
            if isinstance(said, dict):
                self._ended = True
                return
            self._line += 1
            yield self._line, [from_json(cell) for cell in said]

    def _header(self, wanted: int) -> tuple[int, Cells]:
        for line, cells in self._rows():
            if line >= wanted and not is_empty(cells):
                if len(cells) > MOST_COLUMNS:
                    names_of(cells)
                return line, cells
        raise UnreadableFileError("There is no header in this sheet: it is empty, or ends before it.")

    def __iter__(self) -> Iterator[Row]:
        width = len(self.columns)
        for line, cells in self._rows():
            if not is_empty(cells):
                row: Cells | Broken = fitted(cells, width)
                yield line, row

    @property
    def position(self) -> int:
        """The part of the file that the rows read so far stand for: a workbook has no order of bytes."""
        return self._size * min(self._line, self._height) // self._height

    @property
    def cut_off(self) -> int:
        return 0

    def close(self) -> None:
        if self._child.stdout is not None:
            self._child.stdout.close()
        self._child.kill()
        self._child.wait()

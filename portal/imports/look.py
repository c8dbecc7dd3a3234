"""A first look at a file: how it is written, its header, its first rows; enough for a preview."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from portal.imports import days, detect, numbers
from portal.imports.cells import Cell, Cells, as_text, from_json, shown, to_json
from portal.imports.opening import open_reader, settled
from portal.imports.options import AUTO, DayOrder, FileOptions
from portal.imports.rows import Broken, Reader
from portal.imports.sheet_reader import SheetReader

_STUDIED = 2_000  # rows that tell how days and decimals are written
_SHOWN = 100
_CELL = 300  # letters of a cell that is kept for the preview
_MOSTLY = 0.6
_ABOVE_HEADER = 30  # lines in which the header is looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one sees; ``options`` say what was found where they were "auto"."""

    options: FileOptions
    columns: list[str]
    header_line: int
    rows: list[tuple[int, Cells]]
    is_workbook: bool = False
    sheets: tuple[str, ...] = ()
    sheet: str = ""
    problems: tuple[tuple[int, str], ...] = ()

    def as_data(self) -> dict[str, Any]:
        return {
            "columns": self.columns,
            "header_line": self.header_line,
            "rows": [[line, [to_json(_short(cell)) for cell in cells]] for line, cells in self.rows],
            "is_workbook": self.is_workbook,
            "sheets": list(self.sheets),
            "sheet": self.sheet,
            "problems": [list(each) for each in self.problems],
            "options": {**asdict(self.options), "empty": list(self.options.empty)},
        }


def from_data(data: dict[str, Any]) -> Look:
    options = {**data["options"], "empty": tuple(data["options"]["empty"])}
    return Look(
        options=FileOptions(**options),
        columns=data["columns"],
        header_line=data["header_line"],
        rows=[(line, [from_json(cell) for cell in cells]) for line, cells in data["rows"]],
        is_workbook=data["is_workbook"],
        sheets=tuple(data["sheets"]),
        sheet=data["sheet"],
        problems=tuple((line, advice) for line, advice in data["problems"]),
    )


def look(path: Path, options: FileOptions) -> Look:
    """Read the beginning of a file.

    Raises:
        UnreadableFileError: it can't be read as rows below a header.
    """
    is_workbook = detect.is_workbook(path)
    options = settled(path, options)
    with closing(_open_at_header(path, options)) as reader:
        options = replace(options, header_line=reader.header_line)
        found = list(islice(reader, _STUDIED))
        rows = [(line, cells) for line, cells in found if not isinstance(cells, Broken)]
        broken = [(line, cells.advice) for line, cells in found if isinstance(cells, Broken)]
        sheets, sheet = _sheets(reader)
    cells = [cells for _, cells in rows]
    if options.decimal == AUTO:
        options = replace(options, decimal=decimal_of(cells) or AUTO)
    if options.dates == AUTO:
        options = replace(options, dates=order_of(cells) or AUTO)
    return Look(
        options=replace(options, sheet=sheet),
        columns=reader.columns,
        header_line=reader.header_line,
        rows=rows[:_SHOWN],
        is_workbook=is_workbook,
        sheets=sheets,
        sheet=sheet,
        problems=tuple(broken[:20]),
    )


def _sheets(reader: Reader) -> tuple[tuple[str, ...], str]:
    return (tuple(reader.sheets), reader.sheet) if isinstance(reader, SheetReader) else ((), "")


def _open_at_header(path: Path, options: FileOptions) -> Reader:
    """Open a file at its header, below titles: the first line with nearly as many texts as the widest one."""
    if options.header_line:
        return open_reader(path, options)
    reader = open_reader(path, options)
    if len(reader.columns) > 2:
        return reader
    reader.close()
    with closing(_wide(path, options)) as wide:
        lines = [(line, _texts(cells)) for line, cells in islice(_lists(wide), _ABOVE_HEADER)]
    most = max((texts for _, texts in lines), default=0)
    line = next((line for line, texts in lines if texts > 2 and texts >= most * 0.7), reader.header_line)
    return open_reader(path, replace(options, header_line=line))


def _wide(path: Path, options: FileOptions) -> Reader:
    """Open a file whose first line is narrower than its table, so that no row counts as too long."""
    reader = open_reader(path, options)
    reader.columns = [f"Column {number}" for number in range(1, 1001)]
    return reader


def _lists(reader: Reader) -> Any:
    return ((line, cells) for line, cells in reader if not isinstance(cells, Broken))


def _texts(cells: Sequence[Cell]) -> int:
    return sum(
        1 for cell in cells if isinstance(cell, str) and cell.strip() and not cell.strip()[0].isdigit()
    )


def _short(cell: Cell) -> Cell:
    return shown(cell, _CELL) if isinstance(cell, str) else cell


def decimal_of(rows: Sequence[Cells]) -> str:
    """Give the decimal mark that columns of numbers prove and none disproves, else ""."""
    proved: set[str] = set()
    for index in range(len(rows[0]) if rows else 0):
        texts = [cell for cells in rows if isinstance(cell := cells[index], str) and cell.strip()]
        found = [numbers.proves(cell) for cell in texts]
        # Only where most cells are numbers: part numbers and versions have points of their own.
        if sum(1 for each in found if each is not None) >= _MOSTLY * len(found):
            proved.update(each for each in found if each)
    return proved.pop() if len(proved) == 1 else ""


def order_of(rows: Sequence[Cells]) -> str:
    """Give the order of day and month that a column of days proves, else ""."""
    columns: dict[int, set[str]] = {}
    for cells in rows:
        for index, cell in enumerate(cells):
            if isinstance(cell, str) and 6 <= len(cell) <= 40 and days.is_ambiguous(cell):
                columns[index] = columns.get(index, set(DayOrder)) & days.orders_proved(cell)
    proved = {next(iter(orders)) for orders in columns.values() if len(orders) == 1}
    return proved.pop() if len(proved) == 1 else ""


def examples(rows: Sequence[tuple[int, Cells]], index: int, count: int = 3) -> list[str]:
    """Give the first different texts of a column."""
    found: dict[str, None] = {}
    for _, cells in rows:
        if (text := as_text(cells[index]).strip()) and len(found) < count:
            found[shown(text, 40)] = None
    return list(found)

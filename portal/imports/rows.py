"""What every reader gives: a header, then rows with their line in the file, or what is wrong with a line."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from portal.imports.cells import Cell, Cells, UnreadableFileError, as_text

MOST_COLUMNS = 1_000
MOST_LETTERS = 1_000_000  # in one line of a text file


@dataclass(frozen=True, slots=True)
class Broken:
    """A line that is no row: a quote that is never closed, more cells than the header has names."""

    advice: str
    cells: tuple[Cell, ...] = ()


# A row's line, counted from 1 with the header, and its cells.
Row = tuple[int, Cells | Broken]


class Reader(Protocol):
    """Reads a file once, from the top; memory does not grow with it."""

    columns: list[str]
    header_line: int

    def __iter__(self) -> Iterator[Row]: ...

    @property
    def position(self) -> int:
        """How many bytes of the file are read."""

    @property
    def cut_off(self) -> int:
        """The line in whose middle the file ends; 0 when it ends as it should."""

    def close(self) -> None: ...


def names_of(header: Cells) -> list[str]:
    """Give each column a name of its own: empty headings and repeated ones get a number."""
    if len(header) > MOST_COLUMNS:
        raise UnreadableFileError(
            f"This file has {len(header):,} columns; an import reads {MOST_COLUMNS:,}."
            " Look at it with a text editor: the separator may be something else."
        )
    names: list[str] = []
    seen: set[str] = set()
    while header and not as_text(header[-1]).strip():
        header = header[:-1]
    for index, cell in enumerate(header, 1):
        name = " ".join(as_text(cell).replace("\x00", "").split())[:200] or f"Column {index}"
        unique, count = name, 1
        while unique.casefold() in seen:
            count += 1
            unique = f"{name} ({count})"
        seen.add(unique.casefold())
        names.append(unique)
    return names


REMARK = "# Assay"  # how the rows begin that explain our own templates


def is_empty(cells: Cells) -> bool:
    """Say whether a row holds nothing: no cells, blanks, or a remark of our own template."""
    if cells and isinstance(cells[0], str) and cells[0].startswith(REMARK):
        return True
    return not any(cell != "" and (not isinstance(cell, str) or cell.strip()) for cell in cells)


def fitted(cells: Cells, width: int) -> Cells | Broken:
    """Fill a short row with empty cells (spreadsheets drop empty ones at the end); refuse a long one."""
    if len(cells) < width:
        empty: list[Cell] = [""] * (width - len(cells))
        return cells + empty
    if len(cells) > width:
        if is_empty(cells[width:]):
            return cells[:width]
        return Broken(
            f"This row has {len(cells)} cells and the header has {width}."
            " A cell that contains the separator must stand in double quotes.",
            tuple(cells),
        )
    return cells

"""What a file's cell may hold: text from CSV; also numbers, days and truth values from a workbook."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from portal.errors import BadInputError

Cell = str | int | float | date
Cells = list[Cell]


class BadCellError(ValueError):
    """A cell that can't be read as what its column holds; the sentence says what would be right."""

    def __init__(self, advice: str) -> None:
        super().__init__(advice)
        self.advice = advice


class UnreadableFileError(BadInputError):
    """The file as a whole is not what we can read."""


def as_text(cell: Cell) -> str:
    """Give a cell as a person would have typed it: 4500012345.0 is an order number, not a fraction."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        return format(Decimal(repr(cell)), "f") if abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds").removesuffix(" 00:00:00")
    return str(cell)


def to_json(cell: Cell) -> Any:
    """Days become {"day": …}, so that they come back as days."""
    if isinstance(cell, date):
        return {"day": cell.isoformat()}
    return cell


def from_json(value: Any) -> Cell:
    if isinstance(value, dict):
        text = str(value["day"])
        return datetime.fromisoformat(text) if len(text) > 10 else date.fromisoformat(text)
    return value if isinstance(value, str | int | float) else ""


def shown(cell: Cell, limit: int = 200) -> str:
    """Give a cell for a page or a message: one line, nothing invisible, not too long."""
    text = as_text(cell)
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else "\N{OPEN BOX}" if c.isspace() else "\N{REPLACEMENT CHARACTER}" for c in text
    )

"""Many rows at once, column by column.

A column of a million days holds a few hundred different ones, so most cells are found among those read
before, without any Python between one and the next. Whatever is not plain is left to ``Converter.convert``,
one row at a time: it alone judges rows, and says what is wrong with them.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from portal.imports.cells import BadCellError, Cell, Cells
from portal.imports.convert import NOT_LATER, Bound, Converter, Problem
from portal.imports.rows import Broken, Row
from portal.imports.targets import NEEDS_PROMISE, Holds, Target
from portal.models.imports import ImportKind

_KEPT = 5_000  # cells remembered for each column
_ASK: Any = object()  # in place of a value that is not plain: its row is converted by itself

Record = tuple[Any, ...]


class Bulk:
    """Turns rows into records: their line, then the values of ``names`` in this order."""

    def __init__(self, converter: Converter, names: Sequence[str]) -> None:
        self._converter, self._names = converter, names
        self._columns = {
            target.name: _Column(target, read, converter.latest, is_required=is_required)
            for target, read, is_required in converter.bound()
        }

    def convert(self, rows: Sequence[Row]) -> tuple[list[Record], list[Problem], int]:
        """Give the records, what is wrong with rows that became none, and how many of those there are."""
        whole = [(line, cells) for line, cells in rows if not isinstance(cells, Broken)]
        records, ask = self._plain(whole)
        alone: list[Row] = [whole[at] for at in ask]
        if len(whole) < len(rows):
            alone += [(line, cells) for line, cells in rows if isinstance(cells, Broken)]
        if ask:
            records = [record for at, record in enumerate(records) if at not in ask]
        problems: list[Problem] = []
        bad = 0
        for line, cells in alone:
            values = self._converter.convert(line, cells)
            if isinstance(values, list):
                problems += values
                bad += 1
            else:
                records.append((line, *map(values.get, self._names)))
        return records, problems, bad

    def _plain(self, rows: list[tuple[int, Cells]]) -> tuple[list[Record], set[int]]:
        """Give a record for each row, and where in them are rows that are to be converted by themselves."""
        if not rows:
            return [], set()
        cells = [cells for _, cells in rows]
        across = list(zip(*cells, strict=True))
        columns: dict[str, list[Any]] = {}
        ask: set[int] = set()
        for name, column in self._columns.items():
            columns[name] = values = column.read(across, cells)
            if column.is_asking:
                ask.update(at for at, value in enumerate(values) if value is _ASK)
        if self._converter.kind is ImportKind.DELIVERIES:
            ask |= _arrived(columns, len(rows))
        nothing = [None] * len(rows)
        chosen = [columns.get(name, nothing) for name in self._names]
        return list(zip([line for line, _ in rows], *chosen, strict=True)), ask


class _Column(dict[Any, Any]):
    """One of our columns: the values of the cells that were read before, by what stands in the file."""

    def __init__(self, target: Target, bound: Bound, latest: date, *, is_required: bool) -> None:
        self._bound, self._is_required = bound, is_required
        self._latest = latest if target.name in NOT_LATER else None
        self._is_clean = _clean(target.limit, bound.empty).fullmatch
        self._may_be_mark = target.name == "cancelled_on"  # "X" says no more than that it is cancelled
        self._is_text = target.holds in {Holds.CODE, Holds.TEXT}
        self._is_varied = False
        self.is_asking = False

    def read(self, columns: list[tuple[Cell, ...]], rows: list[Cells]) -> list[Any]:
        """Give the value of each row; _ASK for those that are not plain, if ``is_asking``."""
        self.is_asking = False
        bound = self._bound
        if not bound.indexes:
            return [self._judged(bound.constant)] * len(rows)
        cells = columns[bound.indexes[0]] if len(bound.indexes) == 1 else tuple(map(bound.raw, rows))
        if set(map(type, cells)) != {str}:  # a workbook's 1, 1.0 and TRUE are equal, but not the same
            return [self[cell] if type(cell) is str else self._once(cell) for cell in cells]
        if self._is_varied:
            is_clean = self._is_clean
            return [cell if is_clean(cell) else self._once(cell) for cell in cells]  # type: ignore[arg-type] # all are texts
        return list(map(self.__getitem__, cells))

    def __missing__(self, cell: str) -> Any:
        value = self._once(cell)
        if value is not _ASK:
            if len(self) >= _KEPT:
                self.clear()
                self._is_varied = self._is_text
            self[cell] = value
        return value

    def _once(self, cell: Cell) -> Any:
        try:
            value = self._bound.read(cell)
        except BadCellError:
            value = _ASK
        return self._judged(value)

    def _judged(self, value: Any) -> Any:
        if (
            (value is None and self._is_required)
            or isinstance(value, datetime)  # which day it is depends on the plant
            or (value is True and self._may_be_mark)
            or (self._latest and value is not None and value is not _ASK and value > self._latest)
        ):
            value = _ASK
        self.is_asking |= value is _ASK
        return value


def _clean(limit: int, empty: frozenset[str]) -> re.Pattern[str]:
    """Match a text that is kept as it stands: printable ASCII with single spaces, and no word for nothing."""
    words = "|".join(re.escape(word) for word in empty if word)
    nothing = rf"(?!(?i:{words})\Z)" if words else ""
    return re.compile(rf"(?=.{{1,{limit or 1}}}\Z){nothing}[!-&(-<>-~][!-~]*(?: [!-~]+)*")


def _arrived(columns: dict[str, list[Any]], rows: int) -> set[int]:
    """Settle what arrived, as ``Converter`` does; returns rows that it must settle itself."""
    promised = [columns[name] for name in NEEDS_PROMISE if name in columns]
    ask: set[int] = set()
    if all(None in days for days in promised):
        ask = {at for at, days in enumerate(zip(*promised, strict=True)) if not any(days)}
    nothing = [None] * rows
    days = columns.get("received_on", nothing)
    quantities = columns.get("received") or [
        ordered if day else None for day, ordered in zip(days, columns["ordered"], strict=True)
    ]
    references = columns.get("reference", nothing)
    if all(days) and all(quantities):
        columns["received"], columns["reference"] = quantities, [each or "" for each in references]
        return ask
    settled = []
    for at, (day, quantity, reference) in enumerate(zip(days, quantities, references, strict=True)):
        if quantity and day:
            settled.append((day, quantity, reference or ""))
        else:
            settled.append((None, None, None))
            if bool(quantity) != bool(day) and not (day and quantity == 0):
                ask.add(at)
    columns["received_on"], columns["received"], columns["reference"] = map(list, zip(*settled, strict=True))
    return ask

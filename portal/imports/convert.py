"""From a file's cells to the values of one of our rows, or what is wrong with them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from portal import clock
from portal.imports import country_codes, days, numbers, texts, words
from portal.imports.cells import BadCellError, Cell, Cells, as_text, shown
from portal.imports.mapping import ColumnMapping, MappingError, Source, gaps, key
from portal.imports.options import AUTO
from portal.imports.rows import Broken
from portal.imports.targets import NEEDS_PROMISE, TARGETS, Holds, Target
from portal.models.imports import ImportKind

_KEPT = 5_000  # cells remembered for each column: most columns repeat themselves
NO_VALUE = {"", "-", "–", "n/a", "#n/a", "na", "null", "none", "00.00.0000", "0000-00-00", "00000000", "0"}


@dataclass(frozen=True, slots=True)
class Problem:
    """One bad cell, or a bad row where ``column`` is ""."""

    line: int
    column: str
    value: str
    advice: str


Read = Callable[[Cell], Any]
Values = dict[str, Any]
NOT_LATER = ("received_on", "inspected_on", "found_on")  # days that can't lie in the future


@dataclass(frozen=True, slots=True)
class Bound:
    """How one of our columns is read from a row: the cells at ``indexes``, or the same for all rows.

    ``read`` takes one cell, or several that are ``joined_by``; ``remembered`` is the same for cells that
    repeat themselves; ``empty`` are the words, in small letters, that stand for nothing.
    """

    read: Read
    remembered: Read
    empty: frozenset[str]
    indexes: tuple[int, ...] = ()
    joined_by: str = ""
    constant: Any = None

    def __call__(self, cells: Cells) -> Any:
        return self.remembered(self.raw(cells)) if self.indexes else self.constant

    def raw(self, cells: Cells) -> Cell:
        if len(self.indexes) == 1:
            return cells[self.indexes[0]]
        return self.joined_by.join(text for at in self.indexes if (text := as_text(cells[at]).strip()))


Field = tuple[Target, str, Bound]


def fields(mapping: ColumnMapping, columns: Sequence[str]) -> list[Field]:
    """Give each of our columns that a file fills: with its heading there, and the function that reads a row.

    Raises:
        MappingError: a value for all rows doesn't fit its column.
    """
    at = {key(name): index for index, name in enumerate(columns)}
    found: list[Field] = []
    for target in TARGETS[mapping.kind]:
        source = mapping.source(target.name)
        if source.is_given and all(key(name) in at for name in source.columns):
            found.append((target, ", ".join(source.columns), _bound(target, source, mapping, at)))
    return found


def in_file(read: Bound, cells: Cells) -> str:
    """Give what stands in the file where a field is read."""
    return shown(read.raw(cells)) if read.indexes else ""


class Converter:
    """Turns rows into values, in the order of ``fields``; compiled once for a file and a mapping."""

    def __init__(
        self,
        mapping: ColumnMapping,
        columns: Sequence[str],
        zones: Mapping[str, str],
        default_zone: str = "UTC",
    ) -> None:
        """Bind a mapping to the columns of a file.

        Args:
            mapping: complete, or what it lacks is raised.
            columns: the file's headings.
            zones: time zones by plant code, for cells that hold an instant.
            default_zone: for plants that are new.

        Raises:
            MappingError: the mapping doesn't fit the file.
        """
        lacking = gaps(mapping, columns)
        if lacking:
            raise MappingError(lacking.values())
        self._zones, self._default_zone = zones, default_zone
        self._fields = fields(mapping, columns)
        self.fields = tuple(target.name for target, _, _ in self._fields)
        self.kind = mapping.kind
        self._labels = {target.name: heading or target.label for target, heading, _ in self._fields}
        self._readers = [read for _, _, read in self._fields]
        self._required = [
            index for index, (target, _, _) in enumerate(self._fields) if _must(target, mapping)
        ]
        self.latest = clock.today() + timedelta(days=1)

    def bound(self) -> list[tuple[Target, Bound, bool]]:
        """Give each field with how it is read, and whether it must not be empty."""
        return [
            (target, read, index in self._required) for index, (target, _, read) in enumerate(self._fields)
        ]

    def convert(self, line: int, cells: Cells | Broken) -> Values | list[Problem]:
        if isinstance(cells, Broken):
            return [Problem(line, "", "", cells.advice)]
        try:
            found = [read(cells) for read in self._readers]
        except BadCellError:
            return self._problems(line, cells)
        for index in self._required:
            if found[index] is None:
                return self._problems(line, cells)
        values = dict(zip(self.fields, found, strict=True))
        return self._checked(line, values, cells)

    def _problems(self, line: int, cells: Cells) -> list[Problem]:
        problems = []
        for index, (target, heading, read) in enumerate(self._fields):
            advice = ""
            try:
                if read(cells) is None and index in self._required:
                    advice = f"{target.label} is missing." + (
                        f" {_example(target)}" if target.example else ""
                    )
            except BadCellError as bad:
                advice = bad.advice
            if advice:
                problems.append(Problem(line, heading or target.label, in_file(read, cells), advice))
        return problems

    def _checked(self, line: int, values: Values, cells: Cells) -> Values | list[Problem]:
        """Check what no cell shows alone."""
        zone = self._zones.get(values.get("plant") or "", self._default_zone)
        for name, value in values.items():
            if type(value) is datetime:
                values[name] = value.astimezone(ZoneInfo(zone)).date()
        for name in NOT_LATER:
            day = values.get(name)
            if day is not None and day > self.latest:
                return self._one(line, name, cells, "This day lies in the future.")
        if self.kind is ImportKind.DELIVERIES:
            return self._delivery(line, values, cells)
        return values

    def _delivery(self, line: int, values: Values, cells: Cells) -> Values | list[Problem]:
        promised = [day for name in NEEDS_PROMISE if (day := values.get(name)) is not None]
        if not promised:
            name = next(name for name in reversed(NEEDS_PROMISE) if name in values)
            return self._one(
                line, name, cells, "The promised day is missing. Write a day, for example 2026-10-08."
            )
        if values.get("cancelled_on") is True:
            order = ("acknowledged_on", "confirmed_on", "requested_on")
            values["cancelled_on"] = next(day for name in order if (day := values.get(name)) is not None)
        day = values.get("received_on")
        quantity = values["received"] if "received" in values else (values["ordered"] if day else None)
        if day is None and quantity:
            return self._one(line, "received_on", cells, "A quantity arrived: write the day it did.")
        if day is not None and quantity is None:
            return self._one(line, "received", cells, "It arrived on a day: write how much did.")
        if not quantity:
            day = quantity = None
        values["received_on"], values["received"] = day, quantity
        values["reference"] = (values.get("reference") or "") if day else None
        return values

    def _one(self, line: int, name: str, cells: Cells, advice: str) -> list[Problem]:
        value = in_file(self._readers[self.fields.index(name)], cells) if name in self.fields else ""
        return [Problem(line, self._labels.get(name, ""), value, advice)]


def _must(target: Target, mapping: ColumnMapping) -> bool:
    if target.name == "supplier":
        return mapping.supplier_by == "number"
    if target.name == "supplier_name":
        return mapping.supplier_by == "name"
    return target.required


def _example(target: Target) -> str:
    return f"Write one, for example {target.example}."


def _bound(target: Target, source: Source, mapping: ColumnMapping, at: Mapping[str, int]) -> Bound:
    empty = _empty(target, mapping)
    read = partial(_unless_empty, read=_reader(target, source, mapping), empty=empty)
    if source.columns:
        indexes = tuple(at[key(name)] for name in source.columns)
        return Bound(read, _remembering(read), empty, indexes, source.joined_by)
    try:
        return Bound(read, read, empty, constant=read(source.constant))
    except BadCellError as bad:
        raise MappingError([f"{target.label}: the value for all rows doesn't fit. {bad.advice}"]) from None


def _remembering(read: Read) -> Read:
    """Read each text once: a column of a million days holds a few hundred of them."""
    known: dict[str, Any] = {}

    def look(cell: Cell) -> Any:
        if type(cell) is not str:
            return read(cell)
        if cell in known:
            return known[cell]
        value = read(cell)
        if len(known) >= _KEPT:
            known.clear()
        known[cell] = value
        return value

    return look


def _reader(target: Target, source: Source, mapping: ColumnMapping) -> Read:
    """Give the function for one cell that is not empty; BadCellError for one that can't be read."""
    decimal = source.decimal or mapping.file.decimal
    order = source.dates or mapping.file.dates
    decimal, order = "" if decimal == AUTO else decimal, "" if order == AUTO else order
    reads: dict[Holds, Read] = {
        Holds.CODE: partial(texts.code, limit=target.limit),
        Holds.TEXT: partial(texts.text, limit=target.limit),
        Holds.QUANTITY: partial(numbers.quantity, decimal=decimal),
        Holds.WHOLE: partial(numbers.whole, decimal=decimal, low=target.low, high=target.limit),
        Holds.DAY: partial(days.read_day, order=order),
        Holds.CHOICE: partial(choice, target=target, source=source),
        Holds.YES_NO: yes_no,
        Holds.COUNTRY: country,
    }
    return partial(_cancelled, order=order) if target.name == "cancelled_on" else reads[target.holds]


def _empty(target: Target, mapping: ColumnMapping) -> frozenset[str]:
    """Give the words that stand for nothing."""
    empty = {each.casefold().strip() for each in mapping.file.empty}
    if target.holds in {Holds.DAY, Holds.QUANTITY, Holds.WHOLE}:
        # A day 0 is none; a quantity 0 is a quantity.
        empty |= NO_VALUE if target.holds is Holds.DAY else NO_VALUE - {"0", "00000000"}
    return frozenset(empty | {""})


def _unless_empty(cell: Cell, read: Read, empty: frozenset[str]) -> Any:
    if isinstance(cell, str):
        cell = cell.strip()
        if cell.casefold() in empty:
            return None
        if cell[0] in "='":
            cell = texts.unescaped(cell)
            if not cell:
                return None
    elif cell == 0 and "0" in empty:
        return None
    return read(cell)


def choice(cell: Cell, target: Target, source: Source) -> str:
    word = as_text(cell)
    folded = words.fold(word)
    for theirs, ours in source.words.items():
        if words.fold(theirs) == folded:
            return ours
    found = target.choices.known.get(folded)
    if found is None:
        raise BadCellError(
            f"Write one of: {', '.join(target.choices.values)}. Or say in the mapping what it means."
        )
    return found


def yes_no(cell: Cell) -> bool:
    if isinstance(cell, bool):
        return cell
    word = as_text(cell).casefold()
    if word in words.YES:
        return True
    if word in words.NO:
        return False
    raise BadCellError("Write yes or no.")


def country(cell: Cell) -> str:
    found = country_codes.code_of(as_text(cell))
    if not found:
        raise BadCellError("Write a country's two-letter code, such as PL, or its English name.")
    return found


def _cancelled(cell: Cell, order: str) -> date | bool | None:
    """Read a day, or a mark that says no more than that it is cancelled."""
    if isinstance(cell, bool):
        return cell or None
    if isinstance(cell, str):
        word = cell.casefold()
        if word in words.YES or word in {
            "l",
            "storniert",
            "gelöscht",
            "cancelled",
            "canceled",
            "deleted",
            "s",
        }:
            return True
        if word in words.NO:
            return None
    return days.read_day(cell, order)

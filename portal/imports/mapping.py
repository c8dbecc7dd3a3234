"""A mapping as data: which of a file's columns is which of ours, and how the file is written.

{"file": {"separator": ";", "decimal": ",", "dates": "day-month-year"},
 "columns": {"order_number": {"from": ["Bestellung"]}, "plant": {"constant": "LUL"}, …},
 "supplier_by": "number", "create": ["supplier", "part"], "arrivals": "all"}
"""

from collections.abc import Iterable
from collections.abc import Mapping as Keyed
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from portal.errors import BadInputError
from portal.imports.options import (
    AUTO,
    DAY_ORDERS,
    DECIMALS,
    ENCODINGS,
    SEPARATORS,
    FileOptions,
)
from portal.imports.targets import NEEDS_PROMISE, TARGETS, Target, target
from portal.models.imports import ImportKind

MOST_SOURCES = 5
_FILE_KEYS = {"encoding", "separator", "quotes", "sheet", "header_line", "decimal", "dates", "empty"}
_KEYS = {"file", "columns", "supplier_by", "create", "arrivals"}
_SOURCE_KEYS = {"from", "joined_by", "constant", "dates", "decimal", "words"}


class SupplierBy(StrEnum):
    NUMBER = "number"
    NAME = "name"


class Arrivals(StrEnum):
    """What a file says about arrivals that are booked already and not in it."""

    ALL = "all"  # it holds every arrival of the lines in it: others are taken back
    NEW = "new"  # it adds to them


class Master(StrEnum):
    SUPPLIER = "supplier"
    PART = "part"
    PLANT = "plant"
    COMMODITY = "commodity"


class MappingError(BadInputError):
    """Says everything that is wrong with a mapping, one sentence for each."""

    def __init__(self, sentences: Iterable[str]) -> None:
        self.sentences = tuple(sentences)
        super().__init__(" ".join(self.sentences))


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where one of our columns comes from: columns of the file, joined, or a constant.

    ``dates`` and ``decimal`` "" mean: as in the whole file. ``words`` translates the file's words.
    """

    columns: tuple[str, ...] = ()
    joined_by: str = "-"
    constant: str = ""
    dates: str = ""
    decimal: str = ""
    words: Keyed[str, str] = field(default_factory=dict)

    @property
    def is_given(self) -> bool:
        return bool(self.columns or self.constant)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMapping:
    kind: ImportKind
    sources: Keyed[str, Source]
    file: FileOptions = field(default_factory=FileOptions)
    supplier_by: SupplierBy = SupplierBy.NUMBER
    create: frozenset[str] = frozenset()
    arrivals: Arrivals = Arrivals.ALL

    def source(self, name: str) -> Source:
        return self.sources.get(name, _NOTHING)

    def has(self, name: str) -> bool:
        return self.source(name).is_given

    def as_data(self) -> dict[str, Any]:
        return {
            "file": {
                "encoding": self.file.encoding,
                "separator": self.file.separator,
                "quotes": self.file.quotes,
                "sheet": self.file.sheet,
                "header_line": self.file.header_line,
                "decimal": self.file.decimal,
                "dates": self.file.dates,
                "empty": list(self.file.empty),
            },
            "columns": {name: _source_data(each) for name, each in self.sources.items() if each.is_given},
            "supplier_by": str(self.supplier_by),
            "create": sorted(self.create),
            "arrivals": str(self.arrivals),
        }


_NOTHING = Source()


def _source_data(source: Source) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if source.columns:
        data["from"] = list(source.columns)
        if len(source.columns) > 1:
            data["joined_by"] = source.joined_by
    else:
        data["constant"] = source.constant
    for key in ("dates", "decimal"):
        if value := getattr(source, key):
            data[key] = value
    if source.words:
        data["words"] = dict(source.words)
    return data


def read(data: Any, kind: ImportKind) -> ColumnMapping:
    """Make a mapping from data that came from outside.

    Raises:
        MappingError: it is no mapping; whether it is complete is asked by ``gaps``.
    """
    wrong: list[str] = []
    if not isinstance(data, dict):
        raise MappingError(["A mapping is a JSON object with “file” and “columns”."])
    wrong += [f"“{key}” is not part of a mapping." for key in data if key not in _KEYS]
    columns = data.get("columns")
    if not isinstance(columns, dict):
        raise MappingError([*wrong, "“columns” says for each of our columns where it comes from."])
    file = _file(data.get("file", {}), wrong)
    sources = {}
    for name, each in columns.items():
        ours = target(kind, name) if isinstance(name, str) else None
        if ours is None:
            known = ", ".join(t.name for t in TARGETS[kind])
            wrong.append(f"“{str(name)[:60]}” is not a column of {kind}. There are: {known}.")
        else:
            sources[ours.name] = _source(each, ours, wrong)
    create = _words(data.get("create", []), "create", wrong)
    wrong += [
        f"“create” can hold supplier, part, plant and commodity, not “{each[:40]}”."
        for each in create
        if each not in set(Master)
    ]
    supplier_by = _one_of(data, "supplier_by", SupplierBy.NUMBER, tuple(SupplierBy), wrong)
    arrivals = _one_of(data, "arrivals", Arrivals.ALL, tuple(Arrivals), wrong)
    if wrong:
        raise MappingError(wrong)
    return ColumnMapping(
        kind=kind,
        sources=sources,
        file=file,
        supplier_by=SupplierBy(supplier_by),
        create=frozenset(create),
        arrivals=Arrivals(arrivals),
    )


def _file(data: Any, wrong: list[str]) -> FileOptions:
    if not isinstance(data, dict):
        wrong.append("“file” says how the file is written: encoding, separator, dates and so on.")
        return FileOptions()
    wrong += [
        f"“{str(key)[:40]}” is not something to say about a file." for key in data if key not in _FILE_KEYS
    ]
    header_line = data.get("header_line", 0)
    if not isinstance(header_line, int) or isinstance(header_line, bool) or not 0 <= header_line <= 1000:
        wrong.append("“header_line” is a whole number from 0 (find it) to 1,000.")
        header_line = 0
    quotes = data.get("quotes", True)
    if not isinstance(quotes, bool):
        wrong.append("“quotes” is true or false.")
    return FileOptions(
        encoding=_one_of(data, "encoding", AUTO, (AUTO, *ENCODINGS), wrong),
        separator=_one_of(data, "separator", AUTO, (AUTO, *SEPARATORS), wrong),
        quotes=quotes is not False,
        sheet=_text(data, "sheet", 100, wrong),
        header_line=header_line,
        decimal=_one_of(data, "decimal", AUTO, (AUTO, *DECIMALS), wrong),
        dates=_one_of(data, "dates", AUTO, (AUTO, *DAY_ORDERS), wrong),
        empty=_words(data.get("empty", []), "empty", wrong),
    )


def _source(data: Any, ours: Target, wrong: list[str]) -> Source:
    if not isinstance(data, dict) or not ({"from", "constant"} & set(data)):
        wrong.append(f"{ours.label}: say “from” which columns it comes, or give a “constant”.")
        return _NOTHING
    wrong += [f"{ours.label}: “{str(key)[:40]}” is not known." for key in data if key not in _SOURCE_KEYS]
    columns = _words(data.get("from", []), f"{ours.label}: “from”", wrong)
    if len(columns) > MOST_SOURCES:
        wrong.append(f"{ours.label}: at most {MOST_SOURCES} columns can be joined.")
    words = data.get("words", {})
    if not isinstance(words, dict) or len(words) > 500 or not all(isinstance(w, str) for w in words.values()):
        wrong.append(f"{ours.label}: “words” says which of the file's words is which of ours.")
        words = {}
    if ours.choices.values:
        allowed = ", ".join(ours.choices.values)
        wrong += [
            f"{ours.label}: “{value[:40]}” is none of {allowed}."
            for value in words.values()
            if value not in ours.choices.values
        ]
    return Source(
        columns=columns,
        joined_by=_text(data, "joined_by", 5, wrong) if "joined_by" in data else "-",
        constant=_text(data, "constant", 400, wrong),
        dates=_one_of(data, "dates", "", ("", *DAY_ORDERS), wrong),
        decimal=_one_of(data, "decimal", "", ("", *DECIMALS), wrong),
        words=words,
    )


def _one_of(data: Any, key: str, default: str, options: Iterable[str], wrong: list[str]) -> str:
    value = data.get(key, default)
    known = tuple(str(each) for each in options)
    if not isinstance(value, str) or value not in known:
        wrong.append(f"“{key}” is one of: {', '.join(repr(each) for each in known)}.")
        return default
    return value


def _text(data: Any, key: str, limit: int, wrong: list[str]) -> str:
    value = data.get(key, "")
    if not isinstance(value, str) or len(value) > limit or "\x00" in value:
        wrong.append(f"“{key}” is a text of at most {limit} characters.")
        return ""
    return value


def _words(value: Any, key: str, wrong: list[str]) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > 100 or not all(isinstance(w, str) for w in value):
        wrong.append(f"“{key.strip('“”')}” is a list of texts.")
        return ()
    return tuple(word[:400].replace("\x00", "") for word in value)


def gaps(mapping: ColumnMapping, columns: Iterable[str] | None = None) -> dict[str, str]:
    """Say what keeps a mapping from being used, by our column; with a file's columns, what it lacks."""
    found = {
        each.name: f"{each.label}: choose the column it comes from, or give one value for all rows."
        for each in TARGETS[mapping.kind]
        if each.required and not mapping.has(each.name)
    }
    found.update(_supplier_gap(mapping))
    if mapping.kind is ImportKind.DELIVERIES:
        found.update(_delivery_gaps(mapping))
    if columns is not None:
        found.update(_lacking(mapping, columns))
    return found


def _supplier_gap(mapping: ColumnMapping) -> dict[str, str]:
    if not mapping.has("supplier") and not mapping.has("supplier_name"):
        return {"supplier": "Supplier: choose the column with the supplier's number or name."}
    if mapping.supplier_by is SupplierBy.NUMBER and not mapping.has("supplier"):
        return {"supplier": "Supplier number: choose its column, or let suppliers be known by their name."}
    if mapping.supplier_by is SupplierBy.NAME and not mapping.has("supplier_name"):
        return {
            "supplier_name": "Supplier name: choose its column, or let suppliers be known by their number."
        }
    return {}


def _delivery_gaps(mapping: ColumnMapping) -> dict[str, str]:
    found = {}
    if not any(mapping.has(name) for name in NEEDS_PROMISE):
        found["acknowledged_on"] = (
            "First acknowledged on: choose the column with the promised day, or fill Requested on or"
            " Confirmed on."
        )
    if mapping.has("received") and not mapping.has("received_on"):
        found["received_on"] = "Arrived on: choose the column with the day, since a quantity arrived."
    return found


def _lacking(mapping: ColumnMapping, columns: Iterable[str]) -> dict[str, str]:
    known = {key(name) for name in columns}
    found = {}
    for name, source in mapping.sources.items():
        lacking = [each for each in source.columns if key(each) not in known]
        ours = target(mapping.kind, name)
        if lacking and ours:
            found[name] = f"{ours.label}: this file has no column “{lacking[0][:60]}”."
    return found


def key(heading: str) -> str:
    """Two headings are the same whatever their case and spaces."""
    return " ".join(heading.casefold().split())

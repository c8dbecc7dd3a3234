"""Dataclasses to JSON and back, in one way only: the same content is always the same bytes.

Keys are sorted, text is UTF-8, numbers with decimals are strings, days are `2026-10-08`, instants are in UTC.
"""

import json
import re
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any, Literal, TypeVar

from scorecards.exact import plain

T = TypeVar("T")
Plain = Any
_NUMBER = re.compile(r"-?[0-9]{1,50}(\.[0-9]{1,40})?", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
LATER = "later"  # a field's metadata: it came later, and files without it keep their bytes
_LONGEST_TEXT = 4000
_LARGEST_INT = 10**15
_MOST_ITEMS = 2_000_000


@dataclass(frozen=True, slots=True)
class Problem:
    """Where it is, such as `bands[2].from`, and a sentence that says what to do."""

    path: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.path}: {self.sentence}" if self.path else self.sentence


class RefusedError(ValueError):
    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(" ".join(str(problem) for problem in self.problems))


def dump(value: object) -> bytes:
    text = json.dumps(
        to_plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )
    return text.encode()


def load(data: bytes) -> Plain:
    """JSON as plain objects.

    Raises:
        RefusedError: not UTF-8, not JSON, a key twice, NaN or infinity, or nested too deep.
    """
    try:
        return json.loads(
            data.decode("utf-8"),
            parse_constant=_no_constant,
            parse_float=Decimal,
            object_pairs_hook=_no_key_twice,
        )
    except UnicodeDecodeError:
        raise RefusedError([Problem("", "The file is not UTF-8 text.")]) from None
    except json.JSONDecodeError as wrong:
        where = f"line {wrong.lineno}, column {wrong.colno}"
        raise RefusedError(
            [Problem("", f"The file is not JSON: it breaks off or errs at {where}.")]
        ) from None
    except RecursionError:
        raise RefusedError([Problem("", "The file is nested too deep.")]) from None
    except RefusedError:
        raise
    except ValueError:  # Python's own limit on the digits of a whole number
        raise RefusedError([Problem("", "The file holds a number with too many digits.")]) from None


def to_plain(value: object) -> Plain:
    if value is None or type(value) in {bool, int, str}:
        return value
    for kind, write in _WRITERS:
        if isinstance(value, kind):
            return write(value)
    if is_dataclass(value):
        return {
            item.name.rstrip("_"): to_plain(getattr(value, item.name))
            for item in fields(value)
            if not (LATER in item.metadata and getattr(value, item.name) == item.default)
        }
    raise TypeError(f"{type(value).__name__} has no place in a scorecard file.")


_WRITERS: tuple[tuple[type, Callable[[Any], Plain]], ...] = (
    (StrEnum, lambda value: value.value),
    (Decimal, plain),
    (datetime, lambda value: value.astimezone(UTC).isoformat()),
    (date, date.isoformat),
    (Mapping, lambda value: {str(key): to_plain(item) for key, item in value.items()}),
    (frozenset, lambda value: sorted(map(to_plain, value))),
    (tuple, lambda value: [to_plain(item) for item in value]),
    (list, lambda value: [to_plain(item) for item in value]),
)


def from_plain(kind: type[T], data: Plain, error: type[RefusedError] = RefusedError, *, path: str = "") -> T:
    """An object of `kind` from plain JSON values, with every problem found at once, below `path`.

    Raises:
        RefusedError: (or the subclass given) a field is unknown, missing or not what it should be.
    """
    reader = _Reader()
    value = reader.read(kind, data, path)
    if reader.problems:
        raise error(reader.problems)
    return typing.cast("T", value)


def _no_constant(name: str) -> Plain:
    raise RefusedError([Problem("", f"{name} is not a number that a scorecard can hold.")])


def _no_key_twice(pairs: list[tuple[str, Plain]]) -> dict[str, Plain]:
    found: dict[str, Plain] = {}
    for key, value in pairs:
        if key in found:
            raise RefusedError([Problem(key[:100], "This field is given twice. Keep one.")])
        found[key] = value
    return found


class _WrongError(Exception):
    pass


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


class _Reader:
    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def read(self, kind: Any, data: Plain, path: str) -> Any:
        try:
            return self._read(kind, data, path)
        except _WrongError as wrong:
            self.problems.append(Problem(path, str(wrong)))
            return None

    def _read(self, kind: Any, data: Plain, path: str) -> Any:
        origin = typing.get_origin(kind)
        if kind in _SCALARS:
            return _SCALARS[kind](data)
        if origin in {types.UnionType, typing.Union}:
            (inner,) = (arg for arg in typing.get_args(kind) if arg is not types.NoneType)
            return None if data is None else self._read(inner, data, path)
        if origin is Literal:
            return _one_of(typing.get_args(kind), data)
        if origin in {tuple, frozenset}:
            return origin(self._list(typing.get_args(kind)[0], data, path))
        if origin is Mapping:
            return self._mapping(typing.get_args(kind)[1], data, path)
        return self._object(kind, data, path)

    def _list(self, kind: Any, data: Plain, path: str) -> list[Any]:
        if not isinstance(data, list | tuple | frozenset):
            raise _WrongError("Give a list.")
        if len(data) > _MOST_ITEMS:
            raise _WrongError(f"A list holds at most {_MOST_ITEMS:,} entries.")
        return [self.read(kind, item, f"{path}[{at}]") for at, item in enumerate(data)]

    def _mapping(self, kind: Any, data: Plain, path: str) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            raise _WrongError("Give names with values.")
        return {_text(key): self.read(kind, item, f"{path}.{key}") for key, item in data.items()}

    def _object(self, kind: Any, data: Plain, path: str) -> Any:
        if issubclass(kind, StrEnum):
            return kind(_one_of([item.value for item in kind], data))
        if not isinstance(data, Mapping):
            raise _WrongError("Give an object with its fields.")
        before = len(self.problems)
        prefix = f"{path}." if path else ""
        known = {item.name.rstrip("_"): item for item in fields(kind)}
        for name in sorted(str(key)[:100] for key in data if key not in known):
            self.problems.append(Problem(prefix + name, "This field is unknown. Take it out."))
        values: dict[str, Any] = {}
        for name, item in known.items():
            if name in data:
                values[item.name] = self.read(_hints(kind)[item.name], data[name], prefix + name)
            elif item.default is MISSING and item.default_factory is MISSING:
                self.problems.append(Problem(prefix + name, "This field is missing."))
        if len(self.problems) > before:
            return None
        try:
            return kind(**values)
        except ValueError as wrong:
            raise _WrongError(str(wrong)) from None


def _text(data: Plain) -> str:
    if not isinstance(data, str):
        raise _WrongError("Give text.")
    if len(data) > _LONGEST_TEXT:
        raise _WrongError(f"Shorten it to at most {_LONGEST_TEXT:,} characters.")
    if "\0" in data or any("\ud800" <= char <= "\udfff" for char in data):
        raise _WrongError("Take out the characters that are no text (NUL or half a pair).")
    return data


def _whole(data: Plain) -> int:
    if isinstance(data, bool) or not isinstance(data, int):
        raise _WrongError("Give a whole number.")
    if abs(data) > _LARGEST_INT:
        raise _WrongError(f"Give a whole number of at most {_LARGEST_INT:,}.")
    return data


def _decimal(data: Plain) -> Decimal:
    if isinstance(data, bool) or not isinstance(data, int | float | str | Decimal):
        raise _WrongError("Give a number.")
    if isinstance(data, Decimal):
        small = data.is_finite() and abs(data.adjusted()) <= 50
        text = plain(data) if small or data.is_zero() else str(data)
    else:
        text = data if isinstance(data, str) else _short(data)
    if not _NUMBER.fullmatch(text):
        raise _WrongError("Give a number such as 12.5, with a point and no exponent.")
    return Decimal(plain(Decimal(text)))


def _short(number: float) -> str:
    return str(number) if abs(number) <= 10**30 else "too large"


def _flag(data: Plain) -> bool:
    if not isinstance(data, bool):
        raise _WrongError("Say true or false.")
    return data


def _day(data: Plain) -> date:
    if isinstance(data, str) and _DAY.fullmatch(data):
        try:
            data = date.fromisoformat(data)
        except ValueError:
            raise _WrongError("Give a day that the calendar has.") from None
    if not isinstance(data, date) or isinstance(data, datetime):
        raise _WrongError("Give a day such as 2026-10-08.")
    if not 1900 <= data.year <= 2999:
        raise _WrongError("Give a day between 1900 and 2999.")
    return data


def _instant(data: Plain) -> datetime:
    if isinstance(data, str):
        try:
            data = datetime.fromisoformat(data)
        except ValueError:
            raise _WrongError("Give an instant such as 2026-10-08T14:20:00+00:00.") from None
    if not isinstance(data, datetime) or data.tzinfo is None or not 1900 <= data.year <= 2999:
        raise _WrongError("Give an instant with its zone, such as 2026-10-08T14:20:00+00:00.")
    return data.astimezone(UTC)


def _one_of(allowed: Iterable[str], data: Plain) -> str:
    choices = list(allowed)
    if not isinstance(data, str) or data not in choices:
        raise _WrongError(f"Give one of: {', '.join(choices)}.")
    return str(data)


_SCALARS: dict[Any, Callable[[Plain], Any]] = {
    str: _text,
    int: _whole,
    Decimal: _decimal,
    bool: _flag,
    date: _day,
    datetime: _instant,
}

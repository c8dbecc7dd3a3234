"""Two versions of an answer, word by word."""

import difflib
import re
from typing import Any, NamedTuple

from portal.workflows.scars.disciplines import Ask, Kind

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


class Piece(NamedTuple):
    """A run of text: ``mark`` is '', 'ins' or 'del'."""

    mark: str
    text: str


def pieces(old: str, new: str) -> list[Piece]:
    """Mark what was taken out and what was put in, by words, so that a reader sees sentences."""
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    found: list[Piece] = []
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for action, a, b, c, d in matcher.get_opcodes():
        if action == "equal":
            found.append(Piece("", "".join(after[c:d])))
            continue
        if a < b:
            found.append(Piece("del", "".join(before[a:b])))
        if c < d:
            found.append(Piece("ins", "".join(after[c:d])))
    return found


def lines(ask: Ask, value: Any) -> list[str]:
    """An answer as lines of text, to be read and compared: a row is one line."""
    if not value:
        return []
    if ask.kind is Kind.TEXT:
        return str(value).split("\n")
    if ask.kind is Kind.CHAIN:
        return [f"{number}. {each}" for number, each in enumerate(value, 1)]
    return [" · ".join(each[c.key] for c in ask.columns if each.get(c.key)) for each in value]


def compared(ask: Ask, old: Any, new: Any) -> list[Piece]:
    return pieces("\n".join(lines(ask, old)), "\n".join(lines(ask, new)))

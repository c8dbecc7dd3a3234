"""Texts from files: trimmed, normalised, without what can't be stored or seen."""

import unicodedata

from portal.imports.cells import BadCellError, Cell, as_text

_ESCAPED = "'"  # what our own files put before a text that a spreadsheet would run
_LIVE = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def unescaped(text: str) -> str:
    """Take off what spreadsheets need: ="00123" keeps zeros, '=… and '-… are texts."""
    if text.startswith('="') and text.endswith('"') and len(text) > 2:
        return text[2:-1].replace('""', '"').strip()
    if text.startswith(_ESCAPED) and text[1:].lstrip(" \N{NO-BREAK SPACE}").startswith(_LIVE):
        return text[1:].strip()
    return text


def code(cell: Cell, limit: int) -> str | None:
    return _within(_sound(" ".join(as_text(cell).split())), limit)


def text(cell: Cell, limit: int) -> str | None:
    lines = as_text(cell).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return _within("\n".join(_sound(line.replace("\t", " ").rstrip()) for line in lines).strip(), limit)


def _sound(line: str) -> str:
    """Refuse what can't be stored or read; drop marks that nobody sees."""
    if line.isascii() and line.isprintable():
        return line
    line = unicodedata.normalize("NFC", line)
    if "\N{REPLACEMENT CHARACTER}" in line:
        raise BadCellError("Some letters can't be read with this encoding. Choose another one for the file.")
    kept = []
    for letter in line:
        kind = unicodedata.category(letter)
        if kind in {"Cc", "Cs"}:
            raise BadCellError("This holds characters that can't be stored. Type it again.")
        if kind != "Cf":
            kept.append(letter)
    return "".join(kept)


def _within(value: str, limit: int) -> str | None:
    if len(value) > limit:
        raise BadCellError(f"This is {len(value):,} characters long. Shorten it to {limit:,}.")
    return value or None  # what held only invisible marks is empty

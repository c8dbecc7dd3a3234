"""Plain text: what reads as text all the way, and is nothing that a browser would run."""

import codecs
import re
from typing import BinaryIO

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_CONTROL_BYTES = bytes(range(9)) + bytes(range(14, 27)) + bytes(range(28, 32))
_CHUNK = 65_536  # bytes; whoever decodes one keeps all other threads waiting
# Wherever they stand near the beginning, a browser that guesses would take the text for a page.
_MARKUP = re.compile(
    rb"^\s*<[!?a-z]|<(?:!doctype|html|head|body|script|svg|iframe|object|embed|img|style|title|meta|link|xml)\b",
    re.IGNORECASE,
)


def is_text(file: BinaryIO) -> bool:
    """Say whether a file is text in UTF-8, marked UTF-16 or Windows-1252, without control characters."""
    file.seek(0)
    head = file.read(4)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return _decodes(file, len(mark), encoding)
    return _decodes(file, 0, "utf-8") or _decodes(file, 0, "cp1252")


def is_markup(head: bytes) -> bool:
    """Say whether a text begins like something that a browser would run or show as a page."""
    return bool(_MARKUP.search(head.replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe")))


def _decodes(file: BinaryIO, start: int, encoding: str) -> bool:
    file.seek(start)
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        while chunk := file.read(_CHUNK):
            text = decoder.decode(chunk)
            if _CONTROLS.search(text) if encoding.startswith("utf-16") else _has_controls(chunk):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _has_controls(chunk: bytes) -> bool:
    """Look at bytes where each control character is one: dozens of times faster than a pattern."""
    return len(chunk.translate(None, _CONTROL_BYTES)) < len(chunk)

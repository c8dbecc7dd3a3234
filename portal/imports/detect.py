"""What kind of file this is, found from its content and never from its name."""

import codecs
import csv
import io
from collections import Counter
from pathlib import Path

from portal.imports.cells import UnreadableFileError
from portal.imports.options import SEPARATORS, Encoding
from portal.imports.rows import MOST_LETTERS

SAMPLE = 262_144  # bytes
_CHUNK = 1_048_576
_KINDS = (
    (b"%PDF-", "This is a PDF."),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "This is an old Excel file (.xls), or one with a password."),
    (b"\x1f\x8b", "This file is compressed. Unpack it first."),
    (b"7z\xbc\xaf", "This file is compressed. Unpack it first."),
    (b"\x89PNG", "This is a picture."),
    (b"\xff\xd8\xff", "This is a picture."),
    (b"{\\rtf", "This is a text document."),
    (b"<?xml", "This is an XML file."),
    (b"<html", "This is a web page."),
    (b"<!doctype", "This is a web page."),
)


def is_workbook(path: Path) -> bool:
    """Say whether it is a zip container, as workbooks are; refuse what can be no table at all."""
    with path.open("rb") as file:
        head = file.read(512)
    if not head.strip() and path.stat().st_size == len(head):
        raise UnreadableFileError("This file is empty.")
    for mark, sentence in _KINDS:
        if head.lower().startswith(mark.lower()):
            raise UnreadableFileError(f"{sentence} An import reads CSV and Excel workbooks (.xlsx).")
    return head.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def encoding_of(path: Path) -> Encoding:
    """Give the encoding: from the mark, from where the zeros are, or because all of it is UTF-8.

    The whole file is looked at: the first umlaut of a million rows may be in the last one.
    """
    with path.open("rb") as file:
        head = file.read(4096)
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return Encoding.UTF16
        zeros_even, zeros_odd = head[0::2].count(0), head[1::2].count(0)
        if zeros_odd > len(head) // 8 and zeros_even * 8 < zeros_odd:
            return Encoding.UTF16_LE
        if zeros_even > len(head) // 8 and zeros_odd * 8 < zeros_even:
            return Encoding.UTF16_BE
        decoder = codecs.getincrementaldecoder("utf-8")()
        file.seek(0)
        try:
            while chunk := file.read(_CHUNK):
                if not chunk.isascii() or decoder.getstate()[0]:
                    decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            # A file that is cut off inside its last letter is still UTF-8.
            return Encoding.UTF8 if not chunk else Encoding.WINDOWS_1252
    return Encoding.UTF8


def separator_of(path: Path, encoding: str) -> str:
    """Give the separator that makes the most rows equally wide; a comma when nothing separates."""
    text = _sample(path, encoding)
    if text[:5].lower().lstrip('"').startswith("sep=") and len(text) > 4:
        hinted = text.lstrip('"')[4]
        if hinted in SEPARATORS:
            return hinted
    best, best_score = ",", 0.0
    for separator in SEPARATORS:
        widths = _widths(text, separator)
        if not widths:
            continue
        width, count = Counter(widths).most_common(1)[0]
        # Consistency counts most; then the number of columns: a comma inside a text is in few rows.
        score = count / len(widths) * (1 + min(width, 50) / 25) if width > 1 else 0.0
        if score > best_score:
            best, best_score = separator, score
    return best


def _widths(text: str, separator: str) -> list[int]:
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error:
        return []
    return [len(row) for row in rows[:200] if row]


def _sample(path: Path, encoding: str) -> str:
    """Give the first lines, without the last one, which may be half a line."""
    codec = "utf-8-sig" if encoding == Encoding.UTF8 else encoding
    with path.open("rb") as file:
        raw = file.read(SAMPLE)
    text = codecs.getincrementaldecoder(codec)("replace").decode(raw)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if len(raw) == SAMPLE:
        cut = text.rfind("\n")
        if cut < 0 and len(text) > MOST_LETTERS:
            return text[:MOST_LETTERS]
        text = text[: cut + 1] if cut >= 0 else text
    return text

"""What may be sent: told by what a file holds, never by its name."""

from dataclasses import dataclass
from typing import BinaryIO

from portal.errors import BadInputError
from portal.languages import N_, _, sentence
from portal.workflows.documents import archives, pictures, texts
from portal.workflows.documents.names import split

ALLOWED = N_("Send a PDF, a photo (JPG, PNG, WebP), an Excel or Word file (XLSX, DOCX), CSV, TXT or ZIP.")


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of file: its media type, its usual endings, how people call it, its icon."""

    media_type: str
    endings: tuple[str, ...]
    words: str
    icon: str


_OFFICE = "application/vnd.openxmlformats-officedocument"
PDF = Kind("application/pdf", (".pdf",), N_("PDF"), "file-type-pdf")
JPG = Kind("image/jpeg", (".jpg", ".jpeg", ".jpe", ".jfif"), N_("JPG photo"), "photo")
PNG = Kind("image/png", (".png",), N_("PNG picture"), "photo")
WEBP = Kind("image/webp", (".webp",), N_("WebP picture"), "photo")
XLSX = Kind(f"{_OFFICE}.spreadsheetml.sheet", (".xlsx",), N_("Excel file"), "file-spreadsheet")
DOCX = Kind(f"{_OFFICE}.wordprocessingml.document", (".docx",), N_("Word file"), "file-text")
CSV = Kind("text/csv", (".csv",), N_("CSV file"), "file-type-csv")
TXT = Kind("text/plain", (".txt", ".log", ".md"), N_("text"), "file-text")
ZIP = Kind("application/zip", (".zip",), N_("ZIP archive"), "package")

KINDS = (PDF, JPG, PNG, WEBP, XLSX, DOCX, CSV, TXT, ZIP)
BY_TYPE = {kind.media_type: kind for kind in KINDS}
PICTURES = frozenset({JPG.media_type, PNG.media_type, WEBP.media_type})
_BY_ENDING = {ending: kind for kind in KINDS for ending in kind.endings}
_BY_PICTURE = {"JPEG": JPG, "PNG": PNG, "WEBP": WEBP}
_BY_ARCHIVE = {"xlsx": XLSX, "docx": DOCX, "zip": ZIP}

_ARCHIVE = b"PK\x03\x04"

HEAD = 1024  # bytes that tell what a file is

# What people do send and what to do instead, by how the file begins.
_INSTEAD = (
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        N_("It is an old Office file. Save it as XLSX or DOCX and send that."),
    ),
    (b"Rar!", N_("It is a RAR archive. Send a ZIP or the files themselves.")),
    (b"7z\xbc\xaf\x27\x1c", N_("It is a 7-Zip archive. Send a ZIP or the files themselves.")),
    (b"\x1f\x8b", N_("It is a compressed archive. Send a ZIP or the files themselves.")),
    (b"II*\x00", N_("TIFF pictures are not supported. Export it as JPG or PDF.")),
    (b"MM\x00*", N_("TIFF pictures are not supported. Export it as JPG or PDF.")),
    (b"GIF8", N_("GIF pictures are not supported. Export it as PNG or JPG.")),
    (b"BM", N_("BMP pictures are not supported. Export it as PNG or JPG.")),
    (b"MZ", N_("Programs are not accepted.")),
    (b"\x7fELF", N_("Programs are not accepted.")),
)
_HEIC = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif"}


def kind_of(file: BinaryIO, name: str) -> Kind:
    """Tell what a file is and refuse what can be refused quickly.

    Quickly: from its beginning and its table of contents. What needs all of it is done by the worker
    (checking.py).

    Raises:
        BadInputError: it is nothing that may be sent; the sentence says what to do instead.
    """
    file.seek(0)
    head = file.read(HEAD)
    if not head:
        raise BadInputError(_("This file is empty. Choose another one."))
    found = _by_content(file, head, name)
    named = _BY_ENDING.get(split(name)[1].lower())
    if named and named is not found and {named, found} != {CSV, TXT}:
        raise BadInputError(
            sentence(
                N_(
                    "Its name ends with %(ending)s, but it holds something else: %(words)s."
                    " Give it its right name, or send the right file."
                ),
                ending=split(name)[1],
                words=sentence(found.words),
            )
        )
    return found


def refuse_by_beginning(head: bytes, name: str) -> None:
    """Refuse what its first bytes give away, where nobody has looked at the rest yet.

    Raises:
        BadInputError: it is nothing that may be sent.
    """
    if b"\0" in head and not _is_pdf(head) and not _is_picture(head) and not head.startswith(_ARCHIVE):
        raise _not_supported(head, name)


def _is_pdf(head: bytes) -> bool:
    return head.lstrip(b"\xef\xbb\xbf\r\n\t ").startswith(b"%PDF-")


def _is_picture(head: bytes) -> bool:
    jpg_or_png = head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"))
    return jpg_or_png or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")


def _by_content(file: BinaryIO, head: bytes, name: str) -> Kind:
    if _is_pdf(head):
        return PDF
    if _is_picture(head):
        return _BY_PICTURE[pictures.look(file)]
    if head.startswith(_ARCHIVE):
        return _BY_ARCHIVE[archives.look(file)]
    if texts.is_text(file):
        if texts.is_markup(head):
            raise BadInputError(_("HTML, SVG and XML files are not accepted. Export it as PDF."))
        return CSV if split(name)[1].lower() == ".csv" else TXT
    raise _not_supported(head, name)


def _not_supported(head: bytes, name: str) -> BadInputError:
    """Say of what is nothing that we take what to send instead."""
    if head[4:8] == b"ftyp" and head[8:12] in _HEIC:
        return BadInputError(
            _(
                "HEIC photos are not supported. Export it as JPG,"
                " or set the phone's camera to “Most compatible”."
            )
        )
    for beginning, instead in _INSTEAD:
        if head.startswith(beginning):
            return BadInputError(_(instead))
    ending = split(name)[1]
    if ending:
        first = sentence(N_("File type %(ending)s is not supported."), ending=ending)
    else:
        first = sentence(N_("This type of file is not supported."))
    return BadInputError(sentence("%(first)s %(instead)s", first=first, instead=sentence(ALLOWED)))

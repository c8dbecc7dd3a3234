"""ZIP archives and what is built on them, Excel and Word files: opened with limits.

``look`` reads the table of contents and the beginning of each member: that is quick, whatever it claims.
``unpack`` reads everything and counts, because a table of contents can lie; the worker does that.
"""

import shutil
import stat
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PureWindowsPath
from typing import BinaryIO, Literal
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, iterparse

from portal.errors import BadInputError
from portal.languages import N_, _, sentence
from portal.workflows.documents.names import harmless

MOST_MEMBERS = 5_000
MOST_PDFS = 50  # that are looked into, one after another
MOST_UNPACKED = 1_000_000_000  # bytes
MOST_TIMES = 200  # as large unpacked; text packs to a twentieth, bombs to a thousandth
FREE = 20_000_000  # bytes that a small file may well unpack to
MOST_PROLOG = 262_144  # bytes of an XML file before its first element

Archive = Literal["xlsx", "docx", "zip"]

_PARTS = "[Content_Types].xml"  # of an Office file, with the type of each
_MACROS = (b"vbaproject", b"macroenabled", b"macrosheet")
_MAIN = {"xlsx": "xl/workbook.xml", "docx": "word/document.xml"}
_PDF_HEAD = 1024  # readers find a PDF's beginning within so many bytes
_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")
_PROGRAMS = (b"MZ", b"\x7fELF", b"#!")
_OFFICE_ENDINGS = (".xlsx", ".docx")
_ACTIVE = (".html", ".htm", ".xhtml", ".svg", ".xml", ".js", ".vbs", ".hta", ".lnk", ".bat", ".cmd", ".ps1")
_TOO_LARGE = N_(
    "Unpacked, this archive would be far too large. Send the files themselves, or fewer at a time."
)
_BROKEN = N_("This archive is damaged and can't be opened. Make it again and send that.")


def look(file: BinaryIO) -> Archive:
    """Tell what an archive is, from its table of contents and the beginning of each member.

    Raises:
        BadInputError: it is damaged, locked, a bomb, or holds what may not be sent.
    """
    with _opened(file) as archive:
        members = archive.infolist()
        _refuse_bombs(members)
        for member in members:
            _refuse_path(member)
        kind = _kind(archive, members)
        for member in members:
            if not member.is_dir():
                _refuse_member(archive, member, kind)
    return kind


def unpack(file: BinaryIO) -> None:
    """Read every member to its end and count.

    Raises:
        BadInputError: it is larger than it says, or damaged.
    """
    with _opened(file) as archive:
        total = 0
        for member in archive.infolist():
            total += _count(file, archive, member)
            if total > MOST_UNPACKED:
                raise BadInputError(_(_TOO_LARGE))


def look_into_pdfs(file: BinaryIO, inspect: Callable[[Path], object]) -> None:
    """Have every PDF of an archive inspected as if it had come by itself; told by content, not by name.

    Raises:
        BadInputError: one of them is refused, or there are too many to look into.
    """
    count = 0
    with _opened(file) as archive, tempfile.TemporaryDirectory(prefix="assay-zip-") as folder:
        place = Path(folder) / "member.pdf"
        for member in archive.infolist():
            with archive.open(member) as content:
                if b"%PDF-" not in content.read(_PDF_HEAD):
                    continue
            count += 1
            if count > MOST_PDFS:
                raise BadInputError(
                    sentence(
                        N_("This archive holds more than %(most)s PDFs. Send fewer at a time."),
                        most=MOST_PDFS,
                    )
                )
            with archive.open(member) as content, place.open("wb") as copy:
                shutil.copyfileobj(content, copy)
            try:
                inspect(place)
            except BadInputError as refused:
                name = harmless(member.filename)[:80]
                raise BadInputError(
                    sentence(
                        N_("“%(name)s” in this archive: %(problem)s"),
                        name=name,
                        problem=refused.sentence,
                    )
                ) from None


@contextmanager
def _opened(file: BinaryIO) -> Iterator[ZipFile]:
    """Open an archive; what the library raises for damage becomes a sentence."""
    file.seek(0)
    try:
        with ZipFile(file) as archive:
            yield archive
    except (
        BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        ValueError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise BadInputError(_(_BROKEN)) from error


def _kind(archive: ZipFile, members: list[ZipInfo]) -> Archive:
    names = {member.filename for member in members}
    if not names:
        raise BadInputError(_("This archive is empty. Choose another file."))
    if _PARTS not in names:
        return "zip"
    if any(name.lower().endswith("vbaproject.bin") for name in names) or _declares_macros(archive):
        raise BadInputError(_("This file holds macros. Save it without macros (XLSX or DOCX) and send that."))
    for kind, main in _MAIN.items():
        if main in names:
            return "xlsx" if kind == "xlsx" else "docx"
    raise BadInputError(_("This kind of Office file is not accepted. Export it as PDF."))


def _declares_macros(archive: ZipFile) -> bool:
    """Look at what an Office file says of its parts: the one with the macros may have any name."""
    with archive.open(_PARTS) as content:
        said = content.read(MOST_PROLOG).replace(b"\0", b"").lower()
    return any(word in said for word in _MACROS)


def _refuse_bombs(members: list[ZipInfo]) -> None:
    if len(members) > MOST_MEMBERS:
        raise BadInputError(
            sentence(
                N_("This archive holds more than %(most)s files. Send fewer at a time."), most=MOST_MEMBERS
            )
        )
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if unpacked > MOST_UNPACKED or unpacked > max(FREE, packed * MOST_TIMES):
        raise BadInputError(_(_TOO_LARGE))
    # Members that share their bytes unpack to more than there is.
    end = 0
    for member in sorted(members, key=lambda each: each.header_offset):
        if member.header_offset < end:
            raise BadInputError(_(_BROKEN))
        end = member.header_offset + 30 + member.compress_size


def _refuse_path(member: ZipInfo) -> None:
    """A name that leads out of the folder it is unpacked to, or to something else than a file."""
    path = PureWindowsPath(member.orig_filename)  # knows both slashes, drives and shares
    mode = member.external_attr >> 16
    is_link = stat.S_IFMT(mode) not in {0, stat.S_IFREG, stat.S_IFDIR}
    if path.drive or path.root or ".." in path.parts or "\x00" in member.orig_filename or is_link:
        raise BadInputError(
            _("This archive would write outside its own folder. Make it again and send that.")
        )
    if member.flag_bits & 0x1:
        raise BadInputError(
            _("This archive is locked with a password. Send it without one: we have to check it.")
        )
    if member.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
        raise BadInputError(
            _("This archive is packed in an unusual way. Make an ordinary ZIP and send that.")
        )


def _refuse_member(archive: ZipFile, member: ZipInfo, kind: Archive) -> None:
    name = member.filename.lower()
    with archive.open(member) as content:
        head = content.read(8)
    if kind == "zip":
        if head.startswith(_ARCHIVES) and not name.endswith(_OFFICE_ENDINGS):
            raise BadInputError(_("There is an archive inside this archive. Unpack it and send one ZIP."))
        if head.startswith(_PROGRAMS) or name.endswith(_ACTIVE):
            raise BadInputError(
                sentence(
                    N_("This archive holds “%(name)s”, which may not be sent."),
                    name=harmless(member.filename)[:80],
                )
            )
    elif name.endswith((".xml", ".rels", ".vml")):
        with archive.open(member) as content:
            _refuse_doctype(content)


def _refuse_doctype(content: object) -> None:
    """Office files never have a document type; entities, which grow without end, need one."""
    try:
        for _start in iterparse(_Beginning(content), events=("start",), forbid_dtd=True):
            return
    except DefusedXmlException as error:
        raise BadInputError(_("This Office file has parts that no program writes. Save it again.")) from error
    except (ParseError, ValueError, LookupError) as error:
        raise BadInputError(
            _("This Office file is damaged. Open it, save it again and send that.")
        ) from error


class _Beginning:
    """The first bytes of a stream: whoever hides something behind a long comment finds the end here."""

    def __init__(self, stream: object) -> None:
        self._stream = stream
        self._left = MOST_PROLOG

    def read(self, size: int = -1) -> bytes:
        size = self._left if size < 0 else min(size, self._left)
        chunk: bytes = self._stream.read(size) if size else b""  # type: ignore[attr-defined] # a member of a ZIP
        self._left -= len(chunk)
        return chunk


def _count(file: BinaryIO, archive: ZipFile, member: ZipInfo) -> int:
    """Unpack a member ourselves: the library stops where the table of contents says that it ends."""
    with archive.open(member):  # compares the member's own header with the table
        pass
    file.seek(member.header_offset + 26)
    lengths = file.read(4)
    file.seek(int.from_bytes(lengths[:2], "little") + int.from_bytes(lengths[2:], "little"), 1)
    unpacking = zlib.decompressobj(-15) if member.compress_type == ZIP_DEFLATED else None
    left, size, check = member.compress_size, 0, 0
    while left > 0 and (packed := file.read(min(65_536, left))):
        left -= len(packed)
        while packed:
            piece = unpacking.decompress(packed, 1_048_576) if unpacking else packed
            packed = unpacking.unconsumed_tail if unpacking else b""
            size, check = size + len(piece), zlib.crc32(piece, check)
            if size > member.file_size:
                raise BadInputError(_(_TOO_LARGE))
    if size != member.file_size or check != member.CRC:
        raise BadInputError(_(_BROKEN))
    return size

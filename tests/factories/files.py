"""Real files, made on the spot: PDFs, photos, workbooks, archives, and what is wrong with some of them."""

import io
import zipfile
import zlib
from collections.abc import AsyncIterator
from typing import Any

import pikepdf
import pypdfium2
import xlsxwriter
from PIL import Image

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


async def stream(content: bytes, size: int = 65_536) -> AsyncIterator[bytes]:
    for at in range(0, len(content), size):
        yield content[at : at + size]


def pdf(pages: int = 1, **catalogue: Any) -> bytes:
    """A PDF with so many pages; further entries go into its catalogue."""
    made = pikepdf.new()
    for number in range(pages):
        page = made.add_blank_page(page_size=(595, 842))
        page.Contents = made.make_stream(f"0.2 0.3 0.{number % 10} rg 72 72 400 600 re f".encode())
    for key, value in catalogue.items():
        made.Root[f"/{key}"] = made.make_indirect(value) if isinstance(value, pikepdf.Object) else value
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def acting_pdf(kind: str = "/JavaScript") -> bytes:
    action = pikepdf.Dictionary(S=pikepdf.Name(kind))
    if kind == "/JavaScript":
        action.JS = pikepdf.String("app.alert(1)")
    return pdf(OpenAction=action)


def scan(content: bytes, *, crooked: float = 0.4) -> bytes:
    """A PDF as a scanner makes it of another's first page: a grey picture, a little crooked and noisy."""
    with pypdfium2.PdfDocument(content) as document:
        page = document[0].render(scale=200 / 72).to_pil().convert("L")
    page = page.rotate(crooked, fillcolor=255, resample=Image.Resampling.BICUBIC)
    noise = Image.effect_noise(page.size, 30)
    out = io.BytesIO()
    Image.blend(page, noise, 0.12).save(out, "PDF", resolution=200, quality=60)
    return out.getvalue()


def pdf_with_a_file() -> bytes:
    made = pikepdf.new()
    made.add_blank_page()
    made.attachments["evil.exe"] = b"MZ"
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def photo(kind: str = "JPEG", size: tuple[int, int] = (640, 480), *, location: bool = False) -> bytes:
    picture = Image.effect_noise(size, 40).convert("RGB")
    exif = Image.Exif()
    exif[0x010F] = "Phone"
    if location:
        exif.get_ifd(0x8825).update({1: "N", 2: (65.0, 35.0, 4.0), 3: "E", 4: (22.0, 9.0, 17.0)})
    out = io.BytesIO()
    picture.save(out, kind, exif=exif)
    return out.getvalue()


def xlsx() -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        book.add_worksheet().write("A1", "Lot")
    return out.getvalue()


def archive(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return out.getvalue()


def docx(**more: bytes) -> bytes:
    body = b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"/>'
    return archive({"[Content_Types].xml": b"<Types/>", "word/document.xml": body, **more})


def bomb(size: int = 300_000_000) -> bytes:
    """An archive of some three hundred kilobytes that unpacks to a thousand times as much."""
    packing = zlib.compressobj(9, zlib.DEFLATED, -15)
    block, packed, check = b"\0" * 1_000_000, bytearray(), 0
    for _ in range(size // len(block)):
        packed += packing.compress(block)
        check = zlib.crc32(block, check)
    packed += packing.flush()
    return _one_member(b"zeros.txt", bytes(packed), size, check)


def lying_bomb() -> bytes:
    """An archive whose table of contents says that its member is small, with the checksum to match."""
    claimed = b"\0" * 1000
    packed = zlib.compress(b"\0" * 30_000_000, 9, -15)
    return _one_member(b"zeros.txt", packed, len(claimed), zlib.crc32(claimed))


def large_picture(side: int = 30_000) -> bytes:
    """A PNG of a few hundred kilobytes that has 900 million points."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = zlib.crc32(kind + content).to_bytes(4, "big")
        return len(content).to_bytes(4, "big") + kind + content + check

    header = side.to_bytes(4, "big") * 2 + b"\1\0\0\0\0"  # one bit for each point
    points = zlib.compress(bytes((side // 8 + 1) * side), 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", points) + chunk(b"IEND", b"")


def _one_member(name: bytes, packed: bytes, size: int, check: int) -> bytes:
    common = b"".join(
        [
            (20).to_bytes(2, "little"),
            bytes(2),
            (8).to_bytes(2, "little"),
            bytes(4),
            check.to_bytes(4, "little"),
            len(packed).to_bytes(4, "little"),
            size.to_bytes(4, "little"),
            len(name).to_bytes(2, "little"),
            bytes(2),
        ]
    )
    local = b"PK\x03\x04" + common + name + packed
    central = b"PK\x01\x02" + (20).to_bytes(2, "little") + common + bytes(14) + name
    tail = len(central).to_bytes(4, "little") + len(local).to_bytes(4, "little") + bytes(2)
    return local + central + b"PK\x05\x06" + bytes(4) + b"\x01\x00\x01\x00" + tail

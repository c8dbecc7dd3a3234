"""Makes pictures of a document's pages in a process of its own, within limits, and fetches nothing.

Started by previews.py with the path, "pdf" or "picture", and a folder to write to. It imports nothing of the
portal: what a hostile file breaks is this process alone. It says one JSON line: the pictures it made.

A picture holds what is seen and nothing else: no location, no camera, no author.
"""

import io
import json
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MEMORY = 1_500_000_000  # bytes of address space
SECONDS = 90  # of processor time
MOST_PAGES = 20
WIDTHS = (240, 720, 1200)  # pixels
MOST_BYTES = 60_000  # of one picture
_QUALITIES = (82, 70, 58, 46, 34)


def main(path: str, kind: str, folder: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from PIL import Image  # noqa: PLC0415 # under the limits from its first byte on

    Image.MAX_IMAGE_PIXELS = None  # how large it is was looked at before
    made: list[dict[str, Any]] = []
    pages = _pdf_pages(path) if kind == "pdf" else _photo(Image, path)
    for number, page in enumerate(pages, 1):
        for width in WIDTHS:
            if width > WIDTHS[0] and width > page.width * 1.2 and made and made[-1]["page"] == number:
                continue
            picture, content = _small(Image, page, min(width, page.width))
            name = f"{number}-{width}.webp"
            Path(folder, name).write_bytes(content)
            made.append({"page": number, "width": picture.width, "height": picture.height, "file": name})
    print(json.dumps(made))  # noqa: T201 # what the parent reads


def _pdf_pages(path: str) -> Iterator[Any]:
    import pypdfium2  # noqa: PLC0415 # as above

    document = pypdfium2.PdfDocument(path)
    for number in range(min(len(document), MOST_PAGES)):
        page = document[number]
        # A page may be as wide as a wall: the scale follows from the width that is wanted.
        scale = WIDTHS[-1] / max(page.get_width(), page.get_height() / 3, 1)
        yield page.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB")
        page.close()


def _photo(pillow: Any, path: str) -> Iterator[Any]:
    from PIL import ImageOps  # noqa: PLC0415 # as above

    with pillow.open(path, formats=("JPEG", "PNG", "WEBP")) as picture:
        picture.draft("RGB", (WIDTHS[-1] * 2, WIDTHS[-1] * 2))
        picture.thumbnail((WIDTHS[-1] * 2, WIDTHS[-1] * 2))
        upright = ImageOps.exif_transpose(picture)
        if upright.mode in {"RGBA", "LA", "P", "PA"}:
            clear = upright.convert("RGBA")
            upright = pillow.new("RGB", clear.size, "white")
            upright.paste(clear, mask=clear.getchannel("A"))
        yield upright.convert("RGB")


def _small(pillow: Any, page: Any, width: int) -> tuple[Any, bytes]:
    """Scale to a width and pack until it is small enough; what does not want to be gets narrower."""
    while True:
        height = max(1, round(page.height * width / page.width))
        picture = page.resize((width, height), pillow.Resampling.LANCZOS, reducing_gap=2)
        for quality in _QUALITIES:
            out = io.BytesIO()
            picture.save(out, "WEBP", quality=quality, method=3)
            if out.tell() <= MOST_BYTES:
                return picture, out.getvalue()
        width = max(1, width * 4 // 5)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3])

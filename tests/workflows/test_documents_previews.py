"""Pictures of pages: small, made within limits, and of nothing that is not in the file itself."""

import asyncio
import json
import socket
import subprocess
import sys

import pikepdf
import pytest
from PIL import Image

from portal.workflows.documents import preview_child, previews
from tests.factories import files


def made(tmp_path, content, kind="pdf"):
    path = tmp_path / "file"
    path.write_bytes(content)
    return previews._pictures(path, kind)


def test_pages_are_made_in_widths_that_screens_need(tmp_path):
    found = made(tmp_path, files.pdf(3))
    assert [(each.page, each.width) for each in found] == [
        (page, width) for page in (1, 2, 3) for width in preview_child.WIDTHS
    ]
    assert all(len(each.content) <= preview_child.MOST_BYTES for each in found)


def test_a_photo_that_packs_badly_is_small_all_the_same(tmp_path):
    found = made(tmp_path, files.photo(size=(3000, 2000)), "picture")
    assert len(found) == len(preview_child.WIDTHS)
    assert all(len(each.content) <= preview_child.MOST_BYTES for each in found)


def test_a_small_picture_is_not_blown_up(tmp_path):
    assert [each.width for each in made(tmp_path, files.photo("PNG", (100, 50)), "picture")] == [100]


def test_a_photo_is_upright_and_says_nothing_of_where_it_was_taken(tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(files.photo(size=(400, 300), location=True))
    with Image.open(path) as picture:
        exif = picture.getexif()
        assert exif.get_ifd(0x8825)
        exif[0x0112] = 6  # taken with the phone upright
        picture.save(path, exif=exif)
    narrow = previews._pictures(path, "picture")[0]
    (tmp_path / "shown.webp").write_bytes(narrow.content)
    with Image.open(tmp_path / "shown.webp") as shown:
        assert shown.height > shown.width
        assert not shown.getexif()


@pytest.mark.parametrize("content", [b"%PDF-1.7 nothing", b"", files.photo()[:200]])
def test_what_cannot_be_shown_has_no_pictures(tmp_path, content):
    assert made(tmp_path, content) == []
    assert made(tmp_path, content, "picture") == []


def test_nothing_is_fetched_from_anywhere(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as trap:
        address = f"http://127.0.0.1:{trap.getsockname()[1]}/"
        pdf = pikepdf.new()
        page = pdf.add_blank_page(page_size=(300, 300))
        elsewhere = pikepdf.Dictionary(FS=pikepdf.Name.URL, F=pikepdf.String(f"{address}image"))
        image = pdf.make_stream(
            b"",
            Type=pikepdf.Name.XObject,
            Subtype=pikepdf.Name.Image,
            Width=10,
            Height=10,
            BitsPerComponent=8,
            ColorSpace=pikepdf.Name.DeviceGray,
            F=elsewhere,
        )
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im=image))
        page.Contents = pdf.make_stream(b"300 0 0 300 0 0 cm /Im Do")
        page.Annots = pikepdf.Array(
            [
                pikepdf.Dictionary(
                    Type=pikepdf.Name.Annot,
                    Subtype=pikepdf.Name.Link,
                    Rect=[0, 0, 300, 300],
                    A=pikepdf.Dictionary(S=pikepdf.Name.URI, URI=pikepdf.String(f"{address}link")),
                )
            ]
        )
        pdf.save(tmp_path / "fetches.pdf")
        assert len(previews._pictures(tmp_path / "fetches.pdf", "pdf")) > 0
        trap.setblocking(False)
        with pytest.raises(BlockingIOError):
            trap.accept()


async def test_the_process_that_makes_them_has_limits(tmp_path):
    code = (
        "import resource, runpy, sys; sys.argv = ['', sys.argv[1], 'picture', sys.argv[2]];"
        f"runpy.run_path({preview_child.__file__!r}, run_name='__main__');"
        "print(resource.getrlimit(resource.RLIMIT_AS)[0], resource.getrlimit(resource.RLIMIT_CPU)[0])"
    )
    path = tmp_path / "a.png"
    path.write_bytes(files.photo("PNG", (30, 30)))
    said = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", code, path, tmp_path],
        capture_output=True,
        text=True,
        check=True,
    )
    pictures, limits = said.stdout.splitlines()
    assert len(json.loads(pictures)) == 1
    assert limits == f"{preview_child.MEMORY} {preview_child.SECONDS}"

"""Photos and pictures: how large they are, told before anything of them is unpacked."""

from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from portal.errors import BadInputError
from portal.languages import N_, _, sentence

MOST_PIXELS = 150_000_000  # more than any phone takes; three bytes each once unpacked
LONGEST_SIDE = 20_000
FORMATS = ("JPEG", "PNG", "WEBP")

# Pillow's own limit warns at one number and raises at its double. Ours is one number, with a sentence.
Image.MAX_IMAGE_PIXELS = None


def look(file: BinaryIO) -> str:
    """Give the format: JPEG, PNG or WEBP. Only the header is read.

    Raises:
        BadInputError: it cannot be read, or is too large to be shown anywhere.
    """
    file.seek(0)
    try:
        with Image.open(file, formats=FORMATS) as picture:
            width, height, kind = *picture.size, picture.format or ""
    # Headers that lie make Pillow raise nearly anything.
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        KeyError,
        IndexError,
    ) as error:
        raise unreadable() from error
    except (MemoryError, OverflowError, ZeroDivisionError, TypeError, AttributeError) as error:
        raise unreadable() from error
    if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
        raise BadInputError(
            sentence(
                N_(
                    "This picture has %(width)s × %(height)s points, which is too many."
                    " Make it smaller and send it again."
                ),
                width=width,
                height=height,
            )
        )
    return "JPEG" if kind == "MPO" else kind


def unreadable() -> BadInputError:
    return BadInputError(
        _("This picture is damaged and can't be read. Open it, save it again and send that.")
    )

"""A file's name as it is kept, shown and sent back: what anybody typed or a machine made of it, harmless."""

import unicodedata
from pathlib import PurePosixPath

LONGEST = 180  # characters; with its bytes in UTF-8 most file systems and every header can hold it

# They turn the reading direction: “gpj.exe” would read as a picture.
_TURNS = {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}
_DIRECTIONS = {
    chr(c) for c in (0x061C, 0x200E, 0x200F, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
}
_SPECIAL = set('<>:"|?*')  # to some file system or shell
_DEVICES = {"con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(10))}


def harmless(name: str, ending: str = "") -> str:
    """Give a name without folders, control characters, turned directions or leading dots, in NFC.

    Args:
        name: as it came, which may be anything.
        ending: such as ".pdf", for a name that has none.
    """
    last = PurePosixPath(unicodedata.normalize("NFC", name).replace("\\", "/")).name
    kept = "".join(
        " " if c.isspace() else "_" if c in _SPECIAL else c
        for c in last
        if c.isspace() or (unicodedata.category(c) not in _TURNS and c not in _DIRECTIONS)
    )
    kept = " ".join(kept.split()).lstrip(". ").rstrip(". ")
    if not kept.strip("_"):
        kept = "file"
    stem, own = split(kept)
    if stem.lower() in _DEVICES:
        stem = f"_{stem}"
    own = own or ending
    return f"{stem[: LONGEST - len(own)].rstrip()}{own}"


def split(name: str) -> tuple[str, str]:
    """“report.v2.PDF” → (“report.v2”, “.PDF”). An ending is short, and of letters and digits."""
    stem, dot, last = name.rpartition(".")
    if not dot or not stem or not 1 <= len(last) <= 8 or not last.isascii() or not last.isalnum():
        return name, ""
    return stem, f".{last}"

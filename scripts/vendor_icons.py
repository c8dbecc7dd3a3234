# ruff: noqa: INP001 -- a script run by hand, no package
"""Add icons to the sprite `portal/static/icons.svg`.

    npm pack @tabler/icons && tar xzf tabler-icons-*.tgz
    python scripts/vendor_icons.py package/icons/outline truck-return building-bank

The names that are in the sprite already stay in it, drawn again from the folder given.
"""

import re
import sys
from pathlib import Path

SPRITE = Path(__file__).resolve().parent.parent / "portal" / "static" / "icons.svg"
HEADER = "<!-- Tabler Icons, MIT, Copyright (c) 2020-2026 Paweł Kuna. Made by scripts/vendor_icons.py. -->"
# Tabler starts each icon with an invisible square that only an editor needs.
FRAME = re.compile(r'<path stroke="none" d="M0 0h24v24H0z" fill="none" ?/>')


def symbol(folder: Path, name: str) -> str:
    source = (folder / f"{name}.svg").read_text(encoding="utf-8")
    drawing = source[source.index(">", source.index("<svg")) + 1 : source.rindex("</svg>")]
    drawing = re.sub(r"\s+", " ", FRAME.sub("", drawing)).replace(" />", "/>").replace("> <", "><").strip()
    return f'<symbol id="i-{name}" viewBox="0 0 24 24">{drawing}</symbol>'


def main(folder: Path, added: list[str]) -> None:
    before = SPRITE.read_text(encoding="utf-8") if SPRITE.exists() else ""
    present = re.findall(r'id="i-([a-z0-9-]+)"', before)
    symbols = [symbol(folder, name) for name in sorted({*present, *added})]
    lines = ['<svg xmlns="http://www.w3.org/2000/svg">', HEADER, *symbols, "</svg>", ""]
    SPRITE.write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])

"""Figures of ``portal.charts`` as pictures that stand alone, in the portal's colours on white paper."""

import re
from functools import cache
from pathlib import Path

from markupsafe import Markup

SHEET = Path(__file__).resolve().parent.parent / "static" / "portal.css"
_TOKENS = re.compile(r":root, \[data-bs-theme=light\] \{(.*?)\n\}", re.DOTALL)
_TOKEN = re.compile(r"(--[\w-]+):\s*([^;]+);")
_RULE = re.compile(r"^(\.(?:ch|as-ruler|as-band|[tf]-[a-dx])\b[^{}\n]*) \{ ([^{}\n]*) \}$", re.MULTILINE)
_VAR = re.compile(r"var\((--[\w-]+)\)")


def on_paper(figure: Markup) -> bytes:
    """Give the SVG with its style inside, so that it needs no page around it.

    Raises:
        ValueError: it is no figure: where there is nothing to draw, a chart is a sentence.
    """
    if not figure.startswith("<svg "):
        raise ValueError("There is no figure to draw.")
    start, rest = str(figure).removeprefix("<svg ").split(">", 1)
    return f'<svg xmlns="http://www.w3.org/2000/svg" {start}><style>{_style()}</style>{rest}'.encode()


@cache
def _style() -> str:
    """Take the rules of figures out of the portal's style sheet, with the light theme's colours put in."""
    sheet = SHEET.read_text(encoding="utf-8")
    found = _TOKENS.search(sheet)
    assert found  # noqa: S101 # a test looks at both sheets
    tokens = {name: value.strip() for name, value in _TOKEN.findall(found[1])}
    tokens["--as-font"] = "Inter"
    return "\n".join(
        f"{where} {{ {_VAR.sub(lambda each: tokens[each[1]], said)} }}"
        for where, said in _RULE.findall(sheet)
    )

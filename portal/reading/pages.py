"""The text of a PDF with where it stands, page by page; of scanned pages too, where tesseract is there."""

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portal.reading import scanned

_CHILD = Path(__file__).with_name("pdf_child.py")
_SECONDS = 40


class UnreadableError(Exception):
    """The file is damaged, or takes more than we give to any."""


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text on one line; its sides in points from the page's top left corner."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2

    @property
    def height(self) -> float:
        return self.bottom - self.top

    def is_beside(self, other: "Run") -> bool:
        """Tell whether both stand on the same line."""
        return abs(self.middle - other.middle) < 0.5 * min(self.height, other.height) + 1


@dataclass(frozen=True, slots=True)
class Page:
    number: int  # from 1
    width: float
    height: float
    runs: tuple[Run, ...]  # from top to bottom, those of a line from left to right

    @property
    def text(self) -> str:
        return "\n".join(run.text for run in self.runs)


def pages_of(path: Path, *, languages: str = "") -> list[Page]:
    """Read a PDF's first pages; blocks, so call it in a thread.

    Args:
        path: of the PDF.
        languages: of scanned pages, as tesseract names them ("eng+deu"); '' leaves those without text.

    Raises:
        UnreadableError: the file is damaged, or too much for the reader's limits.
    """
    with tempfile.TemporaryDirectory(prefix="assay-pages-") as folder:
        said = _said(path, folder if languages else "")
        pages = []
        for number, page in enumerate(said["pages"], 1):
            runs = [Run(*run) for run in page["runs"]]
            if page["picture"]:
                found = scanned.runs_in(Path(folder) / page["picture"], languages, width=page["width"])
                runs = [Run(*run) for run in found]
            pages.append(Page(number, page["width"], page["height"], _in_order(runs)))
        return pages


def _said(path: Path, folder: str) -> Any:
    try:
        # Isolated: neither the folder one is in nor the environment decides what is imported.
        done = subprocess.run(  # noqa: S603 # our own interpreter and script, arguments apart
            [sys.executable, "-I", str(_CHILD), str(path.absolute()), folder],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=False,
        )
        said = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        raise UnreadableError from None
    if "problem" in said:
        raise UnreadableError
    return said


def _in_order(runs: list[Run]) -> tuple[Run, ...]:
    """Put runs into lines by where they stand: a PDF may draw them in any order."""
    lines: list[list[Run]] = []
    for run in sorted(runs, key=lambda each: each.middle):
        if lines and run.is_beside(lines[-1][0]):
            lines[-1].append(run)
        else:
            lines.append([run])
    return tuple(run for line in lines for run in sorted(line, key=lambda each: each.left))

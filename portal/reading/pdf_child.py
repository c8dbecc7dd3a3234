"""Takes the text out of one PDF in a process of its own, with the place of each run of it.

Started by pages.py with the path, and with a folder where pictures of pages without text shall go, or "".
It imports nothing of the portal: what a hostile file breaks, by taking all memory or never ending, is this
process alone. It says one line: {"problem": word}, or

    {"pages": [{"width": …, "height": …, "picture": name or "", "runs": [[text, left, top, right, bottom]…]}]}

Places are in points from the top left corner. A run ends with its line, or at a gap as wide as a column's.
"""

import json
import resource
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

MEMORY = 1_500_000_000  # bytes of address space
SECONDS = 20  # of processor time
PICTURE = 60_000_000  # bytes of one file
MOST_PAGES = 12
MOST_LETTERS = 30_000
_DIVIDED = 2  # how the reader writes the hyphen of a divided word
_GAP = 1.4  # times the height of the letters: wider than any space between words
_SCALE = 200 / 72  # pixels a point, for the eyes of a program
_MOST_PIXELS = 12_000_000

Letter = tuple[str, float, float, float, float]


def main(path: str, pictures: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    limit = PICTURE if pictures else 0
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    import pypdfium2 as pdfium  # noqa: PLC0415 # under the limits from its first byte on

    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError:
        _say({"problem": "damaged"})
        return
    pages = []
    left = MOST_LETTERS
    for number in range(min(len(document), MOST_PAGES)):
        page = document[number]
        width, height = page.get_size()
        runs = _runs(pdfium.raw, page.get_textpage(), height, left)
        left -= sum(len(run[0]) for run in runs)
        picture = "" if runs or not pictures else _picture(page, Path(pictures), number)
        pages.append({"width": width, "height": height, "picture": picture, "runs": runs})
        if left <= 0:
            break
    _say({"pages": pages})


def _runs(raw: Any, text: Any, height: float, most: int) -> list[list[Any]]:
    runs: list[list[Any]] = []
    letters: list[Letter] = []
    for at in range(min(text.count_chars(), most)):
        code = raw.FPDFText_GetUnicode(text, at)
        if code in {10, 13}:
            _end(runs, letters)
            continue
        if code == _DIVIDED:
            code = ord("-")
        # Spaces that the reader puts in tear words apart whose letters stand wide: _words puts in ours.
        is_ours = code == 32 and raw.FPDFText_IsGenerated(text, at) == 1
        if code < 32 or code > 0x10FFFF or 0xD800 <= code <= 0xDFFF or is_ours:
            continue
        left, bottom, right, top = text.get_charbox(at, loose=True)
        letter = (chr(code), left, height - top, right, height - bottom)
        if letters and not letter[0].isspace() and _is_apart(_last(letters), letter):
            _end(runs, letters)
        letters.append(letter)
    _end(runs, letters)
    return runs


def _last(letters: list[Letter]) -> Letter:
    return next((each for each in reversed(letters) if not each[0].isspace()), letters[-1])


def _is_apart(before: Letter, after: Letter) -> bool:
    tall = max(before[4] - before[2], after[4] - after[2], 1.0)
    gap = after[1] - before[3]
    return gap > _GAP * tall or gap < -_GAP * tall or abs(after[4] - before[4]) > 0.8 * tall


def _end(runs: list[list[Any]], letters: list[Letter]) -> None:
    text = _words(letters)
    seen = [letter for letter in letters if not letter[0].isspace()]
    if seen:
        sides = (
            min(letter[1] for letter in seen),
            min(letter[2] for letter in seen),
            max(letter[3] for letter in seen),
            max(letter[4] for letter in seen),
        )
        runs.append([" ".join(text.split()), *(round(side, 1) for side in sides)])
    letters.clear()


def _words(letters: list[Letter]) -> str:
    """Put a space where a gap is clearly wider than those between the letters of this run."""
    gaps = [after[1] - before[3] for before, after in pairwise(letters)]
    usual = sorted(gaps)[len(gaps) // 2] if gaps else 0.0
    text = "".join(letter[0] for letter in letters[:1])
    for gap, letter in zip(gaps, letters[1:], strict=True):
        wide = gap > max(usual, 0.0) + 0.22 * (letter[4] - letter[2])
        text += (" " if wide else "") + letter[0]
    return text


def _picture(page: Any, folder: Path, number: int) -> str:
    width, height = page.get_size()
    scale = min(_SCALE, (_MOST_PIXELS / max(width * height, 1)) ** 0.5)
    name = f"{number + 1}.png"
    page.render(scale=scale, grayscale=True).to_pil().save(folder / name)
    return name


def _say(value: Any) -> None:
    print(json.dumps(value))  # noqa: T201 # what the parent reads


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])

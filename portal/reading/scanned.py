"""The text of a picture, through tesseract: a program of the system, used only when it is configured."""

import csv
import os
import shutil
import subprocess
from pathlib import Path

_SECONDS = 60
_SURE = 30.0  # of 100: below, it is noise
_PROGRAM = "tesseract"

Place = tuple[str, float, float, float, float]


def languages_there() -> set[str]:
    """Give the languages that the installed tesseract knows; none where there is no tesseract."""
    program = shutil.which(_PROGRAM)
    if program is None:
        return set()
    done = subprocess.run(  # noqa: S603 # the system's program
        [program, "--list-langs"], capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    return set(done.stdout.split("\n")[1:]) - {""}


def runs_in(picture: Path, languages: str, *, width: float) -> list[Place]:
    """Give (text, left, top, right, bottom) for each line of a picture; places in points of ``width``.

    Nothing where the program is missing, fails or takes too long: the page then counts as one without text.
    """
    program = shutil.which(_PROGRAM)
    if program is None:
        return []
    try:
        done = subprocess.run(  # noqa: S603 # the system's program, arguments apart
            [program, str(picture), "-", "-l", languages, "--psm", "3", "tsv"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=True,
            # Its threads mostly wait for each other, and pages come one after another anyhow.
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
        )
    except (subprocess.SubprocessError, OSError):
        return []
    return lines_of(done.stdout.decode("utf-8", "replace"), width)


def lines_of(table: str, width: float) -> list[Place]:
    """Read tesseract's table of words: level, page, block, paragraph, line, word, left, top, …, text."""
    rows = list(csv.DictReader(table.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
    pixels = next((float(row["width"]) for row in rows if row["level"] == "1"), 0.0)
    if not pixels:
        return []
    scale = width / pixels
    lines: dict[tuple[str, ...], list[dict[str, str]]] = {}
    for row in rows:
        if row["level"] == "5" and (row["text"] or "").strip() and float(row["conf"]) >= _SURE:
            key = (row["block_num"], row["par_num"], row["line_num"])
            lines.setdefault(key, []).append(row)
    return [_line(words, scale) for words in lines.values()]


def _line(words: list[dict[str, str]], scale: float) -> Place:
    left = min(float(word["left"]) for word in words)
    top = min(float(word["top"]) for word in words)
    right = max(float(word["left"]) + float(word["width"]) for word in words)
    bottom = max(float(word["top"]) + float(word["height"]) for word in words)
    text = " ".join(word["text"].strip() for word in words)
    return text, left * scale, top * scale, right * scale, bottom * scale

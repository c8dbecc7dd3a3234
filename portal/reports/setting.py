"""Has typst set a document in a process of its own, within limits of time and memory."""

import asyncio
import json
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from markupsafe import Markup

from portal import clock
from portal.errors import BusyError
from portal.reports.figures import on_paper

HERE = Path(__file__).parent
_CHILD = HERE / "child.py"
_SECONDS = 40
_AT_ONCE = threading.BoundedSemaphore(3)
_DOCUMENT = re.compile(r"[a-z0-9_]+\.typ")
_PICTURE = re.compile(r"[a-z0-9-]+\.(webp|png|jpg|svg)")

log = structlog.get_logger()


class ReportError(Exception):
    """The template is wrong, or the document took more than we give to any; a reader can't change that."""


async def pdf(
    document: str,
    values: Mapping[str, Any],
    *,
    pictures: Mapping[str, bytes] | None = None,
    at: datetime | None = None,
) -> bytes:
    """Set a document of ``documents/``.

    Args:
        document: its file's name, such as "eight_d.typ".
        values: what the template reads from ``values.json``; texts, whole numbers, truth, lists and dicts.
        pictures: by the file name under which the values speak of them.
        at: when it was made, as the file itself says; the same values and instant give the same bytes.

    Raises:
        ReportError: it cannot be set.
        BusyError: too many others are being set at this moment.
    """
    made = await asyncio.to_thread(
        _set, document, values, pictures or {}, {"format": "pdf", "at": int((at or clock.now()).timestamp())}
    )
    return made[0]


async def png(
    document: str,
    values: Mapping[str, Any],
    *,
    pictures: Mapping[str, bytes] | None = None,
    dpi: int = 144,
) -> list[bytes]:
    """Set a document as pictures, one for each page; raises as ``pdf`` does."""
    return await asyncio.to_thread(
        _set, document, values, pictures or {}, {"format": "png", "dpi": float(dpi)}
    )


async def png_of(figure: Markup, *, dpi: int = 144) -> bytes:
    """Draw a figure of ``portal.charts`` as a picture, as mails need it; raises as ``pdf`` does."""
    made = await png("figure.typ", {}, pictures={"figure.svg": on_paper(figure)}, dpi=dpi)
    return made[0]


def _set(
    document: str, values: Mapping[str, Any], pictures: Mapping[str, bytes], wish: dict[str, Any]
) -> list[bytes]:
    if not _DOCUMENT.fullmatch(document) or not all(_PICTURE.fullmatch(name) for name in pictures):
        raise ValueError(f"{document} or one of its pictures has a name that is not ours.")
    if not _AT_ONCE.acquire(timeout=_SECONDS):
        raise BusyError("Many documents are being made. Try again in a minute.", retry_after=60)
    try:
        with tempfile.TemporaryDirectory(prefix="assay-report-") as folder:
            place = Path(folder)
            for template in (HERE / "documents").glob("*.typ"):
                (place / template.name).write_bytes(template.read_bytes())
            (place / "values.json").write_text(json.dumps(values, ensure_ascii=False), encoding="utf-8")
            for name, content in pictures.items():
                (place / name).write_bytes(content)
            said = _said({"document": document, "fonts": str(HERE / "fonts"), **wish}, folder)
            if said.get("problem") or not said.get("files"):
                raise ReportError(f"{document}: {said.get('problem') or 'no page came out'}")
            if said.get("plain"):
                log.info("reports.plain", document=document, reason=said["plain"])
            return [(place / name).read_bytes() for name in said["files"]]
    finally:
        _AT_ONCE.release()


def _said(wish: dict[str, Any], folder: str) -> dict[str, Any]:
    try:
        # Isolated and without an environment: nothing from outside decides what is read or where to.
        done = subprocess.run(  # noqa: S603 # our own interpreter and script
            [sys.executable, "-I", str(_CHILD), folder],
            input=json.dumps(wish).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=False,
            env={},
        )
        said: dict[str, Any] = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        return {"problem": f"it took more than {_SECONDS} s"}
    except ValueError:
        return {"problem": "the typesetter ended without a word"}
    return said

"""What this machine and this installation have: nothing here asks the database."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import typst

from portal import embedded
from portal.commands.doctor.finding import Finding, ok, problem, warn
from portal.reading import scanned
from portal.settings import Settings

PYTHON = "3.11 to 3.13"
LITTLE, VERY_LITTLE = 5_000_000_000, 500_000_000  # bytes of free disk
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def findings(config: Settings) -> Iterator[Finding]:
    yield _python()
    yield _address(config)
    yield from _data_folder(config)
    yield _zones()
    yield _typst()
    yield _chromium()
    if config.ocr_languages:
        yield _tesseract(config.ocr_languages)


def binaries() -> Finding:
    """Say which PostgreSQL the embedded default would use."""
    try:
        found = embedded.find_binaries(os.environ)
    except embedded.EmbeddedError as error:
        return problem("Embedded PostgreSQL", "none", str(error))
    return ok("Embedded PostgreSQL", f"{found.version}, from {found.origin}")


def _tesseract(wanted: str) -> Finding:
    there = scanned.languages_there()
    missing = sorted(set(wanted.split("+")) - there)
    if not there:
        found, install = "is not installed", "tesseract-ocr"
    elif missing:
        found, install = f"does not know {', '.join(missing)}", ""
    else:
        return ok("Scanned certificates", f"tesseract reads {wanted.replace('+', ', ')}")
    packages = " ".join([install, *(f"tesseract-ocr-{each.replace('_', '-')}" for each in missing)]).strip()
    return warn(
        "Scanned certificates",
        f"ASSAY_OCR_LANGUAGES is {wanted}, and tesseract {found}",
        f"On Debian: apt-get install {packages}. Until then pages without text are not read.",
    )


def _python() -> Finding:
    running = ".".join(map(str, sys.version_info[:3]))
    if (3, 11) <= sys.version_info < (3, 14):
        return ok("Python", running)
    return problem("Python", running, f"Use Python {PYTHON}.")


def _address(config: Settings) -> Finding:
    if config.is_https or config.development or "//127.0.0.1" in config.base_url:
        return ok("Address", config.base_url)
    return warn(
        "Address",
        f"{config.base_url} is not encrypted",
        "Serve through HTTPS and give that address in ASSAY_BASE_URL: passwords travel over it.",
    )


def _data_folder(config: Settings) -> Iterator[Finding]:
    folder = next(path for path in (config.data_dir, *config.data_dir.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        yield problem(
            "Data folder",
            f"{config.data_dir}: {error.strerror or error}",
            "Let this account write there, or name another folder in ASSAY_DATA_DIR.",
        )
    else:
        yield ok("Data folder", f"{config.data_dir}{'' if folder == config.data_dir else ' (not made yet)'}")
    yield _space(folder)


def _space(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    found = f"{free / 1e9:.1f} GB free"
    if free < VERY_LITTLE:
        return problem("Disk", found, "Make room: the database and the documents are about to stop.")
    if free < LITTLE:
        return warn("Disk", found, f"Keep {LITTLE // 10**9} GB free for imports and backups.")
    return ok("Disk", found)


def _zones() -> Finding:
    count = len(available_timezones())
    try:
        ZoneInfo("Europe/Stockholm")
    except KeyError:
        return problem("Time zones", "no data", "Install the system's tzdata, or the Python package tzdata.")
    return ok("Time zones", f"{count} known{_tzdata()}")


def _tzdata() -> str:
    try:
        return f", package tzdata {version('tzdata')}"
    except PackageNotFoundError:
        return ""


def _typst() -> Finding:
    try:
        made = typst.compile(b"= Assay")
    except (RuntimeError, OSError) as error:
        return problem("Typst", str(error), "Install the requirements again: PDFs can't be made.")
    if not made.startswith(b"%PDF"):
        return problem("Typst", "makes something else than PDFs", "Install the requirements again.")
    return ok("Typst", f"{version('typst')} makes PDFs")


def _chromium() -> Finding:
    for name in BROWSERS:
        if found := shutil.which(name):
            return ok("Chromium", f"{found} (only the tests need it)")
    return ok("Chromium", "none (only the tests need it)")

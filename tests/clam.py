"""A real clamd for tests, with one signature of ours: the portal's own virus, which is a line of text.

The real signatures are some hundred megabytes, which is more than a test may fetch. What is tried is the
daemon: its protocol, limits and habits.
"""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

VIRUS = b"this line is the virus of Assay's tests\n"
NAME = "Assay.Tests.Line.UNOFFICIAL"  # clamd says of every signature that is not its makers' that it is none
STREAM_LIMIT = 1_000_000  # bytes
INSTALL = "apt-get install --no-install-recommends clamav-daemon"
_CLAMD = shutil.which("clamd", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
_LONGEST = 120  # seconds of a start

_CONFIGURATION = """\
DatabaseDirectory {folder}/signatures
LocalSocket {folder}/s
Foreground yes
StreamMaxLength {limit}
ReadTimeout 60
"""


@dataclass
class Clamd:
    """A running daemon; tests stop it, let it go on, and end it."""

    address: str
    process: subprocess.Popen[bytes]


def why_not() -> str:
    return "" if _CLAMD else f"ClamAV is missing; as root, {INSTALL} enables its tests"


@contextmanager
def clamd(folder: Path) -> Iterator[Clamd]:
    """Run a daemon that listens on a socket in an empty folder with a short path."""
    signatures = folder / "signatures"
    signatures.mkdir()
    (signatures / "tests.ndb").write_text(f"Assay.Tests.Line:0:*:{VIRUS.hex()}\n")
    configuration = folder / "clamd.conf"
    configuration.write_text(_CONFIGURATION.format(folder=folder, limit=STREAM_LIMIT))
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", str(_CLAMD), "-c", configuration], stdout=said, stderr=said
        )
    try:
        end = time.monotonic() + _LONGEST
        while not (folder / "s").exists():
            if process.poll() is not None or time.monotonic() > end:
                pytest.fail(f"clamd did not start:\n{(folder / 'said').read_text()[-2000:]}")
            time.sleep(0.02)
        yield Clamd(str(folder / "s"), process)
    finally:
        process.kill()
        process.wait()

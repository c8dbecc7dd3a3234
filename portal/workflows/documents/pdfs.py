"""PDFs: refused when they hold scripts, start programs or carry other files."""

import json
import subprocess
import sys
from pathlib import Path

from portal.errors import BadInputError
from portal.languages import N_, sentence

_CHILD = Path(__file__).with_name("pdf_child.py")
_SECONDS = 60

_PROBLEMS = {
    "acts": N_("This PDF contains a script or an action. Print it to a new PDF and send that."),
    "holds": N_("Other files are hidden in this PDF. Send each file by itself."),
    "password": N_("This PDF is locked with a password. Send it without one."),
    "large": N_("This PDF is too complicated to be checked. Print it to a new PDF and send that."),
    "damaged": N_("This PDF is damaged. Print it to a new PDF and send that."),
}


def inspect(path: Path) -> int:
    """Look into a PDF in a process with limits; return how many pages it has.

    Raises:
        BadInputError: it holds what acts by itself, or can't be read.
    """
    try:
        # Isolated: neither the folder one is in nor the environment decides what is imported.
        said = subprocess.run(  # noqa: S603 # our own interpreter and script
            [sys.executable, "-I", str(_CHILD), str(path.absolute())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=False,
        )
        found = json.loads(said.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        found = {"problem": "large"}
    if found["problem"]:
        raise BadInputError(sentence(_PROBLEMS[found["problem"]]))
    return int(found["pages"])

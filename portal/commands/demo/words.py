"""What the demo says at the terminal."""

import contextlib
import os
import shlex
import shutil
import sys
import time
import webbrowser
from pathlib import Path

from portal.access.principal import ROLE_LABELS
from portal.sample import PASS_PHRASE, SIGN_INS, SignIn
from portal.sample.companies import COMPANIES


def say(line: str) -> None:
    with contextlib.suppress(OSError):  # the terminal is gone, which is no reason to stop half way
        print(line, flush=True)


def step(done: str, begun: float) -> None:
    """Say what is done since a `time.monotonic()`."""
    say(f"  {done} ({time.monotonic() - begun:.1f} s)")


def complain(sentence: str) -> None:
    with contextlib.suppress(OSError):
        print(f"assay: {sentence}", file=sys.stderr, flush=True)


def welcome(address: str, folder: Path) -> None:
    wide = max(len(one.email) for one in SIGN_INS)
    staff = [_row(one, wide) for one in SIGN_INS if one.supplier is None]
    suppliers = [_row(one, wide) for one in SIGN_INS if one.supplier is not None]
    say(
        "\n".join(
            (
                "",
                f"Open  {address}",
                "",
                "Everything in it is made up. Sign in as any of these people; all have the same password:",
                "",
                f"    {PASS_PHRASE}",
                "",
                "At Norrland Drives, who buy:",
                *staff,
                "At the suppliers:",
                *suppliers,
                "",
                f"Ctrl-C stops it. The data stays in {folder}; {_assay()} demo --fresh begins again.",
            )
        )
    )


def _row(one: SignIn, wide: int) -> str:
    what = next((company.name for company in COMPANIES if company.number == one.supplier), None)
    return f"    {one.email:<{wide}}  {one.name}, {what or ROLE_LABELS[one.role].lower()} ({one.title})"


def _assay() -> str:
    """The command as it can be typed here: an environment beside the project is on nobody's PATH."""
    command = Path(sys.prefix, "bin", "assay")
    if shutil.which("assay") or not command.exists():
        return "assay"
    return shlex.quote(os.path.relpath(command))


def open_browser(address: str) -> None:
    """Only where a person sits before a screen of this machine."""
    has_screen = sys.platform == "darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if has_screen and sys.stdout.isatty() and not os.environ.get("CI"):
        webbrowser.open(address)

"""Who runs PostgreSQL. It refuses to run as root, so root lends it another account."""

import os
import pwd
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from portal.embedded.errors import EmbeddedError

LAUNCHER = Path(__file__).with_name("launch.py")
SHELL = Path("/bin/sh")
REGULAR_ACCOUNTS = range(1000, 60000)


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int
    dropped: bool
    """True when we are root and have to become this account."""


def choose(owner: int | None) -> Account:
    """The account for a cluster whose files belong to `owner` (None: no cluster yet).

    Raises:
        EmbeddedError: we are root, and the machine has no other account or does not let us become it.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), dropped=False)
    account = Account(owner, _group_of(owner), dropped=True) if owner else _for_root()
    tried = run(account, SHELL, "-c", ":")
    if tried.returncode != 0:  # a container without the right to change users
        raise EmbeddedError(
            "PostgreSQL does not run as root, and root may not become another user here "
            f"({tried.stdout.strip()}). Start the portal as a normal user, or set DATABASE_URL."
        )
    return account


def _for_root() -> Account:
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid, dropped=True)
    for entry in pwd.getpwall():
        if entry.pw_uid in REGULAR_ACCOUNTS:
            return Account(entry.pw_uid, entry.pw_gid, dropped=True)
    raise EmbeddedError(
        "PostgreSQL does not run as root, and this machine has no other account. Create one "
        "(`useradd --system postgres`) or start the portal as a normal user."
    )


def _group_of(uid: int) -> int:
    try:
        return pwd.getpwuid(uid).pw_gid
    except KeyError:  # a container's bare number
        return uid


def command(account: Account, program: Path, *arguments: str, when_orphaned: signal.Signals) -> list[str]:
    user, group = (account.uid, account.gid) if account.dropped else (-1, -1)
    launch = [sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid()), str(int(when_orphaned))]
    return [*launch, str(user), str(group), str(program), *arguments]


def environment() -> dict[str, str]:
    """Nothing of ours: a stray PGDATA, PGPORT or LC_ALL would change what the server does."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def run(
    account: Account, program: Path, *arguments: str, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Runs to the end; standard output and standard error come back together, in `stdout`."""
    return subprocess.run(  # noqa: S603 - our own program and arguments, no shell
        command(account, program, *arguments, when_orphaned=signal.SIGKILL),
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        cwd="/",
        env=environment(),
        start_new_session=True,
        check=False,
    )


def can_enter(account: Account, folder: Path) -> bool:
    """Tried rather than computed, so that access lists count too."""
    return run(account, SHELL, "-c", 'cd -- "$1"', "sh", str(folder)).returncode == 0

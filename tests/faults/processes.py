"""What the fault tests see of processes, and whom they start."""

import contextlib
import json
import os
import stat
import subprocess
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import asyncpg
import pytest

from portal.embedded import EmbeddedServer, account, leftovers, place

ROOT = os.geteuid() == 0
HERE = Path(__file__).parent
needs_root = pytest.mark.skipif(not ROOT, reason="only root can become another user and mount a small disk")


def processes_below(folder: Path) -> list[int]:
    """Those that work in the folder or name it, after a moment to end."""
    deadline = time.monotonic() + 10
    while True:
        numbers = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
        found = [pid for pid in numbers if _belongs(pid, folder)]
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(0.05)


def _belongs(pid: int, folder: Path) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
        return pid != os.getpid() and (
            os.fsencode(folder) in words or Path(f"/proc/{pid}/cwd").readlink().is_relative_to(folder)
        )
    except OSError:
        return False


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def ended(pid: int, within: float = 10) -> bool:
    deadline = time.monotonic() + within
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not alive(pid)


def status_of(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def sockets_of(home: place.Home) -> Path:
    return Path(leftovers.read(home.pid_file).socket_folder)


def fill_up(disk: Path) -> None:
    with (disk / "big").open("wb") as big, contextlib.suppress(OSError):
        while True:
            os.write(big.fileno(), bytes(4096))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def ask(server: EmbeddedServer | str, question: str) -> object:
    connection = await asyncpg.connect(server if isinstance(server, str) else server.dsn())
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


def server_account() -> dict[str, object]:
    """For Popen: the account that PostgreSQL runs as on a new folder."""
    chosen = account.choose(None)
    return {"user": chosen.uid, "group": chosen.gid, "extra_groups": []} if chosen.dropped else {}


@dataclass
class Portal:
    process: subprocess.Popen[str]

    @cached_property
    def said(self) -> dict[str, object]:
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        return json.loads(line)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        self.process.communicate(timeout=60)


@dataclass(frozen=True)
class Ordinary:
    """An account without rights, with what it needs where it can read it."""

    uid: int
    gid: int
    python: str
    source: Path
    programs: Path

    @property
    def credentials(self) -> dict[str, object]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if ROOT else {}

    def owns(self, path: Path) -> Path:
        if ROOT:
            os.chown(path, self.uid, self.gid)
        return path

"""What a server that was killed leaves behind, and when it is safe to remove it."""

import sys
import time
from dataclasses import dataclass
from pathlib import Path

from portal.embedded.errors import EmbeddedError
from portal.embedded.place import Home

PATIENCE = 20.0  # seconds for a server whose supervisor was killed to finish its shutdown
PROC = Path("/proc")


@dataclass(frozen=True)
class PidFile:
    """`postmaster.pid`: line 1 the pid, 4 the port, 5 the socket's folder, 8 the status."""

    pid: int
    socket_folder: str
    status: str


def read(path: Path) -> PidFile | None:
    """None while the file is missing or half written."""
    try:
        lines = path.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except FileNotFoundError:
        return None
    if not lines or not lines[0].strip().isdecimal():
        return None
    lines += [""] * (8 - len(lines))
    return PidFile(int(lines[0]), lines[4].strip(), lines[7].strip())


def clear_away(home: Home) -> None:
    """Removes a stale pid file and its socket; the caller holds the lock, so no portal runs here.

    The pid file goes only when the process it names is dead, a zombie or provably something else (a restart
    of the machine gives numbers out again), and no process of that server is left: it might still write.
    Without /proc nothing is removed: PostgreSQL then checks by itself, more strictly.

    Raises:
        EmbeddedError: a server that is not ours runs here, or it cannot be told.
    """
    if sys.platform != "linux":
        return
    deadline = time.monotonic() + PATIENCE
    while alive := _servers_in(home.cluster, home.draft):
        if time.monotonic() > deadline:
            pids = " ".join(map(str, alive))
            raise EmbeddedError(
                f"PostgreSQL still runs on {home.asked} (pid {pids}), but no portal owns it. Stop it with "
                f"`kill -INT {pids}`, then start again."
            )
        time.sleep(0.1)
    left = read(home.pid_file)
    if left is None:
        home.pid_file.unlink(missing_ok=True)  # empty: the disk was full, or the machine stopped
        return
    if _may_be_server(left.pid, home.cluster):
        raise EmbeddedError(
            f"{home.pid_file} names process {left.pid}, a PostgreSQL server that this account may not look "
            f"into. If it does not serve {home.asked}, remove that file and start again."
        )
    home.pid_file.unlink()
    if left.socket_folder:
        for name in Path(left.socket_folder).glob(".s.PGSQL.*"):
            name.unlink(missing_ok=True)


def _name(pid: int) -> str | None:
    """The program's short name; None for a process that is dead or a zombie."""
    try:
        head, _, rest = (
            (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")
        )
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if rest.split()[0] in {"Z", "X"} else head.partition("(")[2]


def _works_in(pid: int, folder: Path) -> bool | None:
    """Every process of a server works in its cluster's folder. None: not for us to know."""
    try:
        return (PROC / str(pid) / "cwd").readlink() == folder
    except PermissionError:
        return None
    except OSError:
        return False


def _servers_in(*folders: Path) -> list[int]:
    pids = [int(entry.name) for entry in PROC.iterdir() if entry.name.isdecimal()]
    servers = [pid for pid in pids if _name(pid) == "postgres"]
    return [pid for pid in servers if any(_works_in(pid, folder) for folder in folders)]


def _may_be_server(pid: int, cluster: Path) -> bool:
    return _name(pid) == "postgres" and _works_in(pid, cluster) is not False

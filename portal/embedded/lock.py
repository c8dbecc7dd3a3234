"""One owner for each home, by `flock` on its `lock` file, which also names the owner's pid."""

import contextlib
import fcntl
import os
import time

from portal.embedded.errors import AlreadyRunningError, sentence
from portal.embedded.place import Home

WIDTH = 20  # bytes; the pid is written over, never truncated, so a reader sees one or the other
TRIES = 20


def take(home: Home) -> int:
    """The handle to `release`.

    Raises:
        AlreadyRunningError: somebody has it.
        EmbeddedError: the file cannot be opened.
    """
    owner = ""
    try:
        for _ in range(TRIES):
            handle = os.open(home.lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            kept = False
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if _is_same_file(home, handle):
                    _name_owner(handle, str(os.getpid()))
                    kept = True
                    return handle
            except BlockingIOError:
                if owner := os.pread(handle, WIDTH, 0).decode("ascii", "replace").strip():
                    break
                time.sleep(0.05)  # the owner is about to write its pid, or somebody just looks (`is_held`)
            finally:
                if not kept:
                    os.close(handle)
    except OSError as error:
        raise sentence(error, home.asked) from None
    raise AlreadyRunningError(
        f"Another portal (pid {owner or 'unknown'}) already runs on {home.asked}. Use that one; or stop it "
        f"(Ctrl-C there, or `kill {owner}`); or start this one on another data folder."
    )


def release(handle: int) -> None:
    with contextlib.suppress(OSError):  # a full disk must not keep the lock
        _name_owner(handle, "")
    fcntl.flock(handle, fcntl.LOCK_UN)  # not just closed: a forked child may hold a copy
    os.close(handle)


def is_held(home: Home) -> bool:
    try:
        handle = os.open(home.lock, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _is_same_file(home: Home, handle: int) -> bool:
    """False when the folder was erased between opening the file and locking it."""
    try:
        return os.path.samestat(home.lock.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False


def _name_owner(handle: int, pid: str) -> None:
    os.pwrite(handle, f"{pid:<{WIDTH - 1}}\n".encode("ascii"), 0)

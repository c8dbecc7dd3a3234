"""One owner for each home, by `flock` on its `lock` file, which also names the owner's pid."""

import fcntl
import os

from portal.embedded.errors import AlreadyRunningError, sentence
from portal.embedded.place import Home


def take(home: Home) -> int:
    while True:
        try:
            handle = os.open(home.lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise sentence(error, home.asked) from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if home.lock.stat().st_ino != os.fstat(handle).st_ino:  # erased between the two lines above
                os.close(handle)
                continue
            os.truncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        except BlockingIOError:
            owner = os.pread(handle, 20, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(handle)
            raise AlreadyRunningError(
                f"Another portal (pid {owner}) already runs on {home.asked}. Use that one; or stop it "
                f"(Ctrl-C there, or `kill {owner}`); or start this one on another data folder."
            ) from None
        except FileNotFoundError:
            os.close(handle)
            continue
        except OSError as error:
            os.close(handle)
            raise sentence(error, home.asked) from None
        return handle


def release(handle: int) -> None:
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

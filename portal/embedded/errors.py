"""What can go wrong, as sentences that the person at the terminal can act on."""

import errno
from pathlib import Path


class EmbeddedError(Exception):
    """The embedded PostgreSQL cannot be used; `str()` of it says why and what to do."""


class AlreadyRunningError(EmbeddedError):
    """Another portal owns this data folder."""


class NotRunningError(EmbeddedError):
    """No portal runs on this data folder, so there is nothing to attach to."""


def disk_full(path: Path) -> EmbeddedError:
    return EmbeddedError(
        f"The disk that holds {path} is full. Free some space there, or choose another data folder, "
        "then start again."
    )


def read_only(path: Path) -> EmbeddedError:
    return EmbeddedError(
        f"{path} is on a disk that is mounted read-only. Choose a data folder that can be written to."
    )


def sentence(error: OSError, path: Path) -> EmbeddedError:
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return disk_full(path)
        case errno.EROFS:
            return read_only(path)
        case errno.EACCES | errno.EPERM:
            return EmbeddedError(
                f"{path} cannot be read and written by this account. Start as the account that owns it, "
                "or choose a data folder of your own."
            )
        case errno.ENOTDIR | errno.EEXIST:
            return EmbeddedError(f"{path} is, or lies below, a file. The data folder has to be a folder.")
        case errno.ENAMETOOLONG:
            return EmbeddedError(f"{path} is too long for this file system. Choose a shorter data folder.")
        case _:
            return EmbeddedError(f"{path} cannot be used as the data folder: {error.strerror or error}.")

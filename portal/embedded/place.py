"""Where a database lives.

The data folder that was asked for is the home of one database: `cluster` (PostgreSQL's own files), `lock`
(held by the one owner, holds its pid), `passwords`, `server.log` and, where its path is short and plain
enough, `run` with the socket. When root asks for a folder that the account running PostgreSQL cannot enter,
the home is `/var/lib/assay/<hash of the folder>` and the folder asked for holds only `cluster-is-at`.

Root keeps the home itself (mode 0711) and gives away `cluster` and the socket's folder only, so nothing that
root opens by name can be swapped by that account.
"""

import contextlib
import hashlib
import os
import re
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from portal.embedded import account as accounts
from portal.embedded.account import Account
from portal.embedded.binaries import STATE, public_folder
from portal.embedded.errors import EmbeddedError, sentence

POINTER = "cluster-is-at"
OURS = {"cluster", "cluster.new", "lock", "passwords", "run", "server.log", "server.log.1", POINTER}
NOBODYS = {"lost+found", ".DS_Store"}
LONGEST_SOCKET = 103  # bytes, without the closing NUL: macOS; Linux allows 107
PLAIN = re.compile(r"[\w./-]+", re.ASCII)  # a comma or a quote means something in a connection string
PORT = 5432


@dataclass(frozen=True)
class Home:
    asked: Path
    """The data folder as people know it; errors speak of this one."""
    folder: Path

    @property
    def cluster(self) -> Path:
        return self.folder / "cluster"

    @property
    def draft(self) -> Path:
        return self.folder / "cluster.new"

    @property
    def lock(self) -> Path:
        return self.folder / "lock"

    @property
    def passwords(self) -> Path:
        return self.folder / "passwords"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def pid_file(self) -> Path:
        return self.cluster / "postmaster.pid"


def find(data_dir: Path) -> Home:
    """Follows the pointer, if there is one; creates nothing."""
    try:
        asked = data_dir.resolve()
    except (OSError, RuntimeError):
        raise EmbeddedError(f"{data_dir} is a link that leads to itself.") from None
    try:
        pointed = (asked / POINTER).read_text(encoding="utf-8").strip()
    except (FileNotFoundError, NotADirectoryError):
        return Home(asked, asked)
    except OSError as error:
        raise sentence(error, asked) from None
    if not pointed:  # an interrupted start; the next one writes it again
        return Home(asked, asked)
    if not re.fullmatch(rf"{re.escape(str(STATE))}/[0-9a-f]{{16}}", pointed):
        raise EmbeddedError(f"{asked / POINTER} points outside {STATE}; it was not written by the portal.")
    return Home(asked, Path(pointed))


def gone(home: Home) -> bool:
    """The folder asked for was kept, but not the place it points to: a volume without /var/lib, say."""
    return home.folder != home.asked and not home.folder.exists()


def settle(data_dir: Path) -> tuple[Home, Account]:
    """Makes the home if need be, and chooses who runs PostgreSQL there.

    Raises:
        EmbeddedError: the folder is a file, holds something else, cannot be written, belongs to another.
    """
    home = find(data_dir)
    try:
        refuse_what_is_not_ours(home.asked)
        if gone(home):
            raise EmbeddedError(
                f"The database of {home.asked} was kept in {home.folder}, which is gone. Bring that folder "
                f"back; or, to begin again without that data, remove {home.asked / POINTER}."
            )
        if not home.cluster.exists():
            home = _make(home, accounts.choose(None))
        return home, _account_for(home)
    except OSError as error:
        raise sentence(error, home.asked) from None


def _account_for(home: Home) -> Account:
    owner = home.cluster.stat().st_uid if home.cluster.exists() else None
    account = accounts.choose(owner)
    if owner == 0:  # restored by root from a backup, say
        _give(home.cluster, account)
    elif owner not in {None, account.uid}:
        raise EmbeddedError(
            f"The database in {home.asked} belongs to user number {owner}, not to this account. Start as "
            "that user or as root, or choose another data folder."
        )
    if account.dropped and not accounts.can_enter(account, home.folder):
        raise EmbeddedError(
            f"User number {account.uid}, to whom the database in {home.asked} belongs, cannot enter that "
            "folder. Give it back the right to pass through the folders above, or choose another data folder."
        )
    return account


def refuse_what_is_not_ours(asked: Path) -> None:
    if not asked.exists():
        return
    if not asked.is_dir():
        raise EmbeddedError(f"{asked} is a file. The data folder has to be a folder.")
    names = {entry.name for entry in asked.iterdir()}
    if "PG_VERSION" in names:
        raise EmbeddedError(
            f"{asked} is a PostgreSQL cluster that the portal did not make, so it is left alone. Choose "
            "another data folder, or start that server yourself and set DATABASE_URL."
        )
    if names - OURS - NOBODYS and not names & {"cluster", POINTER}:
        raise EmbeddedError(
            f"{asked} is not empty and holds no database of the portal, so it is left alone. Choose an empty "
            "or a new data folder."
        )


def _make(home: Home, account: Account) -> Home:
    mode = 0o711 if account.dropped else 0o700
    if not home.folder.exists():
        home.folder.mkdir(parents=True, exist_ok=True)
        home.folder.chmod(mode)
    if not account.dropped or accounts.can_enter(account, home.folder):
        return home
    if home.folder.stat().st_uid == os.geteuid() and accounts.can_enter(account, home.folder.parent):
        home.folder.chmod(mode)
        return home
    moved = Home(home.asked, _elsewhere(home.asked))
    try:
        if not moved.folder.exists():
            public_folder(STATE)
            moved.folder.mkdir(exist_ok=True)
            moved.folder.chmod(mode)
    except OSError as error:
        raise sentence(error, moved.folder) from None
    (home.asked / POINTER).write_text(f"{moved.folder}\n", encoding="utf-8")
    return moved


def _elsewhere(asked: Path) -> Path:
    return STATE / hashlib.sha256(os.fsencode(asked)).hexdigest()[:16]


def _give(folder: Path, account: Account) -> None:
    for parent, _, files in os.walk(folder):
        for name in (parent, *(os.path.join(parent, file) for file in files)):  # noqa: PTH118 - thousands of files
            os.chown(name, account.uid, account.gid, follow_symlinks=False)


def owned_folder(folder: Path, account: Account) -> None:
    """Makes `folder` with mode 0700 for `account`, or accepts it if it is just that.

    Raises:
        EmbeddedError: somebody else put something there.
    """
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {account.uid, os.geteuid()}:
        raise EmbeddedError(f"{folder} belongs to somebody else. Remove it, or set TMPDIR to another folder.")
    folder.chmod(0o700)
    if account.dropped:
        os.chown(folder, account.uid, account.gid, follow_symlinks=False)


def socket_folder(home: Home, account: Account) -> Path:
    """A private folder for the socket, with a path short enough: the kernel allows about 100 bytes."""
    try:
        inside = home.folder / "run"
        if _fits(inside):
            owned_folder(inside, account)
            return inside
        name = f"assay-{hashlib.sha256(os.fsencode(home.folder)).hexdigest()[:12]}"
        for parent in (Path(tempfile.gettempdir()).resolve(), Path("/tmp")):  # noqa: S108 - made private below
            if _fits(parent / name) and (not account.dropped or accounts.can_enter(account, parent)):
                owned_folder(parent / name, account)
                return parent / name
    except OSError as error:
        raise sentence(error, home.asked) from None
    raise EmbeddedError("No folder for the database's socket was found. Set TMPDIR to one with a short path.")


def _fits(folder: Path) -> bool:
    longest = folder / f".s.PGSQL.{PORT}"
    return len(os.fsencode(longest)) <= LONGEST_SOCKET and PLAIN.fullmatch(str(folder)) is not None


def clear(home: Home) -> None:
    """Deletes the database and all that belongs to it, and nothing else. The caller holds the lock."""
    for folder in (home.draft, home.cluster):
        if folder.exists():
            shutil.rmtree(folder)
    for name in OURS - {"cluster", "cluster.new", "run"}:
        (home.folder / name).unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # not there, or not the socket's
        (home.folder / "run").rmdir()
    if home.folder != home.asked:
        home.folder.rmdir()
        (home.asked / POINTER).unlink()

"""The running server: one owner, started, watched and stopped."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlencode

from portal.embedded import account as accounts
from portal.embedded import cluster, leftovers, lock, place
from portal.embedded.account import Account
from portal.embedded.binaries import Binaries, find_binaries, within_reach
from portal.embedded.errors import (
    EmbeddedError,
    NotRunningError,
    disk_full,
    read_only,
    sentence,
)
from portal.embedded.place import Home

READY_WITHIN = 300.0  # seconds; recovery after a crash replays what was not yet in place
PATIENCE = {signal.SIGINT: 30.0, signal.SIGQUIT: 5.0, signal.SIGKILL: 5.0}
"""Seconds to wait after each word of a stop: fast, immediate, the kernel's."""
LOG_KEPT = 10 * 1024 * 1024  # bytes, after which a start begins a new log and keeps one old one

SETTINGS = {
    "listen_addresses": "",
    "port": str(place.PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_destination": "stderr",
    "logging_collector": "off",
    "log_line_prefix": "%m [%p] ",
}
SETTINGS_FOR_TESTS = {
    "max_connections": "200",
    "shared_buffers": "256MB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}


def _address(home: Home, sockets: Path, database: str, role: str) -> str:
    password = cluster.password_of(home, role)
    where = urlencode({"host": str(sockets), "port": place.PORT}, safe="/")
    return f"postgresql://{role}:{quote(password)}@/{quote(database, safe='')}?{where}"


class EmbeddedServer:
    """A server that this process owns; leaving the `with` block, or `stop()`, shuts it down cleanly."""

    def __init__(self, home: Home, sockets: Path, handle: int, log: Path) -> None:
        self.home = home
        self.log = log
        self._sockets = sockets
        self._lock = handle
        self._owner = os.getpid()
        self._thread = threading.Thread(name="embedded-postgres", daemon=True)
        self._ended = threading.Event()
        self._started = threading.Event()
        self._refusal: OSError | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def dsn(self, database: str = "assay", *, role: str = "assay") -> str:
        """`postgresql://…` for asyncpg and psql; `url()` is the same for SQLAlchemy.

        The role `assay` owns the database `assay`, `assay_app` works with its data once the portal's
        migrations have made it, `postgres` is the superuser.
        """
        return _address(self.home, self._sockets, database, role)

    def url(self, database: str = "assay", *, role: str = "assay") -> str:
        return self.dsn(database, role=role).replace("postgresql://", "postgresql+asyncpg://", 1)

    @property
    def running(self) -> bool:
        return self._started.is_set() and not self._ended.is_set()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def wait(self, timeout: float | None = None) -> bool:
        """Waits until the server ends, for whatever reason; False when the time (seconds) ran out first."""
        return self._ended.wait(timeout)

    def log_tail(self, since: int = 0, lines: int = 12) -> str:
        with contextlib.suppress(OSError), self.log.open("rb") as file:
            file.seek(max(since, self.log.stat().st_size - 16_384))
            return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-lines:])
        return ""

    def stop(self) -> None:
        """Fast shutdown: clients are cut off, the data is written. Harmless when it has ended already."""
        if self._owner != os.getpid():  # a fork of the owner
            return
        if self._thread.is_alive():
            self._started.wait()
        try:
            for last_word, patience in PATIENCE.items():
                if self.running and self._process:
                    self._process.send_signal(last_word)
                    self._ended.wait(patience)
        except BaseException:  # a second Ctrl-C: no more patience
            if self.running and self._process:
                self._process.send_signal(signal.SIGQUIT)
                self._ended.wait(5.0)
            raise
        finally:
            self._let_go()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _let_go(self) -> None:
        if self._lock < 0 or self.running:
            return
        with contextlib.suppress(OSError):
            self._sockets.rmdir()
        lock.release(self._lock)
        self._lock = -1

    def _run(self, command: list[str]) -> None:
        """Starts the server and stays with it to its end, in a thread of its own.

        Linux sends the death signal when the *thread* that started the server ends, so that thread must not
        be one that a caller may end. It also notices at once when the server dies.
        """
        try:
            log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
            try:
                self._process = subprocess.Popen(  # noqa: S603 - our own program and arguments, no shell
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd="/",
                    env=accounts.environment(),
                    start_new_session=True,  # the terminal's Ctrl-C is for the portal, which then stops us
                )
            finally:
                os.close(log)
        except OSError as error:
            self._refusal = error
            self._ended.set()
            self._started.set()
            return
        self._started.set()
        self._process.wait()
        self._ended.set()

    def _begin(self, command: list[str]) -> None:
        since = self.log.stat().st_size if self.log.exists() else 0
        self._thread = threading.Thread(
            target=self._run, args=(command,), name="embedded-postgres", daemon=True
        )
        self._thread.start()
        self._started.wait()
        if self._refusal is not None:
            raise sentence(self._refusal, self.log)
        deadline = time.monotonic() + READY_WITHIN
        while not self._is_ready():
            if self._ended.wait(0.02):
                raise self._why_it_ended(self.log_tail(since))
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"PostgreSQL was not ready after {READY_WITHIN:.0f} seconds. Its log: {self.log}\n"
                    + self.log_tail(since)
                )

    def _is_ready(self) -> bool:
        found = leftovers.read(self.home.pid_file)
        return found is not None and found.pid == self.pid and found.status == "ready"

    def _why_it_ended(self, last: str) -> EmbeddedError:
        if cluster.FULL in last:
            return disk_full(self.home.asked)
        if "Read-only file system" in last:
            return read_only(self.home.asked)
        return EmbeddedError(
            f"PostgreSQL ended while starting on {self.home.asked}. Its log ({self.log}) ends with:\n{last}"
        )


def start(
    data_dir: Path,
    *,
    log: Path | None = None,
    for_tests: bool = False,
    binaries: Binaries | None = None,
) -> EmbeddedServer:
    """Starts PostgreSQL on `data_dir`, making the database on the first start; use it in a `with` block.

    `log` is where the server's messages go (default: `server.log` beside the database). `for_tests` gives up
    safety for speed: a crash of the machine may lose everything.

    Raises:
        AlreadyRunningError: another portal owns this folder; the sentence names its pid.
        EmbeddedError: it cannot be started; the sentence says why and what to do.
    """
    found = binaries or find_binaries(os.environ)
    home, account = place.settle(data_dir)
    handle = lock.take(home)
    try:
        leftovers.clear_away(home)
        found = within_reach(found, account)
        if home.cluster.exists():
            cluster.refuse_other_version(home, found)
            cluster.complete_passwords(home)
        else:
            cluster.make(home, found, account, durable=not for_tests)
        sockets = place.socket_folder(home, account)
        server = EmbeddedServer(home, sockets, handle, _fresh_log(log or home.log))
    except BaseException as error:
        lock.release(handle)
        if isinstance(error, OSError):
            raise sentence(error, home.asked) from None
        raise
    try:
        server._begin(_command(home, found, account, sockets, for_tests=for_tests))  # noqa: SLF001 - its maker
    except BaseException:
        server.stop()
        raise
    return server


def attach(data_dir: Path, database: str = "assay", *, role: str = "assay", patience: float = 10.0) -> str:
    """The DSN of the server that a running portal owns, for a command beside it.

    Waits `patience` seconds for a portal that is just starting.

    Raises:
        NotRunningError: no portal runs on this folder.
        EmbeddedError: it runs, but this account may not use it.
    """
    home = place.find(data_dir)
    deadline = time.monotonic() + patience
    while True:
        try:
            owned = lock.is_held(home)
            found = leftovers.read(home.pid_file)
        except OSError as error:
            raise sentence(error, home.asked) from None
        if not owned:
            raise NotRunningError(
                f"No portal runs on {home.asked}. Start one there first, or set DATABASE_URL."
            )
        if found and found.status == "ready":
            return _address(home, Path(found.socket_folder), database, role)
        if time.monotonic() > deadline:
            raise NotRunningError(f"The portal on {home.asked} has no database ready; see {home.log}.")
        time.sleep(0.05)


def erase(data_dir: Path) -> None:
    """Deletes the database of a data folder for good, and nothing else that lies there.

    Raises:
        AlreadyRunningError: a portal runs on it.
        EmbeddedError: the folder is not ours, or cannot be written.
    """
    home = place.find(data_dir)
    try:
        place.refuse_what_is_not_ours(home.asked)
        if place.gone(home):
            (home.asked / place.POINTER).unlink()
        if not home.folder.exists():
            return
        handle = lock.take(home)
        try:
            leftovers.clear_away(home)
            place.clear(home)
        finally:
            lock.release(handle)
    except OSError as error:
        raise sentence(error, home.asked) from None


@contextlib.contextmanager
def temporary(binaries: Binaries | None = None) -> Iterator[EmbeddedServer]:
    """A server for tests on a new folder of its own, both gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="assay-test-"))
    try:
        with start(folder, for_tests=True, binaries=binaries) as server:
            yield server
    finally:
        with contextlib.suppress(EmbeddedError):
            erase(folder)
        shutil.rmtree(folder, ignore_errors=True)


def _command(
    home: Home, binaries: Binaries, account: Account, sockets: Path, *, for_tests: bool
) -> list[str]:
    settings = (
        SETTINGS | {"unix_socket_directories": str(sockets)} | (SETTINGS_FOR_TESTS if for_tests else {})
    )
    words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return accounts.command(
        account, binaries.postgres, "-D", str(home.cluster), *words, when_orphaned=signal.SIGINT
    )


def _fresh_log(log: Path) -> Path:
    if log.exists() and log.stat().st_size > LOG_KEPT:
        log.replace(log.with_name(f"{log.name}.1"))
    return log

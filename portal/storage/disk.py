"""Documents as files below one folder."""

import asyncio
import errno
import hashlib
import os
import secrets
import threading
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import structlog

from portal.errors import BusyError
from portal.storage.store import (
    CHUNK,
    KEYS,
    Look,
    Stored,
    Threads,
    gathered,
    is_key,
    no_such_document,
    path_of,
    proven,
    refuse_other_content,
)

ARRIVING = ".arriving"  # beside the documents, so that a rename never crosses file systems

log = structlog.get_logger()


class DiskStore:
    """One folder; its files belong to this account alone (mode 0600, folders 0700)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._threads = Threads()

    @property
    def arrivals(self) -> None:
        """Nobody but the portal reaches a folder."""

    @property
    def place(self) -> str:
        return str(self.folder)

    async def put(
        self, chunks: AsyncIterable[bytes], *, sha256: str | None = None, look: Look | None = None
    ) -> Stored:
        arrival = _Arrival(self.folder)
        try:
            await self._threads.run(arrival.begin)
            async for chunk in gathered(chunks):
                await self._threads.in_turn(arrival.write, chunk)
            refuse_other_content(sha256, arrival.sha256)
            if look:
                await self._threads.in_turn(arrival.show, look)
            return await self._threads.in_turn(arrival.settle)
        finally:
            # Shielded: the sender may have gone away, and nothing of what came may stay.
            await asyncio.shield(self._threads.run(arrival.clear_away))

    async def open(self, key: str) -> AsyncIterator[bytes]:
        reading = proven(_read(self.folder / path_of(key)), key)
        while (chunk := await self._threads.run(next, reading, None)) is not None:
            yield chunk

    @asynccontextmanager
    async def local_path(self, key: str) -> AsyncIterator[Path]:
        if not await self.exists(key):
            raise no_such_document()
        yield self.folder / path_of(key)

    async def exists(self, key: str) -> bool:
        def look() -> bool:
            with sentences(self.folder):
                return (self.folder / path_of(key)).is_file()

        return await self._threads.run(look)

    async def part(self, key: str, first: int, last: int) -> AsyncIterator[bytes]:
        reading = _read(self.folder / path_of(key), first, last + 1 - first)
        while (chunk := await self._threads.run(next, reading, None)) is not None:
            yield chunk

    async def delete(self, key: str) -> None:
        def remove() -> None:
            with sentences(self.folder), suppress(FileNotFoundError):
                (self.folder / path_of(key)).unlink()

        await self._threads.run(remove)

    async def delete_old(self, key: str, before: datetime) -> bool:
        return await self._threads.run(self._delete_old, self.folder / path_of(key), before.timestamp())

    def _delete_old(self, path: Path, before: float) -> bool:
        """Take it away first and look at its age then: whoever puts it meanwhile makes a new one."""
        aside = self.folder / ARRIVING / secrets.token_hex(16)
        with sentences(self.folder), suppress(FileNotFoundError):
            path.replace(aside)
            if aside.stat().st_mtime < before:
                aside.unlink()
                return True
            aside.replace(path)
        return False

    async def keys(self, before: datetime) -> AsyncIterator[list[str]]:
        found = self._old(before.timestamp())
        while some := await self._threads.run(lambda: list(islice(found, KEYS))):
            yield some

    def _old(self, before: float) -> Iterator[str]:
        with sentences(self.folder):
            for path in self.folder.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*"):
                with suppress(FileNotFoundError):  # deleted just now
                    if is_key(path.name) and path.stat().st_mtime < before:
                        yield path.name

    async def clear_unfinished(self, before: datetime) -> int:
        def clear() -> int:
            count = 0
            with sentences(self.folder), suppress(FileNotFoundError):
                for left in os.scandir(self.folder / ARRIVING):
                    with suppress(FileNotFoundError):  # its writer has just finished
                        if left.stat().st_mtime < before.timestamp():
                            Path(left.path).unlink()
                            count += 1
            return count

        return await self._threads.run(clear)


class _Arrival:
    """A file on its way in: written under a name of its own, then renamed to its hash.

    A cancelled task leaves its thread running, so every step holds the lock, and after the end there
    is no step: else a late write would go to whatever file got the same handle.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / ARRIVING / secrets.token_hex(16)
        self._lock = threading.Lock()
        self._file: BinaryIO | None = None
        self._is_over = False
        self._size = 0
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def begin(self) -> None:
        with self._lock, sentences(self._folder):
            if self._is_over:
                return
            _make_folder(self._path.parent, self._folder)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
            self._file = os.fdopen(os.open(self._path, flags, 0o600), "wb", buffering=0)

    def write(self, chunk: bytes) -> None:
        with self._lock, sentences(self._folder):
            left = memoryview(chunk)
            while left and self._file is not None:
                left = left[self._file.write(left) :]
            self._digest.update(chunk)
            self._size += len(chunk)

    def show(self, look: Look) -> None:
        with sentences(self._folder):
            file = self._path.open("rb")
        with file:
            look(file)

    def settle(self) -> Stored:
        """Make it durable, then visible under its key.

        Content that is there already is replaced by itself: that repairs a damaged copy, and makes it
        young for whoever sweeps old orphans.
        """
        final = self._folder / path_of(self.sha256)
        with self._lock, sentences(self._folder):
            if self._file is not None:
                os.fsync(self._file.fileno())
                _make_folder(final.parent, self._folder)
                self._path.replace(final)
                _sync_folder(final.parent)
        return Stored(self.sha256, self._size, self.sha256)

    def clear_away(self) -> None:
        with self._lock:
            self._is_over = True
            if self._file is not None:
                with suppress(OSError):
                    self._file.close()
                self._file = None
                with suppress(OSError):
                    self._path.unlink(missing_ok=True)


def _read(path: Path, first: int = 0, size: int | None = None) -> Iterator[bytes]:
    with sentences(path):
        try:
            file = path.open("rb")
        except FileNotFoundError:
            raise no_such_document() from None
        with file:
            file.seek(first)
            while chunk := file.read(CHUNK if size is None else min(CHUNK, size)):
                size = None if size is None else size - len(chunk)
                yield chunk


def _make_folder(folder: Path, root: Path) -> None:
    """Make a folder below the root; its name is durable before anything is put into it."""
    if folder.is_dir():
        return
    if folder == root:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return
    _make_folder(folder.parent, root)
    folder.mkdir(mode=0o700, exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def sentences(where: Path) -> Iterator[None]:
    """Turn what the operating system says into what a person can do about it."""
    try:
        yield
    except OSError as error:
        log.warning("documents.disk", where=str(where), problem=str(error))
        match error.errno:
            case errno.ENOSPC | errno.EDQUOT:
                sentence = "The document store is full. Nothing was saved. Tell your administrator."
            case errno.EROFS | errno.EACCES | errno.EPERM:
                sentence = (
                    "The document store can't be written to. Nothing was saved. Tell your administrator."
                )
            case _:
                sentence = "The document store does not work at the moment. Try again in a few minutes."
        raise BusyError(sentence, retry_after=60) from error

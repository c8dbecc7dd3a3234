"""What every store promises, and the pieces they share: keys, hashing, threads."""

import asyncio
import contextvars
import hashlib
import re
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar

from portal.errors import BadInputError, BusyError, NotFoundError
from portal.storage.giving_way import let_pages_go

CHUNK = 131_072  # bytes read or written at a time: many uploads at once must not take much memory
WRITERS = 2  # files that are hashed, written or looked at at a time
KEYS = 500  # that are listed at a time

Look = Callable[[BinaryIO], None]
"""Looks at a document that has arrived whole and is not kept yet; what it raises is why it won't be.

It runs in a thread of the store, reads wherever it wants, and does not write or close.
"""

_ARRIVAL = re.compile(r"[0-9a-f]{32}")
_KEY = re.compile(r"[0-9a-f]{64}")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Stored:
    """A document that is safely in the store: its key, its size in bytes, its SHA-256 in hex.

    The key is the hash today; keep it as a name of its own all the same.
    """

    key: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Invitation:
    """Where a browser may send one file of one size itself, and the fields of its form, which stand first."""

    address: str
    fields: dict[str, str]


class Arrivals(Protocol):
    """What browsers send straight to the store. It lies apart from the documents until it is taken in.

    An arrival has a name of 32 hexadecimal digits, and nobody can read it: it may hold anything.
    """

    async def invite(self, name: str, size: int) -> Invitation:
        """Let a browser send exactly so many bytes under a name, within the hour."""

    async def size(self, name: str) -> int | None:
        """Say how many bytes have arrived; None when nothing has."""

    async def beginning(self, name: str, size: int) -> bytes:
        """Give the first bytes of what has arrived."""

    async def take_in(self, name: str, look: Look) -> Stored:
        """Make a document of what has arrived, as ``put`` would; the arrival stays until ``drop``.

        Raises NotFoundError when nothing has arrived.
        """

    async def drop(self, name: str) -> None:
        """Remove what has arrived; harmless when nothing has."""

    def names(self, before: datetime) -> AsyncIterator[list[str]]:
        """Give the names of what arrived before an instant, some hundreds at a time."""


class DocumentStore(Protocol):
    """Keeps documents under the SHA-256 of what they hold: the same content is kept once.

    Two records may share one key, so whoever deletes makes sure that nobody else refers to it. Every
    method raises BusyError, with a sentence, while the store is away, full or not writable.
    """

    @property
    def arrivals(self) -> Arrivals | None:
        """Give what takes files from browsers; None where they have to come through the portal."""

    @property
    def place(self) -> str:
        """Say where it is, without credentials, for people who administer it."""

    async def put(
        self, chunks: AsyncIterable[bytes], *, sha256: str | None = None, look: Look | None = None
    ) -> Stored:
        """Store a stream of any length; memory does not grow with it.

        ``sha256`` is what the sender says it sends; BadInputError when something else arrived. Nothing
        is left behind when the stream ends early, fails or is cancelled, or when ``look`` refuses it.
        """

    def open(self, key: str) -> AsyncIterator[bytes]:
        """Give the content in chunks; NotFoundError at the first one when there is no such document.

        The last chunk is held back until the hash of all of them is what it should be: a damaged
        document ends early with BusyError instead of passing for whole.
        """

    def local_path(self, key: str) -> AbstractAsyncContextManager[Path]:
        """Give a file to read from while the block lasts, for readers that need one. Never write to it."""

    async def exists(self, key: str) -> bool: ...

    def part(self, key: str, first: int, last: int) -> AsyncIterator[bytes]:
        """Give the bytes from ``first`` to ``last``, both counted from 0; a part proves no hash."""

    async def delete(self, key: str) -> None:
        """Remove a document; harmless when there is none."""

    async def delete_old(self, key: str, before: datetime) -> bool:
        """Remove a document that nobody has put since an instant; say whether it was removed."""

    def keys(self, before: datetime) -> AsyncIterator[list[str]]:
        """Give the keys of documents that nobody has put since an instant, some hundreds at a time."""

    async def clear_unfinished(self, before: datetime) -> int:
        """Remove what writers that were killed before an instant have left; return how many."""


def is_arrival(name: str) -> bool:
    return bool(_ARRIVAL.fullmatch(name))


def is_key(name: str) -> bool:
    return bool(_KEY.fullmatch(name))


def check_key(key: str) -> str:
    """Return the key if it is one: nothing else ever becomes part of a path or an object's name."""
    if not is_key(key):
        raise no_such_document()
    return key


def path_of(key: str) -> str:
    """Spread documents over two levels of folders: ``ab/cd/abcd…``."""
    check_key(key)
    return f"{key[:2]}/{key[2:4]}/{key}"


def no_such_document() -> NotFoundError:
    return NotFoundError("This document is not in the store.")


def damaged() -> BusyError:
    return BusyError("This document is damaged in the store. Tell your administrator, who can restore it.")


def refuse_other_content(sha256: str | None, arrived: str) -> None:
    if sha256 is not None and sha256.lower() != arrived:
        raise BadInputError("The file changed on its way here. Send it again.")


async def gathered(chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """Join small chunks and cut large ones, so that each trip to a thread is worth it."""
    waiting: list[bytes] = []
    size = 0
    async for chunk in chunks:
        waiting.append(chunk)
        size += len(chunk)
        if size >= CHUNK:
            whole = waiting[0] if len(waiting) == 1 else b"".join(waiting)
            rest = size % CHUNK
            waiting = [whole[size - rest :]] if rest else []
            for at in range(0, size - rest, CHUNK):
                yield whole[at : at + CHUNK]
            size = rest
    if waiting:
        yield b"".join(waiting)


def proven(chunks: Iterator[bytes], key: str) -> Iterator[bytes]:
    """Pass chunks on one behind, and the last only when all of them together have the right hash."""
    digest = hashlib.sha256()
    held = b""
    for chunk in chunks:
        digest.update(chunk)
        if held:
            yield held
        held = chunk
    if digest.hexdigest() != key:
        raise damaged()
    if held:
        yield held


class Threads:
    """A store's own threads: a slow disk or a slow store must not keep passwords from being checked."""

    def __init__(self, count: int = 16) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="documents")
        self._turns = asyncio.Semaphore(WRITERS)

    async def in_turn(self, function: Callable[..., Result], *arguments: object) -> Result:
        """Run what hashes, writes or looks at a file; others wait, so that pages keep their share."""
        async with self._turns:
            await let_pages_go()
            return await self.run(function, *arguments)

    async def run(self, function: Callable[..., Result], *arguments: object) -> Result:
        # In the caller's context: whoever looks at a document refuses it in the sender's language.
        work = contextvars.copy_context().run
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, function, *arguments)

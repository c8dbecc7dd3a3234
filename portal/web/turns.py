"""Many files sent at the same moment take turns, at the database and at the processor, and pages go first.

Somebody waits for a page; a file is on its way for a while anyway. What is not read of it yet stays with its
sender, because nothing is taken off the line before it is asked for.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.types import Scope

from portal.storage.giving_way import Page, let_pages_go

_AT_ONCE = asyncio.Semaphore(1)  # requests with files that ask the database
_PIECE = asyncio.Semaphore(1)  # of a file, that is looked at


@contextmanager
def pages_first(scope: Scope) -> Iterator[Page]:
    """Let files wait for a request inside the block until it has its answer; not for one with files."""
    page = Page(counts=not any(_brings_files(*header) for header in scope["headers"]))
    try:
        yield page
    finally:
        page.made()


def _brings_files(name: bytes, value: bytes) -> bool:
    return name == b"content-type" and value.startswith(b"multipart/")


@asynccontextmanager
async def piece() -> AsyncIterator[None]:
    """Wait for a turn to look at a piece of a file."""
    async with _PIECE:
        await asyncio.sleep(0)
        await let_pages_go()
        yield


def takes_files(handler: BaseRouteHandler) -> bool:
    """Say whether a handler takes files: it has none of the framework's limits, and sets its own."""
    return isinstance(handler, HTTPRouteHandler) and handler.resolve_request_max_body_size() is None


@asynccontextmanager
async def turn(handler: BaseRouteHandler) -> AsyncIterator[None]:
    """Wait for a turn where a handler takes files."""
    if takes_files(handler):
        async with _AT_ONCE:
            await let_pages_go()
            yield
    else:
        yield

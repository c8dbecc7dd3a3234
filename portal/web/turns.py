"""Many files sent at the same moment take turns at the database, so that pages always get a connection.

A request that waits here has not begun to read its file, or has it in the store already: it can wait for
long, where a page would be refused after some seconds.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

_AT_ONCE = asyncio.Semaphore(3)


def takes_files(handler: BaseRouteHandler) -> bool:
    """Say whether a handler takes files: it has none of the framework's limits, and sets its own."""
    return isinstance(handler, HTTPRouteHandler) and handler.resolve_request_max_body_size() is None


@asynccontextmanager
async def turn(handler: BaseRouteHandler) -> AsyncIterator[None]:
    """Wait for a turn where a handler takes files."""
    if takes_files(handler):
        async with _AT_ONCE:
            yield
    else:
        yield

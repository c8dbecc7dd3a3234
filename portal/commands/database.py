"""Where a command finds its database: DATABASE_URL, the embedded server that runs, or one of its own."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from portal import embedded
from portal.db import Database
from portal.settings import Settings


@contextmanager
def database_url(config: Settings) -> Iterator[str]:
    """Give the address of a running database; what this starts ends with it."""
    if config.database_url:
        yield config.database_url
        return
    where = config.data_dir / "postgres"
    try:
        server = embedded.start(where)
    except embedded.AlreadyRunningError:
        # A portal is running from the same folder: work beside it.
        yield _for_sqlalchemy(embedded.attach(where))
        return
    with server:
        yield server.url()


@asynccontextmanager
async def connected(config: Settings, url: str, *, pool_size: int | None = None) -> AsyncIterator[Database]:
    database = Database(url, config, pool_size=pool_size)
    try:
        yield database
    finally:
        await database.close()


def _for_sqlalchemy(dsn: str) -> str:
    return dsn.replace("postgresql://", "postgresql+asyncpg://", 1)

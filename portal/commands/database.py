"""Where a command finds its database: DATABASE_URL, the embedded server that runs, or one of its own.

What works with the data connects as a role that owns nothing; only migrating takes the owner's address.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from portal import embedded
from portal.access.principal import system
from portal.access.roles import APP
from portal.db import Database
from portal.migrations import version
from portal.migrations.run import migrate
from portal.settings import Settings
from portal.workflows import second_factor
from portal.workflows.keyring import Keyring


@contextmanager
def database_url(config: Settings) -> Iterator[str]:
    """Give the address of a running database; what this starts ends with it.

    Nobody else looks after an embedded database, so it is brought up to date first; a configured one is
    migrated by its own job.
    """
    if config.database_url:
        yield config.database_url
        return
    where = config.data_dir / "postgres"
    try:
        server = embedded.start(where)
    except embedded.AlreadyRunningError:
        # A portal is running from the same folder: work beside it.
        yield _for_sqlalchemy(embedded.attach(where, role=APP))
        return
    with server:
        url = server.url(role=APP)
        asyncio.run(bring_up_to_date(config, server.url(), url))
        yield url


async def is_up_to_date(config: Settings, url: str) -> bool:
    async with connected(config, url, pool_size=1) as database:
        return (await version.of(database)).is_right


async def bring_up_to_date(config: Settings, owner: str, url: str) -> None:
    """Migrate as the owner, and let the other address work with the data."""
    async with connected(config, owner, pool_size=1) as database:
        await migrate(database, app=url)
        async with database.work(system("assay migrate")) as db:
            await second_factor.lock_again(db, Keyring(config))


@asynccontextmanager
async def connected(config: Settings, url: str, *, pool_size: int | None = None) -> AsyncIterator[Database]:
    database = Database(url, config, pool_size=pool_size)
    try:
        yield database
    finally:
        await database.close()


def _for_sqlalchemy(dsn: str) -> str:
    return dsn.replace("postgresql://", "postgresql+asyncpg://", 1)

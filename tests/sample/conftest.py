from collections.abc import AsyncIterator
from datetime import date

import pytest

from portal import sample
from portal.access.principal import system
from portal.db import Database
from portal.settings import Settings
from tests.conftest import Server

AS_OF = date(2026, 11, 20)


@pytest.fixture(scope="session")
def generated() -> sample.Sample:
    return sample.generate(AS_OF)


@pytest.fixture(scope="session")
async def demo(server: Server) -> AsyncIterator[Database]:
    """A database with the sample of AS_OF in it; tests only read."""
    name = await server.copy()
    database = Database(server.address(name), Settings(statement_timeout=60), pool_size=2)
    async with database.work(system("test")) as db:
        await sample.load(db, AS_OF)
    yield database
    await database.close()
    await server.drop(name)

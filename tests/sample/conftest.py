from collections.abc import AsyncIterator

import pytest

from portal import sample
from portal.db import Database
from portal.settings import Settings
from tests.conftest import DEMO_DAY, Server

AS_OF = DEMO_DAY


@pytest.fixture(scope="session")
def generated() -> sample.Sample:
    return sample.generate(AS_OF)


@pytest.fixture(scope="session")
async def demo(server: Server, sample_template: str) -> AsyncIterator[Database]:
    """A database with the sample of AS_OF in it, which nobody has worked with; tests only read."""
    name = await server.copy(sample_template)
    database = Database(server.address(name), Settings(statement_timeout=60), pool_size=2)
    yield database
    await database.close()
    await server.drop(name)

"""A real PostgreSQL for every run: one server per test process, one migrated template, cheap copies.

``db`` and ``site`` share one connection whose transaction is rolled back after the test. Tests that
commit for real, run several connections at once or kill something ask for ``fresh``.
"""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from portal import embedded, logs
from portal.access.principal import system
from portal.app import Portal, create_app, state_of
from portal.db import Database
from portal.migrations.run import migrate
from portal.models.people import Person
from portal.sample import loading
from portal.settings import Settings
from portal.web import session as sessions
from portal.workflows.keyring import Keyring
from tests.people import Cast, invite_everybody

TEMPLATE = "assay_template"
DEMO_DAY = date(2026, 11, 20)  # the sample is made for a day, and its tests look at that day
SECRET_KEY = "a-key-of-the-tests-and-nothing-else"
KEYRING = Keyring(Settings(secret_keys=(SECRET_KEY,)))
SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real input that lies beside the project; tests that need it skip where it is absent."""
    folder = SHARED / "data"
    if not folder.is_dir():
        pytest.skip("the real input files (../shared/data) are not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """Address of a server where this process may create databases, as a superuser.

    ASSAY_TEST_DATABASE_URL names one; otherwise the embedded PostgreSQL is started.
    """
    if given := os.environ.get("ASSAY_TEST_DATABASE_URL"):
        yield given.replace("postgresql://", "postgresql+asyncpg://", 1)
        return
    with embedded.temporary() as server:
        yield server.url("postgres", role="postgres")


class Server:
    """Creates and drops databases; a copy of the template takes some 40 ms."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine = create_async_engine(url, isolation_level="AUTOCOMMIT", pool_size=1)
        self._count = 0

    async def run(self, statement: str) -> None:
        async with self._engine.connect() as connection:
            await connection.execute(text(statement))

    async def copy(self, template: str = TEMPLATE) -> str:
        self._count += 1
        name = f"assay_{os.getpid()}_{self._count}"
        await self.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY wal_log')
        return name

    async def drop(self, name: str) -> None:
        await self.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def address(self, name: str) -> str:
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    async def close(self) -> None:
        await self._engine.dispose()


@pytest.fixture(scope="session")
async def server(server_url: str) -> AsyncIterator[Server]:
    logs.configure("console", level=40)
    server = Server(server_url)
    await server.drop(TEMPLATE)
    await server.run(f'CREATE DATABASE "{TEMPLATE}"')
    database = Database(server.address(TEMPLATE), Settings(), pool_size=1)
    await migrate(database)
    await database.close()
    yield server
    await server.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        base_url="http://portal.test",
        data_dir=tmp_path / "assay",
        statement_timeout=60,
        secret_keys=(SECRET_KEY,),
    )


@pytest.fixture
async def fresh(server: Server, settings: Settings) -> AsyncIterator[Database]:
    """A database of its own with real commits; dropped afterwards."""
    name = await server.copy()
    database = Database(server.address(name), settings)
    yield database
    await database.close()
    await server.drop(name)


@pytest.fixture(scope="session")
async def shared_engine(server: Server) -> AsyncIterator[Database]:
    name = await server.copy()
    database = Database(server.address(name), Settings(statement_timeout=60), pool_size=1)
    yield database
    await database.close()
    await server.drop(name)


@pytest.fixture
async def database(shared_engine: Database, settings: Settings) -> AsyncIterator[Database]:
    """The portal's database object over one connection; commits are savepoints, all rolled back."""
    async with shared_engine.engine.connect() as connection:
        outer = await connection.begin()
        shared_engine.sessions = async_sessionmaker(
            connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        )
        yield shared_engine
        await outer.rollback()


@pytest.fixture
async def db(database: Database) -> AsyncIterator[AsyncSession]:
    """A session to arrange and to look; what it flushes, the site sees."""
    async with database.sessions() as session:
        yield session


@pytest.fixture
async def cast(db: AsyncSession) -> Cast:
    """The organisation, two suppliers who are rivals, and the people of the stories."""
    return await invite_everybody(db)


@pytest.fixture(scope="session")
async def demo_url(server: Server) -> AsyncIterator[str]:
    """Address of a database that holds the sample data, to read from. Tests of it share a process."""
    name = await server.copy()
    database = Database(server.address(name), Settings(statement_timeout=300))
    async with database.work(system("sample data")) as db:
        await loading.load(db, DEMO_DAY)
    await database.close()
    yield server.address(name)
    await server.drop(name)


@pytest.fixture
async def demo(demo_url: str, settings: Settings) -> AsyncIterator[Database]:
    database = Database(demo_url, settings)
    yield database
    await database.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep what reads the sample data in one process, where it is loaded once."""
    for item in items:
        if {"demo", "demo_url"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.xdist_group("demo"))


Visit = Callable[[Person | None], Awaitable[httpx.AsyncClient]]


@pytest.fixture
async def site(database: Database, db: AsyncSession, settings: Settings) -> AsyncIterator[Visit]:
    """A browser for whoever is named; with None nobody is signed in.

    ``browser = await site(person)``. Forms carry the session's token by themselves, as the pages' forms do.
    """
    async with AsyncExitStack() as stack:
        yield await visits(stack, database, settings)


_PORTALS: dict[Settings, Portal] = {}


def portal_with(settings: Settings, database: Database) -> Portal:
    """Give a portal of its own state. Its routes are built once for tests whose settings are alike."""
    alike = replace(settings, data_dir=Path())
    if alike not in _PORTALS:
        _PORTALS[alike] = create_app(settings, database)
    portal = _PORTALS[alike]
    portal.litestar.state.update(state_of(settings, database))
    return portal


async def visits(stack: AsyncExitStack, database: Database, settings: Settings) -> Visit:
    app = portal_with(settings, database)
    transport = httpx.ASGITransport(app=app.asgi, raise_app_exceptions=False)

    async def visit(person: Person | None) -> httpx.AsyncClient:
        browser = await stack.enter_async_context(
            httpx.AsyncClient(transport=transport, base_url=settings.base_url)
        )
        if person is not None:
            async with database.work(None) as db:
                token = await sessions.start(db, settings, person.id, address="127.0.0.1", agent="test")
                who = await sessions.find(db, settings, token)
            assert who is not None
            # With its host, so that a new cookie from the portal takes its place.
            browser.cookies.set(settings.cookie_name, token, domain=browser.base_url.host)
            browser.headers["x-csrf-token"] = who.csrf_token
        return browser

    return visit

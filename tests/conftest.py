"""A real PostgreSQL for every run: one server per test process, one migrated template, cheap copies.

As in production, an owner that is no superuser has made the tables, and everything connects as a role that
owns nothing, under row-level security. ``work(TESTER)`` arranges and looks as staff would; ``owner`` is for
what only the owner of the tables could do, ``superuser`` for what only whoever runs the server could.

``db`` and ``site`` share one connection whose transaction is rolled back after the test. Tests that
commit for real, run several connections at once or kill something ask for ``fresh``.
"""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from portal import embedded, logs
from portal.access.principal import Principal, system
from portal.access.roles import STAFF
from portal.app import Portal, create_app, state_of
from portal.db import BIND, Database, bound
from portal.migrations.run import migrate
from portal.models.people import Person
from portal.sample import loading
from portal.settings import Settings
from portal.web import session as sessions
from portal.workflows.keyring import Keyring
from tests.ceph import ceph as start_ceph
from tests.ceph import why_not
from tests.nursery import Nursery
from tests.people import TESTER, Cast, invite_everybody

TEMPLATE = "assay_template"
OWNER, APP = "assay_tests_owner", "assay_app"
PASSWORD = "of a server for tests"  # nothing else is on it
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


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Starts processes that have imported the portal already."""
    found = Nursery()
    yield found
    found.close()


@pytest.fixture(scope="session")
def ceph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a real S3 store. Tests of it share a process: ``@pytest.mark.xdist_group("ceph")``."""
    if reason := why_not():
        pytest.skip(reason)
    with start_ceph(tmp_path_factory.mktemp("ceph")) as endpoint:
        yield endpoint


class Server:
    """Creates and drops databases; a copy of the template takes some 40 ms."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine = create_async_engine(url, isolation_level="AUTOCOMMIT", pool_size=1)
        self._count = 0

    async def run(self, statement: str) -> None:
        async with self._engine.connect() as connection:
            await connection.execute(text(statement))

    async def make_owner(self) -> None:
        async with self._engine.connect() as connection:
            found = await connection.execute(text(f"SELECT true FROM pg_roles WHERE rolname = '{OWNER}'"))
            if found.first() is None:
                await connection.execute(
                    text(f"CREATE ROLE {OWNER} LOGIN CREATEDB CREATEROLE PASSWORD '{PASSWORD}'")
                )

    async def copy(self, template: str = TEMPLATE) -> str:
        self._count += 1
        name = f"assay_{os.getpid()}_{self._count}"
        await self.run(f'CREATE DATABASE "{name}" OWNER {OWNER} TEMPLATE "{template}" STRATEGY wal_log')
        return name

    async def drop(self, name: str) -> None:
        await self.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def address(self, name: str, role: str = APP) -> str:
        url = make_url(self.url).set(database=name, username=role, password=PASSWORD)
        return url.render_as_string(hide_password=False)

    def as_superuser(self, name: str) -> str:
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    async def close(self) -> None:
        await self._engine.dispose()


@pytest.fixture(scope="session")
async def server(server_url: str) -> AsyncIterator[Server]:
    logs.configure("console", level=40)
    server = Server(server_url)
    await server.drop(TEMPLATE)
    await server.make_owner()
    await server.run(f'CREATE DATABASE "{TEMPLATE}" OWNER "{OWNER}"')
    database = Database(server.address(TEMPLATE, OWNER), Settings(), pool_size=1)
    await migrate(database, app=server.address(TEMPLATE))
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


@pytest.fixture
async def owner(fresh: Database, server: Server, settings: Settings) -> AsyncIterator[Database]:
    """The database of ``fresh`` as the owner of its tables."""
    database = Database(server.address(str(fresh.url.database), OWNER), settings, pool_size=2)
    yield database
    await database.close()


@pytest.fixture
async def superuser(fresh: Database, server: Server, settings: Settings) -> AsyncIterator[Database]:
    """The database of ``fresh`` as whoever runs the server."""
    database = Database(server.as_superuser(str(fresh.url.database)), settings, pool_size=2)
    yield database
    await database.close()


class Shared(Database):
    """Over one connection, so who worked last would stay: after each work the connection is ours again."""

    @asynccontextmanager
    async def _transaction(self, who: Principal | None, role: str) -> AsyncIterator[AsyncSession]:
        try:
            async with super()._transaction(who, role) as session:
                yield session
        finally:  # a refusal undoes what came after the last commit, and that may be another's role
            await self.be_ours()

    async def be_ours(self) -> None:
        """Take our people's role again, for the transaction that is around every test."""
        connection = self.sessions.kw["bind"]
        await connection.execute(BIND, bound(TESTER, STAFF))


@pytest.fixture(scope="session")
async def shared_engine(server: Server) -> AsyncIterator[Shared]:
    name = await server.copy()
    database = Shared(server.address(name), Settings(statement_timeout=60), pool_size=1)
    yield database
    await database.close()
    await server.drop(name)


@pytest.fixture
async def database(shared_engine: Shared, settings: Settings) -> AsyncIterator[Database]:
    """The portal's database object over one connection; commits are savepoints, all rolled back."""
    async with shared_engine.engine.connect() as connection:
        outer = await connection.begin()
        shared_engine.sessions = async_sessionmaker(
            connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        )
        await shared_engine.be_ours()
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
async def sample_template(server: Server) -> str:
    """Name of a database with the sample data that nobody opens: copying it is quicker than loading it."""
    name = await server.copy()
    database = Database(server.address(name), Settings(statement_timeout=300))
    async with database.work(system("sample data")) as db:
        await loading.load(db, DEMO_DAY)
    await database.close()
    return name


@pytest.fixture(scope="session")
async def demo_url(server: Server, sample_template: str) -> AsyncIterator[str]:
    """Address of a database that holds the sample data, to read from. Tests of it share a process."""
    name = await server.copy(sample_template)
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
        if "sample_template" in getattr(item, "fixturenames", ()):
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
            async with database.gate() as db:
                token = await sessions.start(db, settings, person.id, address="127.0.0.1", agent="test")
                who = await sessions.find(db, settings, token)
            assert who is not None
            # With its host, so that a new cookie from the portal takes its place.
            browser.cookies.set(settings.cookie_name, token, domain=browser.base_url.host)
            browser.headers["x-csrf-token"] = who.csrf_token
        return browser

    return visit

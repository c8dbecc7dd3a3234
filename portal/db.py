"""The engine, the unit of work, and the only commit."""

import time
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import Session as SyncSession
from sqlalchemy.pool import ConnectionPoolEntry

from portal.access import roles
from portal.access.principal import Principal
from portal.settings import Settings

# What the database said when it was away, full or going down; anything else is a bug.
UNREACHABLE = (
    OperationalError,
    InterfaceError,
    PoolTimeoutError,
    ConnectionError,
    OSError,
)

_IDLE = 30.0  # seconds

BIND = text(
    "SELECT set_config('role', :role, true), set_config('assay.supplier', :supplier, true),"
    " set_config('assay.person', :person, true), set_config('assay.name', :name, true)"
)
_WHO, _TOLD = "principal", "told"  # of a session's info
_NAME = text("SELECT set_config('assay.name', :name, true)")
_TAKE = text("SELECT set_config('role', :role, true)")
_BECAUSE = text("SELECT set_config('assay.reason', :reason, true)")


class Database:
    """One engine for a process. Every transaction is bound to a principal before its first query."""

    def __init__(self, url: str, settings: Settings, *, pool_size: int | None = None) -> None:
        timeout_ms = settings.statement_timeout * 1000
        self.url = make_url(url)
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size or settings.pool_size,
            max_overflow=0,
            pool_timeout=settings.pool_timeout,
            connect_args={
                "timeout": 5,
                "server_settings": {
                    "application_name": "assay",
                    "timezone": "UTC",
                    # Compiling a page's statement takes longer than running it.
                    "jit": "off",
                    # A request that was cancelled can leave its backend running: the server ends it.
                    "statement_timeout": str(timeout_ms),
                    "lock_timeout": str(min(timeout_ms, 5000)),
                    "idle_in_transaction_session_timeout": str(timeout_ms * 4),
                },
            },
        )
        event.listen(self.engine.sync_engine, "checkout", _still_there)
        event.listen(self.engine.sync_engine, "checkin", _last_used)
        self.sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    @asynccontextmanager
    async def work(self, who: Principal | None) -> AsyncIterator[AsyncSession]:
        """Give a session whose transaction commits at the end, or rolls back on any exception.

        ``flush()`` inside for an id. The transaction begins with the first statement, so work that
        asks nothing of the database holds no connection. For None there are no rows: nobody asks.
        """
        async with self._transaction(who, roles.of(who)) as session:
            yield session

    @asynccontextmanager
    async def gate(self, who: Principal | None = None) -> AsyncIterator[AsyncSession]:
        """Give a session to find out who somebody is: sessions, links, second factors, of anybody.

        Nothing else is there. ``who`` is who was signed in before, for the trail.
        """
        async with self._transaction(who, roles.GATE) as session:
            yield session

    @asynccontextmanager
    async def _transaction(self, who: Principal | None, role: str) -> AsyncIterator[AsyncSession]:
        session = self.sessions()
        bind_principal(session, who, role)
        try:
            yield session
        except BaseException:
            await session.rollback()
            raise
        else:
            await session.commit()
        finally:
            await session.close()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection]:
        """Give a bare connection in a transaction, for probes and maintenance; it sees nobody's rows."""
        async with self.engine.begin() as connection:
            yield connection

    async def close(self) -> None:
        await self.engine.dispose()


def _still_there(dbapi_connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
    """Replace a connection that the server has closed: a restart must not cost anybody a failed page.

    A server that ends says so, and the connection knows. One that was long idle is asked: something between
    here and there may have cut it without a word.
    """
    is_gone = dbapi_connection.driver_connection.is_closed()
    now = time.monotonic()
    if not is_gone and now - record.info.get("used", now) > _IDLE:
        try:
            dbapi_connection.ping()
        except Exception:  # noqa: BLE001 # whatever it says, another connection is tried
            is_gone = True
    if is_gone:
        raise DisconnectionError


def _last_used(_dbapi_connection: object, record: ConnectionPoolEntry) -> None:
    record.info["used"] = time.monotonic()


def bind_principal(session: AsyncSession, who: Principal | None, role: str) -> None:
    """Tell the database at the start of every transaction of this session who asks, and as which role.

    Both are local to the transaction: a pooled connection never carries somebody else's name.
    """
    values = bound(who, role)
    session.info[_WHO], session.info[_TOLD] = who, values

    @event.listens_for(session.sync_session, "after_begin")
    def _tell(_session: SyncSession, _transaction: object, connection: object) -> None:
        connection.execute(BIND, values)  # type: ignore[attr-defined] # SQLAlchemy's event hands over a Connection


def bound(who: Principal | None, role: str) -> dict[str, str]:
    """Give the values of BIND: who asks, and as which role."""
    return {
        "role": role,
        "supplier": str(who.supplier_id) if who and who.supplier_id is not None else "",
        "person": str(who.person_id) if who else "",
        "name": who.name if who else "",
    }


def principal_of(session: AsyncSession) -> Principal | None:
    """Say for whom a session works; None where nobody is signed in."""
    who: Principal | None = session.info.get(_WHO)
    return who


@asynccontextmanager
async def at_the_gate(db: AsyncSession) -> AsyncIterator[None]:
    """Read secrets, for the length of a block: no other role may. Nothing in it refuses.

    What was changed before is written before, as whoever changed it.
    """
    await db.flush()
    connection = await db.connection()
    before = (await connection.execute(text("SELECT current_setting('role')"))).scalar_one()
    await connection.execute(_TAKE, {"role": roles.GATE})
    yield
    await connection.execute(_TAKE, {"role": before})


async def because(db: AsyncSession, reason: str) -> None:
    """Give the reason that the trail keeps with each change, from here to the end of the transaction.

    It also holds for what was changed before and not flushed yet: asking through the connection does not
    flush.
    """
    connection = await db.connection()
    await connection.execute(_BECAUSE, {"reason": reason})


async def on_behalf(db: AsyncSession, names: Collection[str]) -> None:
    """Let the trail say for whom somebody acts, from here to the end of the transaction."""
    who = principal_of(db)
    if who is None or not names:
        return
    name = f"{who.name}, for {' and '.join(sorted(names))}"
    db.info[_TOLD]["name"] = name  # a savepoint is told anew
    connection = await db.connection()
    await connection.execute(_NAME, {"name": name})


async def let_go(db: AsyncSession) -> None:
    """Give the connection back before something slow; the next statement begins another transaction.

    For what has only read so far: a change would be committed here, and a lock ends here.
    """
    await db.commit()


def is_unreachable(error: BaseException) -> bool:
    """Say whether an error means that the database is away, rather than that we asked wrongly."""
    if isinstance(error, DBAPIError):
        # Class 57: the server is shutting down or ended us; 53: it is out of connections or disk.
        state = str(getattr(error.orig, "sqlstate", None) or "")
        return (
            error.connection_invalidated
            or state[:2] in {"57", "53", "08"}
            or (isinstance(error, UNREACHABLE) and not state)
        )
    return isinstance(error, UNREACHABLE) or type(error).__name__ == "InternalClientError"

"""A connection that is gone costs nobody a failed page, and one in use is not asked whether it is there."""

import asyncio

from sqlalchemy import text
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_connection

PID = text("SELECT pg_backend_pid()")


async def test_a_connection_that_the_server_has_closed_is_replaced(fresh):
    async with fresh.work(None) as one:
        await one.execute(PID)
        async with fresh.work(None) as other:
            gone = (await other.execute(PID)).scalar_one()
        await one.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": gone})
        await asyncio.sleep(0)
        async with fresh.work(None) as again:
            assert (await again.execute(PID)).scalar_one() != gone


async def test_only_a_connection_that_was_long_idle_is_asked_first(fresh, monkeypatch):
    asked = []
    ping = AsyncAdapt_asyncpg_connection.ping
    monkeypatch.setattr(AsyncAdapt_asyncpg_connection, "ping", lambda self: asked.append(ping(self)))
    for idle in (30.0, 30.0, -1.0):
        monkeypatch.setattr("portal.db._IDLE", idle)
        async with fresh.work(None) as db:
            await db.execute(PID)
    assert len(asked) == 1

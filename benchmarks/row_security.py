"""List pages with and without row-level security, over 200,000 suppliers: the same requests, in turn."""

import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from bench import Table, owning, portal_with_lines, run
from pages import browser
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.app import create_app
from portal.db import Database
from portal.models.people import Person, Role
from portal.settings import Settings
from portal.web import session as sessions

ADDRESS = "http://portal.test"
LINES = 0.2  # millions
SUPPLIERS = 200_000
ROUNDS, REQUESTS = 4, 5
STAFF = (
    ("list of 200,000 suppliers, first page", "/suppliers"),
    ("the same, sorted by another column", "/suppliers?sort=-number"),
    ("the same, searched", "/suppliers?q=Supplier+1234"),
)
SUPPLIER = (("a supplier's own card", "/scorecard"),)
_MORE = """
    INSERT INTO supplier (created_at, updated_at, version, number, name, country, city, time_zone, status, risk,
        note)
    SELECT now(), now(), 1, 'S' || i, 'Supplier ' || i, 'SE', '', 'UTC', 'active', 'medium', ''
    FROM generate_series(CAST(:from AS int), CAST(:to AS int)) AS i
"""
_TABLES = text("SELECT relname FROM pg_class WHERE relrowsecurity ORDER BY 1")


async def measure(_size: float, table: Table) -> None:
    print("Row-level security", flush=True)
    async with portal_with_lines(LINES) as database:
        with tempfile.TemporaryDirectory() as folder:
            settings = Settings(base_url=ADDRESS, data_dir=Path(folder))
            staff, theirs = await _arrange(database, settings)
            portal = create_app(settings, database).asgi
            for token, pages in ((staff, STAFF), (theirs, SUPPLIER)):
                client = browser(portal, settings.cookie_name, token)
                for what, path in pages:
                    await _compare(database, client, what, path, table)
                await client.aclose()


async def _arrange(database: Database, settings: Settings) -> tuple[str, str]:
    """Fill the list; sessions of one of our buyers, and of the biggest supplier's."""
    async with owning(database) as db:
        await db.execute(text("SET LOCAL statement_timeout = 0"))
        have = (await db.execute(text("SELECT count(*) FROM supplier"))).scalar_one()
        await db.execute(text(_MORE), {"from": have + 1, "to": SUPPLIERS})
        await db.execute(text("ANALYZE supplier"))
        biggest = "SELECT supplier_id FROM delivery_line GROUP BY supplier_id ORDER BY count(*) DESC LIMIT 1"
        supplier = (await db.execute(text(biggest))).scalar_one()
        tokens = []
        for name, role, of in (("Olle", Role.BUYER, None), ("Rita", Role.SUPPLIER_MEMBER, supplier)):
            person = Person(email=f"{name}@portal.test", name=name, role=role, supplier_id=of)
            db.add(person)
            await db.flush()
            tokens.append(
                await sessions.start(db, settings, person.id, address="127.0.0.1", agent="benchmark")
            )
    return tokens[0], tokens[1]


async def _compare(database: Database, client: httpx.AsyncClient, what: str, path: str, table: Table) -> None:
    taken: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(ROUNDS):
        for is_on in (True, False):
            async with _row_security(database, on=is_on):
                for number in range(REQUESTS + 3):
                    began = time.perf_counter()
                    (await client.get(path)).raise_for_status()
                    if number >= 3:
                        taken[is_on].append(time.perf_counter() - began)
    with_it, without = statistics.median(taken[True]), statistics.median(taken[False])
    table.add(what, with_it, "without row-level security", without, "≤ 1.2×")


@asynccontextmanager
async def _row_security(database: Database, *, on: bool) -> AsyncIterator[None]:
    """Switch it off for a while, by the owner."""
    async with database.connection() as connection:
        tables = [] if on else (await connection.execute(_TABLES)).scalars().all()
        await _switch(connection, "DISABLE", tables)
    try:
        yield
    finally:
        async with database.connection() as connection:
            await _switch(connection, "ENABLE", tables)


async def _switch(connection: AsyncConnection, verb: str, tables: Sequence[str]) -> None:
    for name in tables:
        await connection.execute(text(f'ALTER TABLE "{name}" {verb} ROW LEVEL SECURITY'))


if __name__ == "__main__":
    run(measure)

"""The matrix of certificates: the whole page through the portal, with 1,000 suppliers and seven types.

PYTHONPATH=. python benchmarks/certificates.py
"""

import tempfile
import time
from pathlib import Path

import httpx
from bench import WHO, Table, owning, run
from sqlalchemy import event, text

from portal import embedded
from portal.app import create_app
from portal.db import Database
from portal.migrations.run import migrate
from portal.models.people import Person, Role
from portal.settings import Settings
from portal.web import session as sessions

ADDRESS = "http://portal.test"
REQUESTS = 25
PAGES = {
    "matrix, 50 suppliers of 1,000": "/certificates",
    "matrix, anything to do": "/certificates?state=to_do",
    "matrix, searched": "/certificates?q=supplier+77",
}


async def measure(_size: float, table: Table) -> None:
    print("Certificates", flush=True)
    with embedded.temporary() as server, tempfile.TemporaryDirectory() as folder:
        settings = Settings(base_url=ADDRESS, data_dir=Path(folder) / "data", statement_timeout=600)
        database = Database(server.url("assay"), settings, pool_size=2)
        await migrate(database)
        await fill(database)
        async with database.work(WHO) as db:
            person = Person(email="e@portal.test", name="Elin", role=Role.QUALITY_ENGINEER, is_active=True)
            db.add(person)
            await db.flush()
        async with database.gate() as db:
            token = await sessions.start(db, settings, person.id, address="127.0.0.1", agent="benchmark")
        portal = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=create_app(settings, database).asgi),
            base_url=ADDRESS,
            cookies={settings.cookie_name: token},
        )
        for name, path in PAGES.items():
            whole, asked, statements = await timed(portal, database, path)
            table.note(name, f"{whole:.0f} ms, of it {asked:.0f} ms for {statements} statements", "< 100 ms")
        await portal.aclose()
        await database.close()


async def timed(portal: httpx.AsyncClient, database: Database, path: str) -> tuple[float, float, int]:
    """Milliseconds of the quickest page, those that waited for statements, and how many those were."""
    begun: list[float] = []
    waited: list[float] = []

    def before(*_args: object) -> None:
        begun.append(time.perf_counter())

    def after(*_args: object) -> None:
        waited.append(time.perf_counter() - begun[-1])

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    found = []
    for at in range(REQUESTS + 3):
        waited.clear()
        start = time.perf_counter()
        (await portal.get(path)).raise_for_status()
        if at >= 3:
            found.append((1000 * (time.perf_counter() - start), 1000 * sum(waited)))
    event.remove(engine, "before_cursor_execute", before)
    event.remove(engine, "after_cursor_execute", after)
    whole, asked = min(found)
    return whole, asked, len(waited)


async def fill(database: Database) -> None:
    """Nine of ten required certificates are held, a ninth of them waits renewed; all have one before."""
    async with owning(database) as db:
        for statement in _FILL:
            await db.execute(text(statement))
    async with database.engine.connect() as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        await raw.execute("VACUUM ANALYZE")


_FILL = (
    """INSERT INTO supplier (number, name, country, city, time_zone, status, risk, note, created_at, updated_at,
        version)
    SELECT 's' || g, 'Supplier ' || g, 'SE', '', 'UTC', 'active', (ARRAY['high', 'medium', 'low'])[1 + g % 3], '',
        now(), now(), 1 FROM generate_series(1, 1000) AS g""",
    """INSERT INTO certificate_type (code, name, position, has_end, names_sites, created_at, updated_at, version)
    SELECT 'T' || g, '', g, true, true, now(), now(), 1 FROM generate_series(1, 7) AS g""",
    """INSERT INTO certificate_requirement (type_id, level, scope, on_lapse, note, created_at, updated_at, version)
    SELECT id, 'mandatory', '', 'show', '', now(), now(), 1 FROM certificate_type WHERE code LIKE 'T_'""",
    """INSERT INTO certificate (supplier_id, type_id, status, number, issuing_body, accreditation, scope, site_ids,
        issued_on, valid_until_on, submitted_at, submitted_by_name, is_on_behalf, decided_by_name, reason, created_at,
        updated_at, version)
    SELECT s.id, t.id, (ARRAY['superseded', 'accepted', 'submitted'])[g], s.id || '-' || t.id || '-' || g, '', '',
        '', '{}', current_date - 1000, current_date + (((s.id * 7919 + t.id * 104729) % 1000)::int) - 50 + g, now(),
        '', false, '', '', now(), now(), 1
    FROM supplier AS s CROSS JOIN (SELECT * FROM certificate_type WHERE code LIKE 'T_') AS t
    CROSS JOIN generate_series(1, 3) AS g
    WHERE (s.id * 31 + t.id * 17) % 10 <> 0 AND (g < 3 OR (s.id + t.id) % 9 = 0)""",
)

if __name__ == "__main__":
    run(measure)

"""SCARs in numbers: the list, its filters, a search and the improvement page with 50,000 of them."""

import statistics
import tempfile
import time
from pathlib import Path

import httpx
from bench import WHO, Table, owning, portal_with_lines, run
from sqlalchemy import text

from portal.app import create_app
from portal.db import Database
from portal.models.people import Person, Role
from portal.settings import Settings
from portal.web import session as sessions

ADDRESS = "http://portal.test"
LINES = 0.06  # million: suppliers, parts and plants to refer to
SIZES = (5_000, 50_000)
REQUESTS = 15
PAGES = {
    "list": "/scars",
    "list, open ones overdue": "/scars?turn=overdue",
    "list, one supplier's major ones": "/scars?supplier={supplier}&severity=major",
    "list, searched": "/scars?q=porosity+4711",
    "list, by supplier's name": "/scars?sort=supplier",
    "improvement, 12 months": "/improvement?period=2026-10~12",
    "improvement, one defect by part": "/improvement?period=2026-10~12&defect=Porosity&by=part",
}


async def measure(_size: float, table: Table) -> None:
    print("SCARs", flush=True)
    async with portal_with_lines(LINES) as database:
        with tempfile.TemporaryDirectory() as folder:
            settings = Settings(base_url=ADDRESS, data_dir=Path(folder) / "data")
            async with database.work(WHO) as db:
                person = Person(
                    email="e@portal.test", name="Elin", role=Role.QUALITY_ENGINEER, is_active=True
                )
                db.add(person)
                await db.flush()
                supplier = (
                    await db.execute(text("SELECT number FROM supplier ORDER BY id LIMIT 1"))
                ).scalar_one()
            async with database.gate() as db:
                token = await sessions.start(db, settings, person.id, address="127.0.0.1", agent="benchmark")
            portal = httpx.AsyncClient(
                transport=httpx.ASGITransport(app=create_app(settings, database).asgi),
                base_url=ADDRESS,
                cookies={settings.cookie_name: token},
            )
            taken: dict[str, list[float]] = {}
            before = 0
            for size in SIZES:
                await fill(database, before, size, person.id)
                before = size
                for name, path in PAGES.items():
                    taken.setdefault(name, []).append(await timed(portal, path.format(supplier=supplier)))
            await portal.aclose()
    for name, (few, many) in taken.items():
        table.add(f"{name}, of {SIZES[1]:,} SCARs", many, f"of {SIZES[0]:,}", few, "≤ 1.5×")


async def timed(portal: httpx.AsyncClient, path: str) -> float:
    found = []
    for at in range(REQUESTS + 3):
        began = time.perf_counter()
        (await portal.get(path)).raise_for_status()
        if at >= 3:
            found.append(time.perf_counter() - began)
    return statistics.median(found)


async def fill(database: Database, before: int, size: int, person: int) -> None:
    """Add SCARs, nine of ten closed, over five years, with a clock for each stage and a root cause."""
    values = {"before": before + 1, "size": size, "person": person}
    async with owning(database) as db:
        for statement in _FILL:
            await db.execute(text(statement), values)
    async with owning(database) as db:
        for name in ("scar", "scar_stage", "scar_answer"):
            await db.execute(text(f"ANALYZE {name}"))


_FILL = (
    """
    INSERT INTO scar (number, supplier_id, plant_id, part_id, commodity_id, status, severity, source, title,
        description, defect, lots, quantity, quantity_checked, internal_note, author_id, owner_id, zone, country,
        round, issued_at, issued_on, due_at, escalation, cause, is_weak, rejection, plan, check_note, closing_note,
        cancel_reason, closed_at, created_at, updated_at, version)
    SELECT 'SCAR-B-' || n, supplier.id, (SELECT min(id) FROM plant), part.id, part.commodity_id,
        CASE WHEN n % 10 = 0 THEN 'acknowledged' ELSE 'closed' END,
        (ARRAY['critical', 'major', 'minor'])[1 + n % 3], 'nonconformance',
        (ARRAY['Porosity', 'Burrs', 'Rust', 'Dimension'])[1 + n % 4] || ' on part ' || n, 'x',
        (ARRAY['Porosity', 'Burrs', 'Rust', 'Dimension'])[1 + n % 4], 'lot ' || n, 5, 100, '', :person, :person,
        'UTC', 'SE', CASE WHEN n % 25 = 0 THEN 2 ELSE 1 END, at, at::date,
        CASE WHEN n % 10 = 0 THEN at + interval '2 days' END, 0,
        CASE WHEN n % 10 > 0 THEN (ARRAY['method', 'machine', 'material', 'people'])[1 + n % 4] END,
        n % 4 = 3, '', '', '', '', '', CASE WHEN n % 10 > 0 THEN at + interval '60 days' END, at, at, 1
    FROM generate_series(CAST(:before AS int), CAST(:size AS int)) AS n
    CROSS JOIN LATERAL (
        SELECT timestamptz '2021-11-01' + (n::bigint * 7919 % (5 * 365 * 1440)) * interval '1 minute' AS at
    ) AS moment
    JOIN LATERAL (SELECT id FROM supplier WHERE id = (SELECT min(id) FROM supplier) + n % 50) AS supplier ON true
    JOIN LATERAL (SELECT id, commodity_id FROM part WHERE id = (SELECT min(id) FROM part) + n % 20) AS part ON true
    """,
    """
    INSERT INTO scar_stage (scar_id, supplier_id, plant_id, round, stage, hours, is_calendar, extra_hours,
        started_at, due_at, submitted_at, decided_at, accepted, created_at, updated_at, version)
    SELECT scar.id, supplier_id, plant_id, 1, stage, 48 * at, false, 0, issued_at,
        issued_at + at * interval '4 days', issued_at + at * interval '3 days', issued_at + at * interval '3 days',
        true, issued_at, issued_at, 1
    FROM scar CROSS JOIN unnest(ARRAY['acknowledgement', 'containment', 'analysis', 'implementation', 'prevention'])
        WITH ORDINALITY AS stages(stage, at)
    WHERE split_part(number, '-', 3)::int BETWEEN :before AND :size AND status = 'closed'
        AND CAST(:person AS bigint) > 0
    """,
    """
    INSERT INTO scar_answer (scar_id, supplier_id, plant_id, round, discipline, revision, status, content, language,
        written_by_id, written_by_name, is_on_behalf, is_weak, submitted_at, reason, translation_language,
        created_at, updated_at, version)
    SELECT id, supplier_id, plant_id, 1, 'D4', 1, 'accepted', '{"occurrence": ["Because."]}', 'en', :person, '',
        false, is_weak, issued_at, '', '', issued_at, issued_at, 1
    FROM scar WHERE split_part(number, '-', 3)::int BETWEEN :before AND :size
    """,
)

if __name__ == "__main__":
    run(measure)

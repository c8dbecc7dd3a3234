"""What the navigation counts on every page: unread messages among 100,000 in 10,000 threads of 1,000 suppliers.

    PYTHONPATH=. python benchmarks/unread.py

Times are the server's own, by EXPLAIN ANALYZE, the median of several; a plan is kept after a few pages. Thirty of our
people spoke in a tenth of the threads each and have read 99 of 100; one supplier has a tenth of all threads.
"""

import json
import statistics
from dataclasses import replace
from typing import Any

from bench import WHO, Table, owning, portal_with_lines, run
from sqlalchemy import Select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from portal.access.principal import Principal
from portal.db import Database
from portal.models.people import Role
from portal.workflows.counts import MOST
from portal.workflows.threads import listing

LINES = 0.05  # million: parts and plants to refer to
MESSAGES = 10  # in each thread
TIMES = 15


async def measure(_size: float, table: Table) -> None:
    print("Unread messages", flush=True)
    async with portal_with_lines(LINES) as database:
        await fill(database)
        for name, who in (await _people(database)).items():
            async with database.work(who) as db:
                planned, took, unread = await _timed(db, listing.counting(who, most=MOST + 1))
                table.note(name, f"{took:.2f} ms for {unread}, planned in {planned:.2f} ms", "< 1 ms")
                _, took, unread = await _timed(db, listing.counting(who))
                table.note("… all of them, as on the page of messages", f"{took:.2f} ms for {unread:,}")


async def _people(database: Database) -> dict[str, Principal]:
    async with database.work(WHO) as db:
        query = (
            "SELECT id, supplier_id FROM person WHERE email IN ('usual@x.test', 'busy@x.test', 'new@x.test')"
        )
        usual, busy, new = (await db.execute(text(f"{query} ORDER BY id"))).all()
        ours = (await db.execute(text("SELECT min(id) FROM person WHERE supplier_id IS NULL"))).scalar_one()
    engineer = Principal(person_id=ours, name="E", role=Role.QUALITY_ENGINEER)
    return {
        **{
            f"a supplier's person, {words}": Principal(
                person_id=each.id, name="S", role=Role.SUPPLIER_MEMBER, supplier_id=each.supplier_id
            )
            for words, each in (("of 9 threads", usual), ("of 1,000", busy), ("of 1,000, new here", new))
        },
        "our engineer": engineer,
        "our engineer of one plant": replace(engineer, plant_ids=(1,)),
        "our engineer of one commodity": replace(engineer, commodity_ids=(2,)),
        "our manager, who takes part in nothing": replace(
            engineer, person_id=10**9, role=Role.QUALITY_MANAGER
        ),
    }


async def _timed(db: AsyncSession, query: Select[Any]) -> tuple[float, float, int]:
    unread = (await db.execute(query)).scalar_one()
    sql = str(query.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))
    found = []
    for _ in range(TIMES):
        explained = await db.execute(text(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}".replace(":", "\\:")))
        plan = explained.scalar_one()
        plan = (json.loads(plan) if isinstance(plan, str) else plan)[0]
        found.append((plan["Planning Time"], plan["Execution Time"]))
    planned, took = (statistics.median(each) for each in zip(*found, strict=True))
    return planned, took, unread


async def fill(database: Database) -> None:
    """What the database keeps while people speak it keeps here too, message by message."""
    await _write(database, *_BEFORE)
    for turn in range(MESSAGES):
        await _write(database, _SPEAK.format(turn=turn))
    await _write(database, *_AFTER)


async def _write(database: Database, *statements: str) -> None:
    async with owning(database) as db:
        for statement in statements:
            await db.execute(text(statement))
    async with database.engine.connect() as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        await raw.execute(f"VACUUM ANALYZE {', '.join(_TABLES)}")


_TABLES = ("person", "scar", "thread", "thread_message", "thread_note", "thread_reading")
_PERSON = """
    INSERT INTO person (created_at, updated_at, version, email, name, role, title, supplier_id, password_hash,
        time_zone, language, is_active)
"""
_SAID = "thread_id, author_id, author_name, is_ours, body, quoted, mentioned_ids, said_at"
_BEFORE = (
    """INSERT INTO supplier (created_at, updated_at, version, number, name, country, city, time_zone, status, risk,
        note)
    SELECT now(), now(), 1, 'T' || i, 'Supplier ' || i, 'SE', '', 'UTC', 'active', 'medium', ''
    FROM generate_series(51, 1000) AS i""",
    f"""{_PERSON} SELECT now(), now(), 1, 'p' || i || '@ours.test', 'Ours ' || i, 'quality_engineer', '', NULL, '',
        'UTC', 'en', true FROM generate_series(1, 30) AS i""",
    f"""{_PERSON} SELECT now(), now(), 1, email, email, 'supplier_member', '', supplier, '', 'UTC', 'en', true
        FROM (VALUES (1, 'usual@x.test', 5), (2, 'busy@x.test', 1), (3, 'new@x.test', 1)) AS p (n, email, supplier)
        ORDER BY n""",
    """INSERT INTO scar (number, supplier_id, plant_id, part_id, commodity_id, status, severity, source, title,
        description, defect, lots, quantity, quantity_checked, internal_note, author_id, owner_id, zone, country,
        round, issued_at, issued_on, escalation, cause, is_weak, rejection, plan, check_note, closing_note,
        cancel_reason, closed_at, created_at, updated_at, version)
    SELECT 'SCAR-B-' || n, supplier, supplier % 3 + 1, part.id, part.commodity_id, 'closed', 'major',
        'nonconformance', 'T', 'x', 'Rust', 'lot', 5, 100, '', 1, 1, 'UTC', 'SE', 1, now(), current_date, 0, 'method',
        false, '', '', '', '', '', now(), now(), now(), 1
    FROM generate_series(1, 9000) AS n
    CROSS JOIN LATERAL (SELECT CASE WHEN n % 9 = 0 THEN 1 ELSE 1 + n % 1000 END AS supplier) AS whose
    JOIN LATERAL (SELECT id, commodity_id FROM part WHERE id = (SELECT min(id) FROM part) + n % 20) AS part ON true
    """,
    """INSERT INTO thread (table_name, record_id, supplier_id, plant_id, created_at, newest_message_id,
        newest_note_id, is_unanswered)
    SELECT 'scar', id, supplier_id, plant_id, now(), 0, 0, false FROM scar
    UNION ALL SELECT 'supplier', id, id, NULL, now(), 0, 0, false FROM supplier""",
)
_SPEAK = f"""
    INSERT INTO thread_message ({_SAID}, supplier_id)
    SELECT id, CASE WHEN is_ours THEN 1 + (id * 7 + {{turn}} / 4) % 30 END, 'A', is_ours, repeat('words ', 30), '',
        '{{{{}}}}', now(), supplier_id
    FROM thread CROSS JOIN LATERAL (SELECT {{turn}} % 2 = 1 AND id % 400 > 0 AS is_ours) AS whose ORDER BY id
"""
_AFTER = (
    f"""INSERT INTO thread_note ({_SAID})
    SELECT id, 1 + id % 30, 'A', true, 'note', '', ARRAY[1 + (id * 7) % 30], now() FROM thread WHERE id % 5 = 0""",
    """UPDATE thread_reading SET message_id = newest_message_id, note_id = newest_note_id FROM thread, person
    WHERE thread.id = thread_id AND person.id = person_id AND email <> 'new@x.test'
        AND (thread_id * 31 + person_id) % 100 > 0""",
)

if __name__ == "__main__":
    run(measure)

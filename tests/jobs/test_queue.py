"""Jobs and changes commit together, and what waits or failed can be seen."""

import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from portal.access.principal import Guest, Principal, portal_for, system
from portal.jobs import queue
from portal.models.people import Role
from tests.people import TESTER, principal_of


async def waiting(db):
    rows = await db.execute(text("SELECT entrypoint, payload FROM job_queue.pgqueuer ORDER BY id"))
    return [(row.entrypoint, json.loads(row.payload)) for row in rows]


async def test_a_job_commits_with_the_change_that_causes_it(fresh):
    async with fresh.work(TESTER) as db:
        await queue.enqueue(db, "count", {"month": 24})
        async with fresh.work(TESTER) as other:
            assert await waiting(other) == []
    async with fresh.work(TESTER) as db:
        assert await waiting(db) == [("count", {"month": 24})]


async def test_a_rollback_leaves_no_job_also_when_the_job_is_the_first_statement(fresh):
    async def change():
        async with fresh.work(TESTER) as db:
            await queue.enqueue(db, "count", {"month": 24})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await change()
    async with fresh.work(TESTER) as db:
        assert await waiting(db) == []


async def test_a_job_carries_for_whom_it_acts(db, cast):
    await queue.enqueue(db, "count", {"month": 24}, by=principal_of(cast.elin))
    await queue.enqueue(db, "count", {"month": 25}, by=system("assay"))
    assert [payload for _, payload in await waiting(db)] == [
        {"month": 24, "person_id": cast.elin.id},
        {"month": 25},
    ]


async def test_a_job_carries_who_caused_it_also_through_jobs_and_without_an_account(database, cast):
    async with database.work(principal_of(cast.tomasz)) as db:
        await queue.enqueue(db, "first", {})
    async with database.work(portal_for("Tomasz Wieczorek", cast.tomasz.id)) as db:
        await queue.enqueue(db, "second", {})
    async with database.work(guest_of(cast.acme, "Ewa Nowak")) as db:
        await queue.enqueue(db, "third", {})
    async with database.work(portal_for("Ewa Nowak")) as db:
        await queue.enqueue(db, "fourth", {})
    async with database.gate() as db:
        await queue.enqueue(db, "fifth", {})
    async with database.work(TESTER) as db:
        assert [payload for _, payload in await waiting(db)] == [
            {"person_id": cast.tomasz.id},
            {"person_id": cast.tomasz.id},
            {"asker": "Ewa Nowak"},
            {"asker": "Ewa Nowak"},
            {},
        ]


def guest_of(supplier, name):
    return Principal(
        person_id=0,
        name=name,
        role=Role.SUPPLIER_MEMBER,
        supplier_id=supplier.id,
        guest=Guest(
            link_id=1,
            contact_id=1,
            task_id=1,
            table="certificate",
            record_id=1,
            permissions=frozenset(),
            reads=frozenset(),
        ),
    )


async def test_a_payload_holds_what_json_can(db, cast):
    with pytest.raises(TypeError):
        await queue.enqueue(db, "count", {"supplier": cast.acme})
    assert await waiting(db) == []


async def test_a_job_for_later_waits_without_being_late(db):
    await queue.enqueue(db, "count", {}, after=timedelta(hours=1))
    found = await queue.backlog(db)
    assert (found.waiting, found.running, found.held, found.longest_wait) == (1, 0, 0, timedelta())
    ahead = (
        await db.execute(text("SELECT extract(epoch FROM execute_after - now()) FROM job_queue.pgqueuer"))
    ).scalar_one()
    assert ahead == 3600


async def fail(db, message):
    """Do what a worker does with a job that failed for good."""
    await db.execute(
        text(
            "WITH gone AS (UPDATE job_queue.pgqueuer SET status = 'failed'"
            "   RETURNING id, entrypoint, priority)"
            " INSERT INTO job_queue.pgqueuer_log (job_id, status, entrypoint, priority, traceback)"
            " SELECT id, 'failed', entrypoint, priority,"
            "   jsonb_build_object('exception_message', :message ::text)"
            " FROM gone"
        ),
        {"message": message},
    )


async def test_a_held_job_is_visible_and_can_be_released_or_discarded(db):
    await queue.enqueue(db, "count", {"month": 24})
    await fail(db, "There is no month 24.")
    (found,) = await queue.held(db)
    assert (found.name, found.payload, found.problem) == ("count", {"month": 24}, "There is no month 24.")
    assert (await queue.backlog(db)).held == 1
    await queue.release(db, [found.id])
    assert await queue.held(db) == []
    assert (await queue.backlog(db)).waiting == 1
    await queue.discard(db, [found.id])  # not held: stays
    assert (await queue.backlog(db)).waiting == 1
    await fail(db, "Again.")
    await queue.discard(db, [found.id])
    assert await waiting(db) == []
    history = await db.execute(text("SELECT status::text FROM job_queue.pgqueuer_log ORDER BY id"))
    assert history.scalars().all() == ["queued", "failed", "queued", "failed", "deleted"]


def words(body):
    """What a function says, without its comments and the way it is laid out."""
    return re.sub(r"--[^\n]*", "", body).lower().split()


async def test_the_migrated_schema_is_the_one_the_pinned_version_declares(db):
    plan = await queue.queries(queue.SessionDriver(db)).plan_upgrade()
    # The library replaces its function whatever it finds, so compare what it says.
    (function,) = [s for s in plan.statements if s.startswith("CREATE OR REPLACE FUNCTION")]
    ours = await db.execute(text("SELECT prosrc FROM pg_proc WHERE proname = 'fn_pgqueuer_changed'"))
    assert words(ours.scalar_one()) == words(function.split("$$")[1])
    rest = [s for s in plan.statements if s != function]
    assert rest == [], "put these statements into a migration of their own"

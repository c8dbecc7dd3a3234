"""`assay worker` as an administrator starts it."""

import asyncio
import signal

import pytest
from sqlalchemy import text

from portal.jobs import queue
from tests.jobs.conftest import rows, until
from tests.people import TESTER

pytestmark = pytest.mark.faults


async def test_it_runs_a_job_of_the_portal_and_stops_when_told(fresh, assay):
    async with fresh.work(TESTER) as db:
        await queue.enqueue(db, "sessions.clear", {})
    worker = await assay("worker")

    async def is_done():
        return await rows(fresh, "SELECT 1 FROM job_queue.pgqueuer_log WHERE status = 'successful'")

    await until(is_done)
    worker.send_signal(signal.SIGTERM)
    _, log = await asyncio.wait_for(worker.communicate(), 30)
    assert worker.returncode == 0
    assert b'"event": "job.done"' in log
    assert b'"event": "worker.stopped"' in log
    assert await rows(fresh, "SELECT 1 FROM job_queue.worker") == []


async def test_held_jobs_are_listed_and_released(fresh, said):
    async with fresh.work(TESTER) as db:
        await queue.enqueue(db, "sessions.clear", {})
        await db.execute(text("UPDATE job_queue.pgqueuer SET status = 'failed'"))
        await db.execute(
            text(
                "INSERT INTO job_queue.pgqueuer_log (job_id, status, entrypoint, priority, traceback)"
                " SELECT id, 'failed', entrypoint, priority, '{\"exception_message\": \"No disk.\"}'"
                " FROM job_queue.pgqueuer"
            )
        )
    status, out, _ = await said("worker", "--held")
    assert status == 0
    assert "sessions.clear" in out
    assert "No disk." in out
    assert "1 held job." in out
    status, out, _ = await said("worker", "--release-held")
    assert "1 held job, released." in out
    async with fresh.work(TESTER) as db:
        assert (await queue.backlog(db)).waiting == 1


async def test_one_job_at_a_time_is_refused_with_a_sentence(said):
    status, _, err = await said("worker", "--at-once", "1")
    assert status == 1
    assert err == "assay: --at-once: give 2 or more.\n"

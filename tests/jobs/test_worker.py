"""Real workers, killed and stopped in the middle of what they do."""

import asyncio
import signal
from collections import Counter

import pytest
from sqlalchemy import text

from portal.jobs import queue, runner
from tests.jobs.conftest import rows, until, words
from tests.people import TESTER, invite_everybody, principal_of

pytestmark = pytest.mark.faults


async def enqueue(database, name, by=None, **payload):
    async with database.work(TESTER) as db:
        await queue.enqueue(db, name, payload, by=by)


async def test_a_job_of_a_killed_worker_runs_again_elsewhere_and_leaves_its_effect_once(
    effects, workers, gate
):
    await enqueue(effects, "slow", word="done", gate=str(gate))
    first = await workers()
    await until(lambda: words(effects))
    assert await words(effects) == ["begun"]
    await first.stop(signal.SIGKILL)
    gate.open()
    second = await workers()

    async def is_done():
        return "done" in await words(effects)

    await until(is_done)
    found = await rows(effects, "SELECT word, pid FROM effect ORDER BY id")
    assert Counter(row.word for row in found) == {"begun": 2, "done": 1}
    assert {row.word: row.pid for row in found}["done"] == second.pid
    assert await rows(effects, "SELECT 1 FROM job_queue.pgqueuer") == []


async def test_a_worker_that_only_stood_still_does_not_double_its_job(effects, workers, gate):
    await enqueue(effects, "standstill", word="done", gate=str(gate))
    await workers()
    await until(lambda: words(effects))
    await workers()

    async def was_taken_over():
        return await rows(
            effects,
            "SELECT 1 FROM job_queue.pgqueuer_log WHERE traceback ->> 'exception_message' ~ 'Another'",
        )

    await until(was_taken_over)
    gate.open()

    async def is_gone():
        return not await rows(effects, "SELECT 1 FROM job_queue.pgqueuer")

    await until(is_gone)
    assert Counter(await words(effects)) == {"begun": 1, "done": 1}


async def test_two_workers_share_200_jobs_and_each_runs_once(effects, workers):
    async with effects.work(TESTER) as db:
        for number in range(200):
            await queue.enqueue(db, "note", {"word": f"job {number}"})
    await asyncio.gather(workers(), workers())

    async def is_done():
        return len(await words(effects)) >= 200

    await until(is_done, 60)
    found = await rows(effects, "SELECT word, pid FROM effect")
    assert Counter(row.word for row in found) == {f"job {number}": 1 for number in range(200)}
    assert len({row.pid for row in found}) == 2


async def test_a_failing_job_is_held_visible_without_effect_and_runs_again_when_released(effects, workers):
    await enqueue(effects, "hopeless", word="never")
    await enqueue(effects, "broken", word="never")
    worker = await workers()

    async def two_held():
        async with effects.work(TESTER) as db:
            found = await queue.held(db)
        return found if len(found) == 2 else None

    found = await until(two_held)
    assert {job.name: job.problem for job in found} == {
        "hopeless": "There is no such month.",
        "broken": "a bug",
    }
    assert {job.attempts for job in found} == {1}
    assert await words(effects) == ["put right: BadInputError"]
    assert "ZeroDivisionError" in worker.said()
    async with effects.work(TESTER) as db:
        await queue.release(db, [job.id for job in found])

    async def again():
        counted = await rows(
            effects, "SELECT count(*) FROM job_queue.pgqueuer_log WHERE status = 'failed' GROUP BY job_id"
        )
        return [row.count for row in counted] == [2, 2]

    await until(again)


async def test_a_passing_fault_is_met_by_waiting(effects, workers):
    await enqueue(effects, "busy", times=1)
    await workers()

    async def is_done():
        return await words(effects) == ["attempt 2"]

    await until(is_done)
    log = await rows(effects, "SELECT status::text, traceback FROM job_queue.pgqueuer_log ORDER BY id")
    assert [row.status for row in log] == ["queued", "picked", "queued", "picked", "successful"]
    assert log[2].traceback["exception_message"] == "The store is away."
    async with effects.work(TESTER) as db:
        assert await queue.held(db) == []


async def test_a_fault_that_does_not_pass_is_held_after_the_last_attempt(effects, workers):
    await enqueue(effects, "busy", times=99)
    async with effects.connection() as connection:
        await connection.execute(
            text("UPDATE job_queue.pgqueuer SET attempts = :before"), {"before": runner.MAX_ATTEMPTS - 1}
        )
    await workers()

    async def is_held():
        async with effects.work(TESTER) as db:
            return await queue.held(db)

    (job,) = await until(is_held)
    assert (job.problem, job.attempts) == ("The store is away.", runner.MAX_ATTEMPTS)
    assert await words(effects) == ["put right: BusyError"]


async def test_told_to_stop_a_worker_finishes_what_runs_and_takes_nothing_new(effects, workers, gate):
    worker = await workers()
    await enqueue(effects, "slow", word="finished", gate=str(gate))
    await until(lambda: words(effects))
    stopping = asyncio.create_task(worker.stop(signal.SIGTERM))

    async def has_heard():
        return "worker.stopping" in worker.said()

    await until(has_heard)
    await enqueue(effects, "note", word="for the next one")
    gate.open()
    assert await stopping == 0
    assert sorted(await words(effects)) == ["begun", "finished"]
    left = await rows(effects, "SELECT entrypoint, status::text FROM job_queue.pgqueuer")
    assert [tuple(row) for row in left] == [("note", "queued")]
    assert await rows(effects, "SELECT 1 FROM job_queue.worker") == []


async def test_what_does_not_finish_in_time_goes_back_into_the_queue(effects, workers, gate):
    worker = await workers(grace=0.5)
    await enqueue(effects, "slow", word="too slow", gate=str(gate))
    await until(lambda: words(effects))
    assert await worker.stop(signal.SIGINT) == 0
    assert await words(effects) == ["begun"]
    left = await rows(effects, "SELECT status::text, queue_manager_id, attempts FROM job_queue.pgqueuer")
    assert [tuple(row) for row in left] == [("queued", None, 1)]


async def test_told_twice_a_worker_does_not_wait(effects, workers, gate):
    worker = await workers(grace=3600)
    await enqueue(effects, "slow", word="too slow", gate=str(gate))
    await until(lambda: words(effects))
    worker.process.send_signal(signal.SIGINT)

    async def has_heard():
        return "worker.stopping" in worker.said()

    await until(has_heard)
    assert await worker.stop(signal.SIGINT) == 0
    left = await rows(effects, "SELECT status::text FROM job_queue.pgqueuer")
    assert [row.status for row in left] == ["queued"]


async def test_a_job_that_kills_its_worker_is_held_after_the_third_time(effects, workers):
    await enqueue(effects, "deadly")
    for _ in range(runner.MAX_DEATHS):
        worker = await workers()
        assert await worker.end() == -signal.SIGKILL
    await workers()

    async def is_held():
        async with effects.work(TESTER) as db:
            return await queue.held(db)

    (job,) = await until(is_held)
    assert "ended in the middle of this job 3 times" in job.problem
    assert await words(effects) == ["begun"] * 3 + ["put right: NotReadyError"]


async def test_a_job_acts_for_the_person_who_asked_as_they_are_now(effects, workers):
    async with effects.work(TESTER) as db:
        cast = await invite_everybody(db)
    await enqueue(effects, "who", by=principal_of(cast.tomasz))
    await enqueue(effects, "who")
    # A job of the portal's own sees every supplier, whoever caused it, and the trail names them.
    await enqueue(effects, "who_of_ours", by=principal_of(cast.tomasz), word="Caused")
    await enqueue(effects, "who_of_ours", by=principal_of(cast.rita), word="Gone since")
    await enqueue(effects, "who_of_ours", word="Nobody")
    async with effects.work(TESTER) as db:
        await db.execute(text("UPDATE person SET is_active = false WHERE name = 'Rita Bolt'"))
    await enqueue(effects, "who", by=principal_of(cast.rita))
    await workers()

    async def all_ended():
        async with effects.work(TESTER) as db:
            found = await queue.held(db)
        return found if len(found) == 2 and len(await words(effects)) == 4 else None

    refused = await until(all_ended)
    assert {job.problem for job in refused} == {
        "The person who asked for this may no longer sign in.",
        "Nobody with an account asked for this, so there is nobody to act for.",
    }
    assert set(await words(effects)) == {
        f"Tomasz Wieczorek / {cast.acme.id}",
        "The portal, for Tomasz Wieczorek / None",
        "The portal, for Rita Bolt / None",
        "job who_of_ours / None",
    }
    trail = await rows(
        effects,
        "SELECT person_id, person_name FROM trail_act"
        " WHERE table_name = 'organisation' AND action = 'update'",
    )
    assert {tuple(row) for row in trail} == {
        (cast.tomasz.id, "The portal, for Tomasz Wieczorek"),
        (cast.rita.id, "The portal, for Rita Bolt"),
        (None, "job who_of_ours"),
    }


async def test_lost_connections_hold_no_job_and_the_worker_goes_on(effects, superuser, workers, gate):
    worker = await workers()
    await enqueue(effects, "slow", word="cut off", gate=str(gate))
    await until(lambda: words(effects))
    await effects.close()  # this process's own are not to be cut
    async with superuser.connection() as connection:
        cut = await connection.execute(
            text(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
        assert cut.scalar_one() >= 2
    gate.open()

    async def is_done():
        return "cut off" in await words(effects)

    await until(is_done)
    assert Counter(await words(effects))["cut off"] == 1
    assert worker.process.returncode is None
    assert "worker.database_away" in worker.said()
    await enqueue(effects, "note", word="after")

    async def goes_on():
        return "after" in await words(effects)

    await until(goes_on)
    async with effects.work(TESTER) as db:
        assert await queue.held(db) == []


async def test_a_worker_shows_that_it_lives(effects, workers):
    worker = await workers()

    async def shown():
        return await rows(effects, "SELECT pid, seen_at, started_at FROM job_queue.worker")

    (first,) = await until(shown)
    assert first.pid == worker.pid

    async def seen_again():
        (row,) = await shown()
        return row.seen_at > first.seen_at

    await until(seen_again)

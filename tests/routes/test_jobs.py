"""The page of jobs: what was held and why, deciding about it, the timetable, and whether anybody works."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from portal import clock
from portal.jobs.queue import enqueue, held
from portal.models.jobs import Decision, JobDecision
from portal.workflows.timetable import TIMETABLE

PROBLEM = "This file is gone: import it <again>."


@pytest.fixture
async def failed(db, cast):
    """A job that failed for good, as PgQueuer leaves it."""
    await enqueue(db, "imports.run", {"run": 17}, by=None)
    return (
        await db.execute(
            text(
                "WITH job AS (UPDATE job_queue.pgqueuer SET status = 'failed', attempts = 2"
                " RETURNING id, entrypoint, priority)"
                " INSERT INTO job_queue.pgqueuer_log (job_id, status, entrypoint, priority, traceback)"
                " SELECT id, 'failed', entrypoint, priority,"
                "  jsonb_build_object('exception_message', CAST(:problem AS text)) FROM job RETURNING job_id"
            ),
            {"problem": PROBLEM},
        )
    ).scalar_one()


async def report(db, ago):
    await db.execute(
        text(
            "INSERT INTO job_queue.worker (id, host, pid, seen_at)"
            " VALUES (gen_random_uuid(), 'here', 1, :seen)"
        ),
        {"seen": clock.now() - ago},
    )


async def test_what_was_held_is_shown_first_with_its_reason_in_words(site, cast, failed):
    page = (await (await site(cast.root)).get("/jobs")).text
    assert "Import a file" in page
    assert "This file is gone: import it &lt;again&gt;." in page
    assert "run 17" in page
    assert "3 attempts" in page


@pytest.mark.parametrize("person", ["elin", "olle", "karin", "vera", "anna", "tomasz", "rita"])
async def test_only_the_administrator_has_the_page(site, cast, db, failed, person):
    browser = await site(getattr(cast, person))
    assert (await browser.get("/jobs")).status_code == 404
    assert (await browser.post(f"/jobs/{failed}/discarded", data={"reason": "x"})).status_code == 404
    assert len(await held(db)) == 1


async def test_a_job_runs_again_with_a_reason_that_the_trail_keeps(site, cast, db, failed):
    root = await site(cast.root)
    assert (
        await root.post(f"/jobs/{failed}/released", data={"reason": "The file is back."})
    ).status_code == 303
    assert await held(db) == []
    row = (await db.execute(text("SELECT status::text, attempts FROM job_queue.pgqueuer"))).one()
    assert tuple(row) == ("queued", 0)
    kept = (await db.execute(select(JobDecision))).scalar_one()
    assert (kept.decision, kept.by_name, kept.problem) == (Decision.RELEASED, "Rolf Root", PROBLEM)
    acts = await db.execute(
        text("SELECT person_name, reason FROM trail_act WHERE table_name = 'job_decision'")
    )
    assert [tuple(act) for act in acts] == [("Rolf Root", "The file is back.")]
    assert "The file is back." in (await root.get("/jobs")).text


async def test_two_administrators_decide_once(site, cast, db, failed):
    root = await site(cast.root)
    assert (await root.post(f"/jobs/{failed}/discarded", data={"reason": "Old."})).status_code == 303
    late = await root.post(f"/jobs/{failed}/released", data={"reason": "Again."})
    assert late.status_code == 409
    assert "no longer held" in late.text
    assert (await db.execute(text("SELECT count(*) FROM job_queue.pgqueuer"))).scalar_one() == 0
    assert len((await db.execute(select(JobDecision))).scalars().all()) == 1


async def test_a_decision_needs_a_reason_and_a_job(site, cast, db, failed):
    root = await site(cast.root)
    bare = await root.post(f"/jobs/{failed}/discarded", data={"reason": "  "})
    assert bare.status_code == 422
    assert "Say why." in bare.text
    for address in (f"/jobs/{failed}/burnt", "/jobs/x/released"):
        assert (await root.post(address, data={"reason": "x"})).status_code == 404
    assert (await root.post("/jobs/999999/released", data={"reason": "x"})).status_code == 409
    assert len(await held(db)) == 1


async def test_jobs_are_narrowed_to_a_state_and_a_kind(site, cast, db):
    root = await site(cast.root)
    await enqueue(db, "mail.send", {"message_id": "<a@b.example>"})
    await enqueue(db, "trail.seal", {}, after=timedelta(hours=1))
    everything = (await root.get("/jobs")).text
    assert "Send a mail <" in everything
    assert "a@b.example" not in everything
    only = (await root.get("/jobs?state=waiting&kind=trail.seal")).text
    assert "Send a mail <" not in only
    assert "Seal the trail <" in only
    assert (await root.get("/jobs?state=nonsense")).status_code == 422
    assert "No job runs at the moment." in (await root.get("/jobs?state=running")).text


async def test_every_line_of_the_timetable_has_its_last_and_next_moment(site, cast):
    page = (await (await site(cast.root)).get("/jobs")).text
    for line in TIMETABLE:
        assert line.job in page
        assert line.when.words in page


async def test_a_silent_worker_is_told_where_somebody_can_help(site, cast, db):
    root, elin = await site(cast.root), await site(cast.elin)
    assert "None has ever reported." in (await root.get("/jobs")).text
    await report(db, timedelta(hours=2))
    for address in ("/jobs", "/mail", "/worklist"):
        page = (await root.get(address, follow_redirects=True)).text
        assert "No worker runs." in page
        assert "One last reported" in page
    assert "No worker runs." not in (await elin.get("/worklist", follow_redirects=True)).text
    await report(db, timedelta(seconds=10))
    page = (await root.get("/jobs")).text
    assert "1 worker" in page
    assert "No worker runs." not in page

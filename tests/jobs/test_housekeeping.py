from datetime import timedelta

from sqlalchemy import func, select, text

from portal import clock
from portal.access.principal import system
from portal.jobs import housekeeping, queue
from portal.jobs.job import JobContext
from portal.models.people import Session, SignInAttempt
from portal.storage import make_store
from portal.storage.disk import ARRIVING
from portal.web import session as sessions
from portal.workflows import sign_in
from tests.people import secrets_of


def context(db, database, settings):
    return JobContext(db, system("night"), database, make_store(settings), settings)


async def test_sessions_that_let_nobody_in_are_cleared_and_others_stay(db, database, settings, cast):
    now = clock.now()
    for ago in (timedelta(), timedelta(hours=settings.session_idle_hours, minutes=1)):
        with clock.fixed(now - ago):
            token = await sessions.start(db, settings, cast.elin.id, address="127.0.0.1", agent="test")
            if not ago:
                kept = token
    await housekeeping.clear_sessions(context(db, database, settings), {})
    assert await secrets_of(db, select(Session.token_hash)) == [sessions.digest(kept)]


async def test_old_attempts_are_cleared_and_those_that_count_stay(db, database, settings, cast):
    now = clock.now()
    with clock.fixed(now - timedelta(days=2)):
        await sign_in.failed(db, cast.elin.email, "10.0.0.1")
    with clock.fixed(now - sign_in.WINDOW):
        await sign_in.failed(db, cast.elin.email, "10.0.0.2")
    await housekeeping.clear_sessions(context(db, database, settings), {})
    assert (await db.execute(select(SignInAttempt.address))).scalars().all() == ["10.0.0.2"]


async def test_the_job_log_is_kept_for_a_season(db, database, settings):
    await queue.enqueue(db, "old", {})
    await db.execute(text("UPDATE job_queue.pgqueuer_log SET created = now() - interval '91 days'"))
    await queue.enqueue(db, "new", {})
    await housekeeping.clear_job_log(context(db, database, settings), {})
    left = await db.execute(text("SELECT entrypoint FROM job_queue.pgqueuer_log"))
    assert left.scalars().all() == ["new"]
    assert (await db.execute(select(func.count()).select_from(text("job_queue.pgqueuer")))).scalar_one() == 2


async def test_parts_of_documents_are_cleared_after_a_day(db, database, settings):
    folder = settings.documents_dir / ARRIVING
    folder.mkdir(parents=True)
    (folder / "left").write_bytes(b"half")
    await housekeeping.clear_unfinished_documents(context(db, database, settings), {})
    assert (folder / "left").exists()
    with clock.fixed(clock.now() + timedelta(days=1, minutes=1)):
        await housekeeping.clear_unfinished_documents(context(db, database, settings), {})
    assert not (folder / "left").exists()

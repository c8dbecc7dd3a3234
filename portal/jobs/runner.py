"""Run one job: in one transaction that also ends it, once at a time, a bounded number of times.

PgQueuer delivers at least once. A worker that is killed, or stands still for too long, has its job
given to another. So the transaction of a job takes a lock on the job first, and removes the job from the
queue last: two workers never run the same job at the same time, and what a job wrote is committed
exactly when the job is done. What lies outside that transaction can happen twice.
"""

import asyncio
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import timedelta

import structlog
from pgqueuer import Job as QueuedJob
from pgqueuer import RetryRequested
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncSession

from portal.access.principal import Principal, system
from portal.db import Database, is_unreachable
from portal.errors import BusyError, NotReadyError
from portal.jobs import acting
from portal.jobs.job import Job, JobContext, WhenHeld
from portal.jobs.queue import SessionDriver, load, queries
from portal.settings import Settings
from portal.storage import DocumentStore

MAX_ATTEMPTS = 15  # with the delays below, a fault may last for an hour and a half
FIRST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(minutes=10)
MAX_DEATHS = 3  # workers that ended in the middle of the same job
STILL_RUNNING = timedelta(seconds=10)

_LOCK_SPACE = 7202  # advisory locks of this kind: (this, the job's id)
# Serialisation, deadlock, a lock that took too long: the same statement may well succeed next time.
_IN_EACH_OTHERS_WAY = {"40001", "40P01", "55P03"}
_CANCELLED = "57014"  # among them a statement that took too long: it would do so again

log = structlog.get_logger()


class Runner:
    """Runs the jobs of one worker. ``abandon`` makes those that still run go back into the queue."""

    def __init__(
        self,
        jobs: Mapping[str, Job],
        ours: Collection[str],
        when_held: Mapping[str, WhenHeld],
        database: Database,
        store: DocumentStore,
        settings: Settings,
    ) -> None:
        self._jobs = jobs
        self._ours = ours
        self._when_held = when_held
        self._database = database
        self._store = store
        self._settings = settings
        self.abandon = asyncio.Event()

    async def run(self, job: QueuedJob) -> None:
        """Run a job to its end.

        Raises:
            RetryRequested: it shall run again, after a while.
            Exception: it failed for good, and PgQueuer holds it.
        """
        told = log.bind(job=job.entrypoint, job_id=job.id, attempt=job.attempts + 1)
        began = time.monotonic()
        try:
            await self._until_abandoned(job)
        except RetryRequested as retry:
            told.info("job.again", reason=retry.reason, seconds=retry.delay.total_seconds())
            raise
        except Exception as error:
            if is_passing(error) and job.attempts + 1 < MAX_ATTEMPTS:
                delay = min(FIRST_DELAY * 2**job.attempts, LONGEST_DELAY)
                told.warning("job.again", reason=str(error), seconds=delay.total_seconds())
                raise RetryRequested(delay, str(error)) from error
            told.warning("job.held", reason=str(error))
            await self._put_right(job, error)
            raise
        told.info("job.done", seconds=round(time.monotonic() - began, 3))

    async def _until_abandoned(self, job: QueuedJob) -> None:
        work = asyncio.create_task(self._work(job))
        word = asyncio.create_task(self.abandon.wait())
        # Whoever cancels us wants the same as who says abandon; PgQueuer would take it for an end.
        with suppress(asyncio.CancelledError):
            await asyncio.wait({work, word}, return_when=asyncio.FIRST_COMPLETED)
        word.cancel()
        if not work.done():
            work.cancel()
            await asyncio.wait({work})
        if work.cancelled():
            raise RetryRequested(reason="The worker was stopped in the middle of it.")
        work.result()

    async def _work(self, job: QueuedJob) -> None:
        structlog.contextvars.bind_contextvars(job=job.entrypoint, job_id=job.id)
        payload = load(job.payload)
        async with self._database.work(system(f"job {job.entrypoint}")) as db:
            if job.entrypoint in self._ours:
                who = await acting.portal(db, job.entrypoint, payload)
            else:
                who = await acting.asker(db, payload)
        async with self._database.work(who) as db:
            if not await _is_ours(db, job):
                return
            await _refuse_what_kills(db, job)
            await self._jobs[job.entrypoint](self._context(job, db, who), payload)
            await queries(SessionDriver(db)).log_jobs([(job, "successful", None)])

    async def _put_right(self, job: QueuedJob, error: Exception) -> None:
        """Let the capability know; what goes wrong there does not keep the job from being held."""
        when_held = self._when_held.get(job.entrypoint)
        if when_held is None:
            return
        payload = load(job.payload)
        try:
            async with self._database.work(system(f"job {job.entrypoint}")) as db:
                who = await acting.portal(db, job.entrypoint, payload)
            async with self._database.work(who) as db:
                await when_held(self._context(job, db, who), payload, error)
        except Exception:
            log.exception("job.not_put_right", job=job.entrypoint, job_id=job.id)

    def _context(self, job: QueuedJob, db: AsyncSession, who: Principal) -> JobContext:
        return JobContext(
            db=db,
            who=who,
            database=self._database,
            store=self._store,
            settings=self._settings,
            attempt=job.attempts + 1,
        )


def is_passing(error: BaseException) -> bool:
    """Say whether an error speaks of the moment rather than of the job."""
    if isinstance(error, BusyError | ConnectionError | TimeoutError | PoolTimeoutError):
        return True
    cause = error.orig if isinstance(error, DBAPIError) else error
    state = str(getattr(cause, "sqlstate", None) or "")
    if state == _CANCELLED:
        return False
    if state[:2] in {"08", "53", "57"} or state in _IN_EACH_OTHERS_WAY:
        return True
    return not isinstance(error, OSError) and is_unreachable(error)


async def _is_ours(db: AsyncSession, job: QueuedJob) -> bool:
    """Take the job's lock to the end of the transaction; False when the job is done already."""
    free = await db.execute(
        text("SELECT pg_try_advisory_xact_lock(:space, (:job & 2147483647)::int)"),
        {"space": _LOCK_SPACE, "job": job.id},
    )
    if not free.scalar_one():
        raise RetryRequested(STILL_RUNNING, "Another worker is still in the middle of it.")
    there = await db.execute(text("SELECT true FROM job_queue.pgqueuer WHERE id = :job"), {"job": job.id})
    return there.first() is not None


async def _refuse_what_kills(db: AsyncSession, job: QueuedJob) -> None:
    """Raise NotReadyError for a job that was begun several times in a row and never came to any end."""
    begun = await db.execute(
        text(
            "SELECT count(*) FROM job_queue.pgqueuer_log WHERE job_id = :job AND status = 'picked'"
            " AND id > (SELECT coalesce(max(id), 0) FROM job_queue.pgqueuer_log"
            "   WHERE job_id = :job AND status <> 'picked')"
        ),
        {"job": job.id},
    )
    if begun.scalar_one() > MAX_DEATHS:
        raise NotReadyError(
            f"The worker ended in the middle of this job {MAX_DEATHS} times. Look at its memory and its log,"
            " then release the job."
        )

"""Queue a job in the transaction of the change that causes it, and look after what waits.

A job is delivered at least once, and never before the commit. ``runner.py`` says what that asks of one.
"""

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from pgqueuer import Queries
from pgqueuer.adapters.persistence import qb
from pgqueuer.core.tm import TaskManager
from pgqueuer.domain.settings import DBSettings
from pgqueuer.domain.types import Channel
from pgqueuer.ports.driver import Driver, NotifyCallback
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from portal.access.principal import Principal
from portal.db import principal_of

# Of the payload: who asked for the job. Somebody without an account has only a name.
PERSON, ASKER = "person_id", "asker"

# Every name is given: PgQueuer would read those that are missing from variables such as FUNCTION or CHANNEL.
NAMES = DBSettings(
    prefix="",
    db_schema="job_queue",
    channel=Channel("ch_pgqueuer"),
    function="fn_pgqueuer_changed",
    statistics_table="pgqueuer_statistics",
    queue_status_type="pgqueuer_status",
    queue_table="pgqueuer",
    queue_table_log="pgqueuer_log",
    trigger="tg_pgqueuer_changed",
    schedules_table="pgqueuer_schedules",
)


@dataclass(frozen=True, slots=True)
class HeldJob:
    """A job that failed for good and waits for somebody to look: ``problem`` is what it ended with."""

    id: int
    name: str
    payload: dict[str, Any]
    held_at: datetime
    attempts: int
    problem: str


@dataclass(frozen=True, slots=True)
class Backlog:
    waiting: int
    running: int
    held: int
    longest_wait: timedelta  # of jobs whose time has come


async def enqueue(
    db: AsyncSession,
    name: str,
    payload: dict[str, Any],
    *,
    by: Principal | None = None,
    after: timedelta | None = None,
) -> None:
    """Queue a job that becomes visible to workers when this session's transaction commits.

    ``payload`` holds what JSON can: numbers and keys of rows, not rows. The job carries who asked: ``by``, or
    else whoever this session works for. For whom it then acts, registry.py says.
    """
    body = {**payload, **_asked(by or principal_of(db))}
    await queries(SessionDriver(db)).enqueue(name, json.dumps(body).encode(), execute_after=after)


def _asked(who: Principal | None) -> dict[str, Any]:
    if who is None:
        return {}
    if who.person_id:
        return {PERSON: who.person_id}
    asker = who.name if who.guest else who.asker
    return {ASKER: asker} if asker else {}


async def held(db: AsyncSession, limit: int = 100) -> list[HeldJob]:
    """List jobs that failed for good, the newest first."""
    rows = await db.execute(
        text(
            "SELECT job.id, job.entrypoint, job.payload, job.updated, job.attempts,"
            " coalesce(last.traceback ->> 'exception_message', '') AS problem"
            " FROM job_queue.pgqueuer AS job"
            " LEFT JOIN LATERAL (SELECT log.traceback FROM job_queue.pgqueuer_log AS log"
            "   WHERE log.job_id = job.id AND log.status = 'failed'"
            "   ORDER BY log.id DESC LIMIT 1) AS last ON true"
            " WHERE job.status = 'failed' ORDER BY job.updated DESC, job.id DESC LIMIT :limit"
        ),
        {"limit": limit},
    )
    return [
        HeldJob(row.id, row.entrypoint, load(row.payload), row.updated, row.attempts + 1, row.problem)
        for row in rows
    ]


async def release(db: AsyncSession, job_ids: list[int]) -> list[int]:
    """Put held jobs back into the queue with all their attempts; return those that were held."""
    found = await db.execute(
        text(
            "WITH released AS (UPDATE job_queue.pgqueuer SET status = 'queued', execute_after = now(),"
            "   updated = now(), attempts = 0, queue_manager_id = NULL"
            "   WHERE id = ANY(:ids) AND status = 'failed' RETURNING id, entrypoint, priority)"
            " INSERT INTO job_queue.pgqueuer_log (job_id, status, entrypoint, priority)"
            " SELECT id, 'queued', entrypoint, priority FROM released RETURNING job_id"
        ),
        {"ids": job_ids},
    )
    return list(found.scalars())


async def discard(db: AsyncSession, job_ids: list[int]) -> list[int]:
    """Give held jobs up and return those that were held; the log keeps that there were such."""
    found = await db.execute(
        text(
            "WITH discarded AS (DELETE FROM job_queue.pgqueuer"
            "   WHERE id = ANY(:ids) AND status = 'failed' RETURNING id, entrypoint, priority)"
            " INSERT INTO job_queue.pgqueuer_log (job_id, status, entrypoint, priority)"
            " SELECT id, 'deleted', entrypoint, priority FROM discarded RETURNING job_id"
        ),
        {"ids": job_ids},
    )
    return list(found.scalars())


async def backlog(db: AsyncSession) -> Backlog:
    row = (
        await db.execute(
            text(
                "SELECT count(*) FILTER (WHERE status = 'queued') AS waiting,"
                " count(*) FILTER (WHERE status = 'picked') AS running,"
                " count(*) FILTER (WHERE status = 'failed') AS held,"
                " max(now() - execute_after)"
                "   FILTER (WHERE status = 'queued' AND execute_after <= now()) AS wait"
                " FROM job_queue.pgqueuer"
            )
        )
    ).one()
    return Backlog(row.waiting, row.running, row.held, row.wait or timedelta())


def load(payload: bytes | None) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(payload or b"{}")
    return found


def queries(driver: Driver) -> Queries:
    """Give PgQueuer's statements for our schema."""
    return Queries(
        driver,
        qbe=qb.QueryBuilderEnvironment(NAMES),
        qbq=qb.QueryQueueBuilder(NAMES),
        qbs=qb.QuerySchedulerBuilder(NAMES),
    )


class SessionDriver(Driver):
    """Lets PgQueuer speak inside a session's transaction, beginning it where nobody has yet.

    On the connection below the session it would speak outside: SQLAlchemy begins late.
    """

    def __init__(self, db: AsyncSession) -> None:
        self._db = db
        self._shutdown = asyncio.Event()

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        connection = await self._db.connection()
        result = await connection.exec_driver_sql(query, args)
        return [dict(row) for row in result.mappings()]

    async def execute(self, query: str, *args: object) -> str:
        connection = await self._db.connection()
        await connection.exec_driver_sql(query, args)
        return ""

    async def notify(self, channel: str, payload: str) -> None:
        await self.execute("SELECT pg_notify($1, $2)", channel, payload)

    async def add_listener(self, channel: str, callback: NotifyCallback) -> None:
        raise NotImplementedError("A session's transaction is too short to listen in.")

    @property
    def shutdown(self) -> asyncio.Event:
        return self._shutdown

    @property
    def tm(self) -> TaskManager:
        return TaskManager()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None: ...

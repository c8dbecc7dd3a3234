"""The clock that follows the timetable.

Any number of workers may follow it: the moment that was due last is a row in the database, moved on in the
same transaction that queues the job, so that each moment is queued once. What fell into a time without a
worker is made up for as the line says.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from portal import clock
from portal.access.principal import system
from portal.db import Database
from portal.jobs.queue import enqueue
from portal.workflows.timetable import TIMETABLE, CatchUp, Line, last_due, place_of

DUE = "due"  # of the payload: the moment that a job is for


async def follow(database: Database, timetable: Sequence[Line] = TIMETABLE) -> list[str]:
    """Queue what has become due since somebody last looked; return the names of those jobs.

    A line that nobody has ever looked at begins with its next moment.
    """
    now = clock.now()
    async with database.work(system("timetable")) as db:
        rows = await db.execute(text("SELECT name, due_at FROM job_queue.timetable"))
        known: dict[str, datetime] = {row.name: row.due_at for row in rows}
        place = await place_of(db, timetable, since=min((*known.values(), now)), now=now)
        queued = []
        for line in timetable:
            if line.job not in known:
                await db.execute(_BEGIN, {"name": line.job, "due": last_due(line, now, place)})
                continue
            missed = list(line.when.moments(known[line.job], now, place))
            if missed and await _move_on(db, line, known[line.job], missed[-1]):
                for due in _to_run(line, missed, now):
                    await enqueue(db, line.job, {DUE: due.isoformat()})
                    queued.append(line.job)
    return queued


_BEGIN = text("INSERT INTO job_queue.timetable (name, due_at) VALUES (:name, :due) ON CONFLICT DO NOTHING")
_MOVE_ON = text(
    "UPDATE job_queue.timetable SET due_at = :due WHERE name = :name AND due_at = :known RETURNING name"
)


async def _move_on(db: AsyncSession, line: Line, known: datetime, due: datetime) -> bool:
    """Move a line to the moment that is due; False when another worker was first."""
    return (await db.execute(_MOVE_ON, {"name": line.job, "known": known, "due": due})).first() is not None


def _to_run(line: Line, missed: Sequence[datetime], now: datetime) -> Sequence[datetime]:
    if line.catch_up is CatchUp.EACH:
        return missed
    if line.catch_up is CatchUp.SKIP and now - missed[-1] > line.on_time:
        return ()
    return missed[-1:]

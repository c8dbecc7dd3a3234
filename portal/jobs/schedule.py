"""The timetable, and the clock that follows it.

A line is due at a time of day in the organisation's time zone. Any number of workers may follow the
timetable: the moment that was due is a row in the database, moved on in the same transaction that queues
the job, so that each moment is queued once. What fell into a time without a worker is made up for by one
run as soon as there is one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access.principal import system
from portal.db import Database
from portal.jobs.queue import enqueue
from portal.models.organisation import Organisation

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Line:
    """A job every day at ``hour``:``minute``, or every hour at that minute when there is no hour."""

    job: str
    minute: int
    hour: int | None = None


TIMETABLE: tuple[Line, ...] = (
    Line("ratings.recount", hour=2, minute=30),
    Line("sessions.clear", hour=3, minute=10),
    Line("company_details.ask_again", hour=8, minute=0),
    Line("secrets.lock", hour=3, minute=15),
    Line("job_log.clear", hour=3, minute=20),
    Line("documents.clear_unfinished", hour=3, minute=30),
    Line("documents.sweep", hour=3, minute=40),
    Line("mail.sweep", minute=7),
    Line("scars.escalate", minute=22),
    Line("trail.seal", minute=12),
)


def last_due(line: Line, now: datetime, zone: ZoneInfo) -> datetime:
    """Return the latest instant (UTC) at which a line was due.

    A time of day that summer time leaves out is due as much later as the clock jumps; one that comes
    twice is due the first time.
    """
    if line.hour is None:
        due = now.astimezone(UTC).replace(minute=line.minute, second=0, microsecond=0)
        return due if due <= now else due - timedelta(hours=1)
    day = now.astimezone(zone).date()
    while (due := _at(line, day, zone)) > now:
        day -= timedelta(days=1)
    return due


async def follow(database: Database, timetable: Sequence[Line] = TIMETABLE) -> list[str]:
    """Queue what has become due since somebody last looked; return the names of those jobs.

    A line that nobody has ever looked at begins with its next moment.
    """
    async with database.work(system("timetable")) as db:
        zone = await _zone(db)
        rows = await db.execute(text("SELECT name, due_at FROM job_queue.timetable"))
        known: dict[str, datetime] = {row.name: row.due_at for row in rows}
        queued = []
        for line in timetable:
            due = last_due(line, clock.now(), zone)
            if line.job not in known:
                await db.execute(_BEGIN, {"name": line.job, "due": due})
            elif known[line.job] < due and await _move_on(db, line, due):
                await enqueue(db, line.job, {})
                queued.append(line.job)
    return queued


_BEGIN = text("INSERT INTO job_queue.timetable (name, due_at) VALUES (:name, :due) ON CONFLICT DO NOTHING")
_MOVE_ON = text(
    "UPDATE job_queue.timetable SET due_at = :due WHERE name = :name AND due_at < :due RETURNING name"
)


async def _move_on(db: AsyncSession, line: Line, due: datetime) -> bool:
    """Move a line to the moment that is due; False when another worker was first."""
    return (await db.execute(_MOVE_ON, {"name": line.job, "due": due})).first() is not None


async def _zone(db: AsyncSession) -> ZoneInfo:
    name = (await db.execute(select(col(Organisation.time_zone)))).scalar_one_or_none() or "UTC"
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError):
        log.warning("timetable.unknown_zone", zone=name)
        return ZoneInfo("UTC")


def _at(line: Line, day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(line.hour or 0, line.minute), tzinfo=zone).astimezone(UTC)

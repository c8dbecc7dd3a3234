"""What an administrator sees of the jobs: what waits, runs, was done and was held, and what comes next."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access.principal import Principal
from portal.db import because
from portal.errors import BadInputError, NotReadyError
from portal.jobs import queue
from portal.models.jobs import Decision, JobDecision
from portal.workflows.timetable import TIMETABLE, Line, last_due, next_due, place_of

SILENCE = timedelta(minutes=2)  # a worker reports several times a minute
MOST = 200

# What each job does, for people. A job that is not here is shown by its name.
WORDS = {
    "account.password_reset": "Write a new-password mail",
    "certificates.expire": "Let certificates expire",
    "certificates.note_answer": "Note a renewal for the score",
    "certificates.read": "Read a certificate",
    "certificates.remind": "Look for certificates that end",
    "certificates.remind_one": "Remind of a certificate",
    "months.follow": "Bring the scorecards' month on",
    "months.recheck": "Look whether published cards still agree",
    "months.mail": "Write a scorecard's mail",
    "months.freeze": "Freeze scorecards",
    "months.bundle": "Set all scorecards of a month as PDF",
    "months.clear_bundles": "Clear files of all scorecards",
    "company_details.ask_again": "Ask suppliers to confirm their details",
    "documents.check": "Check a document",
    "given_answers.clear": "Forget answers given to requests that may come twice",
    "documents.drop_arrival": "Remove what was sent to the store, once it is taken in",
    "documents.scan_again": "Scan a document again for viruses",
    "documents.take_in": "Take in a document sent straight to the store",
    "documents.clear_unfinished": "Clear uploads that never ended",
    "documents.previews": "Make a document's previews",
    "documents.sweep": "Sweep documents that belong nowhere",
    "escalations.propose": "Look for suppliers to escalate",
    "imports.clear": "Clear an imported file",
    "imports.run": "Import a file",
    "imports.undo": "Undo an import",
    "job_log.clear": "Clear the jobs' old log",
    "mail.send": "Send a mail",
    "mail.sweep": "Look after mails left behind",
    "policies.back_test": "Try a rating policy on the last months",
    "policies.activate": "Bring a rating policy into force",
    "ratings.recount": "Check the monthly sums",
    "scars.escalate": "Escalate late SCARs",
    "scars.lesson_answered": "Look whether everybody has answered a lesson",
    "scars.tell": "Mail what happened with a SCAR",
    "secrets.lock": "Lock secrets with the newest key",
    "sessions.clear": "Clear sessions that have ended",
    "summaries.begin": "Begin the daily summaries",
    "summaries.write": "Write a daily summary",
    "task_links.send": "Mail a link to a task",
    "threads.tell": "Mail an unread message",
    "trail.seal": "Seal the trail",
}


class State(StrEnum):
    HELD = "held"
    RUNNING = "running"
    WAITING = "waiting"
    DONE = "done"


class JobRow(NamedTuple):
    """One job. ``since`` is when it came into its state; one that waits may have its time still to come."""

    id: int
    name: str
    state: State
    since: datetime
    due_at: datetime
    attempts: int
    about: str
    problem: str

    @property
    def words(self) -> str:
        return WORDS.get(self.name, self.name)

    @property
    def waits_for_later(self) -> bool:
        return self.state is State.WAITING and self.due_at > clock.now()


class LineRow(NamedTuple):
    """A line of the timetable: when it was due and is due, and how its last run ended."""

    line: Line
    last_at: datetime | None
    next_at: datetime | None
    ran_at: datetime | None
    ended_well: bool

    @property
    def words(self) -> str:
        return WORDS.get(self.line.job, self.line.job)


class Workers(NamedTuple):
    """How many report, and when one did last; None when none ever has."""

    alive: int
    seen_at: datetime | None


async def counts(db: AsyncSession) -> dict[State, int]:
    """Count the jobs by state; of those that are done the last day's."""
    backlog = await queue.backlog(db)
    done = await db.execute(
        text("SELECT count(*) FROM job_queue.pgqueuer_log WHERE status = 'successful' AND created > :since"),
        {"since": clock.now() - timedelta(days=1)},
    )
    return {
        State.HELD: backlog.held,
        State.RUNNING: backlog.running,
        State.WAITING: backlog.waiting,
        State.DONE: done.scalar_one(),
    }


async def listed(db: AsyncSession, state: State, *, name: str = "") -> list[JobRow]:
    """List the newest jobs of a state, only those of one kind when it is named."""
    query = _DONE if state is State.DONE else _THERE
    values = {"status": _STATUS[state], "name": name, "limit": MOST, "since": clock.now() - timedelta(days=1)}
    rows = await db.execute(query, {key: values[key] for key in _ASKED[state]})
    return [
        JobRow(
            id=row.id,
            name=row.entrypoint,
            state=state,
            since=row.since,
            due_at=row.due_at,
            attempts=row.attempts,
            about=_about(queue.load(row.payload)),
            problem=row.problem,
        )
        for row in rows
    ]


_STATUS = {State.HELD: "failed", State.RUNNING: "picked", State.WAITING: "queued", State.DONE: ""}
_THERE = text(
    "SELECT job.id, job.entrypoint, job.payload, job.updated AS since, job.execute_after AS due_at,"
    "  job.attempts + CASE WHEN job.status = 'queued' THEN 0 ELSE 1 END AS attempts,"
    "  coalesce(last.traceback ->> 'exception_message', '') AS problem"
    " FROM job_queue.pgqueuer AS job"
    " LEFT JOIN LATERAL (SELECT log.traceback FROM job_queue.pgqueuer_log AS log"
    "   WHERE log.job_id = job.id AND log.traceback IS NOT NULL ORDER BY log.id DESC LIMIT 1) AS last ON true"
    " WHERE job.status = CAST(:status AS job_queue.pgqueuer_status)"
    "  AND (:name = '' OR job.entrypoint = :name)"
    " ORDER BY CASE WHEN job.status = 'queued' THEN job.execute_after END, job.updated DESC, job.id"
    " LIMIT :limit"
)
_DONE = text(
    "SELECT job_id AS id, entrypoint, CAST(NULL AS bytea) AS payload, created AS since, created AS due_at,"
    "  1 AS attempts, '' AS problem"
    " FROM job_queue.pgqueuer_log WHERE status = 'successful' AND created > :since"
    "  AND (:name = '' OR entrypoint = :name) ORDER BY id DESC LIMIT :limit"
)
_ASKED = {
    **dict.fromkeys((State.HELD, State.RUNNING, State.WAITING), ("status", "name", "limit")),
    State.DONE: ("name", "limit", "since"),
}


async def timetable(db: AsyncSession) -> list[LineRow]:
    now = clock.now()
    place = await place_of(db, TIMETABLE, since=now, now=now)
    rows = await db.execute(
        text(
            "SELECT DISTINCT ON (entrypoint) entrypoint, created, status FROM job_queue.pgqueuer_log"
            " WHERE entrypoint = ANY(:names) AND status IN ('successful', 'failed', 'exception')"
            " ORDER BY entrypoint, id DESC"
        ),
        {"names": [line.job for line in TIMETABLE]},
    )
    ran = {row.entrypoint: (row.created, row.status == "successful") for row in rows}
    return [
        LineRow(
            line,
            last_due(line, now, place),
            next_due(line, now, place),
            *ran.get(line.job, (None, True)),
        )
        for line in TIMETABLE
    ]


async def workers(db: AsyncSession) -> Workers:
    """Say how many workers report, and when one has done so or ended a job last."""
    row = (
        await db.execute(
            text(
                "SELECT count(*) FILTER (WHERE seen_at > :since) AS alive,"
                " greatest(max(seen_at), (SELECT created FROM job_queue.pgqueuer_log"
                "   WHERE status <> 'queued' ORDER BY id DESC LIMIT 1)) AS seen_at"
                " FROM job_queue.worker"
            ),
            {"since": clock.now() - SILENCE},
        )
    ).one()
    return Workers(row.alive, row.seen_at)


async def decide(db: AsyncSession, who: Principal, job_id: int, decision: Decision, reason: str) -> None:
    """Release a held job to run again, or give it up. The trail keeps who did it and why.

    Raises:
        BadInputError: there is no reason.
        NotReadyError: the job is not held, also when somebody else was first.
    """
    if not reason:
        raise BadInputError("Say why. The trail keeps it.")
    held = [job for job in await queue.held(db, limit=10_000) if job.id == job_id]
    taken = await (queue.release if decision is Decision.RELEASED else queue.discard)(db, [job_id])
    if not held or not taken:
        raise NotReadyError("This job is no longer held. Somebody else has released or discarded it.")
    await because(db, reason)
    db.add(
        JobDecision(
            job_id=job_id,
            job_name=held[0].name,
            decision=decision,
            problem=held[0].problem[:2000],
            reason=reason,
            by_name=who.name,
        )
    )
    await db.flush()


class DecisionRow(NamedTuple):
    by_name: str
    at: datetime
    decision: str
    job_id: int
    job_name: str
    reason: str

    @property
    def words(self) -> str:
        return WORDS.get(self.job_name, self.job_name)


async def decided(db: AsyncSession, limit: int = 10) -> list[DecisionRow]:
    """List what was decided about held jobs, the latest first."""
    query = select(JobDecision).order_by(col(JobDecision.id).desc()).limit(limit)
    return [
        DecisionRow(each.by_name, each.at, each.decision.value, each.job_id, each.job_name, each.reason)
        for each in (await db.execute(query)).scalars()
    ]


def _about(payload: dict[str, object]) -> str:
    """Say what a job is about in a few signs, without addresses."""
    shown = {key: str(value) for key, value in payload.items() if isinstance(value, int | str)}
    return ", ".join(
        f"{key} {value}"
        for key, value in shown.items()
        if key not in {queue.PERSON, queue.ASKER} and "@" not in value
    )[:120]

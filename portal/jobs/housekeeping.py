"""What grows by itself is cleared by night."""

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, text
from sqlmodel import col

from portal import clock
from portal.jobs.job import Job, JobContext
from portal.models.identity import CompanySignIn, HalfSignIn, PasskeyChallenge, SingleUseLink
from portal.models.people import Session, SignInAttempt
from portal.models.task_links import GuestSession, TaskCode
from portal.workflows import given_answers, second_factor
from portal.workflows.keyring import Keyring

ATTEMPTS_KEPT = timedelta(days=1)  # they count for a quarter of an hour
LOG_KEPT = timedelta(days=90)
UNFINISHED_KEPT = timedelta(days=1)  # no upload takes that long


async def clear_sessions(context: JobContext, payload: dict[str, Any]) -> None:
    """Remove sessions, links and questions that let nobody in any more, and attempts that count no more."""
    del payload
    now = clock.now()
    idle = now - timedelta(hours=context.settings.session_idle_hours)
    await context.db.execute(
        delete(Session).where((col(Session.expires_at) < now) | (col(Session.last_seen_at) < idle))
    )
    for model in (CompanySignIn, HalfSignIn, PasskeyChallenge, SingleUseLink, TaskCode, GuestSession):
        await context.db.execute(delete(model).where(col(model.expires_at) < now))
    await context.db.execute(delete(SignInAttempt).where(col(SignInAttempt.at) < now - ATTEMPTS_KEPT))


async def clear_job_log(context: JobContext, payload: dict[str, Any]) -> None:
    del payload
    await context.db.execute(
        text("DELETE FROM job_queue.pgqueuer_log WHERE created < :before"),
        {"before": clock.now() - LOG_KEPT},
    )


async def clear_unfinished_documents(context: JobContext, payload: dict[str, Any]) -> None:
    del payload
    await context.store.clear_unfinished(clock.now() - UNFINISHED_KEPT)


async def clear_given_answers(context: JobContext, payload: dict[str, Any]) -> None:
    del payload
    await given_answers.clear(context.db)


async def lock_secrets(context: JobContext, payload: dict[str, Any]) -> None:
    """After a change of keys: lock with the new one what the old one had locked."""
    del payload
    await second_factor.lock_again(context.db, Keyring(context.settings))


OURS: dict[str, Job] = {
    "secrets.lock": lock_secrets,
    "sessions.clear": clear_sessions,
    "job_log.clear": clear_job_log,
    "given_answers.clear": clear_given_answers,
    "documents.clear_unfinished": clear_unfinished_documents,
}

"""Mail leaves from here: each queued mail is a job, and an hourly sweep looks after those left behind."""

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.jobs.job import Job, JobContext
from portal.jobs.queue import enqueue
from portal.mail.delivery import EXPIRED, Delivery
from portal.mail.gate import Gate
from portal.mail.outbox import SEND
from portal.models.outbox import MailAttachment, MailStatus, OutgoingMail

LEFT_BEHIND = timedelta(minutes=15)  # overdue by so much, a mail has lost its job
AT_MOST = 5000  # of them in one sweep
TEXT_KEPT = timedelta(days=90)

_GATE = Gate()


async def send(context: JobContext, payload: dict[str, Any]) -> None:
    delivery = Delivery(context.db, context.database, context.settings, _GATE, context.store)
    await delivery.send(payload["message_id"])


async def sweep(context: JobContext, payload: dict[str, Any]) -> None:
    """End what has expired, remove texts that are no longer needed, and queue what has lost its job.

    A mail loses its job where there was no mail server, or when somebody discarded a held job.
    """
    del payload
    await _end_expired(context.db)
    if not context.settings.development:
        await _remove_texts(context.db)
    if context.settings.smtp is not None:
        await _queue_left_behind(context.db)


async def _end_expired(db: AsyncSession) -> None:
    now = clock.now()
    free = (
        select(col(OutgoingMail.id))
        .where(col(OutgoingMail.status) == MailStatus.QUEUED, col(OutgoingMail.expires_at) <= now)
        .with_for_update(key_share=True, skip_locked=True)
    )
    await db.execute(
        update(OutgoingMail)
        .where(col(OutgoingMail.id).in_(free))
        .values(status=MailStatus.FAILED, problem=EXPIRED, ended_at=now)
    )


async def _remove_texts(db: AsyncSession) -> None:
    now = clock.now()
    is_useless = col(OutgoingMail.is_secret) & (col(OutgoingMail.expires_at) <= now)
    is_old = col(OutgoingMail.ended_at) < now - TEXT_KEPT
    old = select(col(OutgoingMail.id)).where(col(OutgoingMail.status) != MailStatus.QUEUED, is_old)
    await db.execute(delete(MailAttachment).where(col(MailAttachment.mail_id).in_(old)))
    await db.execute(
        update(OutgoingMail)
        .where(
            col(OutgoingMail.status) != MailStatus.QUEUED,
            col(OutgoingMail.body_text) != "",
            is_useless | is_old,
        )
        .values(body_text="", body_html="")
    )


async def _queue_left_behind(db: AsyncSession) -> None:
    waiting = await db.execute(
        select(col(OutgoingMail.message_id))
        .where(
            col(OutgoingMail.status) == MailStatus.QUEUED,
            col(OutgoingMail.next_try_at) < clock.now() - LEFT_BEHIND,
        )
        .order_by(col(OutgoingMail.next_try_at))
        .limit(AT_MOST)
    )
    for message_id in waiting.scalars():
        await enqueue(db, SEND, {"message_id": message_id})


OURS: dict[str, Job] = {
    "mail.send": send,
    "mail.sweep": sweep,
}

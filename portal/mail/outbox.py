"""Put a mail into the transaction of the change that causes it: it leaves after the commit, or not at all."""

import secrets
from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.errors import NotReadyError
from portal.jobs.queue import enqueue
from portal.mail.address import for_server
from portal.mail.message import Letterhead, Message
from portal.mail.render import one_line
from portal.models.organisation import Organisation
from portal.models.outbox import (
    Handover,
    MailAttachment,
    MailStatus,
    OutgoingMail,
    UndeliverableAddress,
)
from portal.settings import Settings

SEND = "mail.send"  # the job; its payload names the mail by its Message-ID


async def letterhead(db: AsyncSession, settings: Settings) -> Letterhead:
    """Give whose mails these are; what messages are written with."""
    found = (await db.execute(select(Organisation))).scalar_one_or_none()
    if found is None:
        return Letterhead(base_url=settings.base_url)
    return Letterhead(
        base_url=settings.base_url,
        name=found.name,
        short_name=found.short_name,
        desk_hours=found.desk_hours,
        desk_phone=found.desk_phone,
        desk_email=found.desk_email,
    )


async def queue(db: AsyncSession, message: Message) -> bool:
    """Queue a mail and the job that sends it; False when this event has queued its mail before.

    What is no address at all does not stop the change that wanted to tell of itself: such a mail is kept as
    bounced, and its address as one that can't be reached.
    """
    to = message.to
    message_id = f"<{secrets.token_hex(16)}@{message.domain}>"
    now = clock.now()
    try:
        for_server(to.address)
    except ValueError as wrong:
        problem = str(wrong)
    else:
        problem = ""
    # Nothing is read back: whoever may not read mails, such as somebody not yet signed in, may cause them.
    written = await db.execute(
        insert(OutgoingMail)
        .values(
            kind=message.kind,
            key=message.key,
            message_id=message_id,
            status=MailStatus.BOUNCED if problem else MailStatus.QUEUED,
            person_id=to.person_id,
            contact_id=to.contact_id,
            supplier_id=to.supplier_id,
            name=one_line(to.name)[:200],
            address=to.address[:254],
            language=to.language[:8],
            reply_to=message.reply_to,
            unsubscribe=message.unsubscribe,
            subject=message.subject,
            body_text=message.text,
            body_html=message.html,
            is_secret=message.is_secret,
            created_at=now,
            queued_at=now,
            expires_at=message.expires_at,
            next_try_at=now,
            tries=0,
            ended_at=now if problem else None,
            problem=problem,
        )
        .on_conflict_do_nothing()
        .inline()
    )
    if not written.rowcount:  # type: ignore[attr-defined] # what an INSERT gives has one
        return False
    await _attach(db, message)
    if problem:
        # Whoever causes mail may not read which addresses are known already.
        await db.execute(_unreachable(to.address, problem).on_conflict_do_nothing().inline())
    else:
        await enqueue(db, SEND, {"message_id": message_id})
    return True


async def id_of(db: AsyncSession, message: Message) -> int | None:
    """Give the number of the mail that tells of an event; None while there is none."""
    query = select(col(OutgoingMail.id)).where(
        col(OutgoingMail.kind) == message.kind, col(OutgoingMail.key) == message.key
    )
    return (await db.execute(query)).scalar_one_or_none()


async def attached_to(db: AsyncSession, mail: OutgoingMail) -> Sequence[MailAttachment]:
    query = select(MailAttachment).where(col(MailAttachment.mail_id) == mail.id)
    return (await db.execute(query.order_by(col(MailAttachment.id)))).scalars().all()


async def _attach(db: AsyncSession, message: Message) -> None:
    """Note which files go along; only the portal itself attaches any."""
    mail_id = await id_of(db, message) if message.attached else None
    if mail_id is None:
        return
    for each in message.attached:
        db.add(
            MailAttachment(
                mail_id=mail_id,
                name=each.name,
                media_type=each.media_type,
                size=each.size,
                file_key=each.file_key,
                content_id=each.content_id,
            )
        )
    await db.flush()


async def queue_again(db: AsyncSession, mail: OutgoingMail) -> None:
    """Try a mail once more that had failed or bounced, with the same Message-ID.

    Raises:
        NotReadyError: it has not failed, or what it says is no longer of use.
    """
    if mail.status not in {MailStatus.FAILED, MailStatus.BOUNCED}:
        raise NotReadyError("This mail has not failed: it needs no second try.")
    if not mail.body_text or has_expired(mail):
        raise NotReadyError(
            "What this mail says has expired, and its text is gone. Cause a new one: invite again, or ask for"
            " a new link."
        )
    await db.execute(delete(Handover).where(col(Handover.mail_id) == mail.id))
    now = clock.now()
    mail.status, mail.tries, mail.problem, mail.ended_at = MailStatus.QUEUED, 0, "", None
    mail.queued_at = mail.next_try_at = now
    await enqueue(db, SEND, {"message_id": mail.message_id})


async def bounced(db: AsyncSession, message_id: str, address: str, reason: str) -> bool:
    """Note that a mail which a server had taken came back; False when it is none of ours.

    Its Message-ID is known to those who got the mail and their servers only: that is the proof.
    """
    query = select(OutgoingMail).where(col(OutgoingMail.message_id) == message_id)
    mail = (await db.execute(query.with_for_update(key_share=True))).scalar_one_or_none()
    if mail is None:
        return False
    if address and address.lower() != mail.address.lower():
        reason = f"{reason} ({address})"
    mail.status, mail.problem, mail.ended_at = MailStatus.BOUNCED, reason[:600], clock.now()
    await cannot_be_reached(db, mail.address, reason[:600])
    return True


def has_expired(mail: OutgoingMail) -> bool:
    return mail.expires_at is not None and mail.expires_at <= clock.now()


async def cannot_be_reached(db: AsyncSession, address: str, reason: str) -> None:
    """Remember that a mail server refused an address for good; the first time stays known."""
    statement = _unreachable(address, reason)
    await db.execute(
        statement.on_conflict_do_update(
            index_elements=["address"],
            set_={"reason": statement.excluded.reason, "last_at": statement.excluded.last_at},
        ).inline()
    )


def _unreachable(address: str, reason: str) -> Insert:
    now = clock.now()
    return insert(UndeliverableAddress).values(
        address=address.lower()[:254], reason=reason, first_at=now, last_at=now
    )


async def can_be_reached(db: AsyncSession, address: str) -> None:
    await db.execute(delete(UndeliverableAddress).where(col(UndeliverableAddress.address) == address.lower()))

"""Send one queued mail: once, however often workers die, and at most once too often.

The job's transaction holds the row's lock from the first look to the end, so two workers never send the same
mail at once. What a lock cannot tell is whether a mail server took a mail whose answer never came. So the
moment before the content goes over is committed on its own (``Handover``), and removed when an answer comes.
A mail with one such open moment is tried again, with the same Message-ID; with two it is given up and shown
to staff.
"""

from datetime import timedelta
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

import structlog
from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access.principal import system
from portal.db import Database
from portal.errors import BusyError
from portal.jobs.queue import enqueue
from portal.mail import outbox
from portal.mail.address import for_server
from portal.mail.addresses import BOUNCES
from portal.mail.compose import compose
from portal.mail.dkim import signed
from portal.mail.gate import Gate
from portal.mail.sender import Envelope, Later, Outcome, Refused, Taken, Unknown, hand_over
from portal.models.outbox import Handover, MailAttachment, MailStatus, OutgoingMail
from portal.settings import Settings
from portal.storage import DocumentStore

FIRST_DELAY = timedelta(minutes=1)
LONGEST_DELAY = timedelta(hours=4)
GIVE_UP_AFTER = timedelta(days=4)
MOST_DOUBTS = 2
LONGEST_PROBLEM = 600

EXPIRED = "It expired before a mail server took it."
MAY_HAVE_ARRIVED = (
    "The connection broke twice while it went over. It may have arrived, so it is not sent again."
)

# Postgres would end a transaction that waits for a slow mail server.
_MAY_WAIT = text("SET LOCAL idle_in_transaction_session_timeout = '5min'")

_BESIDE = system("mail delivery")

log = structlog.get_logger()


class Delivery:
    """Sends mails of one job context. ``gate`` is the worker's, ``store`` holds what is attached."""

    def __init__(
        self,
        db: AsyncSession,
        database: Database,
        settings: Settings,
        gate: Gate,
        store: DocumentStore | None = None,
    ) -> None:
        self._db = db
        self._database = database
        self._settings = settings
        self._gate = gate
        self._store = store

    async def send(self, message_id: str) -> None:
        """Send a mail, or queue its next try; a mail that has left or was given up stays as it is."""
        mail = await self._taken_hold_of(message_id)
        if mail is None:
            return
        if outbox.has_expired(mail):
            self._end(mail, MailStatus.FAILED, EXPIRED)
        elif self._settings.smtp is None:
            # In production it waits: the sweep queues it again when there is a mail server.
            if self._settings.development:
                self._end(mail, MailStatus.KEPT, "")
        elif await self._doubts(mail) >= MOST_DOUBTS:
            self._end(mail, MailStatus.FAILED, MAY_HAVE_ARRIVED)
        elif pause := self._gate.wait():
            await self._again(mail, pause)
        else:
            await self._try(mail)

    async def _taken_hold_of(self, message_id: str) -> OutgoingMail | None:
        """Lock the row to the end of the transaction; None when there is nothing left to do for it."""
        this = col(OutgoingMail.message_id) == message_id
        status = (await self._db.execute(select(col(OutgoingMail.status)).where(this))).scalar_one_or_none()
        if status is not MailStatus.QUEUED:
            return None
        # NO KEY UPDATE: the handover that is committed beside us refers to this row.
        query = select(OutgoingMail).where(this).with_for_update(key_share=True, skip_locked=True)
        mail = (await self._db.execute(query)).scalar_one_or_none()
        if mail is None:
            raise BusyError("Another worker has this mail.")
        return mail if mail.status is MailStatus.QUEUED else None

    async def _doubts(self, mail: OutgoingMail) -> int:
        query = select(func.count()).where(col(Handover.mail_id) == mail.id)
        return (await self._db.execute(query)).scalar_one()

    async def _try(self, mail: OutgoingMail) -> None:
        server, sender = self._settings.smtp, self._settings.mail_from
        assert server is not None  # noqa: S101 # send() has looked
        await self._db.execute(_MAY_WAIT)
        begun: list[int] = []

        async def before_content() -> None:
            async with self._database.work(_BESIDE) as beside:
                mark = Handover(mail_id=mail.id)
                beside.add(mark)
                await beside.flush()
                begun.append(mark.id)

        envelope = Envelope(
            sender=self._returns_to(sender),
            recipient=for_server(mail.address),
            content=await signed(compose(mail, sender, await self._files(mail)), self._settings.dkim),
            hello=_hello(self._settings.base_url),
        )
        outcome = await hand_over(server, envelope, before_content)
        mail.tries += 1
        if not isinstance(outcome, Unknown):
            await self._db.execute(delete(Handover).where(col(Handover.id).in_(begun)))
        await self._record(mail, outcome)

    async def _files(self, mail: OutgoingMail) -> list[tuple[MailAttachment, bytes]]:
        files = await outbox.attached_to(self._db, mail)
        return [(each, await self._content(each.file_key)) for each in files]

    async def _content(self, key: str) -> bytes:
        assert self._store is not None  # noqa: S101 # who sends mails with files has one
        return b"".join([chunk async for chunk in self._store.open(key)])

    def _returns_to(self, sender: str) -> str:
        """Give the address for delivery reports: our own where we take mail in, else whoever it is from."""
        domain = self._settings.inbound_domain
        return f"{BOUNCES}@{domain}" if domain else for_server(parseaddr(sender)[1])

    async def _record(self, mail: OutgoingMail, outcome: Outcome) -> None:
        match outcome:
            case Taken():
                self._gate.open()
                await self._db.execute(delete(Handover).where(col(Handover.mail_id) == mail.id))
                await outbox.can_be_reached(self._db, mail.address)
                self._end(mail, MailStatus.SENT, "")
            case Refused(answer):
                self._gate.open()
                await outbox.cannot_be_reached(self._db, mail.address, answer)
                self._end(mail, MailStatus.BOUNCED, answer)
            case Later(answer, is_away):
                if is_away:
                    self._gate.close()
                else:
                    self._gate.open()
                await self._again_or_never(mail, answer)
            case Unknown(answer):
                self._gate.close()
                await self._again_or_never(mail, answer)

    async def _again_or_never(self, mail: OutgoingMail, answer: str) -> None:
        delay = min(FIRST_DELAY * 2 ** min(mail.tries - 1, 20), LONGEST_DELAY)
        if clock.now() + delay > mail.queued_at + GIVE_UP_AFTER:
            self._end(mail, MailStatus.FAILED, f"Given up after {GIVE_UP_AFTER.days} days. {answer}")
            return
        mail.problem = answer[:LONGEST_PROBLEM]
        log.warning("mail.later", **_told(mail))
        await self._again(mail, delay)

    async def _again(self, mail: OutgoingMail, delay: timedelta) -> None:
        mail.next_try_at = clock.now() + delay
        await enqueue(self._db, outbox.SEND, {"message_id": mail.message_id}, after=delay)

    def _end(self, mail: OutgoingMail, status: MailStatus, problem: str) -> None:
        mail.status, mail.problem, mail.ended_at = status, problem[:LONGEST_PROBLEM], clock.now()
        is_over = status is MailStatus.SENT or outbox.has_expired(mail)
        if mail.is_secret and is_over and not self._settings.development:
            mail.body_text = mail.body_html = ""
        level = log.info if status in {MailStatus.SENT, MailStatus.KEPT} else log.warning
        level(f"mail.{status}", **_told(mail))


def _told(mail: OutgoingMail) -> dict[str, Any]:
    """Give what the log may hold of a mail; servers like to repeat the address."""
    problem = mail.problem.replace(mail.address, "…")
    return {"mail": mail.id, "kind": mail.kind, "tries": mail.tries, "problem": problem}


def _hello(base_url: str) -> str:
    """Give the name that we greet a mail server with: the portal's own, unless that is a mere number."""
    host = urlsplit(base_url).hostname or ""
    is_name = host.isascii() and ":" not in host and not host[-1:].isdigit()
    return host if host and is_name else "localhost"

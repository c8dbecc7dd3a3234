"""What becomes of a mail that arrives: an answer is filed in its thread, a delivery report marks an address.

An address of ours names the thread and the one reader who was given it, and is signed. A mail counts as
theirs when it also comes from their own address; whoever else knows the address can't use it.
"""

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from email.utils import parseaddr

import structlog
from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access.principal import Principal, of_person, system
from portal.db import Database
from portal.errors import BadInputError, NotFoundError, TooLargeError
from portal.languages import ngettext
from portal.mail import incoming, outbox
from portal.mail.addresses import Reader, Replies
from portal.mail.incoming import Incoming
from portal.mail.signing import signer
from portal.models.documents import Document
from portal.models.outbox import OutgoingMail
from portal.models.people import Person, Role
from portal.models.suppliers import Contact, Supplier
from portal.models.threads import Audience, Thread, ThreadMessage, ThreadNote
from portal.settings import Settings
from portal.storage import DocumentStore
from portal.workflows import documents
from portal.workflows.threads import saying, subjects

MOST_FILES = 20

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a mail belongs and who speaks there."""

    who: Principal
    address: str
    contact_id: int | None
    audience: Audience
    table: str
    record_id: int


async def is_ours(database: Database, settings: Settings, recipient: str) -> bool:
    """Say whether mail to an address is taken at all."""
    async with database.work(system("incoming mail")) as db:
        replies = Replies(settings.inbound_domain, await signer(db))
        return replies.is_bounces(recipient) or replies.read(recipient) is not None


async def receive(
    database: Database, store: DocumentStore, settings: Settings, recipient: str, raw: bytes
) -> str:
    """Take one mail in and say in a word what became of it. Taking the same mail in again changes nothing.

    Raises:
        NotFoundError: nobody of ours has this address.
        BadInputError: it can't be filed, with a sentence for whoever wrote it.
    """
    async with database.work(system("incoming mail")) as db:
        replies = Replies(settings.inbound_domain, await signer(db))
        if replies.is_bounces(recipient):
            return await _reported(db, raw)
        mail = _read(raw)
        place = await _place(db, replies, recipient)
        if mail.is_automatic or await _is_from_us(db, settings, mail):
            log.info("mail.in_ignored", to=recipient.partition("+")[0])
            return "ignored"
        if mail.sender.lower() != place.address.lower():
            raise BadInputError(
                f"Answer from {_hint(place.address)}: that is where our mail went. Nothing was filed."
            )
        mail_id = mail.message_id or f"<{hashlib.sha256(raw).hexdigest()}@no-id>"
        if await _is_filed(db, mail_id):
            return "filed before"
    async with database.work(place.who) as db:
        record = await subjects.record_of(db, place.who, place.table, place.record_id)
        kept, left_out = await _kept(db, store, settings, place.who, mail)
        await saying.say(
            db,
            place.who,
            record,
            _words(mail, kept, left_out),
            audience=place.audience,
            quoted=mail.quoted[: saying.LONGEST],
            mail_id=mail_id,
            contact_id=place.contact_id,
            document_ids=[each.id for each in kept],
        )
    return "filed"


def _read(raw: bytes) -> Incoming:
    try:
        return incoming.read(raw)
    except ValueError as wrong:
        raise BadInputError(str(wrong)) from None


async def _kept(
    db: AsyncSession, store: DocumentStore, settings: Settings, who: Principal, mail: Incoming
) -> tuple[list[Document], list[str]]:
    """Keep what is attached; of what may not be sent here only the name and the reason."""
    kept: list[Document] = []
    left_out: list[str] = []
    for each in mail.attachments[:MOST_FILES]:
        try:
            async with db.begin_nested():
                chunks = _in_one(each.content)
                kept.append(await documents.receive(db, store, settings, who, each.name, chunks))
        except (BadInputError, TooLargeError) as refused:
            left_out.append(f"[{each.name}: {refused.sentence}]")
    if (more := len(mail.attachments) - MOST_FILES) > 0:
        left_out.append(f"[{_too_many(more)}]")
    return kept, left_out


def _too_many(more: int) -> str:
    return ngettext(
        "%(num)s more file was not kept. Send at most %(most)s with one mail.",
        "%(num)s more files were not kept. Send at most %(most)s with one mail.",
        more,
        most=MOST_FILES,
    )


async def _in_one(content: bytes) -> AsyncIterator[bytes]:
    yield content


def _words(mail: Incoming, kept: Sequence[Document], left_out: Sequence[str]) -> str:
    """Give what was written, with a line for each file that was not kept; or the names of mere files."""
    words = "\n\n".join(filter(None, [mail.words, "\n".join(left_out)]))
    words = words or ", ".join(each.file_name for each in kept)
    return words.replace("\x00", "").encode("utf-8", "replace").decode()


async def _reported(db: AsyncSession, raw: bytes) -> str:
    try:
        found = incoming.failures(raw)
    except ValueError:
        found = []
    known = [await outbox.bounced(db, each.message_id, each.address, each.reason) for each in found]
    return "bounce noted" if any(known) else "ignored"


async def _place(db: AsyncSession, replies: Replies, recipient: str) -> _Place:
    read = replies.read(recipient)
    thread = await db.get(Thread, read.thread_id) if read else None
    if read is None or thread is None:
        raise NotFoundError("There is no such address here.")
    who, address = await _who(db, read.reader, thread)
    return _Place(
        who=who,
        address=address,
        contact_id=read.reader.id if read.reader.is_contact else None,
        audience=read.audience,
        table=thread.table_name,
        record_id=thread.record_id,
    )


async def _who(db: AsyncSession, reader: Reader, thread: Thread) -> tuple[Principal, str]:
    """Give whom the address was made for, as they are now, and where they get their mail."""
    gone = NotFoundError("Whoever this address was made for takes part no longer.")
    if reader.is_contact:
        contact = await db.get(Contact, reader.id)
        if contact is None or contact.supplier_id != thread.supplier_id:
            raise gone
        supplier = await db.get_one(Supplier, contact.supplier_id)
        who = Principal(
            person_id=0,
            name=contact.name,
            role=Role.SUPPLIER_MEMBER,
            email=contact.email,
            supplier_id=supplier.id,
            supplier_name=supplier.name,
            supplier_number=supplier.number,
            language=contact.language,
        )
        return who, contact.email
    query = (
        select(Person, col(Supplier.name), col(Supplier.number))
        .outerjoin(Supplier, col(Supplier.id) == col(Person.supplier_id))
        .where(col(Person.id) == reader.id, col(Person.is_active))
    )
    row = (await db.execute(query)).first()
    if row is None:
        raise gone
    return of_person(*row), row[0].email


async def _is_from_us(db: AsyncSession, settings: Settings, mail: Incoming) -> bool:
    """Recognise our own mail coming back: it would answer itself for ever."""
    own = parseaddr(settings.mail_from)[1].lower()
    if own and mail.sender.lower() == own:
        return True
    query = select(exists().where(col(OutgoingMail.message_id) == mail.message_id))
    return bool(mail.message_id and (await db.execute(query)).scalar_one())


async def _is_filed(db: AsyncSession, mail_id: str) -> bool:
    for model in (ThreadMessage, ThreadNote):
        if (await db.execute(select(exists().where(col(model.mail_id) == mail_id)))).scalar_one():
            return True
    return False


def _hint(address: str) -> str:
    """Name an address to its owner without telling it to somebody else."""
    local, _, domain = address.partition("@")
    return f"{local[:1]}…@{domain}"

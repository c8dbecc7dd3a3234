"""Say something about a record, to the other side or among ourselves; change it, take it back."""

import re
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access import scopes
from portal.access.permissions import P, may
from portal.access.principal import Principal, of_person
from portal.errors import BadInputError, NotFoundError, NotReadyError
from portal.jobs.queue import enqueue
from portal.languages import _
from portal.models.people import Person
from portal.models.suppliers import Supplier
from portal.models.threads import Audience, Said, Thread, ThreadMessage, ThreadNote
from portal.workflows import documents
from portal.workflows.threads.reading import MAY_CHANGE, may_change
from portal.workflows.threads.subjects import SUBJECTS, Record, seen, table_of

LONGEST = 10_000  # letters
TWICE = timedelta(seconds=30)
TELL = "threads.tell"  # the job that mails those who have not read it

MODELS: dict[Audience, type[ThreadMessage] | type[ThreadNote]] = {
    Audience.SHARED: ThreadMessage,
    Audience.INTERNAL: ThreadNote,
}
_NEEDED = {Audience.SHARED: P.MESSAGES_WRITE, Audience.INTERNAL: P.NOTES_WRITE}


async def say(
    db: AsyncSession,
    who: Principal,
    record: Record,
    words: str,
    *,
    audience: Audience = Audience.SHARED,
    quoted: str = "",
    mail_id: str | None = None,
    contact_id: int | None = None,
    document_ids: Sequence[int] = (),
) -> Said:
    """Say something about a record that the principal may see. Who has not read it soon is mailed.

    Documents that come with it are read by whoever reads the words: an internal note's stay internal.

    Raises:
        BadInputError: there are no words, too many, or they mention somebody who can't see the record.
        NotFoundError: the principal may not speak to this audience, or the record has no other side; a
            document is missing, or somebody else's.
    """
    _check(words)
    if not may(who, _NEEDED[audience]):
        raise NotFoundError
    thread = await _opened(db, record)
    if again := await _just_said(db, who, thread, words, audience):
        return again
    said = MODELS[audience](
        thread_id=thread.id,
        author_id=who.person_id or None,
        contact_id=contact_id or (who.guest.contact_id if who.guest else None),
        author_name=who.name,
        is_ours=who.is_staff,
        body=words,
        quoted=quoted,
        mail_id=mail_id,
        mentioned_ids=await mentioned(db, who, record, words, audience),
    )
    if isinstance(said, ThreadMessage):
        if thread.supplier_id is None:
            raise NotFoundError
        said.supplier_id = thread.supplier_id
    db.add(said)
    await db.flush()
    internal = audience is Audience.INTERNAL
    await documents.attach(db, who, document_ids, said, internal=internal, plant_id=thread.plant_id)
    # Later than it can be changed: a mail cannot be called back.
    await enqueue(db, TELL, {"audience": audience.value, "said": said.id}, after=MAY_CHANGE)
    return said


async def own(db: AsyncSession, who: Principal, record: Record, audience: Audience, said_id: int) -> Said:
    """Load and lock what the principal said about a record; NotFoundError for anybody else's words."""
    model = MODELS[audience]
    query = (
        select(model)
        .join(Thread, col(Thread.id) == col(model.thread_id))
        .where(
            col(model.id) == said_id,
            col(model.author_id) == who.person_id,
            col(Thread.table_name) == table_of(record),
            col(Thread.record_id) == record.id,
        )
        .with_for_update(of=model)
    )
    said: Said | None = (await db.execute(query)).scalar_one_or_none()
    if said is None or not may(who, _NEEDED[audience]):
        raise NotFoundError
    return said


async def change(
    db: AsyncSession, who: Principal, record: Record, audience: Audience, said: Said, words: str
) -> None:
    """Change one's own words, for some minutes."""
    _check(words)
    if not may_change(said):
        raise NotReadyError(
            _(
                "Words can be changed for %(num)s minutes. Say what is right in a new message.",
                num=int(MAY_CHANGE.total_seconds() // 60),
            )
        )
    if words == said.body:
        return
    said.body, said.edited_at = words, clock.now()
    said.mentioned_ids = await mentioned(db, who, record, words, audience)


async def retract(db: AsyncSession, who: Principal, said: Said) -> None:
    """Take one's own words back, with what came with them. That something was said stays to be seen."""
    if said.retracted_at is None:
        for document in await documents.attached(db, who, said):
            await documents.detach(db, who, document.id, said)
        said.body, said.quoted, said.mentioned_ids = "", "", []
        said.retracted_at = clock.now()


async def mentioned(
    db: AsyncSession, who: Principal, record: Record, words: str, audience: Audience
) -> list[int]:
    """Give the people whom a text names as @Name: those whom the writer may know of.

    Raises:
        BadInputError: one of them can't see the record, so that nobody believes they were told.
    """
    if "@" not in words:
        return []
    found, blind = [], []
    for person, supplier in await _people(db, who, record, audience):
        if person.id == who.person_id or not _names(words, person.name):
            continue
        reader = of_person(person, supplier, None)
        can_read = may(reader, P.NOTES_WRITE if audience is Audience.INTERNAL else P.MESSAGES_READ)
        if can_read and await seen(db, reader, table_of(record), record.id) is not None:
            found.append(person.id)
        else:
            blind.append(person.name)
    if blind:
        raise BadInputError(
            _("%(name)s can't see this record, so a mention would not reach them.", name=blind[0])
        )
    return found


async def _people(
    db: AsyncSession, who: Principal, record: Record, audience: Audience
) -> list[tuple[Person, str]]:
    """Give whom the principal may know of: our people all of us and of a supplier, a supplier's people
    their colleagues and those of us who spoke with them.
    """
    supplier_id = SUBJECTS[table_of(record)].supplier_id(record)
    query = (
        select(Person, col(Supplier.name))
        .outerjoin(Supplier, col(Supplier.id) == col(Person.supplier_id))
        .where(col(Person.is_active))
        .order_by(col(Person.name))
    )
    ours = col(Person.supplier_id).is_(None)
    theirs = col(Person.supplier_id) == supplier_id
    if audience is Audience.INTERNAL:
        query = query.where(ours)
    elif who.is_staff:
        query = query.where(ours | theirs)
    else:
        spoke = (
            select(col(ThreadMessage.author_id))
            .where(scopes.condition(who, ThreadMessage), col(ThreadMessage.is_ours))
            .scalar_subquery()
        )
        query = query.where(theirs | (ours & col(Person.id).in_(spoke)))
    return [(person, name or "") for person, name in await db.execute(query)]


async def _opened(db: AsyncSession, record: Record) -> Thread:
    """Give the record's thread, made when this is the first that is said; two at once make one."""
    table = table_of(record)
    supplier_id = SUBJECTS[table].supplier_id(record)
    opening = insert(Thread).values(
        table_name=table,
        record_id=record.id,
        supplier_id=supplier_id,
        plant_id=getattr(record, "plant_id", None),
        newest_message_id=0,
        newest_note_id=0,
        is_unanswered=False,
        created_at=clock.now(),
    )
    await db.execute(
        opening.on_conflict_do_update(
            index_elements=["table_name", "record_id"],
            set_={"supplier_id": supplier_id},
            # We spoke about a draft among ourselves before anybody else heard of it.
            where=col(Thread.supplier_id).is_distinct_from(supplier_id),
        )
    )
    query = select(Thread).where(col(Thread.table_name) == table, col(Thread.record_id) == record.id)
    query = query.with_for_update()  # who speaks at the same time waits
    return (await db.execute(query)).scalar_one()


async def _just_said(
    db: AsyncSession, who: Principal, thread: Thread, words: str, audience: Audience
) -> Said | None:
    """Find the same words by the same person of a moment ago: a button pressed twice says a thing once."""
    model = MODELS[audience]
    query = select(model).where(
        col(model.thread_id) == thread.id,
        col(model.author_id) == who.person_id,
        col(model.body) == words,
        col(model.said_at) > clock.now() - TWICE,
        col(model.retracted_at).is_(None),
    )
    found: Said | None = (await db.execute(query)).scalars().first()
    return found


def _check(words: str) -> None:
    if not words.strip():
        raise BadInputError(_("Write something first."))
    if len(words) > LONGEST:
        raise BadInputError(
            _("This is %(num)s characters long. Shorten it to %(most)s.", num=len(words), most=LONGEST)
        )


def _names(words: str, name: str) -> bool:
    return re.search(rf"(?<!\w)@{re.escape(name)}(?!\w)", words, re.IGNORECASE) is not None

"""Mail what was said to those who have not read it by then."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock, languages
from portal.access.principal import of_person
from portal.mail import messages, outbox
from portal.mail.addresses import Reader, Replies
from portal.mail.message import Letterhead, Message, Recipient
from portal.mail.signing import Signer, signer
from portal.models.mailing import Topic, Wish
from portal.models.organisation import Organisation
from portal.models.people import Person
from portal.models.suppliers import Contact, ProcessRole, Supplier
from portal.models.threads import Audience, Said, Thread, ThreadMessage, ThreadNote, ThreadReading
from portal.settings import Settings
from portal.workflows import absences, mail_choices
from portal.workflows.threads.saying import MODELS
from portal.workflows.threads.subjects import SUBJECTS, Record, page_of, seen


@dataclass(frozen=True, slots=True)
class _Post:
    """What all mails about one thing said have in common."""

    house: Letterhead
    audience: Audience
    said: Said
    record: Record
    author_place: str
    settings: Settings
    key: Signer


async def tell(db: AsyncSession, settings: Settings, audience: Audience, said_id: int) -> None:
    """Mail a message or note to each who should know of it and has not seen it; once, however often asked."""
    model = MODELS[audience]
    found = await db.execute(select(model).where(col(model.id) == said_id).with_for_update())
    said: Said | None = found.scalar_one_or_none()
    if said is None or said.retracted_at is not None or said.told_at is not None:
        return
    said.told_at = clock.now()
    thread = await db.get_one(Thread, said.thread_id)
    record: Any = await db.get(SUBJECTS[thread.table_name].model, thread.record_id)
    if record is None:
        return
    post = _Post(
        house=await outbox.letterhead(db, settings),
        audience=audience,
        said=said,
        record=record,
        author_place=await _place(db, said, thread),
        settings=settings,
        key=await signer(db),
    )
    people = await _people(db, audience, said, thread)
    for person, supplier in people:
        await _tell_person(db, post, thread, person, supplier)
    told = [Recipient.person(person) for person, _ in people]
    for each in await absences.stand_ins(db, told, Thread, thread.id):
        if each.person.id != said.author_id:
            company = next((company for _, company in people if company), None)
            theirs = company if each.person.supplier_id else None
            await _tell_person(db, post, thread, each.person, theirs, stands_in_for=each.stands_in_for)
    if audience is Audience.SHARED and not any(bool(supplier) == said.is_ours for _, supplier in people):
        for to in await _others(db, post, thread):
            await _tell_other(db, post, to)


async def _people(
    db: AsyncSession, audience: Audience, said: Said, thread: Thread
) -> list[tuple[Person, Supplier | None]]:
    """Give who should know: whom the words mention, and those who take part.

    Of a message those on the other side who spoke in the thread; at a supplier where nobody has, everybody
    who signs in. Of a note those of us who wrote notes on this record.
    """
    model = MODELS[audience]
    spoke = set(
        (
            await db.execute(
                select(col(model.author_id)).where(
                    col(model.thread_id) == thread.id,
                    col(model.author_id).is_not(None),
                    col(model.is_ours) != said.is_ours if audience is Audience.SHARED else col(model.is_ours),
                )
            )
        ).scalars()
    )
    wanted: Any = col(Person.id).in_({*spoke, *said.mentioned_ids} - {said.author_id})
    if audience is Audience.SHARED and said.is_ours and not spoke:
        wanted |= col(Person.supplier_id) == thread.supplier_id
    query = (
        select(Person, Supplier)
        .outerjoin(Supplier, col(Supplier.id) == col(Person.supplier_id))
        .where(wanted, col(Person.is_active))
        .order_by(col(Person.id))
    )
    return [(person, supplier) for person, supplier in await db.execute(query)]


async def _tell_person(
    db: AsyncSession,
    post: _Post,
    thread: Thread,
    person: Person,
    supplier: Supplier | None,
    *,
    stands_in_for: str = "",
) -> None:
    reader = of_person(person, supplier.name if supplier else "", supplier.number if supplier else "")
    if await seen(db, reader, thread.table_name, thread.record_id) is None:
        return
    if (await mail_choices.wishes(db, Reader(person.id)))[Topic.MESSAGES] is not Wish.AT_ONCE:
        return
    read = await db.get(ThreadReading, (thread.id, person.id))
    if read and _read_to(read, post.said) >= post.said.id:
        return
    to = Recipient.person(person, stands_in_for=stands_in_for)
    with languages.speaking(to.language):
        title = SUBJECTS[thread.table_name].title(reader, post.record)
        path = page_of(reader, post.record)
    await outbox.queue(db, _mail(post, to, Reader(person.id), title=title, path=path))


async def _tell_other(db: AsyncSession, post: _Post, to: Recipient) -> None:
    """Write to somebody without an account, who has no page to read it on."""
    reader = Reader(to.contact_id, is_contact=True) if to.contact_id else None
    if reader and (await mail_choices.wishes(db, reader))[Topic.MESSAGES] is Wish.NEVER:
        return
    title = getattr(post.record, "number", "") or post.house.short_name
    await outbox.queue(db, _mail(post, to, reader, title=title, path=""))


def _read_to(read: ThreadReading, said: Said) -> int:
    return read.note_id if isinstance(said, ThreadNote) else read.message_id


async def _others(db: AsyncSession, post: _Post, thread: Thread) -> Sequence[Recipient]:
    """Give whom to write to on a side where nobody signs in or takes part: contacts there, our desk here."""
    if not post.said.is_ours:
        desk = post.house.desk_email
        return [Recipient(address=desk, name=post.house.short_name)] if desk else []
    query = (
        select(Contact, col(Supplier.time_zone))
        .join(Supplier, col(Supplier.id) == col(Contact.supplier_id))
        .where(col(Contact.supplier_id) == thread.supplier_id, col(Contact.role) == ProcessRole.QUALITY)
    )
    return [Recipient.contact(contact, zone) for contact, zone in await db.execute(query)]


async def _place(db: AsyncSession, said: Said, thread: Thread) -> str:
    """Give the company that a message comes from."""
    if isinstance(said, ThreadMessage) and not said.is_ours and thread.supplier_id is not None:
        return (await db.get_one(Supplier, thread.supplier_id)).name
    return (await db.execute(select(col(Organisation.short_name)))).scalar_one_or_none() or ""


def _mail(post: _Post, to: Recipient, reader: Reader | None, *, title: str, path: str) -> Message:
    """Write the mail for one reader; our desk is none, so it can't answer into the thread."""
    replies = Replies(post.settings.inbound_domain, post.key)
    base_url = post.settings.base_url
    return messages.thread_message(
        post.house,
        to,
        key=f"{post.audience}-{post.said.id}-{reader.sign if reader else 'desk'}",
        path=path,
        title=title,
        author=post.said.author_name,
        author_place=post.author_place,
        words=post.said.body,
        is_internal=post.audience is Audience.INTERNAL,
        is_mention=to.person_id in post.said.mentioned_ids,
        reply_to=replies.address(post.audience, post.said.thread_id, reader) if reader else "",
        unsubscribe=mail_choices.link(base_url, post.key, Topic.MESSAGES, reader) if reader else "",
    )

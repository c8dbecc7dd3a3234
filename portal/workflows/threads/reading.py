"""A thread as one person sees it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

from sqlalchemy import (
    func,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access import scopes
from portal.access.permissions import P, may
from portal.access.principal import Principal
from portal.models.documents import Document
from portal.models.organisation import Organisation
from portal.models.people import Person
from portal.models.suppliers import Supplier
from portal.models.threads import Said, Thread, ThreadMessage, ThreadNote, ThreadReading
from portal.workflows.documents import attached_to_all
from portal.workflows.threads.subjects import SUBJECTS, Record, page_of, table_of

MAY_CHANGE = timedelta(minutes=10)

SaidRow = TypeVar("SaidRow", ThreadMessage, ThreadNote)


class Piece(NamedTuple):
    """A stretch of a message's text."""

    text: str
    is_mention: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a thread: a message, a note, or, with an ``icon``, an event."""

    at: datetime
    id: int = 0
    author: str = ""
    place: str = ""  # the company, where it is not the reader's own
    is_ours: bool = False
    lines: tuple[tuple[Piece, ...], ...] = ()
    quoted: str = ""
    files: tuple[Document, ...] = ()
    is_by_mail: bool = False
    edited_at: datetime | None = None
    is_retracted: bool = False
    is_mine: bool = False
    may_change: bool = False
    is_new: bool = False
    icon: str = ""
    words: str = ""

    @property
    def text(self) -> str:
        """The words as they were typed."""
        return "\n".join("".join(piece.text for piece in line) for line in self.lines)

    @property
    def initials(self) -> str:
        parts = self.author.split()
        return "".join(part[0] for part in (*parts[:1], *parts[1:][-1:])).upper() or "?"


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadView:
    """What ``threads/_thread.html`` shows.

    ``messages`` are what both sides read, with events, in one line of time; ``notes`` are ours alone and
    empty for a supplier's people. ``they`` is who reads a message on the other side, '' when nobody does.
    """

    table: str
    record_id: int
    title: str
    page: str
    they: str
    messages: tuple[Entry, ...]
    notes: tuple[Entry, ...]
    unread: int
    may_write: bool
    may_note: bool

    @property
    def address(self) -> str:
        return f"/messages/{self.table}/{self.record_id}"


async def thread_of(db: AsyncSession, who: Principal, record: Record, *, read: bool = True) -> ThreadView:
    """Give what was said about a record that the principal may see. ``read``: from now on they know it."""
    table = table_of(record)
    subject = SUBJECTS[table]
    supplier_id = subject.supplier_id(record)
    thread = await _thread(db, who, table, record.id)
    seen = await _reading(db, who, thread)
    messages = await _said(db, ThreadMessage, thread)
    notes = await _said(db, ThreadNote, thread) if may(who, P.NOTES_WRITE) else []
    names = await _names(db, [*messages, *notes])
    they = await _other_side(db, who, supplier_id)
    files = await _files(db, who, messages, notes)
    entries = [_entry(who, each, names, they, files, after=seen[0]) for each in messages]
    ours = tuple(_entry(who, each, names, "", files, after=seen[1]) for each in notes)
    if thread is not None and read:
        await _mark_read(db, who, thread, seen, (_newest(messages), _newest(notes)))
    events = [
        Entry(at=event.at, icon=event.icon, words=event.words)
        for event in await subject.events(db, who, record)
    ]
    return ThreadView(
        table=table,
        record_id=record.id,
        title=subject.title(who, record),
        page=page_of(who, record),
        they=they,
        messages=tuple(sorted([*entries, *events], key=lambda entry: (entry.at, entry.id))),
        notes=ours,
        unread=sum(entry.is_new for entry in (*entries, *ours)),
        may_write=bool(they) and may(who, P.MESSAGES_WRITE),
        may_note=may(who, P.NOTES_WRITE),
    )


async def _thread(db: AsyncSession, who: Principal, table: str, record_id: int) -> Thread | None:
    query = scopes.visible(who, Thread).where(
        col(Thread.table_name) == table, col(Thread.record_id) == record_id
    )
    return (await db.execute(query)).scalar_one_or_none()


async def _said(db: AsyncSession, model: type[SaidRow], thread: Thread | None) -> Sequence[SaidRow]:
    if thread is None:
        return []
    query = select(model).where(col(model.thread_id) == thread.id).order_by(col(model.said_at), col(model.id))
    return (await db.execute(query)).scalars().all()


async def _reading(db: AsyncSession, who: Principal, thread: Thread | None) -> tuple[int, int]:
    """Give the newest message and the newest note that somebody has read."""
    if thread is None:
        return 0, 0
    found = await db.get(ThreadReading, (thread.id, who.person_id))
    return (found.message_id, found.note_id) if found else (0, 0)


async def _mark_read(
    db: AsyncSession, who: Principal, thread: Thread, before: tuple[int, int], newest: tuple[int, int]
) -> None:
    """Remember what was shown; two pages at once never turn it back. Of a guest nothing is remembered."""
    if not who.person_id or (newest[0] <= before[0] and newest[1] <= before[1]):
        return
    statement = insert(ThreadReading).values(
        thread_id=thread.id,
        person_id=who.person_id,
        message_id=newest[0],
        note_id=newest[1],
        takes_part=False,
        has_news=False,  # the database knows better
    )
    await db.execute(
        statement.on_conflict_do_update(
            index_elements=["thread_id", "person_id"],
            set_={
                "message_id": func.greatest(ThreadReading.message_id, statement.excluded.message_id),
                "note_id": func.greatest(ThreadReading.note_id, statement.excluded.note_id),
            },
        )
    )


async def _files(
    db: AsyncSession, who: Principal, *kinds: Sequence[Said]
) -> dict[tuple[str, int], list[Document]]:
    """Give the documents that came with what was said, by its table and id."""
    found: dict[tuple[str, int], list[Document]] = {}
    for said in kinds:
        if said:
            table = str(said[0].__tablename__)
            of_all = await attached_to_all(db, who, table, [each.id for each in said])
            found |= {(table, each): files for each, files in of_all.items()}
    return found


def _newest(said: Sequence[Said]) -> int:
    return max((each.id for each in said), default=0)


async def _names(db: AsyncSession, said: Iterable[Said]) -> dict[int, str]:
    ids = {person_id for each in said for person_id in each.mentioned_ids}
    if not ids:
        return {}
    rows = await db.execute(select(col(Person.id), col(Person.name)).where(col(Person.id).in_(ids)))
    return {person_id: name for person_id, name in rows}  # noqa: C416 # rows are no pairs to the type checker


async def _other_side(db: AsyncSession, who: Principal, supplier_id: int | None) -> str:
    if supplier_id is None:
        return ""
    if who.is_staff:
        return (await db.get_one(Supplier, supplier_id)).name
    found = (await db.execute(select(col(Organisation.short_name)))).scalar_one_or_none()
    return found or "Assay"


def _entry(
    who: Principal,
    said: Said,
    names: dict[int, str],
    they: str,
    files: Mapping[tuple[str, int], Sequence[Document]],
    *,
    after: int,
) -> Entry:
    is_mine = said.author_id is not None and said.author_id == who.person_id
    is_theirs = said.is_ours != who.is_staff
    gone = said.retracted_at is not None
    return Entry(
        at=said.said_at,
        id=said.id,
        author=said.author_name,
        place=they if is_theirs else "",
        is_ours=said.is_ours,
        lines=()
        if gone
        else _lines(said.body, [name for name in map(names.get, said.mentioned_ids) if name]),
        quoted="" if gone else said.quoted,
        files=tuple(files.get((str(said.__tablename__), said.id), ())),
        is_by_mail=said.mail_id is not None,
        edited_at=said.edited_at,
        is_retracted=gone,
        is_mine=is_mine,
        may_change=is_mine and may_change(said),
        is_new=said.id > after and not is_mine and not gone,
    )


def may_change(said: Said) -> bool:
    """Whether its author may still change the words: for some minutes, before others were mailed."""
    return said.retracted_at is None and clock.now() < said.said_at + MAY_CHANGE


def _lines(body: str, names: Sequence[str]) -> tuple[tuple[Piece, ...], ...]:
    if not names:
        return tuple((Piece(line),) for line in body.split("\n"))
    mention = re.compile("(" + "|".join(re.escape(f"@{name}") for name in names) + ")", re.IGNORECASE)
    return tuple(
        tuple(Piece(part, bool(mention.fullmatch(part))) for part in mention.split(line) if part)
        for line in body.split("\n")
    )

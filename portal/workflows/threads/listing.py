"""The threads in which somebody has something to read, and how much."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    false,
    func,
    literal,
    select,
    true,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from portal.access import scopes
from portal.access.permissions import P, may
from portal.access.principal import Principal
from portal.models.suppliers import Supplier
from portal.models.threads import Thread, ThreadMessage, ThreadNote, ThreadReading
from portal.workflows.threads.subjects import SUBJECTS, Record, may_see, page_of

MOST_THREADS = 200


class Heading(NamedTuple):
    """A thread in the list: its last words, and how much of it somebody has not read."""

    address: str
    title: str
    supplier: str
    author: str
    words: str
    at: datetime
    is_note: bool
    unread: int


async def headings(db: AsyncSession, who: Principal, *, everybodys: bool = False) -> list[Heading]:
    """List threads with their last words, the latest first: one's own, or all that one may see.

    A supplier's people own all threads of their company. Our people own those in which they spoke or were
    mentioned, and those in which a supplier waits for the first answer of any of us.
    """
    message, note = aliased(ThreadMessage), aliased(ThreadNote)
    is_newest = col(note.id) == col(Thread.newest_note_id)
    latest_at = func.greatest(col(message.said_at), col(note.said_at))
    read_to = (func.coalesce(each, 0) for each in (col(ThreadReading.message_id), col(ThreadReading.note_id)))
    new = _unread_of(who, col(Thread.id), *read_to).subquery()
    query = (
        select(
            Thread, message, note, col(Supplier.name), select(func.count()).select_from(new).scalar_subquery()
        )
        .outerjoin(message, col(message.id) == col(Thread.newest_message_id))
        .outerjoin(note, is_newest if may(who, P.NOTES_WRITE) else false())
        .outerjoin(Supplier, col(Supplier.id) == col(Thread.supplier_id))
        .outerjoin(ThreadReading, _own_reading(who))
        .where(*_seen(who), latest_at.is_not(None))
        .order_by(latest_at.desc(), col(Thread.id).desc())
        .limit(MOST_THREADS)
    )
    if not everybodys:
        query = query.where(_mine(who))
    rows = list(await db.execute(query))
    records = await _records(db, who, [row.Thread for row in rows])
    found = []
    for thread, theirs, ours, supplier, number in rows:
        record = records.get((thread.table_name, thread.record_id))
        if record is None:
            continue
        last = max((each for each in (theirs, ours) if each is not None), key=lambda each: each.said_at)
        found.append(
            Heading(
                address=page_of(who, record),
                title=SUBJECTS[thread.table_name].title(who, record),
                supplier="" if who.is_supplier else supplier or "",
                author=last.author_name,
                words=" ".join(last.body.split()),
                at=last.said_at,
                is_note=last is ours,
                unread=number,
            )
        )
    return found


async def unread(db: AsyncSession, who: Principal) -> int:
    """Count what others have said in threads of one's own and one has not read."""
    if not may(who, P.MESSAGES_READ):
        return 0
    return int((await db.execute(counting(who))).scalar_one())


@lru_cache(maxsize=128)
def counting(who: Principal, *, most: int | None = None) -> Select[int]:
    """Select that count, or where it is more than ``most``, that many: every page asks for it.

    It begins with what the database has noted as new, by two small indexes: it costs what is unread, and not
    what was ever said. Putting the query together takes longer than the answer, so a session's is kept.
    """
    noted = _noted(who).subquery()
    # One after the other: the planner takes what is new in one thread for next to nothing, and looks at all.
    news = (
        select(noted)
        .join(Thread, col(Thread.id) == noted.c.thread_id)
        .where(*_seen(who))
        .cte("news")
        .prefix_with("MATERIALIZED")
    )
    words = _unread_of(who, news.c.thread_id, news.c.message_id, news.c.note_id).lateral()
    each = select(literal(1)).select_from(news).join(words, true()).limit(most)
    return select(func.count()).select_from(each.subquery())


def _noted(who: Principal) -> Select[int, int, int] | CompoundSelect[int, int, int]:
    """Select somebody's own threads with something new, and how far they have read them."""
    mine = select(
        col(ThreadReading.thread_id), col(ThreadReading.message_id), col(ThreadReading.note_id)
    ).where(
        col(ThreadReading.person_id) == who.person_id,
        col(ThreadReading.takes_part),
        col(ThreadReading.has_news),
    )
    if who.is_supplier:
        return mine
    # Looked up for each of the few, rather than everything that they have ever read.
    read = select(ThreadReading).where(_own_reading(who)).correlate(Thread).limit(1).lateral("read")
    unanswered = (
        select(col(Thread.id), func.coalesce(read.c.message_id, 0), func.coalesce(read.c.note_id, 0))
        .outerjoin(read, true())
        .where(
            col(Thread.is_unanswered),
            ~func.coalesce(read.c.takes_part, false()),
            func.coalesce(read.c.has_news, true()),
        )
    )
    return union_all(mine, unanswered)


def _unread_of(who: Principal, thread_id: Any, message_id: Any, note_id: Any) -> CompoundSelect[int]:
    """Give a row for each message of a thread, and for ours each note, that is new to somebody.

    The ids are columns of the query around it: the thread, and how far it was read.
    """
    kinds: list[tuple[type[ThreadMessage | ThreadNote], Any]] = [(ThreadMessage, message_id)]
    if may(who, P.NOTES_WRITE):
        kinds.append((ThreadNote, note_id))
    return union_all(
        *(
            select(literal(1))
            .where(
                col(model.thread_id) == thread_id,
                col(model.id) > read_to,
                col(model.author_id).is_distinct_from(who.person_id),
                col(model.retracted_at).is_(None),
            )
            .correlate_except(model)
            for model, read_to in kinds
        )
    )


def _own_reading(who: Principal) -> ColumnElement[bool]:
    return (col(ThreadReading.thread_id) == col(Thread.id)) & (col(ThreadReading.person_id) == who.person_id)


def _seen(who: Principal) -> list[ColumnElement[bool]]:
    tables = [table for table in SUBJECTS if may_see(who, table)]
    return [col(Thread.table_name).in_(tables), scopes.condition(who, Thread)]


def _mine(who: Principal) -> ColumnElement[bool]:
    if who.is_supplier:
        return true()
    return func.coalesce(col(ThreadReading.takes_part), false()) | col(Thread.is_unanswered)


async def _records(
    db: AsyncSession, who: Principal, threads: Sequence[Thread]
) -> dict[tuple[str, int], Record]:
    wanted: dict[str, list[int]] = {}
    for thread in threads:
        wanted.setdefault(thread.table_name, []).append(thread.record_id)
    found: dict[tuple[str, int], Record] = {}
    for table, ids in wanted.items():
        model: Any = SUBJECTS[table].model
        rows = await db.execute(scopes.visible(who, model).where(col(model.id).in_(ids)))
        found |= {(table, record.id): record for record in rows.scalars()}
    return found

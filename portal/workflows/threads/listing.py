"""The threads in which somebody has something to read, and how much."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession
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
    mentioned, and those that nobody of us has answered yet.
    """
    latest = _latest(who).subquery()
    query = (
        select(Thread, latest, col(Supplier.name))
        .join(latest, latest.c.thread_id == col(Thread.id))
        .outerjoin(Supplier, col(Supplier.id) == col(Thread.supplier_id))
        .where(*_seen(who), latest.c.rank == 1)
        .order_by(latest.c.said_at.desc())
        .limit(MOST_THREADS)
    )
    if not everybodys:
        query = query.where(_owned(who))
    rows = list(await db.execute(query))
    records = await _records(db, who, [row.Thread for row in rows])
    return [
        Heading(
            address=page_of(who, record),
            title=SUBJECTS[row.Thread.table_name].title(who, record),
            supplier="" if who.is_supplier else row.name or "",
            author=row.author_name,
            words="" if row.retracted_at else " ".join(row.body.split()),
            at=row.said_at,
            is_note=row.is_note,
            unread=row.unread,
        )
        for row in rows
        if (record := records.get((row.Thread.table_name, row.Thread.record_id))) is not None
    ]


async def unread(db: AsyncSession, who: Principal) -> int:
    """Count what others have said in threads of one's own and one has not read."""
    if not may(who, P.MESSAGES_READ):
        return 0
    said = union_all(*_everything_said(who)).subquery()
    query = (
        select(func.coalesce(func.sum(said.c.is_unread), 0))
        .join(Thread, col(Thread.id) == said.c.thread_id)
        .where(*_seen(who), _owned(who))
    )
    return int((await db.execute(query)).scalar_one())


def _latest(who: Principal) -> Select[*tuple[Any, ...]]:
    """Rank what was said in each thread, the newest first, with how much of the thread is unread."""
    said = union_all(*_everything_said(who)).subquery()
    newest = (said.c.said_at.desc(), said.c.id.desc())
    return select(
        said,
        func.row_number().over(partition_by=said.c.thread_id, order_by=newest).label("rank"),
        func.sum(said.c.is_unread).over(partition_by=said.c.thread_id).label("unread"),
    )


def _everything_said(who: Principal) -> list[Select[*tuple[Any, ...]]]:
    """Give messages, and for our people notes, with 1 for each that the principal has not read."""
    kinds: list[tuple[type[ThreadMessage | ThreadNote], Any]] = [
        (ThreadMessage, col(ThreadReading.message_id))
    ]
    if may(who, P.NOTES_WRITE):
        kinds.append((ThreadNote, col(ThreadReading.note_id)))
    found: list[Select[*tuple[Any, ...]]] = []
    for model, read_to in kinds:
        is_unread = (
            (col(model.id) > func.coalesce(read_to, 0))
            & col(model.author_id).is_distinct_from(who.person_id)
            & col(model.retracted_at).is_(None)
        )
        found.append(
            select(
                col(model.thread_id),
                col(model.id),
                col(model.said_at),
                col(model.author_name),
                col(model.body),
                col(model.retracted_at),
                literal(model is ThreadNote).label("is_note"),
                cast(is_unread, Integer).label("is_unread"),
            ).outerjoin(
                ThreadReading,
                (col(ThreadReading.thread_id) == col(model.thread_id))
                & (col(ThreadReading.person_id) == who.person_id),
            )
        )
    return found


def _seen(who: Principal) -> list[ColumnElement[bool]]:
    tables = [table for table in SUBJECTS if may_see(who, table)]
    return [col(Thread.table_name).in_(tables), scopes.condition(who, Thread)]


def _owned(who: Principal) -> ColumnElement[bool]:
    if who.is_supplier:
        return true()

    def there_is(model: type[ThreadMessage] | type[ThreadNote], *conditions: Any) -> ColumnElement[bool]:
        return exists().where(col(model.thread_id) == col(Thread.id), *conditions)

    mine = [
        there_is(
            model,
            (col(model.author_id) == who.person_id) | col(model.mentioned_ids).contains([who.person_id]),
        )
        for model in (ThreadMessage, ThreadNote)
    ]
    return or_(*mine, ~there_is(ThreadMessage, col(ThreadMessage.is_ours)))


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

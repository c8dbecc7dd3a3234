"""The daily summary: what is open for somebody, at seven in their morning, when there is news in it."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock, languages
from portal.access import scopes
from portal.access.principal import Principal, of_person
from portal.jobs.queue import enqueue
from portal.mail import messages, outbox
from portal.mail.addresses import Reader
from portal.mail.message import Recipient
from portal.mail.signing import signer
from portal.models.mailing import Summary, Topic, Wish
from portal.models.people import Person
from portal.models.suppliers import Supplier
from portal.models.tasks import Side, Task
from portal.settings import Settings
from portal.workflows import absences, mail_choices
from portal.workflows.tasks import registry
from portal.workflows.threads import listing

MORNING, EVENING = 7, 19  # hours; who could not be written to by the evening is written to tomorrow
MOST = 20  # tasks in one mail
WRITE = "summaries.write"


class Open(NamedTuple):
    """A task in its reader's words."""

    words: str
    due_at: datetime | None
    is_overdue: bool


async def begin(db: AsyncSession) -> int:
    """Queue today's summary for everybody whose morning it is and who has none yet; say how many."""
    now = clock.now()
    people = await db.execute(select(col(Person.id), col(Person.time_zone)).where(col(Person.is_active)))
    local = {person_id: now.astimezone(_zone(zone)) for person_id, zone in people}
    values = [
        {"person_id": person_id, "day_on": there.date(), "fingerprint": ""}
        for person_id, there in local.items()
        if MORNING <= there.hour < EVENING
    ]
    if not values:
        return 0
    statement = insert(Summary).values(values)
    started = await db.execute(
        statement.on_conflict_do_update(
            index_elements=["person_id"],
            set_={"day_on": statement.excluded.day_on},
            where=col(Summary.day_on) < statement.excluded.day_on,
        ).returning(col(Summary.person_id))
    )
    ids = sorted(started.scalars())
    for person_id in ids:
        await enqueue(db, WRITE, {"reader": person_id})
    return len(ids)


async def write(db: AsyncSession, settings: Settings, person_id: int) -> bool:
    """Write somebody's summary for today; False when there is nothing new in it."""
    found = await db.execute(
        select(Person, col(Supplier.name), col(Supplier.number))
        .outerjoin(Supplier, col(Supplier.id) == col(Person.supplier_id))
        .where(col(Person.id) == person_id, col(Person.is_active))
    )
    row = found.first()
    if row is None:
        return False
    person, who = row[0], of_person(*row)
    summary = await db.get_one(Summary, person.id, with_for_update=True)
    reader = Reader(who.person_id)
    if (await mail_choices.wishes(db, reader))[Topic.SUMMARY] is Wish.NEVER:
        return False
    tasks = await _tasks(db, who)
    unread = await listing.unread(db, who)
    now = clock.now()
    before, summary.fingerprint = summary.fingerprint, _fingerprint(tasks, unread)
    overdue = [task for task in tasks if task.due_at is not None and task.due_at < now]
    if not (tasks or unread) or (summary.fingerprint == before and not overdue):
        return False
    with languages.speaking(person.language):
        shown = [Open(_words(who, task), task.due_at, task in overdue) for task in tasks[:MOST]]
    message = messages.summary(
        await outbox.letterhead(db, settings),
        Recipient.person(person),
        key=f"{person.id}-{summary.day_on}",
        tasks=shown,
        more=len(tasks) - len(shown),
        overdue=len(overdue),
        unread=unread,
        unsubscribe=mail_choices.link(settings.base_url, await signer(db), Topic.SUMMARY, reader),
    )
    return await outbox.queue(db, message)


async def _tasks(db: AsyncSession, who: Principal) -> Sequence[Task]:
    """Give what somebody has to do: a supplier's people their company's, our people what they follow."""
    side = Side.US if who.is_staff else Side.SUPPLIER
    query = select(Task).where(
        col(Task.done_at).is_(None),
        col(Task.paused_at).is_(None),
        col(Task.side) == side,
        col(Task.kind).in_(registry.theirs(who)),
        scopes.condition(who, Task),
    )
    if who.is_staff:
        query = query.where(absences.followed(who, clock.now()))
    query = query.order_by(col(Task.due_at).asc().nulls_last(), col(Task.id))
    return (await db.execute(query)).scalars().all()


def _words(who: Principal, task: Task) -> str:
    kind = registry.KINDS[task.kind]
    return kind.item(task) if who.is_staff else kind.title(task)


def _fingerprint(tasks: Sequence[Task], unread: int) -> str:
    facts = [f"{task.id} {task.side} {task.due_at}" for task in tasks]
    return hashlib.sha256("\n".join([*facts, str(unread)]).encode()).hexdigest()


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError):
        return ZoneInfo("UTC")

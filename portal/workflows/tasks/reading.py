"""What needs somebody, as their home page and their navigation show it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access import scopes
from portal.access.principal import Principal
from portal.models.tasks import Side, Task
from portal.workflows import absences
from portal.workflows.tasks import registry
from portal.workflows.tasks.kinds import Kind

LATER = timedelta(days=30)  # what is due after that can wait below the rest
_NOBODY: Mapping[int, str] = {}


@dataclass(frozen=True, slots=True)
class Told:
    """A task with its words in the reader's language. ``row`` has the times."""

    row: Task
    kind: Kind
    title: str
    more: str
    button: str
    href: str
    for_whom: str = ""  # who is away

    @property
    def progress(self) -> tuple[Sequence[str], str] | None:
        return self.kind.progress(self.row) if self.kind.progress else None


@dataclass(frozen=True, slots=True)
class Home:
    """What a supplier's people have to do (earliest due first), what can wait, and what they wait for."""

    now: list[Told]
    later: list[Told]
    waiting: list[Told]
    total: int  # of all that is theirs to do, also of what is not shown
    due_soon: int  # of those shown, within two days or overdue


async def home(db: AsyncSession, who: Principal, *, now: datetime, rows: int) -> Home:
    """Gather a supplier's home page.

    Args:
        db: the transaction.
        who: a supplier's person, or a guest.
        now: the instant.
        rows: how many of the tasks that are theirs to do.
    """
    theirs = _open(who).where(col(Task.side) == Side.SUPPLIER, col(Task.paused_at).is_(None))
    away = await absences.contacts_away(db, who, now) if who.person_id else {}
    found = [told(task, away) for task in (await db.execute(_in_order(theirs).limit(rows))).scalars()]
    total = len(found)
    if total == rows:
        count = theirs.with_only_columns(func.count(), maintain_column_froms=True)
        total = int((await db.execute(count)).scalar_one())
    waiting = _open(who).where((col(Task.side) == Side.US) | col(Task.paused_at).is_not(None))
    ours = [_waiting(task) for task in (await db.execute(_in_order(waiting).limit(rows))).scalars()]
    later = [each for each in found if each.row.due_at is not None and each.row.due_at > now + LATER]
    return Home(
        now=[each for each in found if each not in later],
        later=later,
        waiting=[each for each in ours if each.more],
        total=total,
        due_soon=sum(1 for each in found if each.row.due_at and each.row.due_at < now + timedelta(days=2)),
    )


async def of_supplier(db: AsyncSession, supplier_id: int, rows: int) -> tuple[list[Told], int]:
    """Give what a supplier has to do, earliest due first, and how much there is, for a mail to it."""
    theirs = select(Task).where(
        col(Task.supplier_id) == supplier_id,
        col(Task.side) == Side.SUPPLIER,
        col(Task.done_at).is_(None),
        col(Task.paused_at).is_(None),
    )
    found = [told(task) for task in (await db.execute(_in_order(theirs))).scalars()]
    return found[:rows], len(found)


def counting(who: Principal) -> Select[str, int]:
    """Select what needs somebody by its kind: an index answers it."""
    query = select(col(Task.kind), func.count()).where(col(Task.done_at).is_(None))
    if who.is_staff:
        query = query.where(
            absences.followed(who, clock.now()), col(Task.side) == Side.US, scopes.condition(who, Task)
        )
    else:
        query = query.where(_own(who), col(Task.side) == Side.SUPPLIER, col(Task.paused_at).is_(None))
    return query.group_by(col(Task.kind))


def told(task: Task, away: Mapping[int, str] = _NOBODY) -> Told:
    """Put a task into the words of whoever has to do it at the supplier.

    ``away`` names the contacts for whom the reader stands in.
    """
    kind = registry.KINDS[task.kind]
    for_whom = away.get(task.contact_id or 0, "")
    return Told(task, kind, kind.title(task), kind.more(task), kind.button(task), kind.path(task), for_whom)


def _waiting(task: Task) -> Told:
    kind = registry.KINDS[task.kind]
    return Told(task, kind, kind.item(task), kind.waiting(task), "", kind.path(task))


def _own(who: Principal) -> ColumnElement[bool]:
    return scopes.condition(who, Task) if who.guest is None else scopes.tasks_of_contact(who)


def _open(who: Principal) -> Select[Task]:
    query = select(Task).where(col(Task.done_at).is_(None), col(Task.kind).in_(registry.theirs(who)))
    return query.where(_own(who))


def _in_order(query: Select[Task]) -> Select[Task]:
    """What is overdue was due first; what has no end comes last."""
    return query.order_by(col(Task.due_at).asc().nulls_last(), col(Task.id))

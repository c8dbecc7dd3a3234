"""Our own worklist: what is open with suppliers and with us, in groups by whose turn it is."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, false, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.permissions import GRANTS, P
from portal.access.principal import Principal
from portal.models.organisation import Plant
from portal.models.people import Person
from portal.models.suppliers import Supplier
from portal.models.tasks import Severity, Side, Task
from portal.workflows import absences, lists
from portal.workflows.lists import Listed, Query, Wanted
from portal.workflows.tasks import registry
from portal.workflows.tasks.kinds import Kind

ME, NOBODY, ANYONE = "me", "nobody", "anyone"
OVERDUE, WEEK = "overdue", "week"
MONTH = timedelta(days=30)

_SEVERITIES = {Severity.CRITICAL: 0, Severity.MAJOR: 1, Severity.MINOR: 2}
SORTS: lists.Sorts = {
    "due": col(Task.due_at),
    "supplier": func.lower(col(Supplier.name)),
    "severity": case(_SEVERITIES, value=col(Task.severity), else_=len(_SEVERITIES)),
    "event": col(Task.event_at),
}


class TaskRow(NamedTuple):
    """One line; ``group`` is 0 overdue, 1 with us, 2 with the supplier, 3 while the clock stands still."""

    task: Task
    group: int
    supplier_number: str | None
    supplier_name: str | None
    plant: str | None
    owner: str | None
    is_for_owner: bool  # the reader stands in for them

    @property
    def kind(self) -> Kind:
        return registry.KINDS[self.task.kind]

    @property
    def item(self) -> str:
        return self.kind.item(self.task)

    @property
    def href(self) -> str:
        return self.kind.our_path(self.task)

    @property
    def progress(self) -> tuple[Sequence[str], str] | None:
        return self.kind.progress(self.task) if self.kind.progress else None


class Counts(NamedTuple):
    """What the saved filters find, and the figures above the list."""

    all: int
    mine: int
    for_me: int
    at_suppliers: int
    overdue: int
    nobody: int
    late_at_suppliers: int
    late_critical: int
    week: int
    week_critical: int
    waiting_since: datetime | None


class Done(NamedTuple):
    """What somebody followed to its end within a month, and how much of that by its due time."""

    done: int
    in_time: int


async def listed(db: AsyncSession, who: Principal, wanted: Wanted, *, now: datetime) -> Listed[TaskRow]:
    query = _query(who, wanted, now)
    if wanted.sort == "due" and not wanted.falling:
        query = query.order_by(_group(now))
    return await lists.first(db, query, wanted, SORTS, col(Task.id), TaskRow)


def every(db: AsyncSession, who: Principal, wanted: Wanted, *, now: datetime) -> AsyncIterator[TaskRow]:
    return lists.every(db, _query(who, wanted, now), wanted, SORTS, col(Task.id), TaskRow)


async def counts(db: AsyncSession, who: Principal, *, now: datetime) -> Counts:
    """Count in one pass over what is open."""
    mine = absences.followed(who, now)
    ours, theirs = col(Task.side) == Side.US, col(Task.side) == Side.SUPPLIER
    late, week = _late(now), _within(now)
    critical = col(Task.severity) == Severity.CRITICAL
    query = select(
        func.count(),
        func.count().filter(mine),
        func.count().filter(mine & ours),
        func.count().filter(mine & theirs),
        func.count().filter(mine & late),
        func.count().filter(col(Task.person_id).is_(None)),
        func.count().filter(mine & theirs & late),
        func.count().filter(mine & theirs & late & critical),
        func.count().filter(mine & week),
        func.count().filter(mine & week & critical),
        func.min(col(Task.event_at)).filter(mine & ours),
    ).where(_seen(who))
    return Counts._make((await db.execute(query)).one())


async def done(db: AsyncSession, who: Principal, *, now: datetime) -> Done:
    query = select(
        func.count(),
        func.count().filter(col(Task.due_at).is_(None) | (col(Task.done_at) <= col(Task.due_at))),
    ).where(
        scopes.condition(who, Task),
        col(Task.person_id) == who.person_id,
        col(Task.done_at) > now - MONTH,
        col(Task.ended) == "",
    )
    return Done._make((await db.execute(query)).one())


async def choices(db: AsyncSession, who: Principal) -> dict[str, list[tuple[str, str]]]:
    """What the filters for owner, kind and plant can be set to."""
    owners = (
        select(col(Person.id), col(Person.name))
        .where(
            scopes.condition(who, Person), col(Person.id).in_(select(col(Task.person_id)).where(_seen(who)))
        )
        .order_by(func.lower(col(Person.name)))
    )
    plants = scopes.shared(who, Plant).order_by(col(Plant.name))
    return {
        "owner": [
            (ME, "me"),
            (NOBODY, "nobody"),
            *((str(row[0]), row[1]) for row in await db.execute(owners)),
        ],
        "kind": [(name, registry.KINDS[name].label) for name in registry.theirs(who)],
        "plant": [(each.code, each.name) for each in (await db.execute(plants)).scalars()],
    }


async def owners(db: AsyncSession, who: Principal) -> list[tuple[str, str]]:
    """Give whom a task can be handed to: our own people who have a worklist."""
    roles = [role for role, granted in GRANTS.items() if P.TASKS_WRITE in granted]
    query = (
        scopes.visible(who, Person)
        .where(col(Person.role).in_(roles), col(Person.is_active))
        .order_by(func.lower(col(Person.name)), col(Person.id))
    )
    return [(str(each.id), each.name) for each in (await db.execute(query)).scalars()]


def _query(who: Principal, wanted: Wanted, now: datetime) -> Query:
    query = (
        select(
            Task,
            _group(now),
            col(Supplier.number),
            col(Supplier.name),
            col(Plant.name),
            col(Person.name),
            (col(Task.person_id) != who.person_id) & absences.followed(who, now),
        )
        .outerjoin(Supplier, col(Supplier.id) == col(Task.supplier_id))
        .outerjoin(Plant, col(Plant.id) == col(Task.plant_id))
        .outerjoin(Person, col(Person.id) == col(Task.person_id))
        .where(_seen(who))
    )
    if wanted.q:
        query = query.where(
            lists.contains(wanted.q, col(Task.reference), col(Supplier.name), col(Supplier.number))
        )
    if chosen := wanted.chosen("owner"):
        query = query.where(or_(*(_owned(who, each, now) for each in chosen)))
    if sides := wanted.options("turn", Side):
        query = query.where(col(Task.side).in_(sides))
    if chosen := wanted.chosen("due"):
        query = query.where(or_(*(_late(now) if each == OVERDUE else _within(now) for each in chosen)))
    if kinds := wanted.chosen("kind"):
        query = query.where(col(Task.kind).in_(kinds))
    if severities := wanted.options("severity", Severity):
        query = query.where(col(Task.severity).in_(severities))
    if codes := wanted.chosen("plant"):
        query = query.where(col(Plant.code).in_(codes))
    return query


def _seen(who: Principal) -> ColumnElement[bool]:
    return and_(
        scopes.condition(who, Task), col(Task.done_at).is_(None), col(Task.kind).in_(registry.theirs(who))
    )


def _owned(who: Principal, wish: str, now: datetime) -> ColumnElement[bool]:
    if wish == ANYONE:
        return true()
    if wish == ME:
        return absences.followed(who, now)
    if wish == NOBODY:
        return col(Task.person_id).is_(None)
    is_id = wish.isascii() and wish.isdigit() and len(wish) < 19
    return col(Task.person_id) == int(wish) if is_id else false()


def _group(now: datetime) -> Any:
    return case(
        (col(Task.paused_at).is_not(None), 3), (_late(now), 0), (col(Task.side) == Side.US, 1), else_=2
    ).label("turn")


def _late(now: datetime) -> ColumnElement[bool]:
    return (col(Task.due_at) < now) & col(Task.paused_at).is_(None)


def _within(now: datetime) -> ColumnElement[bool]:
    return col(Task.due_at).between(now, now + timedelta(days=7)) & col(Task.paused_at).is_(None)

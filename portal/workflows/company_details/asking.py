"""Asking suppliers to look at what we hold about them: when somebody of us wants it, and once a year."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import and_, case, exists, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access import scopes
from portal.access.principal import Principal
from portal.errors import BadInputError
from portal.models.suppliers import Contact, ProcessRole, Supplier, SupplierStatus
from portal.models.tasks import Side, Task
from portal.workflows import tasks
from portal.workflows.company_details.kinds import CONFIRM, REVIEW
from portal.workflows.task_links import sending

ASK_AGAIN = timedelta(days=365)
TIME_TO_LOOK = timedelta(days=14)
MOST = 500  # suppliers at once

# Whom to ask, the first that there is.
_FIRST = {
    ProcessRole.QUALITY: 0,
    ProcessRole.MANAGEMENT: 1,
    ProcessRole.SALES: 2,
    ProcessRole.LOGISTICS: 3,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """How many were asked, how many had been asked already, and who has nobody to write to."""

    now: int
    before: int
    nobody: list[str]


async def ask(db: AsyncSession, who: Principal, wanted: Sequence[Supplier], due_on: date) -> Asked:
    """Open the task for suppliers who do not have it, and write to a contact of each.

    Raises:
        BadInputError: too many at once.
    """
    if len(wanted) > MOST:
        raise BadInputError(f"Ask at most {MOST} suppliers at once. Narrow the list first.")
    contacts = await _contacts(db, who, [each.id for each in wanted])
    already = await _open(db, who, [each.id for each in wanted])
    nobody = []
    asked = 0
    for supplier in wanted:
        contact_id = contacts.get(supplier.id)
        if supplier.id in already:
            continue
        if contact_id is None:
            nobody.append(supplier.name)
            continue
        facts = {"asked_by": who.name} if who.person_id else {}
        task = await tasks.open_task(
            db,
            CONFIRM,
            about(supplier),
            Side.SUPPLIER,
            supplier_id=supplier.id,
            facts=facts,
            person_id=who.person_id or None,
            contact_id=contact_id,
            due=due_on,
            zone=supplier.time_zone,
            event="Asked",
        )
        await sending.send_soon(db, task, by=who)
        asked += 1
    return Asked(asked, len(already), nobody)


async def suppliers(db: AsyncSession, who: Principal, ids: Sequence[int]) -> list[Supplier]:
    query = scopes.visible(who, Supplier).where(col(Supplier.id).in_(ids)).order_by(col(Supplier.id))
    return list((await db.execute(query)).scalars())


async def ask_again(db: AsyncSession, who: Principal, today: date) -> Asked:
    """Ask those who confirmed a year ago and were not asked since; the first time somebody of us asks."""
    due = clock.now() - ASK_AGAIN
    newest = (
        select(col(Task.record_id), func.max(col(Task.done_at)).label("confirmed_at"))
        .where(col(Task.kind) == CONFIRM, col(Task.ended) == "")
        .group_by(col(Task.record_id))
        .having(func.bool_and(col(Task.done_at).is_not(None)))
        .subquery()
    )
    query = (
        scopes.visible(who, Supplier)
        .join(newest, newest.c.record_id == col(Supplier.id))
        .where(
            newest.c.confirmed_at < due,
            col(Supplier.status).in_([SupplierStatus.ACTIVE, SupplierStatus.ON_HOLD]),
            exists().where(col(Contact.supplier_id) == col(Supplier.id)),
        )
        .order_by(newest.c.confirmed_at, col(Supplier.id))
        .limit(MOST)
    )
    found = list((await db.execute(query)).scalars())
    return await ask(db, who, found, today + TIME_TO_LOOK)


@dataclass(frozen=True, slots=True)
class Standing:
    """When a supplier confirmed last and who did; whether it is asked now, and what we have to look at."""

    confirmed_at: datetime | None = None
    confirmed_by: str = ""
    asked: Task | None = None
    changed: Task | None = None


async def standing(db: AsyncSession, who: Principal, supplier: Supplier) -> Standing:
    query = (
        scopes.visible(who, Task)
        .where(
            col(Task.table_name) == "supplier",
            col(Task.record_id) == supplier.id,
            (col(Task.kind) == CONFIRM) | ((col(Task.kind) == REVIEW) & col(Task.done_at).is_(None)),
        )
        .order_by(col(Task.done_at).desc().nulls_first(), col(Task.id).desc())
        .limit(3)
    )
    found = list((await db.execute(query)).scalars())
    open_ = {task.kind: task for task in found if task.done_at is None}
    done = next((task for task in found if task.done_at is not None and not task.ended), None)
    return Standing(
        done.done_at if done else None,
        done.done_by_name if done else "",
        open_.get(CONFIRM),
        open_.get(REVIEW),
    )


def about(supplier: Supplier) -> tasks.About:
    return tasks.About("supplier", supplier.id, supplier.number)


async def _contacts(db: AsyncSession, who: Principal, supplier_ids: Sequence[int]) -> dict[int, int]:
    """Choose whom to ask at each supplier."""
    query = (
        select(col(Contact.supplier_id), col(Contact.id))
        .where(scopes.condition(who, Contact), col(Contact.supplier_id).in_(supplier_ids))
        .order_by(col(Contact.supplier_id), case(_FIRST, value=col(Contact.role)), col(Contact.id))
        .ext(distinct_on(col(Contact.supplier_id)))
    )
    return {row[0]: row[1] for row in await db.execute(query)}


async def _open(db: AsyncSession, who: Principal, supplier_ids: Sequence[int]) -> set[int]:
    query = select(col(Task.record_id)).where(
        and_(
            scopes.condition(who, Task),
            col(Task.kind) == CONFIRM,
            col(Task.table_name) == "supplier",
            col(Task.record_id).in_(supplier_ids),
            col(Task.done_at).is_(None),
        )
    )
    return set((await db.execute(query)).scalars())

"""The kinds of record that people can speak about; a capability adds one line to ``SUBJECTS``."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from portal.access import scopes
from portal.access.permissions import P, may
from portal.access.principal import Principal
from portal.errors import NotFoundError
from portal.languages import _
from portal.models.scars import Scar, ScarEvent
from portal.models.suppliers import Supplier
from portal.workflows.scars import words

Record = Any  # a row of a subject's model, with an ``id``


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to the record, told between the messages. Both sides read it."""

    at: datetime
    icon: str
    words: str


async def _nothing(_db: AsyncSession, _who: Principal, _record: Record) -> list[Event]:
    return []


async def _of_scar(db: AsyncSession, who: Principal, scar: Record) -> list[Event]:
    """What happened to a SCAR; of what is ours alone, nothing: the thread is for both sides."""
    query = scopes.visible(who, ScarEvent).where(
        col(ScarEvent.scar_id) == scar.id, ~col(ScarEvent.is_internal)
    )
    return [
        Event(each.at, words.icon(each), f"{words.happened(each)}{': ' if each.note else ''}{_(each.note)}")
        for each in (await db.execute(query)).scalars()
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """How the records of one table are spoken about.

    Attributes:
        model: the table.
        permission: what our people need to see its records; suppliers' people see what is theirs.
        title: what such a record is called, for one who may see it.
        path: the page of a record that shows its thread, for one who may see it; '' for the thread's own.
        supplier_id: the supplier whose people take part; None when a record is ours alone.
        events: what happened to a record, in any order.
    """

    model: type[SQLModel]
    permission: P
    title: Callable[[Principal, Record], str]
    path: Callable[[Principal, Record], str] = lambda _who, _record: ""
    supplier_id: Callable[[Record], int | None] = lambda record: record.supplier_id
    events: Callable[[AsyncSession, Principal, Record], Awaitable[list[Event]]] = _nothing


SUBJECTS: Mapping[str, Subject] = {
    "supplier": Subject(
        model=Supplier,
        permission=P.SUPPLIERS_READ,
        title=lambda who, supplier: _("General") if who.is_supplier else supplier.name,
        path=lambda who, supplier: "" if who.is_supplier else f"/suppliers/{quote(supplier.number, safe='')}",
        supplier_id=lambda supplier: supplier.id,
    ),
    "scar": Subject(
        model=Scar,
        permission=P.SCARS_READ,
        title=lambda _who, scar: f"{scar.number}, {scar.title}",
        path=lambda _who, scar: f"/scars/{quote(scar.number, safe='')}",
        # Nobody hears of a draft.
        supplier_id=lambda scar: scar.supplier_id if scar.issued_at else None,
        events=_of_scar,
    ),
}


def table_of(record: Record) -> str:
    """Give the name under which a record is spoken about."""
    return str(record.__tablename__)


def may_see(who: Principal, table: str) -> bool:
    """Say whether somebody may take part in threads about a kind of record."""
    subject = SUBJECTS.get(table)
    if subject is None or not may(who, P.MESSAGES_READ):
        return False
    if who.guest is not None:
        return who.guest.table == table  # of their company they see only what the task is about
    return who.is_supplier or may(who, subject.permission)


async def record_of(db: AsyncSession, who: Principal, table: str, record_id: int) -> Record:
    """Load the record that somebody wants to speak about; NotFoundError when it is not there for them."""
    record = await seen(db, who, table, record_id)
    if record is None:
        raise NotFoundError
    return record


async def seen(db: AsyncSession, who: Principal, table: str, record_id: int) -> Record | None:
    if not may_see(who, table):
        return None
    model: Any = SUBJECTS[table].model
    query = scopes.visible(who, model).where(col(model.id) == record_id)
    return (await db.execute(query)).scalar_one_or_none()


def page_of(who: Principal, record: Record) -> str:
    """Give the address where somebody reads the thread of a record."""
    table = table_of(record)
    path = SUBJECTS[table].path(who, record)
    return f"{path}#thread" if path else f"/messages/{table}/{record.id}"

"""Find anything: suppliers, contacts, parts and order lines, each group short and quick."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, case, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.models.deliveries import DeliveryLine
from portal.models.organisation import Part
from portal.models.suppliers import Contact, ProcessRole, Supplier, SupplierStatus
from portal.workflows import lists
from portal.workflows.lists import Query

MOST_SHOWN = 8


class SupplierHit(NamedTuple):
    number: str
    name: str
    country: str
    city: str
    status: SupplierStatus


class ContactHit(NamedTuple):
    name: str
    email: str
    role: ProcessRole
    supplier_number: str
    supplier_name: str


class PartHit(NamedTuple):
    number: str
    name: str


class LineHit(NamedTuple):
    order_number: str
    line_number: str
    part_number: str
    supplier_number: str
    supplier_name: str


@dataclass(frozen=True, slots=True)
class Found:
    """The first of each kind; ``more_…`` says that there are others."""

    suppliers: list[SupplierHit]
    contacts: list[ContactHit]
    parts: list[PartHit]
    lines: list[LineHit]
    more: frozenset[str]

    @property
    def total(self) -> int:
        return len(self.suppliers) + len(self.contacts) + len(self.parts) + len(self.lines)


NOTHING = Found([], [], [], [], frozenset())


async def search(db: AsyncSession, who: Principal, q: str) -> Found:
    """Look for the words in everything the principal may see. Order lines by their whole number."""
    if not q:
        return NOTHING
    groups: dict[str, list[Any]] = {}
    for name, make, query in (
        ("suppliers", SupplierHit, _suppliers(who, q)),
        ("contacts", ContactHit, _contacts(who, q)),
        ("parts", PartHit, _parts(who, q)),
        ("lines", LineHit, _lines(who, q)),
    ):
        groups[name] = [make._make(row) for row in await db.execute(query.limit(MOST_SHOWN + 1))]
    more = frozenset(name for name, hits in groups.items() if len(hits) > MOST_SHOWN)
    return Found(**{name: hits[:MOST_SHOWN] for name, hits in groups.items()}, more=more)


def _suppliers(who: Principal, q: str) -> Query:
    return (
        select(
            col(Supplier.number),
            col(Supplier.name),
            col(Supplier.country),
            col(Supplier.city),
            col(Supplier.status),
        )
        .where(scopes.condition(who, Supplier), lists.contains(q, col(Supplier.name), col(Supplier.number)))
        .order_by(*_best(q, col(Supplier.number), col(Supplier.name)), col(Supplier.id))
    )


def _contacts(who: Principal, q: str) -> Query:
    return (
        select(
            col(Contact.name),
            col(Contact.email),
            col(Contact.role),
            col(Supplier.number),
            col(Supplier.name),
        )
        .join(Supplier, col(Supplier.id) == col(Contact.supplier_id))
        .where(scopes.condition(who, Contact), lists.contains(q, col(Contact.name), col(Contact.email)))
        .order_by(*_best(q, col(Contact.email), col(Contact.name)), col(Contact.id))
    )


def _parts(who: Principal, q: str) -> Query:
    return (
        scopes.shared(who, Part)
        .with_only_columns(col(Part.number), col(Part.name))
        .where(lists.contains(q, col(Part.number), col(Part.name)))
        .order_by(*_best(q, col(Part.number), col(Part.number)), col(Part.id))
    )


def _lines(who: Principal, q: str) -> Query:
    """Look a line up by its order, or by order and line as people write them: 4500118732-10.

    Exact, so that it is one look-up in an index however many lines there are.
    """
    pairs: list[ColumnElement[bool]] = []
    for number in _spellings(q):
        pairs.append(col(DeliveryLine.order_number) == number)
        for mark in ("-", "/", " ", "."):
            order, found, line = number.rpartition(mark)
            if found and order.strip() and line.strip():
                pairs.append(
                    (col(DeliveryLine.order_number) == order.strip())
                    & (col(DeliveryLine.line_number) == line.strip())
                )
    return (
        select(
            col(DeliveryLine.order_number),
            col(DeliveryLine.line_number),
            col(Part.number),
            col(Supplier.number),
            col(Supplier.name),
        )
        .join(Part, col(Part.id) == col(DeliveryLine.part_id))
        .join(Supplier, col(Supplier.id) == col(DeliveryLine.supplier_id))
        .where(scopes.condition(who, DeliveryLine), or_(*pairs))
        .order_by(col(DeliveryLine.order_number), col(DeliveryLine.line_number))
    )


def _spellings(q: str) -> Sequence[str]:
    return tuple(dict.fromkeys((q, q.upper())))


def _best(q: str, exact: Any, name: Any) -> tuple[ColumnElement[Any], ...]:
    """Order hits: the number itself, then what begins with the words, then the rest by name."""
    begins = lists.pattern(q)[1:]
    return (
        case(
            (func.lower(exact) == q.lower(), 0),
            (or_(name.ilike(begins, escape="\\"), exact.ilike(begins, escape="\\")), 1),
            (true(), 2),
        ),
        func.lower(name),
    )

"""SCARs as a list, for both sides."""

import re
from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from portal import clock
from portal.access import scopes
from portal.access.principal import Principal
from portal.errors import BadInputError
from portal.models.organisation import Commodity, Part, Plant
from portal.models.people import Person
from portal.models.scars import Scar, ScarStatus, Severity
from portal.models.suppliers import Supplier
from portal.workflows import lists
from portal.workflows.lists import Listed, Query, Wanted
from portal.workflows.scars import improvement
from portal.workflows.scars.steps import AWAITED, ENDED, Turn, turn
from scorecards.periods import Period, month_number

OPEN, OVERDUE, YES = "open", "overdue", "yes"
_MONTHS = re.compile(r"(\d{4}-\d{2})\.\.(\d{4}-\d{2})")
_WITH_US = tuple(each for each in ScarStatus if turn(each) is Turn.OURS)
_OPEN = tuple(each for each in ScarStatus if each not in {*ENDED, ScarStatus.DRAFT})
_MONTHS_ADVICE = "Say when it was issued as months, for example 2025-12..2026-11."

_owner = aliased(Person)
SORTS: lists.Sorts = {
    "number": col(Scar.number),
    "title": func.lower(col(Scar.title)),
    "supplier": func.lower(col(Supplier.name)),
    "severity": col(Scar.severity),
    "due": col(Scar.due_at),
    "issued": col(Scar.issued_on),
}


class ScarRow(NamedTuple):
    id: int
    number: str
    title: str
    supplier_number: str
    supplier_name: str
    part_number: str | None
    plant: str
    status: ScarStatus
    severity: Severity
    defect: str
    issued_on: date | None
    due_at: datetime | None
    owner: str
    escalation: int
    closed_at: datetime | None

    @property
    def turn(self) -> Turn:
        return turn(self.status)

    @property
    def is_overdue(self) -> bool:
        return self.due_at is not None and self.due_at < clock.now()


class Counts(NamedTuple):
    all: int
    open: int
    theirs: int
    ours: int
    overdue: int
    critical: int
    mine: int


async def listed(db: AsyncSession, who: Principal, wanted: Wanted) -> Listed[ScarRow]:
    counted = _narrowed(select(col(Scar.id)), who, wanted)
    return await lists.first(db, _query(who, wanted), wanted, SORTS, col(Scar.id), ScarRow, counted=counted)


def every(db: AsyncSession, who: Principal, wanted: Wanted) -> AsyncIterator[ScarRow]:
    return lists.every(db, _query(who, wanted), wanted, SORTS, col(Scar.id), ScarRow)


async def counts(db: AsyncSession, who: Principal) -> Counts:
    def when(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.count().filter(condition)

    # Nine of ten are over: only the number of all of them looks at those.
    whole = select(func.count()).select_from(Scar).where(scopes.condition(who, Scar))
    row = await db.execute(
        select(
            whole.scalar_subquery(),
            when(_open()),
            when(col(Scar.status).in_(AWAITED)),
            when(col(Scar.status).in_(_WITH_US)),
            when(col(Scar.due_at) < clock.now()),
            when(and_(_open(), col(Scar.severity) == Severity.CRITICAL)),
            when(and_(_open(), _mine(who))),
        ).where(scopes.condition(who, Scar), col(Scar.status).in_((ScarStatus.DRAFT, *_OPEN)))
    )
    return Counts(*row.one())


async def options(db: AsyncSession, who: Principal) -> dict[str, list[tuple[str, str]]]:
    """What the list can be narrowed to, beside its fixed choices."""
    # Not those that have a SCAR: to find that out, all of them would be looked at.
    plants = (await db.execute(scopes.receiving(who).order_by(col(Plant.name)))).scalars()
    return {"plant": [(each.code, each.name) for each in plants]}


def _open() -> ColumnElement[bool]:
    return col(Scar.status).in_(_OPEN)


def _mine(who: Principal) -> ColumnElement[bool]:
    return or_(col(Scar.owner_id) == who.person_id, col(Scar.assignee_id) == who.person_id)


def _query(who: Principal, wanted: Wanted) -> Query:
    query = (
        select(
            col(Scar.id),
            col(Scar.number),
            col(Scar.title),
            col(Supplier.number),
            col(Supplier.name),
            col(Part.number),
            col(Plant.name),
            col(Scar.status),
            col(Scar.severity),
            col(Scar.defect),
            col(Scar.issued_on),
            col(Scar.due_at),
            col(_owner.name),
            col(Scar.escalation),
            col(Scar.closed_at),
        )
        .join(Supplier, col(Supplier.id) == col(Scar.supplier_id))
        .join(Plant, col(Plant.id) == col(Scar.plant_id))
        .join(_owner, col(_owner.id) == col(Scar.owner_id))
        .outerjoin(Part, col(Part.id) == col(Scar.part_id))
    )
    return _narrowed(query, who, wanted)


def _narrowed(query: Query, who: Principal, wanted: Wanted) -> Query:
    """Keep to the scope, the search and the filters: by the SCARs' own columns alone, which have indexes."""
    query = query.where(scopes.condition(who, Scar))
    if wanted.q:
        words = (_says(word) for word in wanted.q.split()[: lists.MOST_WORDS])
        # Found first, then put in order: walking along the order would look at everything.
        found = select(col(Scar.id)).where(scopes.condition(who, Scar), *words)
        query = query.where(col(Scar.id) == func.any(func.array(found.scalar_subquery())))
    for key in wanted.filters:
        query = query.where(_filter(who, key, wanted))
    return query


def _says(word: str) -> ColumnElement[bool]:
    """A word anywhere in it; suppliers and parts are found first, so that each side of it has an index."""
    own = (lists.contains(word, col(field)) for field in (Scar.number, Scar.title, Scar.lots))
    suppliers = select(col(Supplier.id)).where(lists.contains(word, col(Supplier.name)))
    parts = select(col(Part.id)).where(lists.contains(word, col(Part.number)))
    return or_(
        *own,
        col(Scar.supplier_id) == func.any(func.array(suppliers.scalar_subquery())),
        col(Scar.part_id) == func.any(func.array(parts.scalar_subquery())),
    )


def _filter(who: Principal, key: str, wanted: Wanted) -> ColumnElement[bool]:
    if key == "turn":
        return or_(*(_turned(each) for each in wanted.chosen(key)))
    if key in {"mine", "again", "weak"}:
        return _yes(who, key)
    if key == "issued":
        return or_(*(improvement.counted(_months(each)) for each in wanted.chosen(key)))
    if key in _NAMED:
        return _of(key, wanted.chosen(key))
    return col(_COLUMNS[key]).in_(wanted.chosen(key))


def _yes(who: Principal, key: str) -> ColumnElement[bool]:
    if key == "mine":
        return _mine(who)
    return improvement.came_back() if key == "again" else and_(col(Scar.is_weak), improvement.analysed())


def _of(key: str, names: Sequence[str]) -> ColumnElement[bool]:
    """Of a supplier, a plant …, whose ids are found first."""
    name, id_, refers = _NAMED[key]
    if len(names) == 1:
        # An index that begins with the column then gives the order as well.
        return col(refers) == select(col(id_)).where(col(name) == names[0]).scalar_subquery()
    return col(refers) == func.any(func.array(select(col(id_)).where(col(name).in_(names)).scalar_subquery()))


def _months(text: str) -> Period:
    """Read months from and to, such as 2025-12..2026-11."""
    found = _MONTHS.fullmatch(text)
    if found is None:
        raise BadInputError(_MONTHS_ADVICE)
    try:
        first, last = (month_number(date.fromisoformat(f"{each}-01")) for each in found.groups())
        return Period(first, last - first + 1)
    except ValueError:
        raise BadInputError(_MONTHS_ADVICE) from None


_COLUMNS: dict[str, Any] = {
    "severity": Scar.severity,
    "status": Scar.status,
    "defect": Scar.defect,
    "cause": Scar.cause,
}
# What the address calls it, its id, and the SCAR's column that refers to it.
_NAMED: dict[str, tuple[Any, Any, Any]] = {
    "commodity": (Commodity.code, Commodity.id, Scar.commodity_id),
    "plant": (Plant.code, Plant.id, Scar.plant_id),
    "supplier": (Supplier.number, Supplier.id, Scar.supplier_id),
    "part": (Part.number, Part.id, Scar.part_id),
}


def _turned(whose: str) -> ColumnElement[bool]:
    if whose == OVERDUE:
        return col(Scar.due_at) < clock.now()
    if whose == OPEN:
        return _open()
    return col(Scar.status).in_(AWAITED if whose == Turn.SUPPLIER else _WITH_US)

"""The matrix: suppliers down, types across, and in each cell where they stand with it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import CTE, ColumnElement, FromClause, and_, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.models.certificates import (
    Certificate,
    CertificateRequirement,
    CertificateStatus,
    CertificateType,
)
from portal.models.organisation import Commodity
from portal.models.suppliers import RiskClass, Supplier, SupplierStatus
from portal.workflows import lists
from portal.workflows.certificates.states import OURS, SOON, THEIRS, State, fits, standing
from portal.workflows.lists import Query, Wanted

TO_DO = "to_do"  # a value of the filter "state": whatever somebody has to act on
SORTS: lists.Sorts = {"supplier": func.lower(col(Supplier.name)), "number": col(Supplier.number)}
_BATCH = 500  # suppliers
_FIRST = 40  # certificates that end, among which the next few usually are


class Cell(NamedTuple):
    state: State
    is_mandatory: bool
    certificate_id: int | None
    day: date | None
    held_until_on: date | None

    @property
    def is_quiet(self) -> bool:
        """Tell that nobody has to act: what is only desired may be missing."""
        return self.state is State.VALID or (self.state is State.MISSING and not self.is_mandatory)


class Heading(NamedTuple):
    """A type with how many suppliers of the list must hold it, and how many of them do."""

    id: int
    code: str
    required: int
    valid: int


class SupplierRow(NamedTuple):
    id: int
    number: str
    name: str


class Ending(NamedTuple):
    """A certificate that ends soon."""

    id: int
    number: str
    supplier: str
    type: str
    day: date


Cells = dict[tuple[int, int], Cell]  # by supplier and type; none where nothing is asked


@dataclass(frozen=True, slots=True)
class Matrix:
    """``counts`` are cells by state, and those to do, whatever narrows the list."""

    headings: list[Heading]
    rows: list[SupplierRow]
    cells: Cells
    total: int
    counts: dict[str, int]


async def read(db: AsyncSession, who: Principal, wanted: Wanted, *, today: date) -> Matrix:
    headings, counts = await _headings(db, who, wanted, today)
    found = await lists.first(
        db, _suppliers(who, wanted, today), wanted, SORTS, col(Supplier.id), SupplierRow
    )
    shown = await cells(db, who, [row.id for row in found.rows], today=today)
    return Matrix(headings, found.rows, shown, found.total, counts)


async def cells(db: AsyncSession, who: Principal, supplier_ids: Sequence[int], *, today: date) -> Cells:
    of_these = standing(who, today, supplier_ids=supplier_ids)
    return {
        (row.supplier_id, row.type_id): Cell(
            State(row.state), row.is_mandatory, row.certificate_id, row.day, row.held_until_on
        )
        for row in await db.execute(select(of_these))
    }


async def every(
    db: AsyncSession, who: Principal, wanted: Wanted, *, today: date
) -> AsyncIterator[tuple[SupplierRow, Cells]]:
    """Give every supplier of the list, with the cells of some hundred at a time."""
    query = _suppliers(who, wanted, today)
    rows = [row async for row in lists.every(db, query, wanted, SORTS, col(Supplier.id), SupplierRow)]
    for start in range(0, len(rows), _BATCH):
        batch = rows[start : start + _BATCH]
        found = await cells(db, who, [row.id for row in batch], today=today)
        for row in batch:
            yield row, found


async def ending(db: AsyncSession, who: Principal, *, today: date, at_most: int = 8) -> list[Ending]:
    """List what ends next, where nothing newer waits for review."""
    first = (
        select(col(Certificate.supplier_id))
        .where(
            scopes.condition(who, Certificate),
            col(Certificate.status) == CertificateStatus.ACCEPTED,
            col(Certificate.valid_until_on).between(today, today + SOON),
        )
        .order_by(col(Certificate.valid_until_on), col(Certificate.id))
        .limit(_FIRST)
    )
    of_them = list((await db.execute(first)).scalars())
    found = await _ending(db, who, today, at_most, sorted(set(of_them)))
    if len(found) < at_most and len(of_them) == _FIRST:
        return await _ending(db, who, today, at_most, None)
    return found


async def _ending(
    db: AsyncSession, who: Principal, today: date, at_most: int, supplier_ids: list[int] | None
) -> list[Ending]:
    all_of = standing(who, today, supplier_ids=supplier_ids)
    query = (
        select(
            all_of.c.certificate_id,
            col(Supplier.number),
            col(Supplier.name),
            col(CertificateType.code),
            all_of.c.day,
        )
        .join(Supplier, col(Supplier.id) == all_of.c.supplier_id)
        .join(CertificateType, col(CertificateType.id) == all_of.c.type_id)
        .where(all_of.c.state == State.EXPIRING.value)
        .order_by(all_of.c.day, func.lower(col(Supplier.name)))
        .limit(at_most)
    )
    return [Ending._make(row) for row in await db.execute(query)]


async def _headings(
    db: AsyncSession, who: Principal, wanted: Wanted, today: date
) -> tuple[list[Heading], dict[str, int]]:
    """Count by type, in one pass over where everybody stands: it is what takes the page its time."""
    all_of = standing(who, today)
    each = (
        select(
            all_of.c.type_id,
            all_of.c.state,
            all_of.c.is_mandatory,
            all_of.c.held_id.is_not(None).label("is_held"),
            and_(true(), *_narrowing(wanted)).label("is_listed"),
        )
        .join(Supplier, col(Supplier.id) == all_of.c.supplier_id)
        .subquery()
    )
    # Grouped by its state, a cell's is worked out once; asked for each state in turn, once for each.
    counted = select(*each.c, func.count().label("number")).group_by(*each.c).subquery()
    query = (
        select(col(CertificateType.id), col(CertificateType.code), counted)
        .join(counted, counted.c.type_id == col(CertificateType.id))
        .order_by(col(CertificateType.position), func.lower(col(CertificateType.code)))
    )
    counts = dict.fromkeys((TO_DO, *State), 0)
    headings: dict[int, Heading] = {}
    for row in await db.execute(query):
        before = headings.get(row.id, Heading(row.id, row.code, 0, 0))
        required = row.number if row.is_mandatory and row.is_listed else 0
        headings[row.id] = before._replace(
            required=before.required + required,
            valid=before.valid + (required if row.is_held else 0),
        )
        state = State(row.state)
        if row.is_mandatory or state is not State.MISSING:
            counts[state] += row.number
            counts[TO_DO] += row.number if state in (*OURS, *THEIRS) else 0
    return list(headings.values()), counts


def _suppliers(who: Principal, wanted: Wanted, today: date) -> Query:
    query = select(col(Supplier.id), col(Supplier.number), col(Supplier.name)).where(
        scopes.condition(who, Supplier), col(Supplier.status) != SupplierStatus.EXITED, *_narrowing(wanted)
    )
    types, states = wanted.chosen("type"), wanted.chosen("state")
    if not (types or states):
        return query.where(select(col(CertificateRequirement.id)).where(fits()).correlate(Supplier).exists())
    all_of = standing(who, today)
    conditions: list[ColumnElement[bool]] = []
    if types:
        of_these = select(col(CertificateType.id)).where(col(CertificateType.code).in_(types))
        conditions.append(all_of.c.type_id.in_(of_these))
    if states:
        conditions.append(or_(*(_wished(all_of, wish) for wish in states)))
    return query.where(col(Supplier.id).in_(select(all_of.c.supplier_id).where(*conditions)))


def _narrowing(wanted: Wanted) -> list[ColumnElement[bool]]:
    """What the list is narrowed by beside types and states."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.q:
        conditions.append(lists.contains(wanted.q, col(Supplier.name), col(Supplier.number)))
    if risks := wanted.options("risk", RiskClass):
        conditions.append(col(Supplier.risk).in_(risks))
    if codes := wanted.chosen("commodity"):
        of_these = select(col(Commodity.id)).where(col(Commodity.code).in_(codes))
        conditions.append(col(Supplier.commodity_id).in_(of_these))
    return conditions


def _wished(of: CTE | FromClause, wish: str) -> ColumnElement[bool]:
    if wish == TO_DO:
        must = or_(of.c.is_mandatory, of.c.state != State.MISSING.value)
        return of.c.state.in_([state.value for state in (*OURS, *THEIRS)]) & must
    if wish == State.MISSING:
        return (of.c.state == wish) & of.c.is_mandatory
    found: ColumnElement[bool] = of.c.state == wish
    return found

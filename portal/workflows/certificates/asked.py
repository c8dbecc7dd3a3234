"""A supplier's own page: what is asked of it, where each stands, what it has handed in before."""

from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import func, select
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
from portal.models.suppliers import Supplier, SupplierSite
from portal.workflows.certificates import coverage, matrix, records
from portal.workflows.certificates.coverage import Gap
from portal.workflows.certificates.matrix import Cell
from portal.workflows.certificates.states import THEIRS, State, fits

_URGENT = (State.EXPIRED, State.REJECTED, State.MISSING, State.EXPIRING)


@dataclass(frozen=True, slots=True)
class Asked:
    """One type that a supplier must or should hold; ``held`` ends last of those accepted."""

    kind: CertificateType
    cell: Cell
    notes: list[str]  # why we ask
    held: Certificate | None
    newest: Certificate | None  # what waits or was returned
    gap: Gap | None
    uncovered: list[SupplierSite]

    @property
    def is_theirs(self) -> bool:
        return self.cell.state in THEIRS and not self.cell.is_quiet


@dataclass(frozen=True, slots=True)
class Overview:
    asked: list[Asked]
    drafts: list[Certificate]  # read and not confirmed
    more: list[Certificate]  # held without being asked
    history: list[Certificate]
    codes: dict[int, str] = field(default_factory=dict)  # of types

    @property
    def to_do(self) -> list[Asked]:
        return sorted(
            (each for each in self.asked if each.is_theirs),
            key=lambda each: (_URGENT.index(each.cell.state), each.cell.day or date.max),
        )

    @property
    def in_order(self) -> list[Asked]:
        return [each for each in self.asked if not each.is_theirs]


async def overview(db: AsyncSession, who: Principal, supplier: Supplier, *, today: date) -> Overview:
    cells = await matrix.cells(db, who, [supplier.id], today=today)
    types = await _types(db, who)
    found = await records.of_supplier(db, who, supplier)
    notes = await _notes(db, supplier)
    sites = await records.sites(db, who, supplier.id)
    asked = [
        _asked(types[type_id], cell, notes.get(type_id, []), found, sites)
        for (_, type_id), cell in cells.items()
    ]
    asked.sort(key=lambda each: (each.kind.position, each.kind.code))
    shown = {each.held.id for each in asked if each.held} | {each.newest.id for each in asked if each.newest}
    settled = [each for each in found if each.id not in shown]
    return Overview(
        asked,
        [each for each in found if each.status is CertificateStatus.DRAFT],
        [each for each in settled if each.status is CertificateStatus.ACCEPTED],
        [
            each
            for each in settled
            if each.status not in {CertificateStatus.DRAFT, CertificateStatus.ACCEPTED}
        ],
        {type_id: kind.code for type_id, kind in types.items()},
    )


def _asked(
    kind: CertificateType, cell: Cell, notes: list[str], found: list[Certificate], sites: list[SupplierSite]
) -> Asked:
    of_kind = [each for each in found if each.type_id == kind.id]
    held = max(
        (each for each in of_kind if each.status in records.HELD),
        key=lambda each: (each.valid_until_on or date.max, each.id),
        default=None,
    )
    newest = next((each for each in of_kind if each.id == cell.certificate_id and each is not held), None)
    latest = newest or held
    gap = coverage.gap(held, newest) if newest else _gap_before(held, of_kind)
    return Asked(
        kind, cell, notes, held, newest, gap, coverage.uncovered(kind, latest, sites) if latest else []
    )


def _gap_before(held: Certificate | None, of_kind: list[Certificate]) -> Gap | None:
    """Give the gap between what is held and what it followed."""
    if held is None:
        return None
    return coverage.gap(next((each for each in of_kind if each.id == held.renews_id), None), held)


async def _types(db: AsyncSession, who: Principal) -> dict[int, CertificateType]:
    return {each.id: each for each in (await db.execute(scopes.catalogue(who, CertificateType))).scalars()}


async def _notes(db: AsyncSession, supplier: Supplier) -> dict[int, list[str]]:
    """Give why we ask for each type, in the words of the requirements that fit this supplier."""
    query = (
        select(
            col(CertificateRequirement.type_id), func.array_agg(col(CertificateRequirement.note).distinct())
        )
        .join(Supplier, fits())
        .where(col(Supplier.id) == supplier.id, col(CertificateRequirement.note) != "")
        .group_by(col(CertificateRequirement.type_id))
    )
    return {type_id: list(notes) for type_id, notes in await db.execute(query)}

"""Who must hold which certificate: rules that the organisation writes."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.errors import NotFoundError
from portal.models.certificates import CertificateRequirement, CertificateType, Level, OnLapse
from portal.models.organisation import Commodity
from portal.models.suppliers import AslEntry, RiskClass, Supplier, SupplierStatus
from portal.workflows.certificates.states import fits
from portal.workflows.editing import TakenError, apply, refuse_stale, unless_taken

_TAKEN = "There is already a requirement for this type with the same conditions. Change that one instead."


class Rule(NamedTuple):
    """A requirement in words, with how many suppliers it fits."""

    id: int
    type: str
    level: Level
    commodity: str | None
    risk: RiskClass | None
    scope: str
    supplier: str | None
    on_lapse: OnLapse
    note: str
    suppliers: int


async def listed(db: AsyncSession, who: Principal) -> list[Rule]:
    named = Supplier.__table__.alias("named")  # type: ignore[attr-defined] # SQLModel gives every table one
    fitting = (
        select(func.count())
        .select_from(Supplier)
        .where(fits(), scopes.condition(who, Supplier), col(Supplier.status) != SupplierStatus.EXITED)
        .correlate(CertificateRequirement)
        .scalar_subquery()
    )
    query = (
        scopes.shared(who, CertificateRequirement)
        .join(CertificateType, col(CertificateType.id) == col(CertificateRequirement.type_id))
        .outerjoin(Commodity, col(Commodity.id) == col(CertificateRequirement.commodity_id))
        .outerjoin(named, named.c.id == col(CertificateRequirement.supplier_id))
        .with_only_columns(
            col(CertificateRequirement.id),
            col(CertificateType.code),
            col(CertificateRequirement.level),
            col(Commodity.name),
            col(CertificateRequirement.risk),
            col(CertificateRequirement.scope),
            named.c.name,
            col(CertificateRequirement.on_lapse),
            col(CertificateRequirement.note),
            fitting,
            maintain_column_froms=True,
        )
        .order_by(
            col(CertificateType.position),
            func.lower(col(CertificateType.code)),
            col(CertificateRequirement.id),
        )
    )
    return [Rule._make(row) for row in await db.execute(query)]


async def to_change(db: AsyncSession, who: Principal, requirement_id: int) -> CertificateRequirement:
    query = scopes.shared(who, CertificateRequirement).where(col(CertificateRequirement.id) == requirement_id)
    found = (
        await db.execute(query.with_for_update().execution_options(populate_existing=True))
    ).scalar_one_or_none()
    if found is None:
        raise NotFoundError
    return found


async def add(db: AsyncSession, who: Principal, values: Mapping[str, Any]) -> CertificateRequirement:
    """Ask suppliers for a type from now on.

    Args:
        db: the transaction of the change.
        who: must see the supplier that is named.
        values: type_id, level, commodity_id, risk, scope, supplier (its number or ''), on_lapse, note.

    Raises:
        TakenError: the same rule is there, or it names what is not.
    """
    made = CertificateRequirement(**await _resolved(db, who, values))
    async with unless_taken(db, made, "type", _TAKEN):
        db.add(made)
    return made


async def change(
    db: AsyncSession, who: Principal, record: CertificateRequirement, version: int, values: Mapping[str, Any]
) -> None:
    """Change a rule; see add.

    Raises:
        StaleError: somebody changed it since that version was shown.
        TakenError: as for add.
    """
    refuse_stale(record, version)
    resolved = await _resolved(db, who, values)
    async with unless_taken(db, record, "type", _TAKEN):
        apply(record, resolved)


async def remove(db: AsyncSession, record: CertificateRequirement) -> None:
    """Ask no longer. Certificates that were handed in stay."""
    await db.delete(record)
    await db.flush()


async def scopes_in_use(db: AsyncSession, who: Principal) -> list[str]:
    """Name the scopes of the approved list, to choose from."""
    query = scopes.visible(who, AslEntry).with_only_columns(col(AslEntry.scope)).distinct()
    return list((await db.execute(query.order_by(col(AslEntry.scope)))).scalars())


async def supplier_number(db: AsyncSession, who: Principal, record: CertificateRequirement) -> str:
    """Give the number of the supplier that a rule names, '' when it names none."""
    if record.supplier_id is None:
        return ""
    query = scopes.visible(who, Supplier).where(col(Supplier.id) == record.supplier_id)
    return (await db.execute(query)).scalar_one().number


async def _resolved(db: AsyncSession, who: Principal, values: Mapping[str, Any]) -> dict[str, Any]:
    """Put ids for what the form names."""
    found = dict(values)
    number = found.pop("supplier")
    found["supplier_id"] = await _supplier(db, who, number) if number else None
    for field, model, named in (
        ("type", CertificateType, "type_id"),
        ("commodity", Commodity, "commodity_id"),
    ):
        row_id = found[named]
        if row_id is not None and await db.get(model, row_id) is None:
            raise TakenError(field, "Choose from the list. What you chose is no longer there.")
    return found


async def _supplier(db: AsyncSession, who: Principal, number: str) -> int:
    query = scopes.visible(who, Supplier).where(col(Supplier.number) == number)
    found = (await db.execute(query)).scalar_one_or_none()
    if found is None:
        raise TakenError("supplier", f"There is no supplier {number}. Enter a number from the supplier list.")
    return found.id

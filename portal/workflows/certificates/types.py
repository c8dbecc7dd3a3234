"""The types of certificates: those that come with the portal, and the organisation's own."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.errors import NotFoundError
from portal.models.certificates import CertificateType
from portal.workflows.editing import apply, refuse_stale, unless_taken


async def listed(db: AsyncSession, who: Principal) -> list[CertificateType]:
    query = scopes.catalogue(who, CertificateType)
    ordered = query.order_by(col(CertificateType.position), func.lower(col(CertificateType.code)))
    return list((await db.execute(ordered)).scalars())


async def find(db: AsyncSession, who: Principal, type_id: int) -> CertificateType:
    query = scopes.catalogue(who, CertificateType).where(col(CertificateType.id) == type_id)
    found = (await db.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFoundError
    return found


async def to_change(db: AsyncSession, who: Principal, type_id: int) -> CertificateType:
    query = scopes.shared(who, CertificateType).where(col(CertificateType.id) == type_id)
    found = (
        await db.execute(query.with_for_update().execution_options(populate_existing=True))
    ).scalar_one_or_none()
    if found is None:
        raise NotFoundError
    return found


async def add(db: AsyncSession, values: Mapping[str, Any]) -> CertificateType:
    """Add a type of the organisation's own.

    Raises:
        TakenError: there is one of that name.
    """
    made = CertificateType(**values)
    async with unless_taken(db, made, "code", _taken(values)):
        db.add(made)
    return made


async def change(db: AsyncSession, record: CertificateType, version: int, values: Mapping[str, Any]) -> None:
    """Change a type.

    Raises:
        StaleError: somebody changed it since that version was shown.
        TakenError: another one has that name.
    """
    refuse_stale(record, version)
    async with unless_taken(db, record, "code", _taken(values)):
        apply(record, values)


def _taken(values: Mapping[str, Any]) -> str:
    return f"There is already a type {values['code']}."

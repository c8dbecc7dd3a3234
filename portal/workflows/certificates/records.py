"""One certificate with whose and of what kind it is; found or locked by whoever may see it."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.errors import NotFoundError
from portal.models.certificates import Certificate, CertificateStatus, CertificateType
from portal.models.documents import Document
from portal.models.suppliers import Supplier, SupplierSite
from portal.reading import Reading
from portal.workflows import documents
from portal.workflows.tasks import About

# Whatever was once handed in and accepted: what a newer one follows.
HELD = (CertificateStatus.ACCEPTED, CertificateStatus.EXPIRED)


@dataclass(frozen=True, slots=True)
class Record:
    """A certificate; ``kind`` None while a draft's type is not known yet."""

    certificate: Certificate
    supplier: Supplier
    kind: CertificateType | None

    @property
    def code(self) -> str:
        return self.kind.code if self.kind else ""

    @property
    def reading(self) -> Reading | None:
        """What was read off the file; None while nobody has looked yet."""
        found = self.certificate.found
        return Reading.of_kept(found) if found is not None else None


async def find(db: AsyncSession, who: Principal, certificate_id: int) -> Record:
    """Load a certificate; missing and foreign are the same, and so is a supplier's draft to our people."""
    return await _load(db, who, _query(who, certificate_id))


async def to_change(db: AsyncSession, who: Principal, certificate_id: int) -> Record:
    """Load and lock; another change waits until this one is done."""
    query = _query(who, certificate_id).with_for_update(of=Certificate)
    return await _load(db, who, query.execution_options(populate_existing=True))


async def of_supplier(
    db: AsyncSession, who: Principal, supplier: Supplier, statuses: Collection[CertificateStatus] = ()
) -> list[Certificate]:
    """All certificates of a supplier with one of the statuses, or any; the newest first."""
    query = scopes.visible(who, Certificate).where(col(Certificate.supplier_id) == supplier.id)
    if statuses:
        query = query.where(col(Certificate.status).in_(list(statuses)))
    return list((await db.execute(query.order_by(col(Certificate.id).desc()))).scalars())


async def before(db: AsyncSession, who: Principal, certificate: Certificate) -> Certificate | None:
    """Give the one that a certificate renews."""
    if certificate.renews_id is None:
        return None
    query = scopes.visible(who, Certificate).where(col(Certificate.id) == certificate.renews_id)
    return (await db.execute(query)).scalar_one_or_none()


async def sites(db: AsyncSession, who: Principal, supplier_id: int) -> list[SupplierSite]:
    query = (
        scopes.visible(who, SupplierSite)
        .where(col(SupplierSite.supplier_id) == supplier_id)
        .order_by(func.lower(col(SupplierSite.name)))
    )
    return list((await db.execute(query)).scalars())


async def file_of(db: AsyncSession, who: Principal, certificate: Certificate) -> Document | None:
    """Give the newest file at a certificate."""
    found = await documents.attached(db, who, certificate)
    return found[-1] if found else None


def about(record: Record) -> About:
    """Name a certificate for its tasks."""
    return About("certificate", record.certificate.id, record.certificate.number or record.code)


def _query(who: Principal, certificate_id: int) -> Select[Certificate, Supplier, CertificateType | None]:
    return (
        select(Certificate, Supplier, CertificateType)
        .join(Supplier, col(Supplier.id) == col(Certificate.supplier_id))
        .outerjoin(CertificateType, col(CertificateType.id) == col(Certificate.type_id))
        .where(col(Certificate.id) == certificate_id, scopes.condition(who, Certificate))
    )


async def _load(
    db: AsyncSession, who: Principal, query: Select[Certificate, Supplier, CertificateType | None]
) -> Record:
    row = (await db.execute(query)).one_or_none()
    if row is None:
        raise NotFoundError
    record = Record(*row)
    is_theirs = not record.certificate.is_on_behalf
    if who.is_staff and is_theirs and record.certificate.status is CertificateStatus.DRAFT:
        raise NotFoundError
    return record

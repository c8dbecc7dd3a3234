from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.models.certificates import (
    Certificate,
    CertificateRequirement,
    CertificateStatus,
    CertificateType,
)
from portal.sample.papers import Paper

_numbers = count(1)
SENT_AT = datetime(2024, 2, 1, 9, tzinfo=UTC)


async def kind(db: AsyncSession, code: str = "ISO 9001") -> CertificateType:
    """One of the types that come with the portal."""
    return (await db.execute(select(CertificateType).where(col(CertificateType.code) == code))).scalar_one()


async def requirement(db: AsyncSession, code: str = "ISO 9001", **given: Any) -> CertificateRequirement:
    """Asked of every supplier, mandatory."""
    return await _saved(db, CertificateRequirement(type_id=(await kind(db, code)).id, **given))


async def certificate(db: AsyncSession, cast: Any, code: str = "ISO 9001", **given: Any) -> Certificate:
    """Acme's, accepted in February 2024 and valid until the end of January 2027."""
    fields = {
        "supplier_id": cast.acme.id,
        "type_id": (await kind(db, code)).id,
        "status": CertificateStatus.ACCEPTED,
        "number": f"QM {next(_numbers):06}",
        "issuing_body": "Rhein Quality Services",
        "issued_on": date(2024, 2, 1),
        "valid_until_on": date(2027, 1, 31),
        "submitted_at": SENT_AT,
        "submitted_by_name": "Tomasz Wieczorek",
        **given,
    }
    return await _saved(db, Certificate(**fields))


def paper(**given: Any) -> Paper:
    """Acme's renewal on paper, valid for three years from November 2026."""
    fields: dict[str, Any] = {
        "standard": "ISO 9001:2015",
        "number": "QM 26 448 10221",
        "body": "Rhein Quality Services GmbH",
        "company": "Acme Castings",
        "sites": ("ul. Odlewnicza 12, 33-100 Tarnów",),
        "scope": "Manufacture of aluminium castings for drive systems",
        "issued_on": date(2026, 11, 3),
        "valid_until_on": date(2029, 11, 2),
        "accreditation": "DAkkS D-ZM-14143-01-00",
        **given,
    }
    return Paper(**fields)


async def _saved(db: AsyncSession, record: Any) -> Any:
    db.add(record)
    await db.flush()
    return record

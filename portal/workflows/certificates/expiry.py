"""What becomes of certificates by the calendar alone: they expire, and those that begin replace others."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from portal.access.principal import Principal
from portal.db import because
from portal.models.certificates import Certificate, CertificateStatus, CertificateType
from portal.models.suppliers import Supplier
from portal.workflows.certificates import effects, following, review
from portal.workflows.certificates.records import Record
from portal.workflows.certificates.states import standing
from portal.workflows.certificates.steps import STEPS
from portal.workflows.steps import advance


async def run(db: AsyncSession, who: Principal, *, today: date) -> int:
    """Bring all certificates to a day; doing it twice is as good as once. Returns how many expired."""
    await _let_begin(db, who, today)
    return await _let_expire(db, who, today)


async def _let_begin(db: AsyncSession, who: Principal, today: date) -> None:
    """A certificate that was accepted before its first day takes the old one's place on that day."""
    older = aliased(Certificate)
    begun = (
        select(Certificate)
        .where(
            col(Certificate.status) == CertificateStatus.ACCEPTED,
            col(Certificate.issued_on) <= today,
            col(Certificate.renews_id).is_not(None),
            select(1)
            .where(
                col(older.id) == col(Certificate.renews_id),
                col(older.status).in_((CertificateStatus.ACCEPTED, CertificateStatus.EXPIRED)),
            )
            .exists(),
        )
        .order_by(col(Certificate.id))
        .with_for_update()
    )
    for certificate in (await db.execute(begun)).scalars().all():
        await review.replace_older(db, certificate, by=who, today=today)


async def _let_expire(db: AsyncSession, who: Principal, today: date) -> int:
    ended = (
        select(Certificate, Supplier, CertificateType)
        .join(Supplier, col(Supplier.id) == col(Certificate.supplier_id))
        .join(CertificateType, col(CertificateType.id) == col(Certificate.type_id))
        .where(
            col(Certificate.status) == CertificateStatus.ACCEPTED,
            col(Certificate.valid_until_on) < today,
        )
        .order_by(col(Certificate.id))
        .with_for_update(of=Certificate)
    )
    records = [Record(*row) for row in await db.execute(ended)]
    asked = await _asked(db, who, today, {record.supplier.id for record in records})
    for record in records:
        await because(db, f"{record.code} {record.certificate.number} has expired")
        advance(record.certificate, STEPS, "expire", by=who)
        await db.flush()
        place = (record.supplier.id, record.certificate.type_id)
        if place in asked and asked[place] is None:
            await following.due(db, record, event="Expired")
            await effects.on_approvals(db, who, record, today=today)
    return len(records)


async def _asked(
    db: AsyncSession, who: Principal, today: date, supplier_ids: set[int]
) -> dict[tuple[int, int | None], int | None]:
    """Give what is asked of suppliers, with what they hold today besides what has ended."""
    if not supplier_ids:
        return {}
    of_these = standing(who, today, supplier_ids=supplier_ids)
    return {(row.supplier_id, row.type_id): row.held_id for row in await db.execute(select(of_these))}

"""Renewals as answers: scorecards count whether the new certificate came before the old one ended."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.models.certificates import Certificate, CertificateStatus, CertificateType
from portal.models.deliveries import DeliveryLine
from portal.models.organisation import Organisation, Plant
from portal.models.ratings import ResponseStage, StageKind
from portal.models.suppliers import Supplier
from scorecards.periods import month_number

NOTE = "certificates.note_answer"  # the job: a supplier's own transaction does not write its rating
STAGE = "Renewal"
_ANSWERS = (
    CertificateStatus.SUBMITTED,
    CertificateStatus.REJECTED,
    CertificateStatus.ACCEPTED,
    CertificateStatus.SUPERSEDED,
    CertificateStatus.EXPIRED,
)


async def note(db: AsyncSession, certificate_id: int) -> None:
    """Write down how the renewal of a certificate stands; again is harmless."""
    query = (
        select(Certificate, Supplier, CertificateType)
        .join(Supplier, col(Supplier.id) == col(Certificate.supplier_id))
        .join(CertificateType, col(CertificateType.id) == col(Certificate.type_id))
        .where(col(Certificate.id) == certificate_id)
    )
    row = (await db.execute(query)).one_or_none()
    if row is None:
        return
    old, supplier, kind = row
    until: date | None = old.valid_until_on
    plant_id = await _plant(db, supplier)
    if until is None or plant_id is None:
        return
    answer = await _answer(db, old)
    stage = ResponseStage(
        supplier_id=supplier.id,
        plant_id=plant_id,
        commodity_id=supplier.commodity_id,
        kind=StageKind.CERTIFICATE,
        reference=f"{kind.code} {old.number}"[:60],
        stage=STAGE,
        due_at=_end_of(until, await _zone(db)),
        due_on=until,
        month=month_number(until),
        answered_at=answer.submitted_at if answer else None,
        accepted=_decision(answer),
    )
    values = stage.model_dump(exclude={"id"})
    changing = ("due_at", "due_on", "month", "answered_at", "accepted", "updated_at")
    await db.execute(
        insert(ResponseStage)
        .values(**values)
        .on_conflict_do_update(
            index_elements=["supplier_id", "kind", "reference", "stage"],
            set_={name: values[name] for name in changing},
        )
        .inline()
    )


async def _answer(db: AsyncSession, old: Certificate) -> Certificate | None:
    """The one that was accepted, else the newest that was handed in to renew it."""
    query = select(Certificate).where(
        col(Certificate.renews_id) == old.id, col(Certificate.status).in_(_ANSWERS)
    )
    found = sorted((await db.execute(query)).scalars(), key=lambda each: (_decision(each) is True, each.id))
    return found[-1] if found else None


def _decision(answer: Certificate | None) -> bool | None:
    if answer is None or answer.status is CertificateStatus.SUBMITTED:
        return None
    return answer.status is not CertificateStatus.REJECTED


async def _plant(db: AsyncSession, supplier: Supplier) -> int | None:
    """Give the plant that a supplier delivered to last: an answer belongs to one. Without any, our first."""
    last = (
        select(col(DeliveryLine.plant_id))
        .where(col(DeliveryLine.supplier_id) == supplier.id)
        .order_by(col(DeliveryLine.reference_month).desc().nulls_last(), col(DeliveryLine.id).desc())
        .limit(1)
        .scalar_subquery()
    )
    first = select(func.min(col(Plant.id))).scalar_subquery()
    found: int | None = (await db.execute(select(func.coalesce(last, first)))).scalar_one()
    return found


async def _zone(db: AsyncSession) -> ZoneInfo:
    name = (await db.execute(select(col(Organisation.time_zone)))).scalar_one_or_none()
    return ZoneInfo(name or "UTC")


def _end_of(day: date, zone: ZoneInfo) -> datetime:
    """Give the last second of a day."""
    return (datetime.combine(day + timedelta(days=1), time(), zone) - timedelta(seconds=1)).astimezone(UTC)

"""What an expired mandatory certificate does elsewhere: to the score's band, and to the approved list."""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.models.certificates import (
    Certificate,
    CertificateRequirement,
    CertificateStatus,
    CertificateType,
    Level,
    OnLapse,
)
from portal.models.suppliers import AslEntry, AslStatus, Supplier
from portal.workflows.approved_list import entries
from portal.workflows.certificates.records import Record
from portal.workflows.certificates.states import fits, standing

CAP = "expired_mandatory_certificate"  # as rating policies call it
_COUNTED = (CertificateStatus.ACCEPTED, CertificateStatus.EXPIRED, CertificateStatus.SUPERSEDED)
_BECOMES = {
    OnLapse.CONDITIONAL: (AslStatus.CONDITIONAL, (AslStatus.APPROVED,)),
    OnLapse.RESTRICTED: (AslStatus.RESTRICTED, (AslStatus.APPROVED, AslStatus.CONDITIONAL)),
}


async def expired(
    db: AsyncSession, who: Principal, *, today: date, supplier_ids: Collection[int] | None = None
) -> dict[int, list[str]]:
    """Name the mandatory certificates that have expired, by supplier: "ISO 9001 expired on 2026-10-31"."""
    all_of = standing(who, today, supplier_ids=supplier_ids)
    query = (
        select(all_of.c.supplier_id, col(CertificateType.code), all_of.c.last_until_on)
        .join(CertificateType, col(CertificateType.id) == all_of.c.type_id)
        .where(all_of.c.is_mandatory, all_of.c.held_id.is_(None), all_of.c.last_until_on < today)
        .order_by(all_of.c.supplier_id, col(CertificateType.position))
    )
    found: dict[int, list[str]] = {}
    for supplier_id, code, until in await db.execute(query):
        found.setdefault(supplier_id, []).append(f"{code} expired on {until.isoformat()}")
    return found


async def expired_on(
    db: AsyncSession, who: Principal, supplier_id: int, day: date, *, end_of_day: datetime, asked_by: datetime
) -> list[str]:
    """Say of an earlier day what ``expired`` would have said, by what is known now.

    What was accepted up to that day counts, and what was accepted later but had been issued by then; also
    what was replaced since. What was asked for later than ``asked_by`` was not asked then. A trigger finds by
    the same rule which months a certificate marks (migration 0036).
    """
    until = func.max(func.coalesce(col(Certificate.valid_until_on), literal_column("'infinity'::date")))
    asked = select(1).where(
        col(CertificateRequirement.type_id) == col(CertificateType.id),
        col(CertificateRequirement.level) == Level.MANDATORY,
        col(CertificateRequirement.created_at) <= asked_by,
        fits(),
    )
    query = (
        select(col(CertificateType.code), until)
        .join(Supplier, col(Supplier.id) == col(Certificate.supplier_id))
        .join(CertificateType, col(CertificateType.id) == col(Certificate.type_id))
        .where(
            scopes.condition(who, Certificate),
            col(Certificate.supplier_id) == supplier_id,
            col(Certificate.status).in_(_COUNTED),
            col(Certificate.decided_at).is_(None)
            | (col(Certificate.decided_at) < end_of_day)
            | (col(Certificate.issued_on) <= day),
            asked.correlate(CertificateType, Supplier).exists(),
        )
        .group_by(col(CertificateType.id))
        .having(until < day)
        .order_by(col(CertificateType.position))
    )
    return [f"{code} expired on {last.isoformat()}" for code, last in await db.execute(query)]


async def on_approvals(db: AsyncSession, who: Principal, record: Record, *, today: date) -> None:
    """Lower a supplier's approvals as its requirements say, once: what a person decides afterwards stands."""
    query = (
        select(CertificateRequirement)
        .join(Supplier, fits())
        .where(
            col(Supplier.id) == record.supplier.id,
            col(CertificateRequirement.type_id) == record.certificate.type_id,
            col(CertificateRequirement.level) == Level.MANDATORY,
            col(CertificateRequirement.on_lapse) != OnLapse.SHOW,
        )
    )
    for rule in (await db.execute(query)).scalars():
        status, lowered = _BECOMES[rule.on_lapse]
        found = scopes.visible(who, AslEntry).where(
            col(AslEntry.supplier_id) == record.supplier.id,
            col(AslEntry.status).in_(lowered),
            col(AslEntry.valid_until_on) >= today,
        )
        if rule.scope:
            found = found.where(func.lower(col(AslEntry.scope)) == rule.scope.lower())
        for entry in (await db.execute(found.with_for_update())).scalars().all():
            await entries.decide(
                db,
                entry,
                entry.version,
                status=status,
                valid_until_on=entry.valid_until_on,
                reason=f"{record.code} {record.certificate.number} expired on"
                f" {record.certificate.valid_until_on}.",
                by=who,
                today=today,
            )

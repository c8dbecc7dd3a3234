"""What follows when a certificate is due, handed in, accepted, returned or taken back: whose turn it is."""

from datetime import date, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from portal import clock
from portal.access.principal import Principal
from portal.jobs.queue import enqueue
from portal.models.certificates import Certificate, CertificateStatus
from portal.models.tasks import Side, Task
from portal.workflows import tasks
from portal.workflows.certificates import answers
from portal.workflows.certificates.kinds import RENEW, REVIEW
from portal.workflows.certificates.records import Record, about
from portal.workflows.task_links import sending

REVIEW_WITHIN = timedelta(days=5)
CORRECT_WITHIN = timedelta(days=7)


async def due(db: AsyncSession, record: Record, *, contact_id: int | None = None, event: str = "") -> Task:
    """Ask the supplier to renew a certificate by its last valid day."""
    task = await tasks.open_task(
        db,
        RENEW,
        about(record),
        Side.SUPPLIER,
        supplier_id=record.supplier.id,
        facts={"type": record.code, "until": _iso(record.certificate.valid_until_on)},
        contact_id=contact_id,
        due=record.certificate.valid_until_on,
        zone=record.supplier.time_zone,
        event=event,
    )
    await enqueue(db, answers.NOTE, {"certificate": record.certificate.id})
    return task


async def submitted(db: AsyncSession, record: Record, followed: Certificate | None, *, by: Principal) -> None:
    """It is our turn to review. For what it renews the supplier has nothing to do meanwhile."""
    await tasks.finish(db, about(record), RENEW, by=by)
    await tasks.open_task(
        db,
        REVIEW,
        about(record),
        Side.US,
        supplier_id=record.supplier.id,
        facts={"type": record.code, "by": by.name},
        due=clock.now() + REVIEW_WITHIN,
        event="Handed in",
    )
    if followed is not None:
        await tasks.finish(db, about(Record(followed, record.supplier, record.kind)), RENEW, by=by)
    await _note(db, followed)


async def accepted(db: AsyncSession, record: Record, followed: Certificate | None, *, by: Principal) -> None:
    await tasks.finish(db, about(record), by=by)
    await _note(db, followed)


async def returned(
    db: AsyncSession,
    record: Record,
    followed: Certificate | None,
    *,
    by: Principal,
    today: date,
    contact_id: int | None = None,
) -> None:
    """It is the supplier's turn again: before the old one ends, where there is time for that.

    A contact without an account who handed it in gets a link to correct it.
    """
    await tasks.finish(db, about(record), REVIEW, by=by)
    until = followed.valid_until_on if followed else None
    task = await tasks.open_task(
        db,
        RENEW,
        about(record),
        Side.SUPPLIER,
        supplier_id=record.supplier.id,
        contact_id=contact_id,
        facts={"type": record.code, "until": _iso(until), "reason": record.certificate.reason},
        due=until if until is not None and until > today else today + CORRECT_WITHIN,
        zone=record.supplier.time_zone,
        event="Returned",
    )
    if contact_id is not None:
        await sending.send_soon(db, task, by=by)
    await _note(db, followed)


async def withdrawn(db: AsyncSession, record: Record, was: CertificateStatus, *, by: Principal) -> None:
    why = "" if was is CertificateStatus.DRAFT else "withdrawn"
    await tasks.finish(db, about(record), by=by, why=why)


async def _note(db: AsyncSession, followed: Certificate | None) -> None:
    if followed is not None:
        await enqueue(db, answers.NOTE, {"certificate": followed.id})


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""

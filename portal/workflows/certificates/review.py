"""Our decision on what suppliers hand in: accepted, or returned with a reason."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access import scopes
from portal.access.principal import Principal
from portal.db import because
from portal.errors import NotReadyError
from portal.languages import _
from portal.mail import certificates as mails
from portal.mail import outbox
from portal.mail.message import Recipient
from portal.models.certificates import Certificate, CertificateStatus, CertificateType
from portal.models.people import Person
from portal.models.suppliers import Supplier
from portal.reading.found import FIELDS
from portal.settings import Settings
from portal.workflows import absences, documents
from portal.workflows.certificates import following, records
from portal.workflows.certificates.records import Record
from portal.workflows.certificates.steps import STEPS
from portal.workflows.certificates.submitting import check
from portal.workflows.editing import apply, refuse_stale, unless_taken
from portal.workflows.steps import advance, next_step


class Waiting(NamedTuple):
    """One that waits for review; ``read`` of FIELDS were read off its file."""

    id: int
    supplier: str
    type: str
    submitted_at: datetime
    has_text: bool
    read: int

    @property
    def missing(self) -> int:
        return len(FIELDS) - self.read


async def waiting(db: AsyncSession, who: Principal, *, at_most: int = 200) -> list[Waiting]:
    """List what waits, the oldest first."""
    query = (
        select(
            col(Certificate.id),
            col(Supplier.name),
            col(CertificateType.code),
            col(Certificate.submitted_at),
            col(Certificate.found),
        )
        .join(Supplier, col(Supplier.id) == col(Certificate.supplier_id))
        .join(CertificateType, col(CertificateType.id) == col(Certificate.type_id))
        .where(scopes.condition(who, Certificate), col(Certificate.status) == CertificateStatus.SUBMITTED)
        .order_by(col(Certificate.submitted_at), col(Certificate.id))
        .limit(at_most)
    )
    return [
        Waiting(row[0], row[1], row[2], row[3], bool(row[4] and row[4]["has_text"]), _count(row[4]))
        for row in await db.execute(query)
    ]


async def accept(
    db: AsyncSession,
    record: Record,
    version: int,
    values: Mapping[str, Any],
    *,
    by: Principal,
    today: date,
) -> None:
    """Accept what was handed in, with what the reviewer has corrected in its fields.

    Raises:
        NotReadyError: it was decided already, or the reviewer handed it in on the supplier's behalf.
        StaleError: somebody changed it since that version was shown.
        TakenError: a value makes no sense; ``field`` says which.
    """
    certificate = record.certificate
    next_step(certificate, STEPS, "accept", by=by)
    _four_eyes(certificate, by)
    refuse_stale(certificate, version)
    assert record.kind is not None  # noqa: S101 # what was handed in has a type
    await check(db, by, certificate, record.kind, values, today=today)
    taken = _("Another certificate of this supplier has this number and this last day.")
    async with unless_taken(db, certificate, "number", taken):
        apply(certificate, values)
        advance(certificate, STEPS, "accept", by=by)
        certificate.decided_at, certificate.decided_by_name = clock.now(), by.name
    followed = await records.before(db, by, certificate)
    await replace_older(db, certificate, by=by, today=today)
    await following.accepted(db, record, followed, by=by)


async def give_back(
    db: AsyncSession,
    settings: Settings,
    record: Record,
    version: int,
    reason: str,
    *,
    by: Principal,
    today: date,
) -> None:
    """Return what was handed in; the supplier reads the reason and hands it in again.

    Raises:
        NotReadyError: it was decided already.
        StaleError: somebody changed it since that version was shown.
    """
    certificate = record.certificate
    next_step(certificate, STEPS, "return", by=by)
    refuse_stale(certificate, version)
    await because(db, reason)
    certificate.reason = reason
    advance(certificate, STEPS, "return", by=by)
    certificate.decided_at, certificate.decided_by_name = clock.now(), by.name
    await db.flush()
    followed = await records.before(db, by, certificate)
    contact_id = await _handed_in_by(db, by, certificate)
    await following.returned(db, record, followed, by=by, today=today, contact_id=contact_id)
    await _tell(db, settings, record, by)


async def replace_older(db: AsyncSession, certificate: Certificate, *, by: Principal, today: date) -> None:
    """Let a certificate that has begun take the place of those of its type that end before it."""
    if certificate.issued_on is not None and certificate.issued_on > today:
        return
    query = select(Certificate).where(
        col(Certificate.supplier_id) == certificate.supplier_id,
        col(Certificate.type_id) == certificate.type_id,
        col(Certificate.id) != certificate.id,
        col(Certificate.status).in_(records.HELD),
    )
    for older in (await db.execute(query.with_for_update())).scalars():
        ends = older.valid_until_on, certificate.valid_until_on
        if ends[1] is None or (ends[0] is not None and ends[0] <= ends[1]):
            advance(older, STEPS, "supersede", by=by)
    await db.flush()


def _four_eyes(certificate: Certificate, by: Principal) -> None:
    if certificate.is_on_behalf and certificate.submitted_by_id == by.person_id:
        raise NotReadyError(_("You handed this in for the supplier, so a colleague has to review it."))


async def _handed_in_by(db: AsyncSession, who: Principal, certificate: Certificate) -> int | None:
    """Give the contact without an account who sent the file by the link of a mail."""
    if certificate.submitted_by_id is not None:
        return None
    sent = [each.contact_id for each in await documents.attached(db, who, certificate)]
    return next((each for each in sent if each is not None), None)


async def _tell(db: AsyncSession, settings: Settings, record: Record, by: Principal) -> None:
    """Write to whoever handed it in at the supplier."""
    certificate = record.certificate
    if certificate.submitted_by_id is None or certificate.is_on_behalf:
        return
    person = await db.get(Person, certificate.submitted_by_id)
    if person is None or not person.is_active:
        return
    house = await outbox.letterhead(db, settings)
    for to in await absences.also(db, [Recipient.person(person)], Certificate, certificate.id):
        message = mails.certificate_returned(
            house,
            to,
            path=f"/certificates/{certificate.id}",
            key=f"{certificate.id}-{certificate.version}{f'-{to.person_id}' if to.stands_in_for else ''}",
            type_code=record.code,
            reason=certificate.reason,
            by=by.name,
        )
        await outbox.queue(db, message)


def _count(found: dict[str, Any] | None) -> int:
    return len(found["found"]) if found else 0

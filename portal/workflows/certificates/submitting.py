"""Handing a certificate in: a file becomes a draft, a person confirms what was read, then we review it."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access import scopes
from portal.access.principal import Principal
from portal.errors import BadInputError
from portal.jobs.queue import enqueue
from portal.languages import _
from portal.models.certificates import Certificate, CertificateStatus, CertificateType
from portal.models.suppliers import Supplier
from portal.workflows import documents
from portal.workflows.certificates import following, records, types
from portal.workflows.certificates.records import Record
from portal.workflows.certificates.steps import STEPS
from portal.workflows.editing import TakenError, apply, refuse_stale, unless_taken
from portal.workflows.steps import advance, next_step

READ = "certificates.read"  # the job

_FIELDS = ("number", "issuing_body", "accreditation", "scope", "issued_on", "valid_until_on", "site_ids")


async def begin(
    db: AsyncSession,
    who: Principal,
    supplier: Supplier,
    document_ids: Iterable[int],
    *,
    type_id: int | None = None,
) -> list[Certificate]:
    """Make a draft of each file; a worker reads it then. Without a type, the file says which it is.

    Raises:
        BadInputError: there is no file.
        NotFoundError: a file or the type is missing, or not theirs.
    """
    wanted = list(dict.fromkeys(document_ids))
    if not wanted:
        raise BadInputError(_("Add the certificate as a PDF or a photo first."))
    kind = await types.find(db, who, type_id) if type_id is not None else None
    made = []
    for document_id in wanted:
        draft = Certificate(
            supplier_id=supplier.id, type_id=kind.id if kind else None, is_on_behalf=who.is_staff
        )
        db.add(draft)
        await db.flush()
        await documents.attach(db, who, [document_id], draft)
        await enqueue(db, READ, {"certificate": draft.id})
        made.append(draft)
    return made


async def submit(
    db: AsyncSession,
    record: Record,
    version: int,
    values: Mapping[str, Any],
    *,
    by: Principal,
    today: date,
) -> None:
    """Hand a draft in, or one that was returned once more, with what a person has confirmed.

    Args:
        db: the transaction of the change.
        record: locked.
        version: that the person saw.
        values: type_id and the fields of a certificate.
        by: the supplier's person, or one of us on its behalf.
        today: at our organisation.

    Raises:
        NotReadyError: it was handed in already.
        StaleError: somebody changed it since.
        TakenError: a value makes no sense; ``field`` says which.
    """
    certificate = record.certificate
    next_step(certificate, STEPS, "submit", by=by)
    refuse_stale(certificate, version)
    kind = await types.find(db, by, values["type_id"])
    await check(db, by, certificate, kind, values, today=today)
    followed = await _followed(db, by, certificate, kind)
    async with unless_taken(db, certificate, "number", _twice(values)):
        apply(certificate, {"type_id": kind.id, **{name: values[name] for name in _FIELDS}})
        certificate.reason = ""
        certificate.submitted_at = clock.now()
        certificate.submitted_by_id = by.person_id or None
        certificate.submitted_by_name = by.name
        certificate.is_on_behalf = by.is_staff
        certificate.renews_id = followed.id if followed else None
        advance(certificate, STEPS, "submit", by=by)
    await documents.fix(db, certificate)
    await following.submitted(db, Record(certificate, record.supplier, kind), followed, by=by)


async def check(
    db: AsyncSession,
    who: Principal,
    certificate: Certificate,
    kind: CertificateType,
    values: Mapping[str, Any],
    *,
    today: date,
) -> None:
    """Refuse what no certificate can say; raise TakenError with the field."""
    issued_on, until_on = values["issued_on"], values["valid_until_on"]
    if until_on is None and kind.has_end:
        raise TakenError("valid_until_on", _("Enter the last valid day. It is on the certificate."))
    if until_on is not None and until_on < today:
        raise TakenError(
            "valid_until_on", _("This certificate has ended already. Add the one that is valid now.")
        )
    if issued_on is not None and until_on is not None and until_on < issued_on:
        raise TakenError("valid_until_on", _("The last valid day lies before the day of issue."))
    own = {site.id for site in await records.sites(db, who, certificate.supplier_id)}
    if not own.issuperset(values["site_ids"]):
        raise TakenError("sites", _("Choose from your sites. One of them is no longer there."))
    await _refuse_used_number(db, certificate, kind, values)


async def withdraw(db: AsyncSession, record: Record, *, by: Principal, reason: str = "") -> None:
    """Take a certificate back: a mistake, or the body withdrew it."""
    was = record.certificate.status
    advance(record.certificate, STEPS, "withdraw", by=by)
    record.certificate.reason = reason
    await db.flush()
    await following.withdrawn(db, record, was, by=by)


async def _followed(
    db: AsyncSession, who: Principal, certificate: Certificate, kind: CertificateType
) -> Certificate | None:
    """Give the one that it renews: what is held of its type and ends last."""
    query = scopes.visible(who, Certificate).where(
        col(Certificate.supplier_id) == certificate.supplier_id,
        col(Certificate.type_id) == kind.id,
        col(Certificate.id) != certificate.id,
        col(Certificate.status).in_(records.HELD),
    )
    last = query.order_by(col(Certificate.valid_until_on).desc(), col(Certificate.id).desc()).limit(1)
    return (await db.execute(last)).scalar_one_or_none()


async def _refuse_used_number(
    db: AsyncSession, certificate: Certificate, kind: CertificateType, values: Mapping[str, Any]
) -> None:
    """A renewal may keep its number: it ends later. Anything else with it is the same certificate."""
    same = select(Certificate).where(
        col(Certificate.supplier_id) == certificate.supplier_id,
        col(Certificate.type_id) == kind.id,
        col(Certificate.id) != certificate.id,
        col(Certificate.status).in_(
            (CertificateStatus.SUBMITTED, CertificateStatus.ACCEPTED, CertificateStatus.EXPIRED)
        ),
    )
    number = values["number"].casefold()
    for other in (await db.execute(same)).scalars():
        ends = (other.valid_until_on, values["valid_until_on"])
        if other.number.casefold() == number and (None in ends or ends[0] >= ends[1]):
            raise TakenError("number", _twice(values))


def _twice(values: Mapping[str, Any]) -> str:
    return _(
        "There is already a certificate with the number %(number)s. Look at it before you add it again.",
        number=values["number"],
    )

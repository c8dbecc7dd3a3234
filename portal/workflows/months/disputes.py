"""What a supplier says is wrong behind its number: raised in the preview, taken back, found again."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access import scopes
from portal.access.permissions import P, may
from portal.access.principal import Principal
from portal.errors import NotFoundError, NotReadyError
from portal.languages import _
from portal.models.deliveries import DeliveryLine
from portal.models.documents import Document
from portal.models.months import DisputeStatus, MonthStatus, ScorecardDispute, ScorecardMonth
from portal.models.nonconformances import Nonconformance, Responsibility
from portal.models.organisation import Part, Plant
from portal.models.suppliers import Supplier
from portal.workflows import documents
from portal.workflows.months import kinds, records
from portal.workflows.months.steps import DISPUTE_STEPS
from portal.workflows.steps import advance


class Subject(NamedTuple):
    """What can be disputed: a delivery line, or a nonconformance."""

    row: DeliveryLine | Nonconformance
    month: int
    called: str
    part: str
    plant: str

    @property
    def line(self) -> DeliveryLine | None:
        return self.row if isinstance(self.row, DeliveryLine) else None

    @property
    def nonconformance(self) -> Nonconformance | None:
        return self.row if isinstance(self.row, Nonconformance) else None


class Dispute(NamedTuple):
    """A dispute with what its page shows of it."""

    row: ScorecardDispute
    supplier: Supplier
    files: Sequence[Document]


def can_dispute(who: Principal, month: ScorecardMonth | None) -> bool:
    """Say whether lines of a month may be disputed now: by the supplier, until the preview ends."""
    return (
        month is not None
        and month.status is MonthStatus.PREVIEW
        and clock.now() < month.preview_until_at
        and may(who, P.DISPUTES_RAISE)
    )


async def line(db: AsyncSession, who: Principal, line_id: int) -> Subject:
    found = (
        await db.execute(scopes.visible(who, DeliveryLine).where(col(DeliveryLine.id) == line_id))
    ).scalar_one_or_none()
    if found is None or found.reference_month is None:
        raise NotFoundError
    called = f"{found.order_number}-{found.line_number}"
    return await _subject(db, found, found.reference_month, called)


async def nonconformance(db: AsyncSession, who: Principal, nonconformance_id: int) -> Subject:
    query = scopes.visible(who, Nonconformance).where(col(Nonconformance.id) == nonconformance_id)
    found = (await db.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFoundError
    return await _subject(db, found, found.month, found.number)


async def refuse_unless_possible(db: AsyncSession, who: Principal, subject: Subject) -> ScorecardMonth:
    """Give the month that is disputed in.

    Raises:
        NotReadyError: its preview is over or has not begun, or the number does not count against them.
    """
    month = await records.known(db, subject.month)
    if month is None or not can_dispute(who, month):
        raise NotReadyError(_("The preview of this month is over, so nothing of it can be disputed now."))
    if not _counts(subject.row):
        raise NotReadyError(_("This does not count against you, so there is nothing to dispute."))
    if await _of(db, who, subject.row) is not None:
        raise NotReadyError(_("This is disputed already. Look at the dispute to see where it stands."))
    return month


async def begin(
    db: AsyncSession, who: Principal, subject: Subject, reason: str, document_ids: Iterable[int]
) -> ScorecardDispute:
    """Dispute a line or a nonconformance, with what shows it.

    Raises: as refuse_unless_possible does.
    """
    await _lock(db, who, subject.row)
    month = await refuse_unless_possible(db, who, subject)
    row = subject.row
    found = ScorecardDispute(
        supplier_id=row.supplier_id,
        plant_id=row.plant_id,
        commodity_id=row.commodity_id,
        month=subject.month,
        delivery_line_id=subject.line.id if subject.line else None,
        nonconformance_id=subject.nonconformance.id if subject.nonconformance else None,
        subject=subject.called[:120],
        reason=reason,
        disputed_by_id=who.person_id or None,
        disputed_by_name=who.name,
    )
    db.add(found)
    await db.flush()
    await documents.attach(db, who, document_ids, found)
    await documents.fix(db, found)
    await kinds.follow_dispute(db, found, month)
    return found


async def withdraw(db: AsyncSession, dispute: ScorecardDispute, *, by: Principal) -> None:
    """Take a dispute back while nobody has answered it."""
    advance(dispute, DISPUTE_STEPS, "withdraw", by=by)
    await db.flush()
    await kinds.follow_dispute(db, dispute, None)


async def find(db: AsyncSession, who: Principal, dispute_id: int) -> Dispute:
    query = scopes.visible(who, ScorecardDispute).where(col(ScorecardDispute.id) == dispute_id)
    found = (await db.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFoundError
    return await _shown(db, who, found)


async def to_change(db: AsyncSession, who: Principal, dispute_id: int) -> Dispute:
    query = scopes.visible(who, ScorecardDispute).where(col(ScorecardDispute.id) == dispute_id)
    locked = query.with_for_update().execution_options(populate_existing=True)
    found = (await db.execute(locked)).scalar_one_or_none()
    if found is None:
        raise NotFoundError
    return await _shown(db, who, found)


async def subject_of(db: AsyncSession, who: Principal, dispute: ScorecardDispute) -> Subject:
    if dispute.delivery_line_id is not None:
        return await line(db, who, dispute.delivery_line_id)
    assert dispute.nonconformance_id is not None  # noqa: S101 # the database sees to it
    return await nonconformance(db, who, dispute.nonconformance_id)


async def of_month(
    db: AsyncSession, who: Principal, month: int, *, supplier_id: int | None = None
) -> list[Dispute]:
    """List the disputes of a month that the principal may see, the oldest first."""
    query = (
        select(ScorecardDispute, Supplier)
        .join(Supplier, col(Supplier.id) == col(ScorecardDispute.supplier_id))
        .where(
            scopes.condition(who, ScorecardDispute),
            col(ScorecardDispute.month) == month,
            col(ScorecardDispute.status) != DisputeStatus.WITHDRAWN,
        )
        .order_by(col(ScorecardDispute.disputed_at), col(ScorecardDispute.id))
    )
    if supplier_id is not None:
        query = query.where(col(ScorecardDispute.supplier_id) == supplier_id)
    rows: list[tuple[ScorecardDispute, Supplier]] = [(row[0], row[1]) for row in await db.execute(query)]
    files = await documents.attached_to_all(
        db, who, "scorecard_dispute", [dispute.id for dispute, _supplier in rows]
    )
    return [Dispute(dispute, supplier, files.get(dispute.id, [])) for dispute, supplier in rows]


def _counts(row: DeliveryLine | Nonconformance) -> bool:
    if isinstance(row, Nonconformance):
        return row.responsibility is Responsibility.SUPPLIER and not row.is_sample
    return not row.complete and row.excuse_code is None and row.cancelled_on is None and row.ordered > 0


async def _of(
    db: AsyncSession, who: Principal, row: DeliveryLine | Nonconformance
) -> ScorecardDispute | None:
    column = (
        col(ScorecardDispute.delivery_line_id)
        if isinstance(row, DeliveryLine)
        else col(ScorecardDispute.nonconformance_id)
    )
    query = scopes.visible(who, ScorecardDispute).where(
        column == row.id, col(ScorecardDispute.status) != DisputeStatus.WITHDRAWN
    )
    return (await db.execute(query)).scalar_one_or_none()


async def _lock(db: AsyncSession, who: Principal, row: DeliveryLine | Nonconformance) -> None:
    """Two who dispute the same thing at once take turns; a supplier may not lock the line itself."""
    key = f"dispute {type(row).__name__} {row.id} {who.supplier_id}"
    await db.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))


async def _shown(db: AsyncSession, who: Principal, found: ScorecardDispute) -> Dispute:
    supplier = (
        await db.execute(scopes.visible(who, Supplier).where(col(Supplier.id) == found.supplier_id))
    ).scalar_one()
    return Dispute(found, supplier, await documents.attached(db, who, found))


async def _subject(db: AsyncSession, row: DeliveryLine | Nonconformance, month: int, called: str) -> Subject:
    part = (await db.execute(select(col(Part.number)).where(col(Part.id) == row.part_id))).scalar_one()
    plant = (await db.execute(select(col(Plant.name)).where(col(Plant.id) == row.plant_id))).scalar_one()
    return Subject(row, month, called, part, plant)

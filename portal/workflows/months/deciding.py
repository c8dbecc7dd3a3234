"""Our decision on a dispute: one of us says what would be right, another approves an excuse."""

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access.principal import Principal
from portal.db import because
from portal.errors import NotReadyError
from portal.languages import speaking
from portal.mail import months as mails
from portal.mail import outbox
from portal.mail.message import Letterhead, Message, Recipient
from portal.models.deliveries import DeliveryLine, ExcuseCode
from portal.models.months import ScorecardDispute
from portal.models.nonconformances import Nonconformance, Responsibility
from portal.models.people import Person
from portal.settings import Settings
from portal.workflows import absences
from portal.workflows.editing import apply, refuse_stale
from portal.workflows.months import effect, kinds, records
from portal.workflows.months.disputes import Dispute
from portal.workflows.months.steps import DISPUTE_STEPS
from portal.workflows.steps import advance, next_step

LONGEST_NOTE = 2000  # of a line's excuse


async def propose(
    db: AsyncSession,
    dispute: ScorecardDispute,
    version: int,
    answer: str,
    why: ExcuseCode | Responsibility,
    *,
    by: Principal,
) -> None:
    """Say that a dispute is right; somebody else approves that.

    Raises:
        NotReadyError: somebody has decided meanwhile.
        StaleError: it was changed since that version was shown.
    """
    next_step(dispute, DISPUTE_STEPS, "propose", by=by)
    refuse_stale(dispute, version)
    dispute.answer = answer
    dispute.excuse_code = why if isinstance(why, ExcuseCode) else None
    dispute.responsibility = why if isinstance(why, Responsibility) else None
    dispute.proposed_by_id, dispute.proposed_by_name = by.person_id or None, by.name
    dispute.proposed_at = clock.now()
    advance(dispute, DISPUTE_STEPS, "propose", by=by)
    await _follow(db, dispute)


async def reject(
    db: AsyncSession, settings: Settings, found: Dispute, version: int, answer: str, *, by: Principal
) -> None:
    """Say that a dispute is not right, and why.

    Raises: as propose does.
    """
    dispute = found.row
    next_step(dispute, DISPUTE_STEPS, "reject", by=by)
    refuse_stale(dispute, version)
    await because(db, answer)
    dispute.answer = answer
    _decided(dispute, by)
    advance(dispute, DISPUTE_STEPS, "reject", by=by)
    await _follow(db, dispute)
    await _tell(db, settings, found)


async def give_back(
    db: AsyncSession, dispute: ScorecardDispute, version: int, reason: str, *, by: Principal
) -> None:
    """Do not approve what a colleague would accept; it is open again."""
    next_step(dispute, DISPUTE_STEPS, "return", by=by)
    refuse_stale(dispute, version)
    await because(db, reason)
    advance(dispute, DISPUTE_STEPS, "return", by=by)
    dispute.answer = ""
    dispute.excuse_code = dispute.responsibility = None
    dispute.proposed_by_id, dispute.proposed_by_name, dispute.proposed_at = None, "", None
    await _follow(db, dispute)


async def accept(
    db: AsyncSession, settings: Settings, found: Dispute, version: int, *, by: Principal, as_of: date
) -> None:
    """Approve that it is not the supplier's doing: the line is excused, or the nonconformance not counted.

    Raises:
        NotReadyError: somebody has decided meanwhile, or whoever proposed it would approve it.
        StaleError: it was changed since that version was shown.
    """
    dispute = found.row
    next_step(dispute, DISPUTE_STEPS, "accept", by=by)
    if not by.person_id or by.person_id == dispute.proposed_by_id:
        raise NotReadyError("You proposed this, so somebody else has to approve it.")
    refuse_stale(dispute, version)
    await because(db, dispute.answer)
    would_be = (await effect.basis(db, by, found.supplier, dispute.month, as_of)).of(dispute)
    dispute.effect = would_be.to_dict() if would_be else None
    await _put_right(db, dispute, by)
    _decided(dispute, by)
    advance(dispute, DISPUTE_STEPS, "accept", by=by)
    await _follow(db, dispute)
    await _tell(db, settings, found)


async def _put_right(db: AsyncSession, dispute: ScorecardDispute, by: Principal) -> None:
    if dispute.delivery_line_id is not None:
        query = select(DeliveryLine).where(col(DeliveryLine.id) == dispute.delivery_line_id)
        line = (await db.execute(query.with_for_update())).scalar_one()
        apply(
            line,
            {
                "excuse_code": dispute.excuse_code,
                "excuse_note": dispute.answer[:LONGEST_NOTE],
                "excused_by_name": by.name,
                "excused_at": clock.now(),
            },
        )
    else:
        found = select(Nonconformance).where(col(Nonconformance.id) == dispute.nonconformance_id)
        nonconformance = (await db.execute(found.with_for_update())).scalar_one()
        if nonconformance.scar_id is not None:
            raise NotReadyError("A SCAR is out for it. Decide there whose it is.")
        apply(nonconformance, {"responsibility": dispute.responsibility})
    await db.flush()


def _decided(dispute: ScorecardDispute, by: Principal) -> None:
    dispute.decided_by_name, dispute.decided_at = by.name, clock.now()


async def _follow(db: AsyncSession, dispute: ScorecardDispute) -> None:
    await db.flush()
    await kinds.follow_dispute(db, dispute, await records.known(db, dispute.month))


async def _tell(db: AsyncSession, settings: Settings, found: Dispute) -> None:
    """Write to whoever disputed it."""
    dispute = found.row
    person = await db.get(Person, dispute.disputed_by_id) if dispute.disputed_by_id else None
    if person is None or not person.is_active:
        return
    house = await outbox.letterhead(db, settings)
    for to in await absences.also(db, [Recipient.person(person)], ScorecardDispute, dispute.id):
        with speaking(to.language):
            changed = effect.as_read(dispute.effect)
        await outbox.queue(db, _told(house, to, found, changed))


def _told(house: Letterhead, to: Recipient, found: Dispute, changed: dict[str, Any] | None) -> Message:
    dispute = found.row
    return mails.dispute_decided(
        house,
        to,
        path=f"/disputes/{dispute.id}",
        key=f"{dispute.id}-{dispute.version}{f'-{to.person_id}' if to.stands_in_for else ''}",
        subject=dispute.subject,
        month=dispute.month,
        status=str(dispute.status),
        answer=dispute.answer,
        effect=changed,
        supplier_name=found.supplier.name,
    )

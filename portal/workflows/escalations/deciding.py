"""Proposing a rung, deciding on it, leaving it: each by a person, with a reason that the supplier reads."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access import scopes
from portal.access.principal import Principal
from portal.db import because
from portal.errors import BadInputError, NotReadyError
from portal.mail import escalations as mails
from portal.mail import outbox
from portal.models.escalations import Escalation, EscalationStatus, Rung
from portal.models.suppliers import AslEntry, AslStatus, Supplier
from portal.models.tasks import Side
from portal.settings import Settings
from portal.workflows.approved_list import entries
from portal.workflows.certificates.reminders import recipients_of
from portal.workflows.escalations import criteria, records
from portal.workflows.escalations.kinds import DECIDE, PLAN, about
from portal.workflows.escalations.records import Record
from portal.workflows.escalations.steps import STEPS
from portal.workflows.escalations.words import RUNG, TERMS
from portal.workflows.steps import advance, next_step
from portal.workflows.tasks import finish, open_task

_LOWERED = {
    AslStatus.CONDITIONAL: (AslStatus.APPROVED,),
    AslStatus.RESTRICTED: (AslStatus.APPROVED, AslStatus.CONDITIONAL),
}


async def propose(
    db: AsyncSession,
    supplier: Supplier,
    rung: Rung,
    reasons: Sequence[str],
    *,
    by: Principal,
    month: int | None = None,
) -> Escalation:
    """Propose a rung for a supplier.

    Raises:
        NotReadyError: there is a proposal that nobody decided yet, or the supplier stands there already.
    """
    waiting = select(Escalation).where(
        col(Escalation.supplier_id) == supplier.id,
        col(Escalation.status).in_((EscalationStatus.PROPOSED, EscalationStatus.OPEN)),
    )
    for each in await db.scalars(waiting):
        if each.status is EscalationStatus.PROPOSED:
            raise NotReadyError("There is a proposal for this supplier already. Decide on it first.")
        if each.rung is rung:
            raise NotReadyError(f"{supplier.name} stands on this rung already.")
    made = Escalation(
        supplier_id=supplier.id,
        rung=rung,
        month=month,
        reasons=list(reasons),
        proposed_by_name=by.name,
        proposed_by_id=by.person_id or None,
        clean_lots=TERMS[rung].clean_lots,
        needs_cause=TERMS[rung].needs_cause,
    )
    db.add(made)
    await db.flush()
    await open_task(
        db,
        DECIDE,
        about(made),
        Side.US,
        supplier_id=supplier.id,
        is_shared=False,
        facts={"rung": rung.value, "supplier": supplier.name},
        event=f"Proposed by {by.name}",
    )
    return made


async def accept(
    db: AsyncSession,
    settings: Settings,
    record: Record,
    *,
    rung: Rung,
    reason: str,
    clean_lots: int,
    by: Principal,
    today: date,
) -> None:
    """Put a supplier on a rung, which may be another one than was proposed; tell the supplier.

    Raises:
        NotReadyError: whoever proposed it by hand decides on it too.
    """
    made, supplier = record
    next_step(made, STEPS, "accept", by=by)
    if made.proposed_by_id is not None and made.proposed_by_id == by.person_id:
        raise NotReadyError("You have proposed this. Somebody else has to decide on it.")
    await because(db, reason)
    before = await records.open_of(db, by, supplier.id)
    if before is not None:
        if before.rung is rung:
            raise BadInputError(f"{supplier.name} stands on this rung already. Choose another one.")
        await _leave(db, before, f"Goes on as: {RUNG[rung].lower()}. {reason}"[:2000], by=by, today=today)
    advance(made, STEPS, "accept", by=by)
    made.rung, made.reason, made.clean_lots = rung, reason, clean_lots
    made.needs_cause = TERMS[rung].needs_cause
    made.decided_at, made.decided_by_name, made.began_on = clock.now(), by.name, today
    await db.flush()
    made.lowered = await _lower(db, made, supplier, by=by, today=today)
    await finish(db, about(made), DECIDE, by=by)
    await open_task(
        db,
        PLAN,
        about(made),
        Side.SUPPLIER,
        supplier_id=supplier.id,
        facts={"rung": rung.value},
        event=f"{RUNG[rung]}, decided by {by.name}",
    )
    await _tell(db, settings, made, supplier, by=by)


async def dismiss(db: AsyncSession, record: Record, reason: str, *, by: Principal) -> None:
    """Leave a supplier where it is; the rules ask again next month at the earliest."""
    made = record.escalation
    next_step(made, STEPS, "dismiss", by=by)
    await because(db, reason)
    made.reason, made.decided_at, made.decided_by_name = reason, clock.now(), by.name
    advance(made, STEPS, "dismiss", by=by)
    await finish(db, about(made), by=by, why="dismissed")


async def end(
    db: AsyncSession, settings: Settings, record: Record, reason: str, *, by: Principal, today: date
) -> None:
    """Let a supplier leave the ladder.

    Raises:
        NotReadyError: a criterion is not met yet.
    """
    found, supplier = record
    next_step(found, STEPS, "end", by=by)
    steps = await records.milestones(db, by, found)
    missing = [each.words for each in await criteria.criteria(db, by, found, steps) if not each.is_met]
    if missing:
        raise NotReadyError(f"Not yet: {missing[0][:1].lower()}{missing[0][1:]}.")
    await _leave(db, found, reason, by=by, today=today)
    await _tell(db, settings, found, supplier, by=by)


async def _leave(db: AsyncSession, found: Escalation, reason: str, *, by: Principal, today: date) -> None:
    """End a rung, and give back the approvals that were lowered with it and that nobody touched since."""
    await because(db, reason)
    found.ended_on, found.ended_because, found.ended_by_name = today, reason, by.name
    advance(found, STEPS, "end", by=by)
    for lowered in found.lowered:
        query = scopes.visible(by, AslEntry).where(col(AslEntry.id) == lowered["entry"])
        entry = (await db.execute(query.with_for_update())).scalar_one_or_none()
        if entry is None or entry.version != lowered["version"]:
            continue
        if entry.valid_until_on is not None and entry.valid_until_on >= today:
            await _decide(db, entry, AslStatus(lowered["before"]), f"Left the ladder. {reason}", by, today)
    await finish(db, about(found), by=by)
    await db.flush()


async def _lower(
    db: AsyncSession, made: Escalation, supplier: Supplier, *, by: Principal, today: date
) -> list[dict[str, object]]:
    becomes = TERMS[made.rung].approvals
    if becomes is None:
        return []
    query = scopes.visible(by, AslEntry).where(
        col(AslEntry.supplier_id) == supplier.id,
        col(AslEntry.status).in_(_LOWERED[becomes]),
        col(AslEntry.valid_until_on) >= today,
    )
    lowered: list[dict[str, object]] = []
    for entry in (await db.scalars(query.order_by(col(AslEntry.id)).with_for_update())).all():
        before = entry.status.value
        await _decide(db, entry, becomes, f"{RUNG[made.rung]}: {made.reason}", by, today)
        lowered.append({"entry": entry.id, "before": before, "version": entry.version})
    return lowered


async def _decide(
    db: AsyncSession, entry: AslEntry, status: AslStatus, reason: str, by: Principal, today: date
) -> None:
    await entries.decide(
        db,
        entry,
        entry.version,
        status=status,
        valid_until_on=entry.valid_until_on,
        reason=reason[:2000],
        by=by,
        today=today,
    )


async def _tell(
    db: AsyncSession, settings: Settings, found: Escalation, supplier: Supplier, *, by: Principal
) -> None:
    house = await outbox.letterhead(db, settings)
    is_over = found.status is EscalationStatus.ENDED
    for recipient in await recipients_of(db, by, supplier):
        message = mails.escalation_told(
            house,
            recipient,
            path=f"/escalations/{found.id}",
            key=f"{found.id}/{found.status.value}/{recipient.address}"[:200],
            rung=found.rung.value,
            is_over=is_over,
            reason=found.ended_because if is_over else found.reason,
            by=by.name,
        )
        await outbox.queue(db, message)

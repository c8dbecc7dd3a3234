"""Agreeing on targets: we propose and the supplier answers, or we record what was agreed elsewhere."""

from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access.principal import Principal
from portal.db import because
from portal.errors import BadInputError, NotReadyError
from portal.models.suppliers import Supplier
from portal.models.targets import Aim, SupplierTarget, TargetStatus
from portal.models.tasks import Side
from portal.workflows.months.words import month_words
from portal.workflows.steps import advance, next_step
from portal.workflows.targets import records
from portal.workflows.targets.kinds import ANSWER, about
from portal.workflows.targets.steps import STEPS
from portal.workflows.targets.words import goal
from portal.workflows.tasks import finish, move, open_task
from scorecards.periods import month_number


async def propose(
    db: AsyncSession,
    supplier: Supplier,
    aim: Aim,
    value: Decimal,
    from_month: int,
    reason: str,
    *,
    by: Principal,
    today: date,
) -> SupplierTarget:
    """Ask a supplier to agree to a target.

    Raises:
        NotReadyError: another one for the same figure waits for its answer.
        BadInputError: the value makes no sense, or the month is published or too far off.
    """
    made = await _made(db, supplier, aim, value, from_month, reason, by=by, today=today)
    await _settle_declined(db, made, by=by)
    await open_task(
        db,
        ANSWER,
        about(made),
        Side.SUPPLIER,
        supplier_id=supplier.id,
        facts={"aim": aim.value, "value": str(value), "number": supplier.number},
        event=f"Proposed by {by.name}",
    )
    return made


async def record(
    db: AsyncSession,
    supplier: Supplier,
    aim: Aim,
    value: Decimal,
    from_month: int,
    reason: str,
    *,
    agreed_by: str,
    agreed_on: date,
    by: Principal,
    today: date,
) -> SupplierTarget:
    """Write down what somebody at the supplier agreed to in a meeting or a mail.

    Raises: as propose does, and BadInputError for a day that is still to come.
    """
    if agreed_on > today:
        raise BadInputError("The day of the agreement is still to come.")
    made = await _made(db, supplier, aim, value, from_month, reason, by=by, today=today)
    await _settle_declined(db, made, by=by)
    await _replace(db, made, by=by)
    made.answered_by_name, made.answered_on, made.is_recorded = agreed_by, agreed_on, True
    advance(made, STEPS, "record", by=by)
    await db.flush()
    return made


async def accept(db: AsyncSession, target: SupplierTarget, *, by: Principal, today: date) -> None:
    """Agree, for the supplier. A month that was published meanwhile keeps what held then."""
    next_step(target, STEPS, "accept", by=by)
    target.from_month = max(target.from_month, await records.first_open(db, month_number(today)))
    await _replace(db, target, by=by)
    target.answered_by_name, target.answered_on = by.name, today
    advance(target, STEPS, "accept", by=by)
    await finish(db, about(target), ANSWER, by=by)
    await db.flush()


async def decline(
    db: AsyncSession, target: SupplierTarget, answer: str, *, by: Principal, today: date
) -> None:
    """Say no and why, for the supplier; it is our turn then."""
    next_step(target, STEPS, "decline", by=by)
    target.answer, target.answered_by_name, target.answered_on = answer, by.name, today
    advance(target, STEPS, "decline", by=by)
    await move(db, ANSWER, about(target), Side.US, event=f"Declined by {by.name}")


async def withdraw(db: AsyncSession, target: SupplierTarget, *, by: Principal) -> None:
    """Take a proposal back, or leave it at what the supplier said."""
    advance(target, STEPS, "withdraw", by=by)
    await finish(db, about(target), ANSWER, by=by, why="cancelled")


async def end(db: AsyncSession, target: SupplierTarget, reason: str, *, by: Principal, today: date) -> None:
    """Let a target hold no longer; what is published stays compared with it."""
    next_step(target, STEPS, "end", by=by)
    await because(db, reason)
    first = await records.first_open(db, month_number(today))
    target.until_month = max(first, target.from_month) - 1
    target.ended_because, target.ended_by_name = reason, by.name
    advance(target, STEPS, "end", by=by)


async def _made(
    db: AsyncSession,
    supplier: Supplier,
    aim: Aim,
    value: Decimal,
    from_month: int,
    reason: str,
    *,
    by: Principal,
    today: date,
) -> SupplierTarget:
    if value < 0 or (value > 100 and aim is not Aim.QUALITY):
        raise BadInputError("Enter a number from 0 to 100.")
    running = month_number(today)
    first = await records.first_open(db, running)
    if not first <= from_month <= running + records.AHEAD:
        raise BadInputError(
            f"A target can begin from {month_words(first)} to {month_words(running + records.AHEAD)}:"
            " published months keep what held then."
        )
    for each in await _of(db, supplier.id, aim):
        if each.status is TargetStatus.PROPOSED:
            raise NotReadyError("A target for this figure waits for an answer already. Take that back first.")
        if each.status is TargetStatus.AGREED and (each.from_month, each.value) == (from_month, value):
            raise NotReadyError(f"This is agreed already: {goal(aim, value)} from {month_words(from_month)}.")
    made = SupplierTarget(
        supplier_id=supplier.id,
        aim=aim,
        value=value,
        from_month=from_month,
        reason=reason,
        proposed_by_id=by.person_id or None,
        proposed_by_name=by.name,
    )
    db.add(made)
    await db.flush()
    return made


async def _settle_declined(db: AsyncSession, made: SupplierTarget, *, by: Principal) -> None:
    """Whoever proposes another value has dealt with the one that was declined."""
    for each in await _of(db, made.supplier_id, made.aim):
        if each.status is TargetStatus.DECLINED:
            await finish(db, about(each), ANSWER, by=by)


async def _replace(db: AsyncSession, made: SupplierTarget, *, by: Principal) -> None:
    for each in await _of(db, made.supplier_id, made.aim):
        if each.status is TargetStatus.AGREED and each.from_month == made.from_month:
            advance(each, STEPS, "replace", by=by)
    await db.flush()


async def _of(db: AsyncSession, supplier_id: int, aim: Aim) -> list[SupplierTarget]:
    """Lock a supplier's targets for one figure: they are agreed one after the other."""
    query = (
        select(SupplierTarget)
        .where(col(SupplierTarget.supplier_id) == supplier_id, col(SupplierTarget.aim) == aim)
        .order_by(col(SupplierTarget.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(await db.scalars(query))

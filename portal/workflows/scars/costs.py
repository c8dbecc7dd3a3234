"""What a nonconformance costs us, line by line, and what the supplier says to each."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access import scopes
from portal.access.permissions import P, may
from portal.access.principal import Principal
from portal.errors import NotFoundError, NotReadyError
from portal.languages import N_, _
from portal.models.base import ZERO
from portal.models.scars import CostStatus, Scar, ScarCost, ScarStatus
from portal.workflows.scars import record
from portal.workflows.scars.steps import ENDED


async def of_scar(db: AsyncSession, who: Principal, scar: Scar) -> list[ScarCost]:
    found = await db.execute(
        scopes.visible(who, ScarCost).where(col(ScarCost.scar_id) == scar.id).order_by(col(ScarCost.id))
    )
    return list(found.scalars())


async def add(db: AsyncSession, scar: Scar, values: Mapping[str, Any], *, by: Principal) -> ScarCost:
    """Add a line; the supplier is asked to accept or reject it."""
    if not may(by, P.SCARS_WRITE):
        raise NotFoundError
    if scar.status is ScarStatus.CANCELLED:
        raise NotReadyError(N_("This SCAR is cancelled: no cost goes with it."))
    line = ScarCost(scar_id=scar.id, supplier_id=scar.supplier_id, plant_id=scar.plant_id, **values)
    db.add(line)
    await db.flush()
    is_draft = scar.status is ScarStatus.DRAFT
    await record.note(db, scar, "cost_added", by=by, words=line.words, is_internal=is_draft)
    return line


async def to_decide(db: AsyncSession, who: Principal, scar: Scar, line_id: int) -> ScarCost:
    found = await db.execute(
        scopes.visible(who, ScarCost)
        .where(col(ScarCost.scar_id) == scar.id, col(ScarCost.id) == line_id)
        .with_for_update()
    )
    line = found.scalar_one_or_none()
    if line is None:
        raise NotFoundError
    return line


async def decide(
    db: AsyncSession, scar: Scar, line: ScarCost, *, accepted: bool, reason: str, by: Principal
) -> None:
    """Accept or reject a line for the supplier.

    Raises:
        NotReadyError: it is decided already, or a rejection has no reason.
    """
    if not may(by, P.SCARS_RESPOND) or by.is_staff:
        raise NotFoundError
    if line.status is not CostStatus.OPEN or scar.status in ENDED - {ScarStatus.CLOSED}:
        raise NotReadyError(_("You have answered this cost line already."))
    if not accepted and not reason:
        raise NotReadyError(_("Say why you reject this cost line."))
    line.status = CostStatus.ACCEPTED if accepted else CostStatus.REJECTED
    line.reason, line.decided_at, line.decided_by_id = reason, clock.now(), by.person_id
    line.updated_at, line.version = clock.now(), line.version + 1
    kind = "cost_accepted" if accepted else "cost_rejected"
    await record.note(db, scar, kind, by=by, words=reason or line.words)


def total(lines: list[ScarCost], *statuses: CostStatus) -> Decimal:
    return sum((each.amount for each in lines if not statuses or each.status in statuses), ZERO)

"""What leads off a rung, and how far it is: counted from the records, never typed in."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.languages import _, ngettext
from portal.models.escalations import Escalation, Milestone
from portal.models.inspections import InspectionLot, LotResult
from portal.models.scars import Scar, ScarStatus

_OVER = (ScarStatus.CLOSED, ScarStatus.CANCELLED, ScarStatus.DRAFT)


class Criterion(NamedTuple):
    words: str
    is_met: bool
    so_far: str


async def criteria(
    db: AsyncSession, who: Principal, escalation: Escalation, milestones: Sequence[Milestone]
) -> list[Criterion]:
    """Give them in the order in which people ask for them."""
    found: list[Criterion] = []
    if escalation.clean_lots:
        clean = await clean_lots(db, who, escalation)
        wanted = escalation.clean_lots
        found.append(
            Criterion(
                ngettext("%(num)s clean lot", "%(num)s clean lots in a row", wanted),
                clean >= wanted,
                _("%(done)s of %(wanted)s", done=min(clean, wanted), wanted=wanted),
            )
        )
    if escalation.needs_cause:
        waiting = await open_scars(db, who, escalation)
        found.append(
            Criterion(
                _("Every SCAR closed: cause verified, measures effective"),
                waiting == 0,
                ngettext("%(num)s still open", "%(num)s still open", waiting) if waiting else _("none open"),
            )
        )
    if milestones:
        done = sum(each.confirmed_at is not None for each in milestones)
        found.append(
            Criterion(
                _("Every milestone of the plan done and confirmed"),
                done == len(milestones),
                _("%(done)s of %(wanted)s", done=done, wanted=len(milestones)),
            )
        )
    return found


async def clean_lots(db: AsyncSession, who: Principal, escalation: Escalation) -> int:
    """Count the lots accepted since the supplier came onto the rung and after its last bad one."""
    if escalation.began_on is None:
        return 0
    mine = (
        scopes.condition(who, InspectionLot),
        col(InspectionLot.supplier_id) == escalation.supplier_id,
        col(InspectionLot.inspected_on) > escalation.began_on,
    )
    bad = select(func.max(col(InspectionLot.inspected_on))).where(
        *mine, col(InspectionLot.result) != LotResult.ACCEPTED
    )
    last_bad = (await db.execute(bad)).scalar_one()
    good = select(func.count()).where(*mine, col(InspectionLot.result) == LotResult.ACCEPTED)
    if last_bad is not None:
        good = good.where(col(InspectionLot.inspected_on) > last_bad)
    return int((await db.execute(good)).scalar_one())


async def open_scars(db: AsyncSession, who: Principal, escalation: Escalation) -> int:
    query = select(func.count()).where(
        scopes.condition(who, Scar),
        col(Scar.supplier_id) == escalation.supplier_id,
        col(Scar.status).not_in(_OVER),
    )
    return int((await db.execute(query)).scalar_one())

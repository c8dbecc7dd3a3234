"""More time: the supplier asks for working days with a reason, and we grant or refuse them."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access import scopes
from portal.access.permissions import P, may
from portal.access.principal import Principal
from portal.errors import NotFoundError, NotReadyError
from portal.languages import N_, _
from portal.models.scars import Scar, ScarExtension
from portal.workflows.scars import clocks, record
from portal.workflows.scars.clock import Allowance, Pause, due
from portal.workflows.scars.steps import AWAITED

MOST_DAYS = 60


async def ask(db: AsyncSession, scar: Scar, days: int, reason: str, *, by: Principal) -> ScarExtension:
    """Ask for more working days for the stage whose turn it is.

    Raises:
        NotReadyError: the ball is not with the supplier, or a wish waits already.
    """
    if not may(by, P.SCARS_RESPOND):
        raise NotFoundError
    stage = AWAITED.get(scar.status)
    if stage is None:
        raise NotReadyError(_("Your clock stands now: there is nothing to extend."))
    if await waiting(db, by, scar) is not None:
        raise NotReadyError(_("You have asked already. The answer is still to come."))
    wish = ScarExtension(
        scar_id=scar.id,
        supplier_id=scar.supplier_id,
        plant_id=scar.plant_id,
        round=scar.round,
        stage=stage,
        days=days,
        reason=reason,
        asked_by_id=by.person_id,
    )
    db.add(wish)
    await record.note(db, scar, "extension_asked", by=by, stage=stage, words=reason)
    return wish


async def waiting(db: AsyncSession, who: Principal, scar: Scar) -> ScarExtension | None:
    """The wish that waits for our decision."""
    found = await db.execute(
        scopes.visible(who, ScarExtension).where(
            col(ScarExtension.scar_id) == scar.id, col(ScarExtension.decided_at).is_(None)
        )
    )
    return found.scalar_one_or_none()


async def would_end(db: AsyncSession, scar: Scar, wish: ScarExtension) -> datetime:
    """The deadline if it is granted."""
    its_clock = await clocks.current(db, scar, wish.stage)
    taken = [
        Pause(each.started_at, each.ended_at)
        for each in await clocks.pauses(db, scar)
        if each.started_at >= its_clock.started_at
    ]
    return due(
        its_clock.started_at,
        replace(Allowance(its_clock.hours), is_calendar=its_clock.is_calendar),
        taken,
        await clocks.site_of(db, scar),
        now=clock.now(),
        extra_hours=its_clock.extra_hours + wish.days * 24,
    )


async def decide(
    db: AsyncSession, scar: Scar, wish: ScarExtension, *, granted: bool, note: str, by: Principal
) -> None:
    """Grant or refuse a wish.

    Raises:
        NotReadyError: somebody has decided already, or a refusal has no reason.
    """
    if not may(by, P.SCARS_WRITE):
        raise NotFoundError
    if wish.decided_at is not None:
        raise NotReadyError(N_("Somebody has decided on it already."))
    if not granted and not note:
        raise NotReadyError(N_("Say why there is no more time."))
    wish.granted, wish.note = granted, note
    wish.decided_at, wish.decided_by_id = clock.now(), by.person_id
    wish.updated_at, wish.version = clock.now(), wish.version + 1
    if granted:
        its_clock = await clocks.current(db, scar, wish.stage)
        its_clock.extra_hours += wish.days * 24
        await db.flush()
        await clocks.set_due(db, scar)
        await clocks.feed(db, scar)
    kind = "extension_granted" if granted else "extension_refused"
    await record.note(db, scar, kind, by=by, stage=wish.stage, words=note)

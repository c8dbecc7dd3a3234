"""Did it work? A plan, a check by somebody else, and the end; or the search for the cause begins anew."""

from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from portal import clock
from portal.access.permissions import P, may
from portal.access.principal import Principal
from portal.errors import NotFoundError, NotReadyError
from portal.languages import N_
from portal.models.scars import Scar, ScarStatus, Stage
from portal.workflows.scars import clocks, record
from portal.workflows.scars.steps import ENDED, STEPS
from portal.workflows.steps import advance

_AGAIN = (Stage.ANALYSIS, Stage.IMPLEMENTATION, Stage.PREVENTION)


async def plan(db: AsyncSession, scar: Scar, words: str, due_on: date | None, *, by: Principal) -> None:
    """Say how we will see that it worked: so many lots or days without recurrence.

    Raises:
        NotReadyError: it is over, or checked already.
    """
    if not may(by, P.SCARS_WRITE):
        raise NotFoundError
    if scar.status in ENDED or scar.status is ScarStatus.DRAFT or scar.is_effective:
        raise NotReadyError(N_("It is over or checked already: there is nothing left to plan."))
    scar.plan, scar.plan_due_on, scar.plan_by_id = words, due_on, by.person_id
    scar.version += 1
    scar.updated_at = clock.now()
    await record.note(db, scar, "planned", by=by, words=words, tell=False)


async def check(db: AsyncSession, scar: Scar, *, is_effective: bool, words: str, by: Principal) -> None:
    """Say whether it worked. Where it did not, the supplier looks for the cause again.

    Raises:
        NotReadyError: there is no plan, it is not time, or the checker wrote the plan.
    """
    if not may(by, P.SCARS_CLOSE):
        raise NotFoundError
    if scar.status is not ScarStatus.EFFECTIVENESS_CHECK:
        raise NotReadyError(N_("The actions are not all accepted yet: there is nothing to check."))
    if not scar.plan or scar.plan_by_id is None:
        raise NotReadyError(N_("Write down first how you will see that it worked."))
    if scar.plan_by_id == by.person_id:
        raise NotReadyError(N_("You wrote the plan: somebody else has to check."))
    if scar.is_effective:
        raise NotReadyError(N_("It is checked already."))
    scar.checked_at, scar.checked_by_id = clock.now(), by.person_id
    scar.is_effective, scar.check_note = is_effective, words
    if is_effective:
        scar.version += 1
        scar.updated_at = clock.now()
        await record.note(db, scar, "found_effective", by=by, words=words)
        return
    await _again(db, scar, "find_ineffective", _AGAIN, words, by)


async def close(db: AsyncSession, scar: Scar, words: str, *, by: Principal) -> None:
    """End it well (D8).

    Raises:
        NotReadyError: it is not checked, or who closes it issued it.
    """
    if scar.status is ScarStatus.EFFECTIVENESS_CHECK and not scar.is_effective:
        raise NotReadyError(N_("Check effectiveness before closing."))
    if scar.status is ScarStatus.EFFECTIVENESS_CHECK and scar.author_id == by.person_id:
        raise NotReadyError(N_("You issued this SCAR: somebody else has to close it."))
    advance(scar, STEPS, "close", by=by)
    scar.closed_at, scar.closed_by_id, scar.closing_note = clock.now(), by.person_id, words
    await clocks.feed(db, scar)
    await record.note(db, scar, "close", by=by, words=words)


async def reopen(db: AsyncSession, scar: Scar, reason: str, *, by: Principal) -> None:
    """It came back: containment first, because bad parts arrive again, then the cause anew."""
    await _again(db, scar, "reopen", (Stage.CONTAINMENT, *_AGAIN), reason, by)


async def _again(
    db: AsyncSession, scar: Scar, step: str, stages: tuple[Stage, ...], words: str, by: Principal
) -> None:
    advance(scar, STEPS, step, by=by)
    scar.closed_at = scar.closed_by_id = None
    scar.is_effective = None
    scar.plan_by_id, scar.plan_due_on = None, None
    scar.round += 1
    await clocks.start(db, scar, stages)
    await clocks.set_due(db, scar)
    await clocks.feed(db, scar)
    await record.note(db, scar, step, by=by, words=words)

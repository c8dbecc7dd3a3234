"""Whose fault it is: the supplier may say that it is not theirs, with evidence, and we decide."""

from sqlalchemy.ext.asyncio import AsyncSession

from portal import clock
from portal.access.principal import Principal
from portal.errors import BadInputError
from portal.languages import N_
from portal.models.nonconformances import Responsibility
from portal.models.scars import Scar, Stage
from portal.workflows.scars import clocks, issue, record
from portal.workflows.scars.steps import STEPS
from portal.workflows.steps import advance


async def reject(db: AsyncSession, scar: Scar, reason: str, *, by: Principal) -> None:
    """The supplier says that it is not theirs. Their clock stands until we have decided."""
    advance(scar, STEPS, "reject_responsibility", by=by)
    scar.rejection = reason
    first = await clocks.current(db, scar, Stage.ACKNOWLEDGEMENT)
    if first.submitted_at is None:  # an answer it is, and in time or not
        first.submitted_at = first.decided_at = clock.now()
        first.accepted = True
    await clocks.stop(db, scar, None)
    scar.due_at, scar.escalation = None, 0
    await clocks.feed(db, scar)
    await record.note(db, scar, "reject_responsibility", by=by, words=reason)


async def uphold(db: AsyncSession, scar: Scar, reason: str, *, by: Principal) -> None:
    """It stays with the supplier, and we say why."""
    advance(scar, STEPS, "uphold_responsibility", by=by)
    await clocks.go_on(db, scar)
    await clocks.feed(db, scar)
    await record.note(db, scar, "uphold_responsibility", by=by, words=reason)


async def take_back(
    db: AsyncSession, scar: Scar, whose: Responsibility, reason: str, *, by: Principal
) -> None:
    """The supplier is right: the SCAR ends, and its nonconformances count for nobody, or for whose they are.

    Raises:
        BadInputError: it would still be the supplier's.
    """
    if whose is Responsibility.SUPPLIER:
        raise BadInputError(N_("Say whose it is instead, or uphold it."))
    advance(scar, STEPS, "take_back", by=by)
    scar.cancel_reason = reason
    for each in await issue.nonconformances(db, by, scar):
        each.responsibility = whose
        each.version += 1
        each.updated_at = clock.now()
    await clocks.go_on(db, scar)
    await clocks.feed(db, scar)
    await record.note(db, scar, "take_back", by=by, words=reason)

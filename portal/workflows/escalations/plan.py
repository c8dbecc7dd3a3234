"""The plan: milestones agreed, done by the supplier, confirmed by us."""

from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from portal import clock
from portal.access.principal import Principal
from portal.errors import BadInputError, NotReadyError
from portal.languages import _
from portal.models.escalations import EscalationStatus, Milestone
from portal.models.tasks import Side
from portal.workflows.editing import apply
from portal.workflows.escalations import records
from portal.workflows.escalations.kinds import PLAN, about
from portal.workflows.escalations.records import Record
from portal.workflows.tasks import move, open_task

MOST = 30


async def add(
    db: AsyncSession, record: Record, title: str, due_on: date, *, by: Principal, today: date
) -> None:
    """Agree on a milestone.

    Raises:
        NotReadyError: the supplier is not on this rung.
        BadInputError: the day has passed, or there are too many.
    """
    found, supplier = record
    _on_the_ladder(record)
    if due_on < today:
        raise BadInputError("Choose a day that is still to come.")
    if len(await records.milestones(db, by, found)) >= MOST:
        raise BadInputError(f"A plan holds at most {MOST} milestones.")
    db.add(Milestone(supplier_id=supplier.id, escalation_id=found.id, title=title, due_on=due_on))
    await db.flush()
    await _follow(db, record, by=by, event=f"Milestone added by {by.name}")


async def done(
    db: AsyncSession, record: Record, milestone: Milestone, note: str, *, by: Principal, today: date
) -> None:
    """Say that it is done, and how.

    Raises:
        NotReadyError: it was confirmed already, or the supplier is not on this rung.
    """
    _on_the_ladder(record)
    if milestone.confirmed_at is not None:
        raise NotReadyError(_("This milestone is confirmed already."))
    apply(milestone, {"done_on": today, "done_by_name": by.name, "note": note})
    await db.flush()
    await _follow(db, record, by=by, event=f"Done: {milestone.title}"[:120])


async def confirm(db: AsyncSession, record: Record, milestone: Milestone, *, by: Principal) -> None:
    """Confirm what the supplier says.

    Raises:
        NotReadyError: nobody said that it is done.
    """
    _on_the_ladder(record)
    if milestone.done_on is None:
        raise NotReadyError("The supplier has not said yet that it is done.")
    if milestone.confirmed_at is None:
        apply(milestone, {"confirmed_at": clock.now(), "confirmed_by_name": by.name})
        await db.flush()
        await _follow(db, record, by=by, event=f"Confirmed: {milestone.title}"[:120])


async def _follow(db: AsyncSession, record: Record, *, by: Principal, event: str) -> None:
    """Let the task say whose turn it is: ours while something waits to be confirmed, else the supplier's."""
    found, supplier = record
    steps = await records.milestones(db, by, found)
    waits = any(each.done_on is not None and each.confirmed_at is None for each in steps)
    left = [each.due_on for each in steps if each.done_on is None]
    side = Side.US if waits else Side.SUPPLIER
    due, zone = (min(left) if left and not waits else None), supplier.time_zone
    if await move(db, PLAN, about(found), side, due=due, zone=zone, event=event) is None:
        await open_task(
            db,
            PLAN,
            about(found),
            side,
            supplier_id=supplier.id,
            facts={"rung": found.rung.value},
            due=due,
            zone=zone,
            event=event,
        )


def _on_the_ladder(record: Record) -> None:
    if record.escalation.status is not EscalationStatus.OPEN:
        raise NotReadyError(_("This is over. Nothing in it changes any more."))

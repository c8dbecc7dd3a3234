"""What is done with several tasks at once: handed to somebody, and suppliers reminded of theirs."""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access import scopes
from portal.access.principal import Principal
from portal.errors import BadInputError
from portal.models.tasks import Side, Task
from portal.workflows.editing import apply
from portal.workflows.task_links import sending
from portal.workflows.tasks import registry, standing_in, worklist

ONCE_IN = timedelta(days=1)


class Reminded(NamedTuple):
    """How many were written to, had been within a day, and can't be: our turn, or nobody to write to."""

    now: int
    lately: int
    not_possible: int


async def hand_over(db: AsyncSession, who: Principal, task_ids: Sequence[int], owner: str) -> int:
    """Give tasks to somebody of us, or to nobody; say how many changed hands.

    Raises:
        BadInputError: that is nobody who has a worklist.
    """
    known = {value for value, _ in await worklist.owners(db, who)}
    if owner not in {*known, worklist.NOBODY}:
        raise BadInputError("Choose from the list who goes on with it.")
    person_id = None if owner == worklist.NOBODY else int(owner)
    tasks = await _to_change(db, who, task_ids)
    await standing_in.note(db, who, tasks)
    changed = sum(apply(task, {"person_id": person_id}) for task in tasks)
    await db.flush()
    return changed


async def remind(db: AsyncSession, who: Principal, task_ids: Sequence[int]) -> Reminded:
    """Write to the contacts once more; to nobody twice within a day, also not right after they were asked."""
    now = clock.now()
    written = lately = not_possible = 0
    tasks = await _to_change(db, who, task_ids)
    await standing_in.note(db, who, tasks)
    for task in tasks:
        kind = registry.KINDS[task.kind]
        if (
            task.side is not Side.SUPPLIER
            or task.paused_at is not None
            or task.contact_id is None
            or kind.link is None
        ):
            not_possible += 1
        elif (task.reminded_at or task.opened_at) > now - ONCE_IN:
            lately += 1
        else:
            task.reminders += 1
            task.reminded_at = task.event_at = now
            task.event = f"Reminder {task.reminders}"
            await sending.send_soon(db, task, by=who)
            written += 1
    await db.flush()
    return Reminded(written, lately, not_possible)


async def _to_change(db: AsyncSession, who: Principal, task_ids: Sequence[int]) -> list[Task]:
    """Load and lock, always in the same order; what is not there, or is done meanwhile, is left out."""
    query = (
        scopes.visible(who, Task)
        .where(
            col(Task.id).in_(task_ids),
            col(Task.done_at).is_(None),
            col(Task.kind).in_(registry.theirs(who)),
        )
        .order_by(col(Task.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list((await db.execute(query)).scalars())

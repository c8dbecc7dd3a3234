"""The second person's decision, and the month from which a version rates."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access.principal import Principal
from portal.db import because
from portal.errors import BadInputError, NotReadyError
from portal.jobs.queue import enqueue
from portal.models.ratings import Policy as PolicyRow
from portal.models.ratings import PolicyStatus
from portal.workflows import ratings
from portal.workflows.policies.drafting import about
from portal.workflows.policies.steps import STEPS
from portal.workflows.steps import advance, next_step
from portal.workflows.tasks import finish
from scorecards.periods import month_label, month_number

ACTIVATE = "policies.activate"
MONTHS_AHEAD = 12


async def give_back(db: AsyncSession, row: PolicyRow, reason: str, *, by: Principal) -> None:
    """Return it to whoever drafted it, and say why."""
    advance(row, STEPS, "return", by=by)
    row.returned_because = reason
    await because(db, reason)
    await finish(db, about(row), by=by, why="returned")


async def approve(db: AsyncSession, row: PolicyRow, month: int, *, by: Principal, today: date) -> None:
    """Let it rate from a month on: the running one or one to come, never one that is over.

    It becomes active in a job: another window means that every line is counted anew.

    Raises:
        NotReadyError: whoever approves it has written in it.
        BadInputError: the month is over, or too far away.
    """
    next_step(row, STEPS, "approve", by=by)
    if by.person_id in row.editor_ids:
        raise NotReadyError("You have written in this version. Somebody else has to approve it.")
    running = month_number(today)
    if not running <= month <= running + MONTHS_AHEAD:
        raise BadInputError(
            f"Choose a month from {month_label(running)} to {month_label(running + MONTHS_AHEAD)}."
            " Months that are over keep the policy that rated them."
        )
    advance(row, STEPS, "approve", by=by)
    row.from_month, row.approved_at, row.approved_by_name = month, clock.now(), by.name
    await finish(db, about(row), by=by)
    await enqueue(db, ACTIVATE, {})


async def activate_due(db: AsyncSession, *, today: date) -> int:
    """Put every approved version whose month has begun into force; returns how many that were."""
    query = (
        select(PolicyRow)
        .where(
            col(PolicyRow.status) == PolicyStatus.APPROVED,
            col(PolicyRow.from_month) <= month_number(today),
        )
        .order_by(col(PolicyRow.approved_at), col(PolicyRow.id))
        .with_for_update()
    )
    found = list(await db.scalars(query))
    for row in found:
        await because(
            db, f"In force from {month_label(row.from_month or 0)}, approved by {row.approved_by_name}"
        )
        await ratings.activate(db, row)
    return len(found)


def end(row: PolicyRow, *, by: Principal, today: date) -> None:
    """Let the suppliers of a group be rated by everybody's policy again, from the running month on.

    Raises:
        NotReadyError: it is everybody's.
    """
    next_step(row, STEPS, "end", by=by)
    if row.is_general:
        raise NotReadyError("Everybody's policy ends when another one takes its place.")
    advance(row, STEPS, "end", by=by)
    row.until_month = month_number(today) - 1

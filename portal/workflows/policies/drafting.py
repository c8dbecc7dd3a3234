"""Writing a version: begun from another one, saved as often as one likes, handed in, discarded."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access.principal import Principal
from portal.errors import NotReadyError
from portal.models.ratings import Policy as PolicyRow
from portal.models.ratings import PolicyStatus
from portal.models.tasks import Side
from portal.workflows.editing import apply, refuse_stale, unless_taken
from portal.workflows.policies.kinds import REVIEW
from portal.workflows.policies.steps import STEPS
from portal.workflows.steps import advance
from portal.workflows.tasks import About, finish, open_task
from scorecards.policy import Policy


async def begin(db: AsyncSession, who: Principal, like: PolicyRow) -> PolicyRow:
    """Begin a draft with the content of another version, for the same suppliers."""
    number = await next_number(db, like.name)
    policy = replace(Policy.parse(like.definition), version=number)
    made = PolicyRow(
        name=like.name,
        number=number,
        definition=policy.to_dict(),
        commodity_id=like.commodity_id,
        supplier_ids=like.supplier_ids,
        group_name=like.group_name,
        editor_ids=[who.person_id],
        drafted_by_name=who.name,
    )
    db.add(made)
    await db.flush()
    return made


async def next_number(db: AsyncSession, name: str) -> int:
    query = select(func.max(col(PolicyRow.number))).where(col(PolicyRow.name) == name)
    return int((await db.execute(query)).scalar_one() or 0) + 1


async def save(
    db: AsyncSession,
    row: PolicyRow,
    version: int,
    policy: Policy,
    values: Mapping[str, Any],
    *,
    by: Principal,
) -> None:
    """Save a draft.

    Raises:
        NotReadyError: it is no draft any more.
        StaleError: somebody else saved it meanwhile.
        TakenError: another version has this name and number.
    """
    if row.status is not PolicyStatus.DRAFT:
        raise NotReadyError("Only a draft can be changed. Begin a new version from this one.")
    refuse_stale(row, version)
    number = row.number if policy.name == row.name else await next_number(db, policy.name)
    changed = {
        **values,
        "name": policy.name,
        "number": number,
        "definition": replace(policy, version=number).to_dict(),
        "editor_ids": sorted({*row.editor_ids, by.person_id}),
    }
    async with unless_taken(db, row, "name", f"There is a version {number} of “{policy.name}” already."):
        apply(row, changed)


async def hand_in(db: AsyncSession, row: PolicyRow, *, by: Principal) -> None:
    """Give it to a second person."""
    if not row.reason:
        raise NotReadyError("Say why there is this version first: the second person reads it.")
    advance(row, STEPS, "hand_in", by=by)
    row.handed_in_at, row.returned_because = clock.now(), ""
    await open_task(
        db,
        REVIEW,
        about(row),
        Side.US,
        is_shared=False,
        facts={"name": row.name, "number": row.number, "by": by.name},
        event=f"Handed in by {by.name}",
    )


async def discard(db: AsyncSession, row: PolicyRow, *, by: Principal) -> None:
    """Throw it away; the trail keeps what it said."""
    advance(row, STEPS, "discard", by=by)
    await finish(db, about(row), by=by, why="discarded")


def about(row: PolicyRow) -> About:
    return About("policy", row.id, f"{row.name} {row.number}"[:80])

"""The active policy: read, installed, activated."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.models.ratings import Policy as PolicyRow
from portal.models.ratings import PolicyStatus
from portal.workflows.ratings.derive import derive_all
from portal.workflows.ratings.turns import change_policy, hold_policy, take_turns
from scorecards.policy import DEFAULT_POLICY, DeliveryRules, Policy

# Parsed once for each version of a row; the instant tells apart databases that count alike.
_parsed: dict[tuple[int, int, datetime], Policy] = {}
_MOST_PARSED = 100


async def active_policy(db: AsyncSession) -> Policy:
    """The policy that ratings are made with now; the built-in one while none was activated."""
    found = (
        await db.execute(
            select(col(PolicyRow.id), col(PolicyRow.version), col(PolicyRow.created_at)).where(
                col(PolicyRow.status) == PolicyStatus.ACTIVE
            )
        )
    ).first()
    if found is None:
        return DEFAULT_POLICY
    key = (found[0], found[1], found[2])
    if key not in _parsed:
        if len(_parsed) >= _MOST_PARSED:
            _parsed.clear()
        row = await db.get_one(PolicyRow, found[0])
        _parsed[key] = Policy.parse(row.definition)
    return _parsed[key]


async def policy_for_writing(db: AsyncSession) -> Policy:
    """The active policy, which nobody changes until this transaction ends: what lines are derived with."""
    await hold_policy(db)
    return await active_policy(db)


async def install_default_policy(db: AsyncSession) -> Policy:
    """Write the built-in policy as the active one where there is no policy yet."""
    if (await db.execute(select(col(PolicyRow.id)).limit(1))).first() is None:
        db.add(
            PolicyRow(
                name=DEFAULT_POLICY.name,
                number=DEFAULT_POLICY.version,
                status=PolicyStatus.ACTIVE,
                definition=DEFAULT_POLICY.to_dict(),
                activated_at=clock.now(),
            )
        )
        await db.flush()
    return await active_policy(db)


async def activate(db: AsyncSession, row: PolicyRow) -> int:
    """Let ratings be made with this policy from now on; returns how many lines were derived anew.

    Another window, reference date or tolerance derives all lines in this same transaction, so nobody ever
    sees the new policy on the old windows; with millions of lines that is work for a job at night. Other
    weights, points or bands derive nothing.

    Raises:
        scorecards.policy.PolicyError: the definition is not a policy that can be used.
    """
    policy = Policy.parse(row.definition)
    await take_turns(db)
    await change_policy(db)
    before = await active_policy(db)
    for other in await db.scalars(select(PolicyRow).where(col(PolicyRow.status) == PolicyStatus.ACTIVE)):
        other.status = PolicyStatus.RETIRED
    await db.flush()  # two active ones at once are refused by the database
    row.status, row.activated_at, row.version = PolicyStatus.ACTIVE, clock.now(), row.version + 1
    await db.flush()
    if what_derives(policy.delivery) == what_derives(before.delivery):
        return 0
    await db.execute(text("SET LOCAL statement_timeout = 0"))
    return await derive_all(db, policy)


def what_derives(rules: DeliveryRules) -> tuple[Any, ...]:
    """The part of the rules that what is stored with a line depends on."""
    return rules.reference, rules.early_days, rules.late_days, rules.days, rules.tolerance_percent

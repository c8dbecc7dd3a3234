"""The active policy of everybody: read, installed, activated. Lines are derived by its windows."""

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

IN_FORCE = (PolicyStatus.ACTIVE, PolicyStatus.RETIRED)  # now, or in the months before another one
# Parsed once for each version of a row; the instant tells apart databases that count alike.
_parsed: dict[tuple[int, int, datetime], Policy] = {}
_MOST_PARSED = 100


async def active_policy(db: AsyncSession) -> Policy:
    """The policy of everybody who has no other (``timeline``); the built-in one while none was activated."""
    found = (
        await db.execute(
            select(col(PolicyRow.id), col(PolicyRow.version), col(PolicyRow.created_at)).where(
                col(PolicyRow.status) == PolicyStatus.ACTIVE,
                col(PolicyRow.commodity_id).is_(None),
                col(PolicyRow.supplier_ids).is_(None),
            )
        )
    ).first()
    return DEFAULT_POLICY if found is None else await parsed(db, (found[0], found[1], found[2]))


async def parsed(db: AsyncSession, key: tuple[int, int, datetime]) -> Policy:
    """Give the policy of a row by its id, version and the instant it was made; the same object each time."""
    if key not in _parsed:
        if len(_parsed) >= _MOST_PARSED:
            _parsed.clear()
        row = await db.get_one(PolicyRow, key[0])
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
    """Let ratings be made with this policy; returns how many lines were derived anew.

    It takes the place of the one with the same scope. Where it is everybody's, another window, reference
    date or tolerance derives all lines in this same transaction, so nobody ever sees the new policy on the
    old windows; with millions of lines that is work for a job at night. Other weights, points or bands
    derive nothing.

    Raises:
        scorecards.policy.PolicyError: the definition is not a policy that can be used.
    """
    policy = Policy.parse(row.definition)
    await take_turns(db)
    await change_policy(db)
    before = await active_policy(db)
    same = select(PolicyRow).where(
        col(PolicyRow.status) == PolicyStatus.ACTIVE,
        col(PolicyRow.commodity_id).is_not_distinct_from(row.commodity_id),
        col(PolicyRow.supplier_ids).is_not_distinct_from(row.supplier_ids),
    )
    for other in await db.scalars(same):
        other.status = PolicyStatus.RETIRED
    await db.flush()  # two active ones at once are refused by the database
    row.status, row.activated_at, row.version = PolicyStatus.ACTIVE, clock.now(), row.version + 1
    await db.flush()
    if not row.is_general or what_derives(policy.delivery) == what_derives(before.delivery):
        return 0
    await db.execute(text("SET LOCAL statement_timeout = 0"))
    return await derive_all(db, policy)


def what_derives(rules: DeliveryRules) -> tuple[Any, ...]:
    """The part of the rules that what is stored with a line depends on."""
    return rules.reference, rules.early_days, rules.late_days, rules.days, rules.tolerance_percent

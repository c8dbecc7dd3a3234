"""Sums by supplier and month for any policy: from the stored sums where they fit it, else from the lines."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from portal.access.principal import Principal
from portal.workflows.ratings.from_lines import months_from_lines
from portal.workflows.ratings.given import add_given
from portal.workflows.ratings.policies import active_policy, what_derives
from portal.workflows.ratings.reading import months_of, scope
from scorecards.policy import Policy
from scorecards.sums import Sums


async def months_for(
    db: AsyncSession,
    who: Principal,
    policy: Policy,
    *,
    months: Sequence[int],
    as_of: date,
    supplier_ids: Sequence[int] | None = None,
    plant_ids: Sequence[int] | None = None,
    commodity_ids: Sequence[int] | None = None,
) -> dict[int, dict[int, Sums]]:
    """As the principal may see them, ready for the engine's ``rate_with_trailing``."""
    if await are_stored(db, policy):
        found = await months_of(
            db,
            who,
            months=months,
            as_of=as_of,
            supplier_ids=supplier_ids,
            plant_ids=plant_ids,
            commodity_ids=commodity_ids,
            policy=policy,
        )
    else:
        limits = scope(who, supplier_ids, plant_ids, commodity_ids)
        found = await months_from_lines(db, who, policy, min(months), max(months), as_of, limits=limits)
    await add_given(db, who, policy, found, months, supplier_ids=supplier_ids, plant_ids=plant_ids)
    return found


async def are_stored(db: AsyncSession, policy: Policy) -> bool:
    """Whether lines are derived by the windows of this policy: those of the one that is active now."""
    return what_derives(policy.delivery) == what_derives((await active_policy(db)).delivery)

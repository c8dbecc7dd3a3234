"""Find a supplier's card for whoever may see it."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.errors import NotFoundError
from portal.models.suppliers import Supplier
from portal.workflows import ratings
from portal.workflows.ratings.policies import active_policy
from portal.workflows.scorecards import limits
from portal.workflows.scorecards.view import CardView, view
from scorecards.feeds import Fact
from scorecards.periods import Period


async def supplier_named(db: AsyncSession, who: Principal, number: str) -> Supplier:
    query = scopes.visible(who, Supplier).where(col(Supplier.number) == number)
    found = (await db.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFoundError
    return found


async def own_supplier(db: AsyncSession, who: Principal) -> Supplier:
    """Give the one supplier that a supplier's person sees."""
    found = (await db.execute(scopes.visible(who, Supplier).limit(2))).scalars().all()
    if len(found) != 1 or not who.is_supplier:
        raise NotFoundError
    return found[0]


async def facts(db: AsyncSession, who: Principal, supplier: Supplier, today: date) -> Sequence[Fact]:
    """Give what may cap the band of one supplier, as it is today."""
    found = await limits.found(db, who, today=today, supplier_ids=[supplier.id])
    return limits.facts(found, supplier.id)


async def card(db: AsyncSession, who: Principal, supplier: Supplier, period: Period, as_of: date) -> CardView:
    """Rate one supplier for a period from its monthly sums, with the twelve months before."""
    policy = await active_policy(db)
    found = await facts(db, who, supplier, as_of)
    series = await ratings.card(db, who, supplier, period, as_of, facts=found, policy=policy)
    return view(series, policy, period, as_of)

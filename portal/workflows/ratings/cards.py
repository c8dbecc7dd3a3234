"""Cards from stored sums: every visible supplier's for a period, or one supplier's with its months."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access.principal import Principal
from portal.access.scopes import visible
from portal.models.suppliers import Supplier
from portal.workflows.ratings.months import months_for
from portal.workflows.ratings.policies import active_policy
from portal.workflows.ratings.reading import period_months
from scorecards.feeds import Fact
from scorecards.periods import Period
from scorecards.policy import Policy
from scorecards.sums import Sums
from scorecards.trend import Trend, trend
from scorecards.weighting import Card, rate_with_trailing, windows_of

SERIES = 12


@dataclass(frozen=True, slots=True)
class Rated:
    """A supplier's card with the one of the period before; ``trend`` None where either is not rated."""

    supplier_id: int
    number: str
    name: str
    card: Card
    before: Card
    trend: Trend | None


@dataclass(frozen=True, slots=True)
class Series:
    """One supplier's card, and its monthly cards up to the period's last month, oldest first.

    Facts are about today, so they cap ``rated.card`` only.
    """

    rated: Rated
    months: tuple[Card, ...]


async def cards(
    db: AsyncSession,
    who: Principal,
    period: Period,
    as_of: date,
    *,
    supplier_ids: Sequence[int] | None = None,
    plant_ids: Sequence[int] | None = None,
    commodity_ids: Sequence[int] | None = None,
    facts: Mapping[int, Sequence[Fact]] | None = None,
    policy: Policy | None = None,
) -> list[Rated]:
    """A card for every supplier that the principal may see, also for those without any activity.

    Ordered by the supplier's name. ``facts`` are by supplier.
    """
    policy = policy or await active_policy(db)
    query = visible(who, Supplier).order_by(col(Supplier.name), col(Supplier.id))
    if supplier_ids is not None:
        query = query.where(col(Supplier.id).in_(supplier_ids))
    suppliers = (await db.scalars(query)).all()
    months = await months_for(
        db,
        who,
        policy,
        months=_months_behind([period, period.previous()], policy),
        as_of=as_of,
        supplier_ids=supplier_ids,
        plant_ids=plant_ids,
        commodity_ids=commodity_ids,
    )
    given = facts or {}
    return [_rated(one, months.get(one.id, {}), policy, period, given.get(one.id, ())) for one in suppliers]


async def card(
    db: AsyncSession,
    who: Principal,
    supplier: Supplier,
    period: Period,
    as_of: date,
    *,
    plant_ids: Sequence[int] | None = None,
    commodity_ids: Sequence[int] | None = None,
    facts: Sequence[Fact] = (),
    policy: Policy | None = None,
) -> Series:
    """One supplier's card with its twelve months, from one query of sums."""
    policy = policy or await active_policy(db)
    shown = [Period(month) for month in Period.trailing(period.last_month, SERIES).month_numbers()]
    found = await months_for(
        db,
        who,
        policy,
        months=_months_behind([period, period.previous(), *shown], policy),
        as_of=as_of,
        supplier_ids=[supplier.id],
        plant_ids=plant_ids,
        commodity_ids=commodity_ids,
    )
    months = found.get(supplier.id, {})
    return Series(
        _rated(supplier, months, policy, period, facts),
        tuple(rate_with_trailing(months, policy, month) for month in shown),
    )


def _months_behind(periods: Iterable[Period], policy: Policy) -> list[int]:
    return period_months(*(window for period in periods for window in windows_of(period, policy)))


def _rated(
    supplier: Supplier, months: Mapping[int, Sums], policy: Policy, period: Period, facts: Sequence[Fact]
) -> Rated:
    now = rate_with_trailing(months, policy, period, facts)
    before = rate_with_trailing(months, policy, period.previous())
    return Rated(supplier.id, supplier.number, supplier.name, now, before, trend(now, before))

"""Cards from sums: every visible supplier's for a period, or one supplier's with its months.

Each card is rated by the policy of its supplier and its last month, unless one is given.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access.principal import Principal
from portal.access.scopes import visible
from portal.models.suppliers import Supplier
from portal.workflows.ratings.months import months_for
from portal.workflows.ratings.reading import period_months
from portal.workflows.ratings.timeline import timeline
from scorecards.feeds import Fact
from scorecards.periods import Period
from scorecards.policy import Policy
from scorecards.trend import Trend, trend
from scorecards.weighting import Card, rate_with_trailing, windows_of

SERIES = 12
PolicyOf = Callable[[Supplier, Period], Policy]


@dataclass(frozen=True, slots=True)
class Rated:
    """A supplier's card with the one of the period before; ``trend`` None where either is not rated."""

    supplier_id: int
    number: str
    name: str
    card: Card
    before: Card
    trend: Trend | None
    policy: Policy


@dataclass(frozen=True, slots=True)
class Series:
    """One supplier's card, and its monthly cards up to the period's last month, oldest first.

    Facts are about today, so they cap ``rated.card`` only.
    """

    rated: Rated
    months: tuple[Card, ...]


async def policy_of(db: AsyncSession, policy: Policy | None = None) -> PolicyOf:
    """Give the function that says by which policy a supplier is rated for a period."""
    line = await timeline(db)

    def found(supplier: Supplier, period: Period) -> Policy:
        return policy or line.policy_for(supplier.id, supplier.commodity_id, period.last_month)

    return found


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
    of = await policy_of(db, policy)
    query = visible(who, Supplier).order_by(col(Supplier.name), col(Supplier.id))
    if supplier_ids is not None:
        query = query.where(col(Supplier.id).in_(supplier_ids))
    suppliers = (await db.scalars(query)).all()
    pairs = [(one, each) for one in suppliers for each in (period, period.previous())]
    asked = _Asked(who, as_of, plant_ids, commodity_ids, None if supplier_ids is None else len(suppliers))
    made = await _made(db, asked, pairs, of, {(key, period): given for key, given in (facts or {}).items()})
    return [_rated(one, period, made, of) for one in suppliers]


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
    """One supplier's card with its twelve months, from one query of sums for each policy in them."""
    of = await policy_of(db, policy)
    shown = [Period(month) for month in Period.trailing(period.last_month, SERIES).month_numbers()]
    asked = _Asked(who, as_of, plant_ids, commodity_ids, 1)
    pairs = [(supplier, each) for each in dict.fromkeys([period, period.previous(), *shown])]
    made = await _made(db, asked, pairs, of, {(supplier.id, period): facts})
    months = tuple(made.plain[supplier.id, month] for month in shown)
    return Series(_rated(supplier, period, made, of), months)


@dataclass(frozen=True, slots=True)
class _Asked:
    """``suppliers`` counts those who were asked for, None for everybody."""

    who: Principal
    as_of: date
    plant_ids: Sequence[int] | None
    commodity_ids: Sequence[int] | None
    suppliers: int | None


@dataclass(frozen=True, slots=True)
class _Made:
    """Cards by supplier and period, without facts and, where there are any, with them."""

    plain: dict[tuple[int, Period], Card]
    capped: dict[tuple[int, Period], Card]


async def _made(
    db: AsyncSession,
    asked: _Asked,
    pairs: Sequence[tuple[Supplier, Period]],
    of: PolicyOf,
    facts: Mapping[tuple[int, Period], Sequence[Fact]],
) -> _Made:
    """A card for each supplier and period; those under one policy are read together."""
    made = _Made({}, {})
    groups = _by_policy(pairs, of)
    for policy, group in groups:
        ids = sorted({supplier.id for supplier, _ in group})
        months = await months_for(
            db,
            asked.who,
            policy,
            months=_months_behind({period for _, period in group}, policy),
            as_of=asked.as_of,
            supplier_ids=None if asked.suppliers is None and len(groups) == 1 else ids,
            plant_ids=asked.plant_ids,
            commodity_ids=asked.commodity_ids,
        )
        for supplier, period in group:
            sums, key = months.get(supplier.id, {}), (supplier.id, period)
            made.plain[key] = rate_with_trailing(sums, policy, period)
            if known := facts.get(key):
                made.capped[key] = rate_with_trailing(sums, policy, period, known)
    return made


def _by_policy(
    pairs: Iterable[tuple[Supplier, Period]], of: PolicyOf
) -> list[tuple[Policy, list[tuple[Supplier, Period]]]]:
    """Policies hold mappings and have no hash; a policy that is read twice is the same object."""
    groups: dict[int, tuple[Policy, list[tuple[Supplier, Period]]]] = {}
    for supplier, period in pairs:
        policy = of(supplier, period)
        groups.setdefault(id(policy), (policy, []))[1].append((supplier, period))
    return list(groups.values())


def _months_behind(periods: Iterable[Period], policy: Policy) -> list[int]:
    return period_months(*(window for period in periods for window in windows_of(period, policy)))


def _rated(supplier: Supplier, period: Period, made: _Made, of: PolicyOf) -> Rated:
    key = supplier.id, period
    now, before = made.capped.get(key, made.plain[key]), made.plain[supplier.id, period.previous()]
    policy = of(supplier, period)
    return Rated(supplier.id, supplier.number, supplier.name, now, before, trend(now, before), policy)

"""What people add to a card: points by soft criteria, and events that cost points."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.models.ratings import DemeritEvent, GivenPoints
from scorecards import feeds
from scorecards.periods import Period
from scorecards.policy import Policy
from scorecards.sums import SoftSums, Sums


async def add_given(
    db: AsyncSession,
    who: Principal,
    policy: Policy,
    found: dict[int, dict[int, Sums]],
    months: Sequence[int],
    *,
    supplier_ids: Sequence[int] | None = None,
    plant_ids: Sequence[int] | None = None,
) -> None:
    """Put them into the sums by supplier and month, where the policy counts them at all."""
    soft: dict[tuple[int, int], dict[str, SoftSums]] = defaultdict(dict)
    events: dict[tuple[int, int], Counter[str]] = defaultdict(Counter)
    if policy.soft:
        for given in await db.scalars(_points(who, policy, min(months), max(months), supplier_ids)):
            soft[given.supplier_id, given.month][given.criterion] = SoftSums(given.points, 1)
    if policy.demerits is not None:
        query = _events(who, policy, min(months), max(months), supplier_ids, plant_ids)
        for event in await db.scalars(query):
            events[event.supplier_id, event.month][event.kind] += 1
    for supplier, month in {*soft, *events}:
        if month in months:
            by_month = found.setdefault(supplier, {})
            by_month[month] = replace(
                by_month.get(month, Sums()),
                soft=dict(sorted(soft[supplier, month].items())),
                events=dict(sorted(events[supplier, month].items())),
            )


async def points_of(
    db: AsyncSession, who: Principal, policy: Policy, supplier_id: int, period: Period
) -> tuple[feeds.SoftScore, ...]:
    if not policy.soft:
        return ()
    query = _points(who, policy, period.first_month, period.last_month, [supplier_id])
    return tuple(
        feeds.SoftScore(each.criterion, each.points, each.reason, each.given_by_name, each.given_on)
        for each in await db.scalars(query)
    )


async def events_of(
    db: AsyncSession,
    who: Principal,
    policy: Policy,
    supplier_id: int,
    period: Period,
    *,
    plant_ids: Sequence[int] | None = None,
) -> tuple[feeds.Event, ...]:
    if policy.demerits is None:
        return ()
    query = _events(who, policy, period.first_month, period.last_month, [supplier_id], plant_ids)
    return tuple(
        feeds.Event(str(each.id), each.kind, each.happened_on, each.note) for each in await db.scalars(query)
    )


def _points(
    who: Principal, policy: Policy, first: int, last: int, supplier_ids: Sequence[int] | None
) -> Select[GivenPoints]:
    query = scopes.visible(who, GivenPoints).where(
        col(GivenPoints.month).between(first, last),
        col(GivenPoints.criterion).in_([criterion.key for criterion in policy.soft]),
    )
    if supplier_ids is not None:
        query = query.where(col(GivenPoints.supplier_id).in_(supplier_ids))
    return query.order_by(col(GivenPoints.id))


def _events(
    who: Principal,
    policy: Policy,
    first: int,
    last: int,
    supplier_ids: Sequence[int] | None,
    plant_ids: Sequence[int] | None,
) -> Select[DemeritEvent]:
    kinds = list(policy.demerits.points) if policy.demerits else []
    query = scopes.visible(who, DemeritEvent).where(
        col(DemeritEvent.month).between(first, last), col(DemeritEvent.kind).in_(kinds)
    )
    if supplier_ids is not None:
        query = query.where(col(DemeritEvent.supplier_id).in_(supplier_ids))
    if plant_ids is not None:
        query = query.where(col(DemeritEvent.plant_id).in_(plant_ids))
    return query.order_by(col(DemeritEvent.id))

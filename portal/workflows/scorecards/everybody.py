"""Everybody's results, each supplier by the policy that is for it in that period."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.models.suppliers import Supplier
from portal.workflows.months import frozen
from portal.workflows.ratings import Timeline
from portal.workflows.scorecards.bulk import Row, bands_of, limited, published_rows, rate_all
from portal.workflows.scorecards.limits import Found
from scorecards.periods import Period
from scorecards.policy import Policy

_Groups = list[tuple[Policy, list[Period], list[int] | None]]


async def rate_everybody(
    db: AsyncSession,
    who: Principal,
    line: Timeline,
    periods: Sequence[Period],
    as_of: date,
    *,
    supplier_ids: Sequence[int] | None = None,
    plant_ids: Sequence[int] | None = None,
    commodity_ids: Sequence[int] | None = None,
) -> dict[Period, dict[int, Row]]:
    """Rate as ``rate_all`` does, each supplier by its own policy."""
    found: dict[Period, dict[int, Row]] = {period: {} for period in periods}
    for each, listed, ids in await _groups(db, who, line, periods, supplier_ids):
        rows = await rate_all(
            db,
            who,
            each,
            listed,
            as_of,
            supplier_ids=ids,
            plant_ids=plant_ids,
            commodity_ids=commodity_ids,
        )
        for period in listed:
            found[period] |= rows[period]
    return found


async def as_published(
    db: AsyncSession, who: Principal, periods: Sequence[Period], rows: dict[Period, dict[int, Row]]
) -> None:
    """Put what was published in the place of what would be rated today, each with its latest correction.

    Only months are published, and only of all plants and commodities together: rows of a part stay as they
    are, as do those of longer periods.
    """
    for period in periods:
        if period.months == 1:
            rows[period] |= published_rows(await frozen.results_of(db, who, period.first_month))


async def bands_of_everybody(
    db: AsyncSession,
    who: Principal,
    line: Timeline,
    periods: Sequence[Period],
    as_of: date,
    *,
    plant_ids: Sequence[int] | None = None,
) -> dict[Period, dict[int, str]]:
    """Only the bands; a policy for some costs a second look at those."""
    found: dict[Period, dict[int, str]] = {period: {} for period in periods}
    for each, listed, ids in await _groups(db, who, line, periods, None):
        if ids is None:
            rows = await bands_of(db, who, each, listed, as_of, plant_ids=plant_ids)
        else:
            rated = await rate_all(db, who, each, listed, as_of, supplier_ids=ids, plant_ids=plant_ids)
            rows = {period: {key: row.band for key, row in rated[period].items()} for period in listed}
        for period in listed:
            found[period] |= rows[period]
    return found


async def limit_everybody(
    db: AsyncSession, who: Principal, line: Timeline, period: Period, rows: dict[int, Row], found: Found
) -> None:
    """Cap the bands of those of whom a fact is true, each as its own policy says."""
    wanted = sorted({supplier for suppliers in found.values() for supplier in suppliers})
    for policy, _, ids in await _groups(db, who, line, [period], wanted):
        for kind, suppliers in found.items():
            limited(rows, policy, kind, [each for each in suppliers if ids is None or each in ids])


async def _groups(
    db: AsyncSession,
    who: Principal,
    line: Timeline,
    periods: Sequence[Period],
    supplier_ids: Sequence[int] | None,
) -> _Groups:
    """Policies, each with periods and the suppliers whom it rates in them (None: all that were asked for)."""
    together: dict[tuple[int, tuple[int, ...] | None], tuple[Policy, list[Period]]] = {}
    with_groups = [period for period in periods if line.has_groups(period.last_month)]
    listed = await _suppliers(db, who, supplier_ids) if with_groups else []
    asked = None if supplier_ids is None else tuple(supplier_ids)
    for period in periods:
        if period not in with_groups:
            general = line.general(period.last_month)
            together.setdefault((id(general), asked), (general, []))[1].append(period)
            continue
        by_policy: dict[int, tuple[Policy, list[int]]] = {}
        for supplier_id, commodity_id in listed:
            found = line.policy_for(supplier_id, commodity_id, period.last_month)
            by_policy.setdefault(id(found), (found, []))[1].append(supplier_id)
        for found, ids in by_policy.values():
            together.setdefault((id(found), tuple(ids)), (found, []))[1].append(period)
    return [(found, each, None if ids is None else list(ids)) for (_, ids), (found, each) in together.items()]


async def _suppliers(
    db: AsyncSession, who: Principal, supplier_ids: Sequence[int] | None
) -> list[tuple[int, int | None]]:
    query = select(col(Supplier.id), col(Supplier.commodity_id)).where(scopes.condition(who, Supplier))
    if supplier_ids is not None:
        query = query.where(col(Supplier.id).in_(supplier_ids))
    return [(supplier_id, commodity_id) for supplier_id, commodity_id in await db.execute(query)]

"""Everything that the management view shows, in one go."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.models.deliveries import DeliveryLine
from portal.models.imports import ImportRun, ImportStatus
from portal.models.months import ScorecardMonth
from portal.models.organisation import Plant
from portal.models.suppliers import Supplier
from portal.workflows.months import frozen, records
from portal.workflows.ratings import timeline
from portal.workflows.scorecards import limits, overview
from portal.workflows.scorecards.everybody import (
    as_published,
    bands_of_everybody,
    limit_everybody,
    rate_everybody,
)
from portal.workflows.scorecards.overview import Move, Pooled
from scorecards.explain import explain
from scorecards.periods import Period
from scorecards.policy import Policy
from scorecards.weighting import NOT_RATED

BAND_MONTHS = 6


@dataclass(frozen=True, slots=True)
class Dashboard:
    """``bands`` are counts by month for the stacked chart; ``moves`` have a supplier each."""

    period: Period
    as_of: date
    policy: Policy
    suppliers: int
    pooled: Pooled
    published: ScorecardMonth | None
    counts: dict[str, int]
    bands: list[tuple[int, dict[str, int]]]
    moves: list[tuple[Supplier, Move]]
    kinds: list[tuple[str, Decimal]]
    overdue: int
    imported_at: datetime | None

    @property
    def rated(self) -> int:
        return self.suppliers - self.counts[NOT_RATED]

    @property
    def newer(self) -> list[tuple[str, str, str]]:
        """Give title, published figure and today's, of measures that the records no longer agree with."""
        today = self.pooled.today
        if today is None:
            return []
        told = {one.key: one for one in explain(today, self.policy).measures}
        return [
            (one.title, one.shown or "–", told[one.key].shown or "–")
            for one in self.pooled.explained.measures
            if one.key in told and one.shown != told[one.key].shown
        ]


async def board(
    db: AsyncSession, who: Principal, period: Period, as_of: date, *, plant_ids: Sequence[int] | None = None
) -> Dashboard:
    line = await timeline(db)
    policy = line.general(period.last_month)
    pooled = await overview.pooled(db, who, policy, period, as_of, plant_ids=plant_ids)
    earlier = period.previous()
    months = [Period(month) for month in Period.trailing(period.last_month, BAND_MONTHS).month_numbers()]
    periods = list(dict.fromkeys([period, earlier, *months]))
    bands = await bands_of_everybody(db, who, line, periods, as_of, plant_ids=plant_ids)
    capped = await limits.found(db, who, today=as_of)
    limits.limit_bands(bands[period], policy, capped)
    if plant_ids is None:
        published = await frozen.bands_of(db, who, [each.first_month for each in periods if each.months == 1])
        for month, kept in published.items():
            bands[Period(month)] |= kept
    # Only those whose band differs are looked into.
    moved = [key for key, band in bands[period].items() if band != bands[earlier].get(key, NOT_RATED)]
    rated = await rate_everybody(
        db, who, line, [period, earlier], as_of, supplier_ids=moved, plant_ids=plant_ids
    )
    await limit_everybody(db, who, line, period, rated[period], capped)
    if plant_ids is None:
        await as_published(db, who, [period, earlier], rated)
    moves = overview.moves(rated[period], rated[earlier], policy)
    suppliers = await _suppliers(db, who, [move.supplier_id for move in moves])
    count = await _count(db, who)
    return Dashboard(
        period=period,
        as_of=as_of,
        policy=policy,
        suppliers=count,
        pooled=pooled,
        published=await records.known(db, period.first_month) if pooled.today else None,
        counts=overview.band_counts(bands[period].values(), count, policy),
        bands=[
            (each.last_month, overview.band_counts(bands[each].values(), count, policy)) for each in months
        ],
        moves=[(suppliers[move.supplier_id], move) for move in moves if move.supplier_id in suppliers],
        kinds=await overview.defects_by_kind(db, who, period, plant_ids=plant_ids),
        overdue=await _overdue(db, who, as_of, plant_ids),
        imported_at=await _imported_at(db, who),
    )


async def plants(db: AsyncSession, who: Principal) -> list[Plant]:
    """Give the plants that the principal may look at, by name."""
    allowed = scopes.limits(who).plants
    query = scopes.shared(who, Plant).order_by(col(Plant.name))
    if allowed is not None:
        query = query.where(col(Plant.id).in_(allowed))
    return list((await db.execute(query)).scalars())


async def _suppliers(db: AsyncSession, who: Principal, ids: Sequence[int]) -> dict[int, Supplier]:
    query = scopes.visible(who, Supplier).where(col(Supplier.id).in_(ids))
    return {each.id: each for each in (await db.execute(query)).scalars()}


async def _count(db: AsyncSession, who: Principal) -> int:
    query = select(func.count()).select_from(Supplier).where(scopes.condition(who, Supplier))
    return int((await db.execute(query)).scalar_one())


async def _overdue(db: AsyncSession, who: Principal, as_of: date, plant_ids: Sequence[int] | None) -> int:
    """Count lines whose window is over and that are not whole, whatever month they were promised for."""
    query = (
        select(func.count())
        .select_from(DeliveryLine)
        .where(
            scopes.condition(who, DeliveryLine),
            ~col(DeliveryLine.complete),
            ~col(DeliveryLine.too_early),
            col(DeliveryLine.cancelled_on).is_(None),
            col(DeliveryLine.excuse_code).is_(None),
            col(DeliveryLine.ordered) > 0,  # says what the index of open lines says
            col(DeliveryLine.ordered) > col(DeliveryLine.received),
            col(DeliveryLine.window_last_on) < as_of,
        )
    )
    if plant_ids is not None:
        query = query.where(col(DeliveryLine.plant_id).in_(plant_ids))
    return int((await db.execute(query)).scalar_one())


async def _imported_at(db: AsyncSession, who: Principal) -> datetime | None:
    query = scopes.shared(who, ImportRun).where(col(ImportRun.status) == ImportStatus.DONE)
    newest = query.order_by(col(ImportRun.finished_at).desc().nulls_last()).limit(1)
    found = (await db.execute(newest)).scalar_one_or_none()
    return found.finished_at if found is not None else None

"""Find a supplier's card for whoever may see it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.errors import NotFoundError
from portal.models.suppliers import Supplier
from portal.workflows import ratings
from portal.workflows.months import frozen, records
from portal.workflows.ratings.cards import Series
from portal.workflows.scorecards import limits
from portal.workflows.scorecards.panel import Panel, panel
from portal.workflows.scorecards.parts import WHOLE, Part
from portal.workflows.scorecards.view import CardView, view
from scorecards.cardfile import build_card_file
from scorecards.feeds import Fact, Inputs
from scorecards.periods import Period
from scorecards.trend import trend


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


async def card(
    db: AsyncSession,
    who: Principal,
    supplier: Supplier,
    period: Period,
    as_of: date,
    *,
    revision: int | None = None,
    part: Part = WHOLE,
) -> CardView:
    """Give one supplier's card for a period with the twelve months before.

    A month that is published is shown as it was frozen; anything else, also any part of a card, is rated from
    its monthly sums.

    Raises:
        NotFoundError: there is no such revision.
    """
    found = await facts(db, who, supplier, as_of)
    series = await ratings.card(
        db,
        who,
        supplier,
        period,
        as_of,
        plant_ids=part.plant_ids,
        commodity_ids=part.commodity_ids,
        facts=found,
    )
    policy = series.rated.policy
    if not part.is_whole:
        return view(series, policy, period, as_of)
    if period.months > 1:
        series = await _with_published(db, who, supplier, series, period)
        return view(series, policy, period, as_of)
    published = await frozen.find(db, who, supplier.id, period.first_month, revision)
    if published is None:
        if revision is not None:
            raise NotFoundError
        series = await _with_published(db, who, supplier, series, period)
        month = await records.known(db, period.first_month)
        return view(series, policy, period, as_of, month=month)
    series = replace(series, rated=replace(series.rated, card=published.card))
    series = await _with_published(db, who, supplier, series, period)
    return view(series, published.policy, period, published.row.as_of_on, frozen=published)


async def inputs_behind(
    db: AsyncSession,
    who: Principal,
    supplier: Supplier,
    shown: CardView,
    period: Period,
    part: Part = WHOLE,
) -> Inputs:
    """Give the rows behind a card over one window: of a published one those that it was frozen with."""
    if shown.frozen is not None:
        return (await frozen.opened(db, shown.frozen.row)).inputs
    return await ratings.inputs_of(
        db,
        who,
        supplier.id,
        period,
        shown.policy,
        plant_ids=part.plant_ids,
        commodity_ids=part.commodity_ids,
    )


async def panels_of(db: AsyncSession, who: Principal, supplier: Supplier, shown: CardView) -> list[Panel]:
    """Give the rows behind each measure of a card, judged and grouped."""
    found = []
    for one in shown.card.measures:
        inputs = await inputs_behind(db, who, supplier, shown, one.period)
        found.append(await asyncio.to_thread(panel, one.key, inputs, shown.policy, one.period, shown.as_of))
    return found


async def file(
    db: AsyncSession, who: Principal, supplier: Supplier, period: Period, as_of: date, shown: CardView
) -> bytes:
    """Give a card as one file that can be recomputed offline; of a published one the very bytes."""
    if shown.frozen is not None:
        return await frozen.content(db, shown.frozen.row)
    found = await facts(db, who, supplier, as_of)
    inputs = await ratings.card_inputs_of(db, who, supplier.id, period, shown.policy, facts=found)
    # A large supplier's year takes seconds to judge: nobody else waits for it.
    return await asyncio.to_thread(build_card_file, inputs, shown.policy, period, as_of)


async def _with_published(
    db: AsyncSession, who: Principal, supplier: Supplier, series: Series, period: Period
) -> Series:
    """Put what was published in the place of what would be rated today."""
    first = period.last_month - len(series.months) + 1
    numbers = range(first, period.last_month + 1)
    published = await frozen.cards_of(db, who, supplier.id, numbers)
    months = tuple(published.get(number, card) for number, card in zip(numbers, series.months, strict=True))
    rated = series.rated
    if period.months == 1:
        # The card itself may be an earlier revision, which somebody asked for.
        months = (*months[:-1], rated.card)
        before = published.get(period.first_month - 1, rated.before)
        rated = replace(rated, before=before, trend=trend(rated.card, before))
    return replace(series, rated=rated, months=months)

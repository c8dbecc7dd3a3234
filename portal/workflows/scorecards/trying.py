"""What a card would be if some lines had been on time: for whoever wants to know what is worth the effort."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from portal.access.principal import Principal
from portal.models.suppliers import Supplier
from portal.workflows.months import frozen
from portal.workflows.ratings import card_inputs_of
from portal.workflows.scorecards import cards
from portal.workflows.scorecards.panel import verdicts
from portal.workflows.scorecards.view import CardView
from scorecards import measures
from scorecards.delivery import LineState, Verdict
from scorecards.feeds import Inputs
from scorecards.sums import count_by_month
from scorecards.weighting import windows_of
from scorecards.what_if import WhatIf, if_on_time

_MISSED = frozenset({LineState.LATE, LineState.EARLY})
MOST = 200


@dataclass(frozen=True, slots=True)
class Tried:
    """The lines that were not on time, those that were chosen, and what they would change together."""

    lines: tuple[Verdict, ...]
    chosen: frozenset[str]
    result: WhatIf | None


async def try_out(
    db: AsyncSession, who: Principal, supplier: Supplier, view: CardView, ids: Collection[str]
) -> Tried:
    """A published card is tried on the rows that it was frozen with, any other on those of today."""
    if view.frozen is not None:
        inputs = (await frozen.opened(db, view.frozen.row)).inputs
    else:
        found = await cards.facts(db, who, supplier, view.as_of)
        inputs = await card_inputs_of(db, who, supplier.id, view.period, view.policy, facts=found)
    # In a thread: a large supplier has a year of lines to judge.
    return await asyncio.to_thread(_tried, inputs, view, frozenset(ids))


def _tried(inputs: Inputs, view: CardView, ids: frozenset[str]) -> Tried:
    measure = view.card.measure(measures.DELIVERY)
    period = measure.period if measure is not None else view.period
    judged = verdicts(inputs, view.policy, period, view.as_of)
    missed = tuple(each for each in judged if each.state in _MISSED)[:MOST]
    chosen = [each for each in missed if each.line.id in ids]
    result = None
    if chosen:
        widest = max(windows_of(view.period, view.policy), key=lambda window: window.months)
        months = count_by_month(inputs, widest, view.policy, view.as_of)
        result = if_on_time(months, view.policy, view.period, chosen, inputs.facts)
    return Tried(missed, frozenset(each.line.id for each in chosen), result)

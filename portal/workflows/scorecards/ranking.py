"""Every supplier with its card's result, best first, as a list that can be searched, filtered and sorted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.models.organisation import Commodity
from portal.models.suppliers import Supplier
from portal.workflows.lists import Listed, Wanted
from portal.workflows.ratings import timeline
from portal.workflows.scorecards import limits
from portal.workflows.scorecards.bulk import Rated, Row
from portal.workflows.scorecards.everybody import limit_everybody, rate_everybody
from scorecards import measures
from scorecards.periods import Period
from scorecards.policy import Policy
from scorecards.ranking import rank
from scorecards.weighting import NOT_RATED


@dataclass(frozen=True, slots=True)
class Place:
    """A supplier's line of the ranking; ``rank`` and ``shown`` None where it is not rated."""

    number: str
    name: str
    country: str
    commodity: str
    commodity_code: str
    rank: int | None
    shown: Decimal | None
    band: str
    change: Decimal | None
    before: str
    row: Row | None

    @property
    def has_moved(self) -> bool:
        """Whether the band differs from the period before; being rated at all is no movement."""
        return self.before != self.band and NOT_RATED not in {self.before, self.band}

    @property
    def measures(self) -> dict[str, Rated]:
        return self.row.measures if self.row is not None else {}

    def value(self, key: str) -> Decimal | None:
        found = self.measures.get(key)
        return None if found is None else found.value


_Key = Callable[[Place], Any]
SORTS: dict[str, _Key] = {
    "rank": lambda place: place.rank,
    "name": lambda place: place.name.lower(),
    "change": lambda place: place.change,
    measures.QUALITY: lambda place: place.value(measures.QUALITY),
    measures.DELIVERY: lambda place: place.value(measures.DELIVERY),
    measures.RESPONSIVENESS: lambda place: place.value(measures.RESPONSIVENESS),
}


async def places(
    db: AsyncSession,
    who: Principal,
    period: Period,
    as_of: date,
    *,
    policy: Policy | None = None,
    plant_ids: Sequence[int] | None = None,
) -> list[Place]:
    """Rank every visible supplier for the period, best first, not rated last by name.

    Each is rated by its own policy, or all of them by the one that is given.
    """
    line = await timeline(db)
    periods = [period, period.previous()]
    rated = await rate_everybody(db, who, line, periods, as_of, plant_ids=plant_ids, policy=policy)
    now, before = rated[period], rated[period.previous()]
    await limit_everybody(db, who, line, period, now, await limits.found(db, who, today=as_of))
    query = (
        select(Supplier, Commodity)
        .outerjoin(Commodity, col(Commodity.id) == col(Supplier.commodity_id))
        .where(scopes.condition(who, Supplier))
        .order_by(col(Supplier.name), col(Supplier.id))
    )
    found = {supplier.id: (supplier, commodity) for supplier, commodity in await db.execute(query)}
    order = rank((key, now[key].shown if key in now else None) for key in found)
    ranked = [_place(*found[each.supplier], each.rank, now, before) for each in order if each.rank]
    rest = {each.supplier for each in order if not each.rank}
    return ranked + [_place(*both, None, now, before) for key, both in found.items() if key in rest]


def _place(
    supplier: Supplier,
    commodity: Commodity | None,
    rank: int | None,
    now: dict[int, Row],
    before: dict[int, Row],
) -> Place:
    mine, earlier = now.get(supplier.id), before.get(supplier.id)
    shown = mine.shown if mine else None
    previous = earlier.shown if earlier else None
    return Place(
        number=supplier.number,
        name=supplier.name,
        country=supplier.country,
        commodity=commodity.name if commodity else "",
        commodity_code=commodity.code if commodity else "",
        rank=rank,
        shown=shown,
        band=mine.band if mine else NOT_RATED,
        change=None if shown is None or previous is None else shown - previous,
        before=earlier.band if earlier else NOT_RATED,
        row=mine,
    )


def narrowed(found: Sequence[Place], wanted: Wanted) -> Listed[Place]:
    """Search, filter, sort and cut what ``places`` gave; ranks stay those among all."""
    words = wanted.q.casefold().split()
    bands, commodities = wanted.chosen("band"), wanted.chosen("commodity")
    rows = [
        place
        for place in found
        if all(word in f"{place.number} {place.name}".casefold() for word in words)
        and (not bands or place.band in bands)
        and (not commodities or place.commodity_code in commodities)
        and (not wanted.chosen("moved") or place.has_moved)
    ]
    key = SORTS[wanted.sort]
    known = [place for place in rows if key(place) is not None]
    known.sort(key=key, reverse=wanted.falling)
    rows = known + [place for place in rows if key(place) is None]
    return Listed(rows[: wanted.rows] if wanted.rows else rows, len(rows))

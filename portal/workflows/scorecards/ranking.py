"""Every supplier with its card's result, best first, as a list that can be searched, filtered and sorted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.models.organisation import Commodity
from portal.models.suppliers import Supplier
from portal.models.targets import Aim, SupplierTarget
from portal.workflows.lists import Listed, Wanted
from portal.workflows.ratings import Timeline, timeline
from portal.workflows.scorecards import limits
from portal.workflows.scorecards.bulk import Rated, Row
from portal.workflows.scorecards.everybody import as_published, limit_everybody, rate_everybody
from portal.workflows.scorecards.parts import WHOLE, Part
from portal.workflows.targets import records as targets
from portal.workflows.targets.distance import missed_by
from portal.workflows.targets.words import AIM, figure, goal
from scorecards import measures
from scorecards.periods import Period
from scorecards.ranking import rank
from scorecards.weighting import NOT_RATED


class Missed(NamedTuple):
    """An agreed target that a supplier's figure is on the wrong side of."""

    aim: Aim
    value: Decimal
    target: Decimal

    @property
    def sentence(self) -> str:
        return f"{AIM[self.aim]}: {figure(self.aim, self.value)}, agreed {goal(self.aim, self.target)}"


@dataclass(frozen=True, slots=True)
class Place:
    """A supplier's line of the ranking; ``rank`` and ``shown`` None where it is not rated."""

    supplier_id: int
    number: str
    name: str
    country: str
    commodity: str
    commodity_id: int | None
    rank: int | None
    shown: Decimal | None
    band: str
    change: Decimal | None
    row: Row | None
    earlier: Row | None
    missed: tuple[Missed, ...]

    @property
    def before(self) -> str:
        """Give the band of the period before."""
        return self.earlier.band if self.earlier else NOT_RATED

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
    "below": lambda place: len(place.missed),
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
    part: Part = WHOLE,
) -> list[Place]:
    """Rank every visible supplier for the period, best first, not rated last by name.

    Each is rated by its own policy; what is published is shown as it was frozen. Of a part of what is
    delivered, only suppliers are listed who deliver it.
    """
    line = await timeline(db)
    now, before = await _rated(db, who, line, period, as_of, part)
    agreed = await targets.in_force(db, who, period.last_month) if part.is_whole else {}
    query = (
        select(Supplier, Commodity)
        .outerjoin(Commodity, col(Commodity.id) == col(Supplier.commodity_id))
        .where(scopes.condition(who, Supplier))
        .order_by(col(Supplier.name), col(Supplier.id))
    )
    found = {
        supplier.id: (supplier, commodity)
        for supplier, commodity in await db.execute(query)
        if part.is_whole or supplier.id in now or supplier.id in before
    }
    order = rank((key, now[key].shown if key in now else None) for key in found)

    def place(key: int, at: int | None) -> Place:
        return _place(*found[key], at, now.get(key), before.get(key), agreed.get(key, {}))

    ranked = [place(each.supplier, each.rank) for each in order if each.rank]
    rest = {each.supplier for each in order if not each.rank}
    return ranked + [place(key, None) for key in found if key in rest]


async def _rated(
    db: AsyncSession, who: Principal, line: Timeline, period: Period, as_of: date, part: Part
) -> tuple[dict[int, Row], dict[int, Row]]:
    """Rate everybody for a period and the one before; a published month as its cards say."""
    earlier = period.previous()
    rated = await rate_everybody(
        db,
        who,
        line,
        [period, earlier],
        as_of,
        plant_ids=part.plant_ids,
        commodity_ids=part.commodity_ids,
    )
    await limit_everybody(db, who, line, period, rated[period], await limits.found(db, who, today=as_of))
    if part.is_whole:
        await as_published(db, who, [period, earlier], rated)
    return rated[period], rated[earlier]


def _place(
    supplier: Supplier,
    commodity: Commodity | None,
    rank: int | None,
    mine: Row | None,
    earlier: Row | None,
    agreed: Mapping[Aim, SupplierTarget],
) -> Place:
    shown = mine.shown if mine else None
    previous = earlier.shown if earlier else None
    return Place(
        supplier_id=supplier.id,
        number=supplier.number,
        name=supplier.name,
        country=supplier.country,
        commodity=commodity.name if commodity else "",
        commodity_id=supplier.commodity_id,
        rank=rank,
        shown=shown,
        band=mine.band if mine else NOT_RATED,
        change=None if shown is None or previous is None else shown - previous,
        row=mine,
        earlier=earlier,
        missed=_missed(mine, agreed) if mine else (),
    )


def _missed(row: Row, agreed: Mapping[Aim, SupplierTarget]) -> tuple[Missed, ...]:
    if not agreed:
        return ()
    measured = row.measures
    found = []
    for aim in Aim:
        if aim not in agreed:
            continue
        one = measured.get(aim.value)
        value = row.shown if aim is Aim.SCORE else one.value if one else None
        target = agreed[aim].value
        if value is not None and missed_by(aim, value, target):
            found.append(Missed(aim, value, target))
    return tuple(found)


def narrowed(found: Sequence[Place], wanted: Wanted) -> Listed[Place]:
    """Search, filter, sort and cut what ``places`` gave; ranks stay those among all.

    Plants and commodities were chosen before: they are about what is counted.
    """
    words = wanted.q.casefold().split()
    bands = wanted.chosen("band")
    rows = [
        place
        for place in found
        if all(word in f"{place.number} {place.name}".casefold() for word in words)
        and (not bands or place.band in bands)
        and (not wanted.chosen("moved") or place.has_moved)
        and (not wanted.chosen("below") or place.missed)
    ]
    key = SORTS[wanted.sort]
    known = [place for place in rows if key(place) is not None]
    known.sort(key=key, reverse=wanted.falling)
    rows = known + [place for place in rows if key(place) is None]
    return Listed(rows[: wanted.rows] if wanted.rows else rows, len(rows))

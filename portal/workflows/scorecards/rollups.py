"""One pooled figure by what it is made of: suppliers, commodities, plants, or the countries of suppliers.

Each part is rated from its own sums, never averaged, and the parts' numerators and denominators add up to the
whole. There is no rollup by a supplier's site: deliveries do not say which site they came from.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.countries import country_name
from portal.models.organisation import Commodity, Plant
from portal.models.suppliers import Supplier
from portal.workflows.months import frozen
from portal.workflows.ratings import reading, sums_of
from scorecards import measures
from scorecards.measures import Measure
from scorecards.periods import Period
from scorecards.policy import Policy
from scorecards.sums import Sums, pooled
from scorecards.weighting import rate


class By(StrEnum):
    SUPPLIER = "supplier"
    COMMODITY = "commodity"
    PLANT = "plant"
    COUNTRY = "country"


AS_PUBLISHED = frozenset({By.SUPPLIER, By.COUNTRY})

# Whose sums are read; countries gather those of their suppliers.
_SOURCES: Mapping[By, reading.By] = {
    By.SUPPLIER: "supplier",
    By.COMMODITY: "commodity",
    By.PLANT: "plant",
    By.COUNTRY: "supplier",
}


@dataclass(frozen=True, slots=True)
class Part:
    """``key`` finds it again: a supplier's number, the code of a commodity, plant or country; "" for none."""

    key: str
    name: str
    measure: Measure


async def parts(
    db: AsyncSession,
    who: Principal,
    policy: Policy,
    period: Period,
    as_of: date,
    measure: str,
    by: By = By.SUPPLIER,
    *,
    plant_ids: Sequence[int] | None = None,
) -> list[Part]:
    """Give the parts of one pooled figure.

    Of a published month suppliers and countries are what the cards say; a card is not published by commodity
    or plant, so those are what the records say today. The one that costs most comes first:
    most defective pieces, or most lines or answers not on time.
    """
    found: Mapping[int, Sums] = {}
    if period.months == 1 and plant_ids is None and by in AS_PUBLISHED:
        found = await frozen.sums_of(db, who, period.first_month)
    if not found:
        now = await sums_of(
            db,
            who,
            months=period.month_numbers(),
            as_of=as_of,
            plant_ids=plant_ids,
            by=(_SOURCES[by],),
            policy=policy,
        )
        found = {number: one for (number,), one in now.items()}
    names = await _names(db, who, by)
    groups: defaultdict[tuple[str, str], list[Sums]] = defaultdict(list)
    for number, one in found.items():
        groups[names.get(number, ("", ""))].append(one)
    given = []
    for (key, name), several in groups.items():
        rated = rate(pooled(several), policy, period).measure(measure)
        if rated is not None and (rated.numerator or rated.denominator):
            given.append(Part(key, name, rated))
    falling = measure in measures.FALLING
    return sorted(given, key=lambda part: (-_cost(part.measure, falling=falling), part.name, part.key))


def _cost(one: Measure, *, falling: bool) -> Decimal:
    return one.numerator if falling else one.denominator - one.numerator


async def _names(db: AsyncSession, who: Principal, by: By) -> Mapping[int, tuple[str, str]]:
    """Give the key and the name of the part that each id belongs to."""
    if by in {By.SUPPLIER, By.COUNTRY}:
        columns = (col(Supplier.id), col(Supplier.number), col(Supplier.name), col(Supplier.country))
        rows = (await db.execute(scopes.visible(who, Supplier).with_only_columns(*columns))).all()
        if by is By.COUNTRY:
            return {row.id: (row.country, country_name(row.country)) for row in rows}
        return {row.id: (row.number, row.name) for row in rows}
    model = Commodity if by is By.COMMODITY else Plant
    query = scopes.shared(who, model).with_only_columns(col(model.id), col(model.code), col(model.name))
    return {row.id: (row.code, row.name) for row in await db.execute(query)}

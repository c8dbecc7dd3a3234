"""Plants, commodities and parts as lists: searched, filtered, in order, and counted."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.countries import country_name
from portal.models.organisation import Commodity, Part, Plant
from portal.models.suppliers import Supplier
from portal.workflows import lists
from portal.workflows.lists import Listed, Query, Wanted


class PlantRow(NamedTuple):
    id: int
    code: str
    name: str
    country: str
    time_zone: str

    @property
    def country_name(self) -> str:
        return country_name(self.country)


class CommodityRow(NamedTuple):
    """A commodity with how many suppliers have it as their main one, and how many parts belong to it."""

    id: int
    code: str
    name: str
    suppliers: int
    parts: int


class PartRow(NamedTuple):
    id: int
    number: str
    name: str
    commodity: str | None


class Counts(NamedTuple):
    plants: int
    commodities: int
    parts: int


@dataclass(frozen=True, slots=True)
class List:
    """One kind of record as a list: its columns for a principal, what is searched, what filters."""

    row: Any
    sorts: lists.Sorts
    tie: Any
    found_by: tuple[Any, ...]
    filters: dict[str, Any]
    columns: Any  # of (who): the query without search and filters

    async def first(self, db: AsyncSession, who: Principal, wanted: Wanted) -> Listed[Any]:
        return await lists.first(db, self._query(who, wanted), wanted, self.sorts, self.tie, self.row)

    def every(self, db: AsyncSession, who: Principal, wanted: Wanted) -> AsyncIterator[Any]:
        return lists.every(db, self._query(who, wanted), wanted, self.sorts, self.tie, self.row)

    def _query(self, who: Principal, wanted: Wanted) -> Query:
        query: Query = self.columns(who)
        if wanted.q:
            query = query.where(lists.contains(wanted.q, *self.found_by))
        for key, column in self.filters.items():
            if chosen := wanted.chosen(key):
                query = query.where(column.in_(chosen))
        return query


def _plants(who: Principal) -> Query:
    return scopes.shared(who, Plant).with_only_columns(
        col(Plant.id), col(Plant.code), col(Plant.name), col(Plant.country), col(Plant.time_zone)
    )


def _commodities(who: Principal) -> Query:
    suppliers = (
        select(func.count())
        .where(col(Supplier.commodity_id) == col(Commodity.id), scopes.condition(who, Supplier))
        .scalar_subquery()
    )
    parts = select(func.count()).where(col(Part.commodity_id) == col(Commodity.id)).scalar_subquery()
    return scopes.shared(who, Commodity).with_only_columns(
        col(Commodity.id),
        col(Commodity.code),
        col(Commodity.name),
        suppliers.label("suppliers"),
        parts.label("parts"),
    )


def _parts(who: Principal) -> Query:
    return (
        scopes.shared(who, Part)
        .outerjoin(Commodity, col(Commodity.id) == col(Part.commodity_id))
        .with_only_columns(col(Part.id), col(Part.number), col(Part.name), col(Commodity.name))
    )


PLANTS = List(
    PlantRow,
    {
        "name": func.lower(col(Plant.name)),
        "code": col(Plant.code),
        "country": col(Plant.country),
        "time_zone": col(Plant.time_zone),
    },
    col(Plant.id),
    (col(Plant.name), col(Plant.code)),
    {"country": col(Plant.country), "time_zone": col(Plant.time_zone)},
    _plants,
)
COMMODITIES = List(
    CommodityRow,
    {
        "name": func.lower(col(Commodity.name)),
        "code": col(Commodity.code),
        "suppliers": literal_column("suppliers"),
        "parts": literal_column("parts"),
    },
    col(Commodity.id),
    (col(Commodity.name), col(Commodity.code)),
    {},
    _commodities,
)
PARTS = List(
    PartRow,
    {
        "number": col(Part.number),
        "name": func.lower(col(Part.name)),
        "commodity": func.lower(col(Commodity.name)),
    },
    col(Part.id),
    (col(Part.number), col(Part.name)),
    {"commodity": col(Commodity.code)},
    _parts,
)


async def counts(db: AsyncSession, who: Principal) -> Counts:
    """Count all three in one query."""
    each = [
        scopes.shared(who, model)
        .with_only_columns(func.count(), maintain_column_froms=True)
        .scalar_subquery()
        for model in (Plant, Commodity, Part)
    ]
    return Counts._make((await db.execute(select(*each))).one())


async def plant_choices(db: AsyncSession, who: Principal) -> dict[str, list[tuple[str, str]]]:
    """What the filters of the plants can be set to: what a plant has."""
    found = (await db.execute(_plants(who))).all()
    countries = {row.country: country_name(row.country) for row in found if row.country}
    zones = sorted({row.time_zone for row in found})
    return {
        "country": sorted(countries.items(), key=lambda each: each[1]),
        "time_zone": [(zone, zone) for zone in zones],
    }

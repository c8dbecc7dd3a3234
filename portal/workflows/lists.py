"""What somebody wants from a list, and the SQL that every list shares. Knows no address and no page.

A list's workflow has a table of sort expressions, a query for a principal and a row type:

    SORTS = {"name": func.lower(col(Supplier.name)), "number": col(Supplier.number)}

    async def listed(db, who, wanted) -> Listed[SupplierRow]:
        return await lists.first(db, _query(who, wanted), wanted, SORTS, col(Supplier.id), SupplierRow)
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

Row = TypeVar("Row")
Option = TypeVar("Option", bound=StrEnum)
Sorts = Mapping[str, Any]  # key in the address: column or expression
Query = Select[*tuple[Any, ...]]

MOST_WORDS = 8


@dataclass(frozen=True, slots=True)
class Wanted:
    """A search, chosen filters, an order and how many rows. ``rows`` None means all of them."""

    q: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = ""
    falling: bool = False
    rows: int | None = 50

    def chosen(self, key: str) -> tuple[str, ...]:
        return self.filters.get(key, ())

    def options(self, key: str, kind: type[Option]) -> list[Option]:
        return [kind(each) for each in self.chosen(key)]


@dataclass(frozen=True, slots=True)
class Listed(Generic[Row]):
    rows: list[Row]
    total: int


def pattern(words: str) -> str:
    """Give the LIKE pattern that finds the words anywhere; the wildcards in them are letters."""
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def contains(q: str, *columns: Any) -> ColumnElement[bool]:
    """Match rows where each word of ``q`` is in one of the columns, whatever its case.

    Written as ILIKE, which a trigram index answers; lower(…) LIKE would not use it.
    """
    words = q.split()[:MOST_WORDS]
    return and_(*(or_(*(column.ilike(pattern(word), escape="\\") for column in columns)) for word in words))


def in_order(query: Query, wanted: Wanted, sorts: Sorts, tie: Any) -> Query:
    """Order a query by a key of ``sorts``; ``tie`` makes the order the same every time."""
    wish = sorts[wanted.sort]
    return query.order_by(wish.desc().nulls_last() if wanted.falling else wish.asc(), tie)


async def first(
    db: AsyncSession,
    query: Query,
    wanted: Wanted,
    sorts: Sorts,
    tie: Any,
    make: Callable[..., Row],
    *,
    counted: Query | None = None,
) -> Listed[Row]:
    """Fetch the first rows and count all. ``make`` takes the query's columns in their order.

    ``counted`` has the same rows without the tables that are joined only to be shown.
    """
    found = await db.execute(in_order(query, wanted, sorts, tie).limit(wanted.rows))
    rows = [make(*row) for row in found]
    if wanted.rows is None or len(rows) < wanted.rows:
        return Listed(rows, len(rows))
    whole = query.order_by(None) if counted is None else counted
    count = select(func.count()).select_from(whole.subquery())
    return Listed(rows, int((await db.execute(count)).scalar_one()))


async def every(
    db: AsyncSession,
    query: Query,
    wanted: Wanted,
    sorts: Sorts,
    tie: Any,
    make: Callable[..., Row],
) -> AsyncIterator[Row]:
    """Stream all rows, through a cursor of the server: memory does not grow with the list."""
    result = await db.stream(in_order(query, wanted, sorts, tie).execution_options(yield_per=1000))
    async for row in result:
        yield make(*row)

"""All plants, commodities and parts, each as a list and as a file."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from portal.access.permissions import P, may
from portal.access.principal import Principal
from portal.web import exports
from portal.web.depends import Db, Who
from portal.web.listing import Column, Filter, Listing, Pairs
from portal.web.page import page
from portal.workflows.master_data import listing
from portal.workflows.suppliers.record import commodities

PLANTS = Listing(
    path="/master-data/plants",
    one="plant",
    many="plants",
    sorts=listing.PLANTS.sorts,
    sort="name",
    find="Find a plant",
    hint="Name or code",
    filters=(Filter("country", "Country"), Filter("time_zone", "Time zone")),
    columns=(
        Column("name", "Name", lambda row: row.name),
        Column("code", "Code", lambda row: row.code),
        Column("country", "Country", lambda row: row.country_name),
        Column("time_zone", "Time zone", lambda row: row.time_zone),
    ),
)
COMMODITIES = Listing(
    path="/master-data/commodities",
    one="commodity",
    many="commodities",
    sorts=listing.COMMODITIES.sorts,
    sort="name",
    find="Find a commodity",
    hint="Name or code",
    columns=(
        Column("name", "Name", lambda row: row.name),
        Column("code", "Code", lambda row: row.code),
        Column("suppliers", "Suppliers", lambda row: row.suppliers, numeric=True, first="-"),
        Column("parts", "Parts", lambda row: row.parts, numeric=True, first="-"),
    ),
)
PARTS = Listing(
    path="/master-data/parts",
    one="part",
    many="parts",
    sorts=listing.PARTS.sorts,
    sort="number",
    find="Find a part",
    hint="Number or name",
    filters=(Filter("commodity", "Commodity"),),
    columns=(
        Column("number", "Number", lambda row: row.number),
        Column("name", "Name", lambda row: row.name),
        Column("commodity", "Commodity", lambda row: row.commodity),
    ),
)

Options = Callable[[Db, Principal], Awaitable[dict[str, list[tuple[str, str]]]]]


async def _no_options(_db: Db, _who: Principal) -> dict[str, list[tuple[str, str]]]:
    return {}


async def _of_parts(db: Db, who: Principal) -> dict[str, list[tuple[str, str]]]:
    return {"commodity": await commodities(db, who)}


def _pages(shown: Listing, rows: listing.List, options: Options) -> list[HTTPRouteHandler]:
    """Give the handlers of one list: the page and its files."""

    @get(shown.path, permission=P.MASTER_DATA_READ, name=shown.many)
    async def index(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
        offered: dict[str, Pairs] = {**await options(db, who)}
        view = shown.view(request, offered)
        return page(
            request,
            "master_data/list.html",
            f"master_data/_{shown.many}.html",
            headers=view.headers,
            view=view,
            found=await rows.first(db, who, view.wanted),
            may_write=may(who, P.MASTER_DATA_WRITE),
        )

    @get([f"{shown.path}.csv", f"{shown.path}.xlsx"], permission=P.MASTER_DATA_READ)
    async def file(request: Request[Any, Any, Any], db: Db, who: Who) -> Stream:
        found = rows.every(db, who, shown.view(request).wanted)
        return await exports.answer(request, shown.many, shown.columns, found, zone=who.time_zone)

    return [index, file]


HANDLERS = [
    *_pages(PLANTS, listing.PLANTS, listing.plant_choices),
    *_pages(COMMODITIES, listing.COMMODITIES, _no_options),
    *_pages(PARTS, listing.PARTS, _of_parts),
]

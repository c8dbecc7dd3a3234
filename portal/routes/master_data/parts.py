"""All parts as a list and as a file."""

from typing import Any

from litestar import Request, Response, get
from litestar.response import Stream

from portal.access.permissions import P, may
from portal.web import exports
from portal.web.depends import Db, Who
from portal.web.listing import Column, Filter, Listing
from portal.web.page import page
from portal.workflows import master_data
from portal.workflows.suppliers.record import commodities

LISTING = Listing(
    path="/master-data/parts",
    one="part",
    many="parts",
    sorts=master_data.PART_SORTS,
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


@get("/master-data/parts", permission=P.MASTER_DATA_READ)
async def index(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    view = LISTING.view(request, {"commodity": await commodities(db, who)})
    return page(
        request,
        "master_data/parts.html",
        "master_data/_parts.html",
        headers=view.headers,
        view=view,
        found=await master_data.parts(db, who, view.wanted),
        may_write=may(who, P.MASTER_DATA_WRITE),
    )


@get(["/master-data/parts.csv", "/master-data/parts.xlsx"], permission=P.MASTER_DATA_READ)
async def file(request: Request[Any, Any, Any], db: Db, who: Who) -> Stream:
    rows = master_data.every_part(db, who, LISTING.view(request).wanted)
    return await exports.answer(request, "parts", LISTING.columns, rows, zone=who.time_zone)


HANDLERS = [index, file]

"""Nonconformances as a list and as a file; several chosen ones begin a SCAR."""

from typing import Any

from litestar import Request, Response, get
from litestar.response import Stream

from portal.access.permissions import P, may
from portal.web import exports
from portal.web.depends import Db, Who
from portal.web.listing import Column, Filter, Listing, View
from portal.web.page import page
from portal.workflows.nonconformances import listing
from portal.workflows.nonconformances.listing import IN_SCAR, NO_SCAR
from portal.workflows.nonconformances.record import DISPOSITION, RESPONSIBILITY

LISTING = Listing(
    path="/nonconformances",
    one="nonconformance",
    many="nonconformances",
    sorts=listing.SORTS,
    sort="-found",
    find="Find a nonconformance",
    hint="Number, supplier, part or defect",
    filters=(
        Filter("responsibility", "Responsibility", tuple(RESPONSIBILITY.items())),
        Filter("disposition", "Disposition", tuple(DISPOSITION.items())),
        Filter("scar", "SCAR", ((NO_SCAR, "The supplier's, without a SCAR"), (IN_SCAR, "In a SCAR"))),
        Filter("safety", "Safety", (("yes", "Safety or regulatory"),)),
        Filter("plant", "Plant"),
        Filter("supplier", "Supplier"),
        Filter("part", "Part"),
        Filter("kind", "Defect"),
    ),
    columns=(
        Column("number", "Number", lambda row: row.number),
        Column("found", "Found", lambda row: row.found_on, first="-"),
        Column("supplier", "Supplier", lambda row: row.supplier_name),
        Column("supplier_number", "Supplier number", lambda row: row.supplier_number, in_file_only=True),
        Column("part", "Part", lambda row: row.part),
        Column("kind", "Defect", lambda row: row.kind),
        Column("quantity", "Bad pieces", lambda row: row.quantity, numeric=True, first="-"),
        Column("lot", "Lot", lambda row: row.lot, in_file_only=True),
        Column("plant", "Plant", lambda row: row.plant, in_file_only=True),
        Column("responsibility", "Responsibility", lambda row: RESPONSIBILITY[row.responsibility]),
        Column("disposition", "Disposition", lambda row: DISPOSITION[row.disposition]),
        Column("scar", "SCAR", lambda row: row.scar or ""),
    ),
)


@get("/nonconformances", permission=P.NONCONFORMANCES_READ)
async def index(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    view = LISTING.view(request, await listing.options(db, who))
    found = await listing.listed(db, who, view.wanted)
    counts = await listing.counts(db, who)
    return page(
        request,
        "nonconformances/index.html",
        "nonconformances/_table.html",
        headers=view.headers,
        view=view,
        found=found,
        counts=counts,
        saved=_saved(view, counts),
        whose=RESPONSIBILITY,
        what=DISPOSITION,
        may_write=may(who, P.NONCONFORMANCES_WRITE),
        may_issue=may(who, P.SCARS_WRITE),
    )


@get(["/nonconformances.csv", "/nonconformances.xlsx"], permission=P.NONCONFORMANCES_READ)
async def file(request: Request[Any, Any, Any], db: Db, who: Who) -> Stream:
    view = LISTING.view(request)
    rows = listing.every(db, who, view.wanted)
    return await exports.answer(request, "nonconformances", LISTING.columns, rows, zone=who.time_zone)


def _saved(view: View, counts: listing.Counts) -> list[tuple[str, str, int, bool, bool]]:
    def one(said: str, count: int, *, hot: bool = False, **filters: str) -> tuple[str, str, int, bool, bool]:
        address = LISTING.path + "".join(f"?{key}={value}" for key, value in filters.items())
        return said, address, count, view.says(**filters) and not view.wanted.q, hot

    return [
        one("All", counts.all),
        one("No disposition yet", counts.open, hot=True, disposition="open"),
        one("Responsibility not determined", counts.undetermined, responsibility="undetermined"),
        one("Without a SCAR", counts.without, scar=NO_SCAR),
        one("Safety", counts.safety, safety="yes"),
    ]


HANDLERS = [index, file]

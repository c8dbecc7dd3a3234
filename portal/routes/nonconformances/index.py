"""Nonconformances as a list and as a file; several chosen ones begin a SCAR."""

from typing import Any

from litestar import Request, Response, get
from litestar.response import Stream

from portal.access.permissions import P, may
from portal.languages import N_, _
from portal.web import exports
from portal.web.depends import Db, Who
from portal.web.listing import Column, Filter, Listing, View
from portal.web.page import page
from portal.workflows import saved_filters
from portal.workflows.nonconformances import listing
from portal.workflows.nonconformances.listing import IN_SCAR, NO_SCAR
from portal.workflows.nonconformances.record import DISPOSITION, RESPONSIBILITY

LISTING = Listing(
    path="/nonconformances",
    one=N_("nonconformance"),
    many=N_("nonconformances"),
    sorts=listing.SORTS,
    sort="-found",
    find=N_("Find a nonconformance"),
    hint=N_("Number, supplier, part or defect"),
    filters=(
        Filter("responsibility", N_("Responsibility"), tuple(RESPONSIBILITY.items())),
        Filter("disposition", N_("Disposition"), tuple(DISPOSITION.items())),
        Filter("scar", "SCAR", ((NO_SCAR, N_("The supplier's, without a SCAR")), (IN_SCAR, N_("In a SCAR")))),
        Filter("safety", N_("Safety"), (("yes", N_("Safety or regulatory")),)),
        Filter("plant", N_("Plant")),
        Filter("supplier", N_("Supplier")),
        Filter("part", N_("Part")),
        Filter("kind", N_("Defect")),
    ),
    columns=(
        Column("number", N_("Number"), lambda row: row.number),
        Column("found", N_("Found"), lambda row: row.found_on, first="-"),
        Column("supplier", N_("Supplier"), lambda row: row.supplier_name),
        Column("supplier_number", N_("Supplier number"), lambda row: row.supplier_number, in_file_only=True),
        Column("part", N_("Part"), lambda row: row.part),
        Column("kind", N_("Defect"), lambda row: row.kind),
        Column("quantity", N_("Bad pieces"), lambda row: row.quantity, numeric=True, first="-"),
        Column("lot", N_("Lot"), lambda row: row.lot, in_file_only=True),
        Column("plant", N_("Plant"), lambda row: row.plant, in_file_only=True),
        Column("responsibility", N_("Responsibility"), lambda row: RESPONSIBILITY[row.responsibility]),
        Column("disposition", N_("Disposition"), lambda row: DISPOSITION[row.disposition]),
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
        mine=await saved_filters.of(db, who, LISTING.path),
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
        one(_("All"), counts.all),
        one(_("No disposition yet"), counts.open, hot=True, disposition="open"),
        one(_("Responsibility not determined"), counts.undetermined, responsibility="undetermined"),
        one(_("Without a SCAR"), counts.without, scar=NO_SCAR),
        one(_("Safety"), counts.safety, safety="yes"),
    ]


HANDLERS = [index, file]

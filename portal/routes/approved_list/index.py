"""The approved supplier list as a page and as a file."""

from typing import Any

from litestar import Request, Response, get
from litestar.response import Stream

from portal.access.permissions import P, may
from portal.web import exports
from portal.web.depends import Db, Who
from portal.web.listing import Column, Filter, Listing, View
from portal.web.page import page
from portal.web.reading import our_today
from portal.workflows.approved_list import entries
from portal.workflows.approved_list.entries import EXPIRED, NO_END
from portal.workflows.approved_list.standing import SCOPE, STATUS, ends_in

LISTING = Listing(
    path="/approved-suppliers",
    one="entry",
    many="entries",
    sorts=entries.SORTS,
    sort="supplier",
    find="Find in the approved list",
    hint="Supplier, scope or site",
    filters=(
        Filter("status", "Decision", tuple(STATUS.items())),
        Filter(
            "ends",
            "Ends",
            (
                (EXPIRED, "Expired"),
                ("30", "Within 30 days"),
                ("60", "Within 60 days"),
                ("90", "Within 90 days"),
                (NO_END, "No end"),
            ),
        ),
        Filter("kind", "Kind of scope", tuple(SCOPE.items())),
    ),
    columns=(
        Column("supplier", "Supplier", lambda row: row.supplier_name),
        Column("number", "Number", lambda row: row.supplier_number),
        Column("scope", "Scope", lambda row: row.scope),
        Column("kind", "Kind of scope", lambda row: SCOPE[row.scope_kind], in_file_only=True),
        Column("site", "Site", lambda row: row.site or "All sites"),
        Column("status", "Standing", lambda row: STATUS[row.status]),
        Column("until", "Until", lambda row: row.valid_until_on),
        Column("reason", "Reason", lambda row: row.reason),
    ),
)


@get("/approved-suppliers", permission=P.SUPPLIERS_READ)
async def index(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    view = LISTING.view(request)
    today = our_today(request)
    counts = await entries.counts(db, who, today=today)
    return page(
        request,
        "approved_list/index.html",
        "approved_list/_table.html",
        headers=view.headers,
        view=view,
        found=await entries.listed(db, who, view.wanted, today=today),
        today=today,
        counts=counts,
        saved=saved(view, counts),
        scope_words=SCOPE,
        ends_in=ends_in,
        may_decide=may(who, P.ASL_WRITE),
    )


@get(["/approved-suppliers.csv", "/approved-suppliers.xlsx"], permission=P.SUPPLIERS_READ)
async def file(request: Request[Any, Any, Any], db: Db, who: Who) -> Stream:
    view = LISTING.view(request)
    today = our_today(request)
    rows = entries.every(db, who, view.wanted, today=today)
    expired = Column("expired", "Expired", lambda row: row.is_expired(today))
    return await exports.answer(
        request, "approved-suppliers", [*LISTING.columns, expired], rows, zone=who.time_zone
    )


def saved(view: View, counts: entries.Counts) -> list[tuple[str, str, int, bool, bool]]:
    """Give the saved filters: (words, address, count, is the present one, calls for action)."""

    def one(words: str, count: int, *, hot: bool = False, **filters: str) -> tuple[str, str, int, bool, bool]:
        address = LISTING.path + "".join(f"?{key}={value}" for key, value in filters.items())
        return words, address, count, view.says(**filters) and not view.wanted.q, hot

    return [
        one("All", counts.all),
        one("Expired", counts.expired, hot=True, ends=EXPIRED),
        one("Ends within 30 days", counts.within_30, ends="30"),
        one("60 days", counts.within_60, ends="60"),
        one("90 days", counts.within_90, ends="90"),
    ]


HANDLERS = [index, file]

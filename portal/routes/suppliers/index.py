"""All suppliers as a page and as a file."""

from typing import Any

from litestar import Request, Response, get
from litestar.response import Stream

from portal.access.permissions import P, may
from portal.models.suppliers import AslStatus
from portal.web import exports
from portal.web.depends import Db, Who
from portal.web.filters import link
from portal.web.listing import Column, Filter, Listing, View
from portal.web.page import page
from portal.web.reading import our_today
from portal.workflows import saved_filters
from portal.workflows.approved_list.standing import STATUS as ASL_WORDS
from portal.workflows.suppliers import listing
from portal.workflows.suppliers.listing import ENDING, EXPIRED, NOT_LISTED
from portal.workflows.suppliers.words import RISK, STATUS

LISTING = Listing(
    path="/suppliers",
    one="supplier",
    many="suppliers",
    sorts=listing.SORTS,
    sort="name",
    find="Find a supplier",
    hint="Name or number",
    filters=(
        Filter("status", "Status", tuple(STATUS.items())),
        Filter("risk", "Risk", tuple(RISK.items())),
        Filter(
            "asl",
            "Approved list",
            (
                (AslStatus.APPROVED, ASL_WORDS[AslStatus.APPROVED]),
                (ENDING, "Ends within 90 days"),
                (EXPIRED, "Expired"),
                (AslStatus.CONDITIONAL, ASL_WORDS[AslStatus.CONDITIONAL]),
                (AslStatus.RESTRICTED, ASL_WORDS[AslStatus.RESTRICTED]),
                (AslStatus.PENDING, ASL_WORDS[AslStatus.PENDING]),
                (AslStatus.DISQUALIFIED, ASL_WORDS[AslStatus.DISQUALIFIED]),
                (NOT_LISTED, "Not on the list"),
            ),
        ),
        Filter("commodity", "Commodity"),
        Filter("country", "Country"),
    ),
    columns=(
        Column("name", "Supplier", lambda row: row.name),
        Column("number", "Number", lambda row: row.number),
        Column("country", "Country", lambda row: row.country_name),
        Column("city", "City", lambda row: row.city, in_file_only=True),
        Column("commodity", "Commodity", lambda row: row.commodity),
        Column("risk", "Risk", lambda row: RISK[row.risk]),
        Column("status", "Status", lambda row: STATUS[row.status]),
        Column("asl", "Approved list", lambda row: row.standing.ends_on),
    ),
)


@get("/suppliers", permission=P.SUPPLIERS_READ)
async def index(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    view = LISTING.view(request, await listing.choices(db, who))
    today = our_today(request)
    found = await listing.listed(db, who, view.wanted, today=today)
    counts = await listing.counts(db, who, today=today)
    return page(
        request,
        "suppliers/index.html",
        "suppliers/_table.html",
        headers=view.headers,
        view=view,
        mine=await saved_filters.of(db, who, LISTING.path),
        found=found,
        today=today,
        counts=counts,
        saved=saved(view, counts),
        may_write=may(who, P.SUPPLIERS_WRITE),
        ask_details=link(f"{LISTING.path}/details-request", view.params),
        may_import=may(who, P.IMPORTS_READ),
    )


@get(["/suppliers.csv", "/suppliers.xlsx"], permission=P.SUPPLIERS_READ)
async def file(request: Request[Any, Any, Any], db: Db, who: Who) -> Stream:
    view = LISTING.view(request)
    today = our_today(request)
    # In the file the approval is two columns: what it amounts to, and its last day.
    *first, ends = LISTING.columns
    words = Column("standing", "Approved list", lambda row: row.standing.words(today))
    columns = [*first, words, Column(ends.key, "Approved until", ends.value)]
    rows = listing.every(db, who, view.wanted, today=today)
    return await exports.answer(request, "suppliers", columns, rows, zone=who.time_zone)


def saved(view: View, counts: listing.Counts) -> list[tuple[str, str, int, bool, bool]]:
    """Give the saved filters: (words, address, count, is the present one, calls for action)."""

    def one(words: str, count: int, *, hot: bool = False, **filters: str) -> tuple[str, str, int, bool, bool]:
        address = LISTING.path + "".join(f"?{key}={value}" for key, value in filters.items())
        return words, address, count, view.says(**filters) and not view.wanted.q, hot

    return [
        one("All", counts.all),
        one("High risk", counts.high_risk, risk="high"),
        one("On hold", counts.on_hold, status="on_hold"),
        one("Approval expired", counts.expired, hot=True, asl=EXPIRED),
        one("Approval ends within 90 days", counts.ending, asl=ENDING),
        one("Not on the approved list", counts.not_listed, asl=NOT_LISTED),
    ]


HANDLERS = [index, file]

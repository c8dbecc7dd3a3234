"""Who has an account, as a page and as the file of an access review."""

from typing import Any

from litestar import Request, Response, get
from litestar.response import Stream

from portal import clock
from portal.access.permissions import P
from portal.web import exports
from portal.web.depends import Db, Who
from portal.web.listing import Column, Filter, Listing
from portal.web.page import flash, page
from portal.workflows import invitations, people

DONE = {
    "invited": "The invitation is on its way. It can be used for 7 days.",
    "resent": "A new invitation is on its way. The link in the older mail no longer works.",
    "withdrawn": "The invitation is withdrawn. Its link no longer works.",
}


def _limit(row: people.PersonRow, codes: str | None) -> str:
    """Suppliers' people are limited to their company, and to nothing else."""
    return codes or ("" if row.supplier_name else "All")


_NAME = Column("name", "Name", lambda row: row.name)
_EMAIL = Column("email", "E-mail", lambda row: row.email)
_ROLE = Column("role", "Role", lambda row: people.LABELS[row.role])
_COMPANY = Column("company", "Supplier", lambda row: row.supplier_name)
_PLANTS = Column("plants", "Plants", lambda row: _limit(row, row.plants))
_LAST = Column("last", "Last signed in", lambda row: row.last_signed_in_at, first="-")
_FACTOR = Column("factor", "Second factor", lambda row: row.second_factor)
_ONLY_IN_FILE = (
    Column("commodities", "Commodities", lambda row: _limit(row, row.commodities), in_file_only=True),
    Column("company_account", "Company account", lambda row: row.has_company_account, in_file_only=True),
    Column("shared", "Shared with them until", lambda row: row.shared, in_file_only=True),
    Column("away", "Away, and who stands in", lambda row: row.away, in_file_only=True),
    Column("number", "Supplier number", lambda row: row.supplier_number, in_file_only=True),
    Column("title", "Title", lambda row: row.title, in_file_only=True),
    Column("active", "Active", lambda row: row.is_active, in_file_only=True),
    Column("since", "Account since", lambda row: row.created_at, in_file_only=True),
)
_STATE = Filter("state", "State", ((people.ACTIVE, "Active"), (people.INACTIVE, "Deactivated")))
_HAS_FACTOR = Filter(
    "factor", "Second factor", ((people.WITH_FACTOR, "Has one"), (people.WITHOUT_FACTOR, "Has none"))
)


def _listing(columns: tuple[Column, ...], filters: tuple[Filter, ...]) -> Listing:
    keys = {column.key for column in columns}
    return Listing(
        path="/people",
        one="person",
        many="people",
        sorts=[key for key in people.SORTS if key in keys],
        sort="name",
        find="Find a person",
        hint="Name, e-mail or supplier" if _COMPANY in columns else "Name or e-mail",
        filters=filters,
        columns=(*columns, *_ONLY_IN_FILE),
    )


EVERYBODY = _listing(
    (_NAME, _EMAIL, _ROLE, _COMPANY, _PLANTS, _LAST, _FACTOR),
    (
        Filter("house", "Company", ((people.STAFF, "Ours"), (people.SUPPLIERS, "Suppliers"))),
        Filter("role", "Role", tuple(people.LABELS.items())),
        _STATE,
        _HAS_FACTOR,
    ),
)
COLLEAGUES = _listing((_NAME, _EMAIL, _ROLE, _LAST, _FACTOR), (_STATE, _HAS_FACTOR))


@get("/people", permission=P.PEOPLE_MANAGE)
async def index(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    view = _for(who).view(request)
    if done := DONE.get(request.query_params.get("done", "")):
        flash(request, "ok", done)
    return page(
        request,
        "people/index.html",
        "people/_table.html",
        headers=view.headers,
        view=view,
        found=await people.listed(db, who, view.wanted),
        labels=people.LABELS if who.is_staff else None,
        waiting=await invitations.waiting(db, who),
        now=clock.now(),
    )


@get(["/people.csv", "/people.xlsx"], permission=P.PEOPLE_MANAGE)
async def file(request: Request[Any, Any, Any], db: Db, who: Who) -> Stream:
    """Give the access review: who has which role, where, since when, last seen, how well protected."""
    listing = _for(who)
    rows = people.every(db, who, listing.view(request).wanted)
    return await exports.answer(request, "people", listing.columns, rows, zone=who.time_zone)


def _for(who: Who) -> Listing:
    return EVERYBODY if who.is_staff else COLLEAGUES


HANDLERS = [index, file]

"""The matrix for our people, and as a file; for a supplier, its own page at the same address."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Stream

from portal.access.permissions import P, may
from portal.access.principal import Principal
from portal.routes.certificates.showing import short_day
from portal.web import exports
from portal.web.depends import Db, Who
from portal.web.exports import Cell as FileCell
from portal.web.listing import Column, Filter, Listing, View
from portal.web.page import go, page
from portal.web.reading import our_today
from portal.workflows.certificates import asked, asking, matrix, reminders, review, types
from portal.workflows.certificates.matrix import TO_DO, Heading, Matrix
from portal.workflows.certificates.states import State
from portal.workflows.certificates.words import STATE, STATUS
from portal.workflows.scorecards.cards import own_supplier
from portal.workflows.suppliers import record
from portal.workflows.suppliers.words import RISK

LISTING = Listing(
    path="/certificates",
    one="supplier",
    many="suppliers",
    sorts=matrix.SORTS,
    sort="supplier",
    find="Find a supplier",
    hint="Name or number",
    filters=(
        Filter("state", "State", ((TO_DO, "Anything to do"), *STATE.items())),
        Filter("type", "Type"),
        Filter("commodity", "Commodity"),
        Filter("risk", "Risk class", tuple(RISK.items())),
    ),
    columns=(Column("supplier", "Supplier", lambda row: row[0].name),),
    id="matrix",
)


@get("/certificates", permission=P.CERTIFICATES_READ)
async def index(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    if who.is_supplier:
        return await mine(request, db, who)
    view = await _view(request, db, who)
    today = our_today(request)
    found = await matrix.read(db, who, view.wanted, today=today)
    ending = await matrix.ending(db, who, today=today)
    return page(
        request,
        "certificates/index.html",
        "certificates/_matrix.html",
        headers=view.headers,
        view=view,
        found=found,
        saved=saved(view, found),
        today=today,
        short_day=lambda day: short_day(day, today),
        words=STATE,
        waiting=await review.waiting(db, who, at_most=20),
        ending=ending,
        reminded=await reminders.steps_of(db, who, [each.id for each in ending]),
        may_ask=may(who, P.CERTIFICATES_SUBMIT),
        may_require=may(who, P.CERTIFICATES_REQUIRE),
    )


async def mine(request: Request[Any, Any, Any], db: Db, who: Principal) -> Response[Any]:
    """Show a supplier what is asked of it."""
    supplier = await own_supplier(db, who)
    today = our_today(request)
    return page(
        request,
        "certificates/mine.html",
        overview=await asked.overview(db, who, supplier, today=today),
        supplier=supplier,
        words=STATE,
        status_words=STATUS,
        today=today,
        action="/certificates/files",
    )


@get("/suppliers/{number:str}/certificates", permission=P.CERTIFICATES_REVIEW)
async def of_supplier(
    request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]
) -> Response[Any]:
    """Show our people one supplier's certificates, and let them add one for it."""
    supplier = await record.find(db, who, number)
    today = our_today(request)
    return page(
        request,
        "certificates/of_supplier.html",
        overview=await asked.overview(db, who, supplier, today=today),
        supplier=supplier,
        words=STATE,
        status_words=STATUS,
        today=today,
        action=f"/suppliers/{number}/certificates/files",
    )


@get(["/certificates.csv", "/certificates.xlsx"], permission=P.SUPPLIERS_READ)
async def file(request: Request[Any, Any, Any], db: Db, who: Who) -> Stream:
    view = await _view(request, db, who)
    today = our_today(request)
    headings = (await matrix.read(db, who, view.wanted, today=today)).headings
    rows = matrix.every(db, who, view.wanted, today=today)
    return await exports.answer(request, "certificates", _columns(headings), rows, zone=who.time_zone)


@post("/certificates/requests", permission=P.CERTIFICATES_SUBMIT, status_code=200)
async def ask(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    """Ask the chosen suppliers for what they owe."""
    data = await request.form()
    numbers = [each for each in data.getall("supplier", []) if isinstance(each, str)]
    done = await asking.ask(db, request.app.state.settings, who, numbers, today=our_today(request))
    return go(request, "/certificates?state=to_do", note=asking.words(done))


def saved(view: View, found: Matrix) -> list[tuple[str, str, int | None, bool, bool]]:
    """Give the saved filters: (words, address, count, is the present one, calls for action)."""

    def one(words: str, wish: str, *, hot: bool = False) -> tuple[str, str, int | None, bool, bool]:
        return words, f"/certificates?state={wish}", found.counts[wish], view.says(state=wish), hot

    return [
        ("All", "/certificates", None, not view.is_narrowed, False),
        one("Anything to do", TO_DO),
        one("To review", State.SUBMITTED),
        one("Expired", State.EXPIRED, hot=True),
        one("Missing", State.MISSING),
        one("Ends within 90 days", State.EXPIRING),
        one("Returned", State.REJECTED),
    ]


async def _view(request: Request[Any, Any, Any], db: Db, who: Who) -> View:
    kinds = [(kind.code, kind.code) for kind in await types.listed(db, who)]
    return LISTING.view(request, {"type": kinds, "commodity": await record.commodities(db, who)})


def _columns(headings: list[Heading]) -> list[Column]:
    """The state and the day of each type, side by side."""

    def cell(heading: Heading, *, day: bool) -> Column:
        def value(row: tuple[matrix.SupplierRow, matrix.Cells]) -> FileCell:
            found = row[1].get((row[0].id, heading.id))
            if found is None:
                return "" if not day else None
            return found.day if day else STATE[found.state]

        return Column(f"{heading.id}", f"{heading.code} {'day' if day else 'state'}", value)

    by_type = [cell(heading, day=day) for heading in headings for day in (False, True)]
    return [
        Column("supplier", "Supplier", lambda row: row[0].name),
        Column("number", "Number", lambda row: row[0].number),
        *by_type,
    ]


HANDLERS = [index, of_supplier, file, ask]

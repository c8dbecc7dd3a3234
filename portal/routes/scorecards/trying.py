"""A page to try out what some lines on time would have changed; the choice is in the address alone."""

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery

from portal import clock
from portal.access.permissions import P
from portal.web import periods
from portal.web.depends import Db, Who
from portal.web.page import page
from portal.workflows.scorecards import cards
from portal.workflows.scorecards.trying import try_out
from scorecards import measures


@get(["/scorecard/what-if", "/suppliers/{number:str}/scorecard/what-if"], permission=P.SCORECARDS_READ)
async def show(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    number: FromPath[str] = "",
    period: FromQuery[str] = "",
) -> Response[Any]:
    supplier = await (cards.supplier_named(db, who, number) if number else cards.own_supplier(db, who))
    as_of = clock.today(request.app.state.org.current.time_zone)
    view = await cards.card(db, who, supplier, periods.read(period, as_of), as_of)
    wanted = [each for each in request.query_params.getall("line", []) if len(each) < 40]
    return page(
        request,
        "scorecards/what_if.html",
        "scorecards/_what_if.html",
        supplier=supplier,
        base=f"/suppliers/{supplier.number}/scorecard" if number else "/scorecard",
        card=view,
        period_key=periods.write(view.period),
        tried=await try_out(db, who, supplier, view, wanted),
        delivery=measures.DELIVERY,
        today=clock.today(who.time_zone),
    )


HANDLERS = [show]

"""A supplier's own targets: what holds, how far it is, and what we ask it to agree to."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from portal.access.permissions import P, may
from portal.languages import N_, _
from portal.web.depends import Db, Who
from portal.web.forms import Form, text
from portal.web.page import go, page
from portal.web.reading import our_today, row_id
from portal.workflows.months.words import month_words
from portal.workflows.scorecards import cards
from portal.workflows.targets import agreeing, records
from portal.workflows.targets.overview import overview
from portal.workflows.targets.words import AIM, STATUS, goal


class RefusalForm(Form):
    answer = text(N_("Why not"), limit=2000, ask=N_("Say why not, and what you could agree to."))


@get("/targets", permission=P.TARGETS_READ)
async def mine(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    if who.is_staff:
        return go(request, "/scorecards?below=yes")
    supplier = await cards.own_supplier(db, who)
    today = our_today(request)
    return page(
        request,
        "targets/mine.html",
        supplier=supplier,
        view=await overview(db, who, supplier, today),
        titles=AIM,
        statuses=STATUS,
        goal=goal,
        month_words=month_words,
        may_answer=may(who, P.TARGETS_RESPOND),
        today=today,
    )


@post("/targets/{target:str}/acceptance", permission=P.TARGETS_RESPOND, status_code=200)
async def accept(request: Request[Any, Any, Any], db: Db, who: Who, target: FromPath[str]) -> Response[Any]:
    found, _supplier = await records.to_change(db, who, row_id(target))
    await agreeing.accept(db, found, by=who, today=our_today(request))
    holds = _("Agreed. It holds from %(month)s on.", month=month_words(found.from_month))
    return go(request, "/targets", note=holds)


@post("/targets/{target:str}/refusal", permission=P.TARGETS_RESPOND, status_code=200)
async def decline(request: Request[Any, Any, Any], db: Db, who: Who, target: FromPath[str]) -> Response[Any]:
    found, _supplier = await records.to_change(db, who, row_id(target))
    form = (await RefusalForm.read(request)).good()
    await agreeing.decline(db, found, form["answer"], by=who, today=our_today(request))
    return go(request, "/targets", note=_("Sent. We talk about it with you."))


HANDLERS = [mine, accept, decline]

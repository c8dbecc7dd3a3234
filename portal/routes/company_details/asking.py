"""Our side: ask one supplier, or all that a list shows, to look at their details; links that were sent."""

from datetime import timedelta
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from portal import clock
from portal.access.permissions import P
from portal.errors import BadInputError
from portal.routes.suppliers.index import LISTING
from portal.routes.suppliers.record import address
from portal.web.depends import Db, Who
from portal.web.filters import link
from portal.web.forms import Form, day
from portal.web.page import go, page
from portal.web.reading import our_today, row_id
from portal.workflows import tasks
from portal.workflows.company_details import asking
from portal.workflows.company_details.kinds import REVIEW
from portal.workflows.suppliers import listing, record
from portal.workflows.task_links import ending

LONGEST = timedelta(days=366)


class AskForm(Form):
    due_on = day("Answer by")


@post("/suppliers/{number:str}/details-request", permission=P.SUPPLIERS_WRITE, status_code=200)
async def ask_one(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    supplier = await record.find(db, who, number)
    asked = await asking.ask(db, who, [supplier], our_today(request) + asking.TIME_TO_LOOK)
    if asked.nobody:
        raise BadInputError("There is nobody to write to. Add a contact first, then ask.")
    note = "Asked. The mail leaves within a minute." if asked.now else "They are asked already."
    return go(request, f"{address(supplier.number)}#contacts", note=note)


@post("/suppliers/{number:str}/details-review", permission=P.SUPPLIERS_WRITE, status_code=200)
async def looked_at(
    request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]
) -> Response[Any]:
    """Somebody of us has seen what the supplier changed."""
    supplier = await record.find(db, who, number)
    await tasks.finish(db, asking.about(supplier), REVIEW, by=who)
    return go(request, f"{address(supplier.number)}#contacts", note="Noted that you looked at it.")


@post("/suppliers/{number:str}/task-links/{link:str}/end", permission=P.TASKS_WRITE, status_code=200)
async def revoke(
    request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str], link: FromPath[str]
) -> Response[Any]:
    supplier = await record.find(db, who, number)
    ended = await ending.revoke(db, who, supplier, row_id(link))
    note = f"Taken back. The link that {ended.name} got opens nothing any more."
    return go(request, f"{address(supplier.number)}#links", note=note)


@get("/suppliers/details-request", permission=P.SUPPLIERS_WRITE)
async def offer(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    """Show how many suppliers the list's filters find, before any of them is asked."""
    due_on = our_today(request) + asking.TIME_TO_LOOK
    return await _offer(request, db, who, AskForm({"due_on": due_on.isoformat()}))


@post("/suppliers/details-request", permission=P.SUPPLIERS_WRITE, status_code=200)
async def ask_many(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    form = await AskForm.read(request)
    if form.is_good and not clock.today() <= form["due_on"] <= clock.today() + LONGEST:
        form.refuse("due_on", "Choose a day from today on, within a year.")
    if not form.is_good:
        return await _offer(request, db, who, form, status=422)
    view = LISTING.view(request)
    rows = [row async for row in listing.every(db, who, view.wanted, today=our_today(request))]
    suppliers = await asking.suppliers(db, who, [row.id for row in rows])
    asked = await asking.ask(db, who, suppliers, form["due_on"])
    return page(request, "company_details/asked.html", asked=asked, back=view.address, due_on=form["due_on"])


async def _offer(
    request: Request[Any, Any, Any], db: Db, who: Who, form: AskForm, *, status: int = 200
) -> Response[Any]:
    view = LISTING.view(request, await listing.choices(db, who))
    found = await listing.listed(db, who, view.wanted, today=our_today(request))
    return page(
        request,
        "company_details/ask.html",
        status=status,
        form=form,
        view=view,
        total=found.total,
        most=asking.MOST,
        action=link("/suppliers/details-request", view.params),
    )


HANDLERS = [ask_one, looked_at, revoke, offer, ask_many]

"""The mails of a month: what became of each, sending one again, stopping them for one supplier."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from portal.access.permissions import P
from portal.routes.months.show import number_of
from portal.web.depends import Db, Who
from portal.web.forms import Form, text
from portal.web.page import go, page
from portal.web.reading import row_id
from portal.workflows.months import mailing, records
from portal.workflows.months.words import address, month_words
from portal.workflows.scorecards.cards import supplier_named

STATES = {
    "planned": ("info", "clock", "Planned"),
    "skipped": ("mute", "minus", "Not mailed"),
    "queued": ("info", "hourglass", "On its way"),
    "sent": ("ok", "check", "Sent"),
    "kept": ("ok", "inbox", "Kept here"),
    "bounced": ("bad", "ban", "Refused"),
    "failed": ("bad", "alert-octagon", "Given up"),
}
KINDS = {"preview": "Preview", "card": "Scorecard", "digest": "Digest"}


class StopForm(Form):
    reason = text("Reason", limit=2000, ask="Say why, for your colleagues.")


@get("/months/{name:str}/mails", permission=P.MONTHS_RUN)
async def show(request: Request[Any, Any, Any], db: Db, name: FromPath[str]) -> Response[Any]:
    month = await records.find(db, number_of(request, name))
    mails = await mailing.of_month(db, month.month)
    counts = {state: sum(each.state == state for each in mails) for state in STATES}
    return page(
        request,
        "months/mails.html",
        month=month,
        here=address(month.month),
        month_name=month_words(month.month),
        mails=mails,
        counts={state: count for state, count in counts.items() if count},
        states=STATES,
        kinds=KINDS,
    )


@post("/months/{name:str}/mails/{planned:str}/again", permission=P.MONTHS_RUN, status_code=200)
async def again(
    request: Request[Any, Any, Any], db: Db, name: FromPath[str], planned: FromPath[str]
) -> Response[Any]:
    month = await records.find(db, number_of(request, name))
    await mailing.send_again(db, month.month, row_id(planned))
    return go(request, f"{address(month.month)}/mails", note="It is sent once more.")


@post("/suppliers/{number:str}/scorecard-mails", permission=P.MONTHS_RUN, status_code=200)
async def stop(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    """Stop them with a reason; without one they go on."""
    supplier = await supplier_named(db, who, number)
    form = await StopForm.read(request)
    back = f"/suppliers/{supplier.number}"
    if form.is_good:
        await mailing.stop(db, supplier, form["reason"], by=who)
        return go(request, back, note=f"No scorecards are mailed to {supplier.name} any more.")
    await mailing.go_on(db, supplier)
    return go(request, back, note=f"Scorecards are mailed to {supplier.name} again.")


HANDLERS = [show, again, stop]

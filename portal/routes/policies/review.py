"""Handing a version in, returning it, approving it for a month, ending and discarding one."""

from typing import Any

from litestar import Request, Response, post
from litestar.params import FromPath

from portal.access.permissions import P
from portal.models.ratings import Policy as PolicyRow
from portal.web.depends import Db, Who
from portal.web.forms import Form, text, whole
from portal.web.page import go
from portal.web.reading import our_today, row_id
from portal.workflows.policies import approving, drafting, records
from scorecards.periods import month_label


class ReasonForm(Form):
    reason = text("What to change", limit=2000, ask="Say what has to change.")


class MonthForm(Form):
    month = whole("From", low=0, high=12 * 200, ask="Choose the month from which it rates.")


@post("/policies/{policy:str}/review", permission=P.POLICIES_WRITE, status_code=200)
async def hand_in(request: Request[Any, Any, Any], db: Db, who: Who, policy: FromPath[str]) -> Response[Any]:
    row = await records.to_change(db, who, row_id(policy))
    await drafting.hand_in(db, row, by=who)
    return _back(request, row, "Handed in. A second person reads it now.")


@post("/policies/{policy:str}/return", permission=P.POLICIES_APPROVE, status_code=200)
async def give_back(
    request: Request[Any, Any, Any], db: Db, who: Who, policy: FromPath[str]
) -> Response[Any]:
    row = await records.to_change(db, who, row_id(policy))
    form = (await ReasonForm.read(request)).good()
    await approving.give_back(db, row, form["reason"], by=who)
    return _back(request, row, "Returned, with what has to change.")


@post("/policies/{policy:str}/approval", permission=P.POLICIES_APPROVE, status_code=200)
async def approve(request: Request[Any, Any, Any], db: Db, who: Who, policy: FromPath[str]) -> Response[Any]:
    row = await records.to_change(db, who, row_id(policy))
    form = (await MonthForm.read(request)).good()
    await approving.approve(db, row, form["month"], by=who, today=our_today(request))
    return _back(request, row, f"Approved. It rates from {month_label(form['month'])} on.")


@post("/policies/{policy:str}/end", permission=P.POLICIES_APPROVE, status_code=200)
async def end(request: Request[Any, Any, Any], db: Db, who: Who, policy: FromPath[str]) -> Response[Any]:
    row = await records.to_change(db, who, row_id(policy))
    approving.end(row, by=who, today=our_today(request))
    return _back(request, row, "Ended. These suppliers are rated as everybody is, from this month on.")


@post("/policies/{policy:str}/removal", permission=P.POLICIES_WRITE, status_code=200)
async def discard(request: Request[Any, Any, Any], db: Db, who: Who, policy: FromPath[str]) -> Response[Any]:
    row = await records.to_change(db, who, row_id(policy))
    await drafting.discard(db, row, by=who)
    return go(request, "/policies", note="The draft is thrown away. The trail keeps what it said.")


def _back(request: Request[Any, Any, Any], row: PolicyRow, note: str) -> Response[Any]:
    return go(request, f"/policies/{row.id}", note=note)


HANDLERS = [hand_in, give_back, approve, end, discard]

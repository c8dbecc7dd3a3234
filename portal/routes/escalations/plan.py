"""The milestones of a plan: added and confirmed by us, done by the supplier."""

from typing import Any

from litestar import Request, Response, post
from litestar.params import FromPath

from portal.access.permissions import P
from portal.languages import N_, _
from portal.web.depends import Db, Who
from portal.web.forms import Form, day, text
from portal.web.page import go
from portal.web.reading import our_today, row_id
from portal.workflows.escalations import plan, records

_HERE = "/escalations/{escalation:str}/milestones"


class MilestoneForm(Form):
    title = text("Milestone", limit=200, ask="Say what is done by then.")
    due_on = day("By", ask="Give the day by which it is done.")


class DoneForm(Form):
    note = text(N_("What was done"), limit=2000, ask=N_("Say in a sentence what was done."))


@post(_HERE, permission=P.ESCALATIONS_WRITE, status_code=200)
async def add(request: Request[Any, Any, Any], db: Db, who: Who, escalation: FromPath[str]) -> Response[Any]:
    record = await records.to_change(db, who, row_id(escalation))
    form = (await MilestoneForm.read(request)).good()
    await plan.add(db, record, form["title"], form["due_on"], by=who, today=our_today(request))
    return go(request, f"/escalations/{record.escalation.id}#plan", note="The milestone is part of the plan.")


@post(f"{_HERE}/{{milestone:str}}/done", permission=P.ESCALATIONS_RESPOND, status_code=200)
async def done(
    request: Request[Any, Any, Any], db: Db, who: Who, escalation: FromPath[str], milestone: FromPath[str]
) -> Response[Any]:
    record = await records.find(db, who, row_id(escalation))
    found = await records.milestone_to_change(db, who, record.escalation, row_id(milestone))
    form = (await DoneForm.read(request)).good()
    await plan.done(db, record, found, form["note"], by=who, today=our_today(request))
    return go(request, f"/escalations/{record.escalation.id}#plan", note=_("Sent. We confirm it."))


@post(f"{_HERE}/{{milestone:str}}/confirmation", permission=P.ESCALATIONS_WRITE, status_code=200)
async def confirm(
    request: Request[Any, Any, Any], db: Db, who: Who, escalation: FromPath[str], milestone: FromPath[str]
) -> Response[Any]:
    record = await records.to_change(db, who, row_id(escalation))
    found = await records.milestone_to_change(db, who, record.escalation, row_id(milestone))
    await plan.confirm(db, record, found, by=who)
    return go(request, f"/escalations/{record.escalation.id}#plan", note="Confirmed.")


HANDLERS = [add, done, confirm]

"""Who stands where on the ladder, and one place on it: why, what leads off it, the plan."""

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from portal.access.permissions import P, may
from portal.web.depends import Db, Who
from portal.web.page import page
from portal.web.reading import our_today, row_id
from portal.workflows.escalations import criteria, reasons, records
from portal.workflows.escalations.steps import STEPS
from portal.workflows.escalations.words import MEANS, RUNG, STATUS, TERMS
from portal.workflows.steps import possible


@get("/escalations", permission=P.ESCALATIONS_READ)
async def index(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    name = "escalations/index.html" if who.is_staff else "escalations/mine.html"
    found = await records.listed(db, who)
    return page(
        request,
        name,
        records=found,
        rungs=RUNG,
        statuses=STATUS,
        why=lambda one: one.reason or " ".join(map(reasons.as_read, one.reasons)),
        today=our_today(request),
    )


@get("/escalations/{escalation:str}", permission=P.ESCALATIONS_READ)
async def show(request: Request[Any, Any, Any], db: Db, who: Who, escalation: FromPath[str]) -> Response[Any]:
    record = await records.find(db, who, row_id(escalation))
    steps = await records.milestones(db, who, record.escalation)
    met = await criteria.criteria(db, who, record.escalation, steps)
    history = await records.listed(db, who, supplier_id=record.supplier.id)
    return page(
        request,
        "escalations/show.html" if who.is_staff else "escalations/theirs.html",
        found=record.escalation,
        supplier=record.supplier,
        here=f"/escalations/{record.escalation.id}",
        milestones=steps,
        criteria=met,
        all_met=all(each.is_met for each in met),
        history=[each.escalation for each in history if each.escalation.id != record.escalation.id],
        rungs=RUNG,
        means=MEANS,
        statuses=STATUS,
        terms=TERMS,
        as_read=reasons.as_read,
        steps=possible(record.escalation, STEPS, who),
        may_write=may(who, P.ESCALATIONS_WRITE),
        proposed_it=record.escalation.proposed_by_id == who.person_id,
        today=our_today(request),
    )


HANDLERS = [index, show]

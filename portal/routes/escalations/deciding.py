"""Proposing a rung by hand, deciding on a proposal, letting a supplier leave the ladder."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from portal.access.permissions import P
from portal.access.principal import Principal
from portal.models.escalations import Rung
from portal.models.suppliers import Supplier
from portal.web.depends import Db, Who
from portal.web.forms import Form, option, text, whole
from portal.web.page import go, page
from portal.web.reading import our_today, row_id
from portal.workflows.escalations import deciding, records
from portal.workflows.escalations.words import MEANS, RUNG
from portal.workflows.scorecards import cards


class ProposalForm(Form):
    rung = option("Rung", Rung)
    reason = text("Why", limit=2000, ask="Say why.")


class DecisionForm(Form):
    rung = option("Rung", Rung)
    clean_lots = whole("Clean lots in a row", low=0, high=100, ask="Say how many clean lots lead off it.")
    reason = text("Why", limit=2000, ask="Say why: the supplier reads it.")


class ReasonForm(Form):
    reason = text("Why", limit=2000, ask="Say why.")


@get("/suppliers/{number:str}/escalation", permission=P.ESCALATIONS_WRITE)
async def new(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    supplier = await cards.supplier_named(db, who, number)
    return await _form(request, db, who, supplier, ProposalForm())


@post("/suppliers/{number:str}/escalation", permission=P.ESCALATIONS_WRITE, status_code=200)
async def propose(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    supplier = await cards.supplier_named(db, who, number)
    form = await ProposalForm.read(request)
    if not form.is_good:
        return await _form(request, db, who, supplier, form, status=422)
    made = await deciding.propose(db, supplier, form["rung"], [form["reason"]], by=who)
    return go(request, f"/escalations/{made.id}", note="Proposed. Somebody else decides on it.")


@post("/escalations/{escalation:str}/acceptance", permission=P.ESCALATIONS_DECIDE, status_code=200)
async def accept(
    request: Request[Any, Any, Any], db: Db, who: Who, escalation: FromPath[str]
) -> Response[Any]:
    record = await records.to_change(db, who, row_id(escalation))
    form = (await DecisionForm.read(request)).good()
    await deciding.accept(
        db,
        request.app.state.settings,
        record,
        rung=form["rung"],
        reason=form["reason"],
        clean_lots=form["clean_lots"],
        by=who,
        today=our_today(request),
    )
    return go(request, f"/escalations/{record.escalation.id}", note="Decided. The supplier is told.")


@post("/escalations/{escalation:str}/dismissal", permission=P.ESCALATIONS_DECIDE, status_code=200)
async def dismiss(
    request: Request[Any, Any, Any], db: Db, who: Who, escalation: FromPath[str]
) -> Response[Any]:
    record = await records.to_change(db, who, row_id(escalation))
    form = (await ReasonForm.read(request)).good()
    await deciding.dismiss(db, record, form["reason"], by=who)
    return go(request, f"/escalations/{record.escalation.id}", note="Not taken up. The supplier is not told.")


@post("/escalations/{escalation:str}/end", permission=P.ESCALATIONS_DECIDE, status_code=200)
async def end(request: Request[Any, Any, Any], db: Db, who: Who, escalation: FromPath[str]) -> Response[Any]:
    record = await records.to_change(db, who, row_id(escalation))
    form = (await ReasonForm.read(request)).good()
    settings, today = request.app.state.settings, our_today(request)
    await deciding.end(db, settings, record, form["reason"], by=who, today=today)
    return go(request, f"/escalations/{record.escalation.id}", note="Over. The supplier is told.")


async def _form(
    request: Request[Any, Any, Any],
    db: Db,
    who: Principal,
    supplier: Supplier,
    form: ProposalForm,
    *,
    status: int = 200,
) -> Response[Any]:
    return page(
        request,
        "escalations/propose.html",
        status=status,
        supplier=supplier,
        form=form,
        on=await records.open_of(db, who, supplier.id),
        rungs=RUNG,
        means=MEANS,
    )


HANDLERS = [new, propose, accept, dismiss, end]

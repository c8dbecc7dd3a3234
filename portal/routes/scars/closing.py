"""Chasing, cost lines, and the end: plan, check, close, reopen, cancel."""

from decimal import Decimal
from typing import Any, Protocol

from litestar import Request, Response, post
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from portal.access.permissions import P
from portal.access.principal import Principal
from portal.errors import BadInputError
from portal.languages import N_, _
from portal.models.scars import CostKind, Scar
from portal.routes.scars.record import address, staff_page, us
from portal.web.depends import Db, Who
from portal.web.forms import Form, day, decimal, option, text, tick, whole
from portal.web.page import go
from portal.workflows.scars import closure, costs, handing, issue, overview, record

_LONGEST = 2000
_MOST = Decimal(10**9)


class PlanForm(Form):
    plan = text(
        N_("How we will see that it worked"), limit=_LONGEST, ask=N_("Say how we will see that it worked.")
    )
    plan_due = day(N_("Check on"), required=False)


class CheckForm(Form):
    effective = tick(N_("It worked"))
    ineffective = tick(N_("It did not work"))
    words = text(N_("What the check shows"), limit=_LONGEST, ask=N_("Say what the check shows."))


class ClosingForm(Form):
    words = text(N_("Closing words"), limit=_LONGEST, required=False)


class ReasonForm(Form):
    reason = text(N_("Reason"), limit=_LONGEST)


class CostForm(Form):
    kind = option(N_("Kind"), CostKind)
    words = text(N_("What for"), limit=400)
    quantity = decimal(N_("Quantity"), low=Decimal(0), high=_MOST)
    rate = decimal(N_("Rate"), low=Decimal(0), high=_MOST)


class OwnerForm(Form):
    owner = whole(N_("Engineer"), low=1, high=2**53)


@post("/scars/{number:str}/plan", permission=P.SCARS_WRITE, status_code=200)
async def plan(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    scar = await record.to_change(db, who, number)
    form = await PlanForm.read(request)
    if not form.is_good:
        return await _refused(request, db, who, number, "plan", form)
    await closure.plan(db, scar, form["plan"], form["plan_due"], by=who)
    return go(request, address(number), note=_("The check is planned. Somebody else than you makes it."))


@post("/scars/{number:str}/check", permission=P.SCARS_CLOSE, status_code=200)
async def check(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    scar = await record.to_change(db, who, number)
    form = await CheckForm.read(request)
    if form.is_good and form["effective"] == form["ineffective"]:
        form.refuse("effective", N_("Say whether it worked."))
    if not form.is_good:
        return await _refused(request, db, who, number, "check", form)
    await closure.check(db, scar, is_effective=form["effective"], words=form["words"], by=who)
    return go(
        request,
        address(number),
        note=_("Found effective. It can be closed.")
        if form["effective"]
        else _("The cause is looked for again."),
    )


@post("/scars/{number:str}/closure", permission=P.SCARS_CLOSE, status_code=200)
async def close(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    note = _("Closed. The supplier gets a mail.")
    return await _ended(request, db, who, number, "close", ClosingForm, closure.close, note)


@post("/scars/{number:str}/reopening", permission=P.SCARS_CLOSE, status_code=200)
async def reopen(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    note = _("Reopened. New deadlines run from now on.")
    return await _ended(request, db, who, number, "reopen", ReasonForm, closure.reopen, note)


@post("/scars/{number:str}/cancellation", permission=P.SCARS_WRITE, status_code=200)
async def cancel(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    return await _ended(request, db, who, number, "cancel", ReasonForm, issue.cancel, _("Cancelled."))


@post("/scars/{number:str}/costs", permission=P.SCARS_WRITE, status_code=200)
async def add_cost(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    scar = await record.to_change(db, who, number)
    form = await CostForm.read(request)
    if not form.is_good:
        return await _refused(request, db, who, number, "cost", form)
    await costs.add(db, scar, form.values, by=who)
    return go(request, f"{address(number)}#costs", note=_("The cost line is added."))


@post("/scars/{number:str}/reminders", permission=P.SCARS_CHASE, status_code=200)
async def remind(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    await handing.remind(db, await record.to_change(db, who, number), by=who)
    return go(request, address(number), note=_("A reminder is on its way."))


@post("/scars/{number:str}/escalation", permission=P.SCARS_CHASE, status_code=200)
async def escalate(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    await handing.escalate(db, await record.to_change(db, who, number), by=who)
    return go(request, address(number), note=_("Escalated by one step."))


@post("/scars/{number:str}/owner", permission=P.SCARS_CHASE, status_code=200)
async def reassign(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    scar = await record.to_change(db, who, number)
    form = await OwnerForm.read(request)
    people = {each.id: each for each in await issue.owners(db, who)}
    if not form.is_good or form["owner"] not in people:
        raise BadInputError(N_("Choose one of our own people from the list."))
    await handing.reassign(db, scar, people[form["owner"]], by=who)
    return go(request, address(number), note=_("%(name)s follows it now.", name=people[form["owner"]].name))


class Ending(Protocol):
    """A verb that ends a SCAR or begins it anew, with words that the supplier reads."""

    async def __call__(self, db: AsyncSession, scar: Scar, words: str, /, *, by: Principal) -> None: ...


async def _ended(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    number: str,
    which: str,
    kind: type[Form],
    ending: Ending,
    note: str,
) -> Response[Any]:
    """Read the one text of a small form, and take the step with it."""
    scar = await record.to_change(db, who, number)
    form = await kind.read(request)
    if not form.is_good:
        return await _refused(request, db, who, number, which, form)
    (words,) = form.values.values()
    await ending(db, scar, words, by=who)
    return go(request, address(number), note=note)


async def _refused(
    request: Request[Any, Any, Any], db: Db, who: Who, number: str, which: str, form: Form
) -> Response[Any]:
    """Show the page again with what was typed into one of its small forms."""
    view = await overview.overview(db, who, await record.find(db, who, number), us(request))
    sentence = next(iter(form.errors.values()))
    return await staff_page(request, db, who, view, status=422, errors={which: sentence}, typed=form.typed)


HANDLERS = [plan, check, close, reopen, cancel, add_cost, remind, escalate, reassign]

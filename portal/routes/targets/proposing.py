"""A supplier's targets for our people: propose one, record one, take one back, end one."""

from decimal import Decimal
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from portal.access.permissions import P, may
from portal.access.principal import Principal
from portal.errors import RefusalError
from portal.models.suppliers import Supplier
from portal.models.targets import Aim
from portal.web.depends import Db, Who
from portal.web.forms import Form, day, decimal, option, text, tick, whole
from portal.web.page import go, page
from portal.web.reading import our_today, row_id
from portal.workflows.months.words import month_words
from portal.workflows.scorecards import cards
from portal.workflows.targets import agreeing, records
from portal.workflows.targets.overview import overview
from portal.workflows.targets.words import AIM, STATUS, goal
from scorecards.periods import month_number

_HERE = "/suppliers/{number:str}/targets"
_SAID = {False: "Proposed. The supplier answers on the portal.", True: "Recorded as agreed."}


class TargetForm(Form):
    aim = option("Figure", Aim)
    value = decimal("Target", low=Decimal(0), high=Decimal(1_000_000), ask="Give the target as a number.")
    from_month = whole("From", low=0, high=12 * 200, ask="Choose the month from which it holds.")
    reason = text("Why", limit=2000, ask="Say why: the supplier reads it.")
    is_agreed = tick("They have agreed already")
    agreed_by = text("Who agreed", limit=200, required=False)
    agreed_on = day("On", required=False)

    @property
    def is_record(self) -> bool:
        return bool(self.values.get("is_agreed"))

    def check(self) -> None:
        if not self.is_record:
            return
        if not self.values.get("agreed_by"):
            self.errors.setdefault("agreed_by", "Say who agreed.")
        if not self.values.get("agreed_on"):
            self.errors.setdefault("agreed_on", "Give the day on which they agreed.")


class EndForm(Form):
    reason = text("Why", limit=2000, ask="Say why it holds no longer: the supplier reads it.")


@get(_HERE, permission=P.TARGETS_READ)
async def show(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    supplier = await cards.supplier_named(db, who, number)
    if not who.is_staff:
        return go(request, "/targets")
    return await _page(request, db, who, supplier, TargetForm())


@post(_HERE, permission=P.TARGETS_WRITE, status_code=200)
async def propose(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    supplier = await cards.supplier_named(db, who, number)
    form, today = await TargetForm.read(request), our_today(request)
    form.check()
    if form.is_good:
        values = form["aim"], form["value"], form["from_month"], form["reason"]
        try:
            if form.is_record:
                by_whom = {"agreed_by": form["agreed_by"], "agreed_on": form["agreed_on"]}
                await agreeing.record(db, supplier, *values, **by_whom, by=who, today=today)
            else:
                await agreeing.propose(db, supplier, *values, by=who, today=today)
        except RefusalError as refused:
            form.refuse("", refused.sentence)
        else:
            return go(request, f"/suppliers/{supplier.number}/targets", note=_SAID[form.is_record])
    return await _page(request, db, who, supplier, form, status=422)


@post("/targets/{target:str}/withdrawal", permission=P.TARGETS_WRITE, status_code=200)
async def withdraw(request: Request[Any, Any, Any], db: Db, who: Who, target: FromPath[str]) -> Response[Any]:
    found, supplier = await records.to_change(db, who, row_id(target))
    await agreeing.withdraw(db, found, by=who)
    return go(request, f"/suppliers/{supplier.number}/targets", note="Taken back.")


@post("/targets/{target:str}/end", permission=P.TARGETS_WRITE, status_code=200)
async def end(request: Request[Any, Any, Any], db: Db, who: Who, target: FromPath[str]) -> Response[Any]:
    found, supplier = await records.to_change(db, who, row_id(target))
    form = (await EndForm.read(request)).good()
    await agreeing.end(db, found, form["reason"], by=who, today=our_today(request))
    return go(request, f"/suppliers/{supplier.number}/targets", note="Ended. Published months keep it.")


async def _page(
    request: Request[Any, Any, Any],
    db: Db,
    who: Principal,
    supplier: Supplier,
    form: TargetForm,
    *,
    status: int = 200,
) -> Response[Any]:
    today = our_today(request)
    running = month_number(today)
    first = await records.first_open(db, running)
    months = [(month, month_words(month)) for month in range(first, running + records.AHEAD + 1)]
    return page(
        request,
        "targets/staff.html",
        status=status,
        supplier=supplier,
        view=await overview(db, who, supplier, today),
        form=form,
        months=months,
        from_month=form.typed["from_month"] or max(first, running),
        aims=[(aim.value, words) for aim, words in AIM.items()],
        titles=AIM,
        statuses=STATUS,
        goal=goal,
        month_words=month_words,
        may_write=may(who, P.TARGETS_WRITE),
        today=today,
    )


HANDLERS = [show, propose, withdraw, end]

"""What a supplier may ask besides answering: more time, a colleague, that it is not theirs, an earlier 8D."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from portal.access.permissions import P
from portal.errors import NotFoundError
from portal.languages import N_, _
from portal.models.scars import CostStatus
from portal.routes.scars.record import address, common, us
from portal.web.depends import Db, Who
from portal.web.forms import Form, text, tick, whole
from portal.web.page import go, page
from portal.web.reading import row_id
from portal.workflows.scars import costs, extensions, handing, overview, record, responsibility


class ExtensionForm(Form):
    days = whole(N_("Working days more"), low=1, high=extensions.MOST_DAYS)
    reason = text(N_("Reason"), limit=2000)


class RejectionForm(Form):
    reason = text(N_("Reason"), limit=4000)


class HandOverForm(Form):
    person = whole(N_("Colleague"), low=1, high=2**53)


class EarlierForm(Form):
    earlier = text(N_("Earlier SCAR"), limit=40)


class CostAnswerForm(Form):
    accept = tick("Accept")
    reason = text(N_("Reason"), limit=2000, required=False)


@get(
    [f"/scars/{{number:str}}/{wish}" for wish in ("extension", "rejection", "colleague", "earlier")],
    permission=P.SCARS_RESPOND,
)
async def ask(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    """Show one of the small forms."""
    wish = request.url.path.rpartition("/")[2]
    return await _form(request, db, who, number, wish, _FORMS[wish]())


@post("/scars/{number:str}/extension", permission=P.SCARS_RESPOND, status_code=200)
async def extension(
    request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]
) -> Response[Any]:
    scar = await record.to_change(db, who, number)
    form = await ExtensionForm.read(request)
    if not form.is_good:
        return await _form(request, db, who, number, "extension", form, status=422)
    await extensions.ask(db, scar, form["days"], form["reason"], by=who)
    return go(request, address(number), note=_("Asked. Your deadline stays until we have answered."))


@post("/scars/{number:str}/rejection", permission=P.SCARS_RESPOND, status_code=200)
async def reject(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    scar = await record.to_change(db, who, number)
    form = await RejectionForm.read(request)
    if not form.is_good:
        return await _form(request, db, who, number, "rejection", form, status=422)
    await responsibility.reject(db, scar, form["reason"], by=who)
    return go(request, address(number), note=_("Sent. Your clock stands until we have decided."))


@post("/scars/{number:str}/colleague", permission=P.SCARS_RESPOND, status_code=200)
async def hand_over(
    request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]
) -> Response[Any]:
    scar = await record.to_change(db, who, number)
    form = await HandOverForm.read(request)
    if not form.is_good:
        return await _form(request, db, who, number, "colleague", form, status=422)
    person = await handing.to_colleague(db, scar, form["person"], by=who)
    return go(request, address(number), note=_("%(name)s has it now, and gets a mail.", name=person.name))


@post("/scars/{number:str}/earlier", permission=P.SCARS_RESPOND, status_code=200)
async def name_earlier(
    request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]
) -> Response[Any]:
    scar = await record.to_change(db, who, number)
    form = await EarlierForm.read(request)
    if form.is_good:
        try:
            await handing.name_earlier(db, scar, form["earlier"], by=who)
        except NotFoundError:
            form.refuse("earlier", _("You have no SCAR with this number."))
        else:
            return go(request, address(number), note=_("The earlier 8D is linked."))
    return await _form(request, db, who, number, "earlier", form, status=422)


@post("/scars/{number:str}/costs/{line:str}/answer", permission=P.SCARS_RESPOND, status_code=200)
async def answer_cost(
    request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str], line: FromPath[str]
) -> Response[Any]:
    scar = await record.find(db, who, number)
    form = await CostAnswerForm.read(request)
    found = await costs.to_decide(db, who, scar, row_id(line))
    await costs.decide(db, scar, found, accepted=form["accept"], reason=form.values.get("reason", ""), by=who)
    said = (
        _("The cost line is accepted.")
        if found.status is CostStatus.ACCEPTED
        else _("Rejected. We read why.")
    )
    return go(request, f"{address(number)}#costs", note=said)


_TEMPLATES = {
    "extension": "scars/extension.html",
    "rejection": "scars/rejection.html",
    "colleague": "scars/colleague.html",
    "earlier": "scars/earlier.html",
}
_FORMS: dict[str, type[Form]] = {
    "extension": ExtensionForm,
    "rejection": RejectionForm,
    "colleague": HandOverForm,
    "earlier": EarlierForm,
}


async def _form(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    number: str,
    wish: str,
    form: Form,
    *,
    status: int = 200,
) -> Response[Any]:
    scar = await record.find(db, who, number)
    view = await overview.overview(db, who, scar, us(request))
    colleagues = await handing.colleagues(db, who, scar) if wish == "colleague" else []
    earlier = await handing.earlier(db, who, scar) if wish == "earlier" else []
    return page(
        request,
        _TEMPLATES[wish],
        status=status,
        form=form,
        colleagues=[(each.id, each.name) for each in colleagues],
        earlier=[(each.number, f"{each.number}, {each.title}") for each in earlier],
        **common(view),
    )


HANDLERS = [ask, extension, reject, hand_over, name_earlier, answer_cost]

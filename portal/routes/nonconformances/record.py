"""One nonconformance: written down where it is found, looked at, judged."""

from decimal import Decimal
from typing import Any
from urllib.parse import quote

from litestar import Request, Response, get, post
from litestar.params import FromPath

from portal.access.permissions import P, may
from portal.errors import NotFoundError, StaleError
from portal.languages import N_, _
from portal.models.base import ZERO
from portal.models.nonconformances import Disposition, Responsibility
from portal.web.depends import Db, Who
from portal.web.documents import SentForm, read_form
from portal.web.filters import filesize
from portal.web.forms import Form, day, decimal, option, text, tick
from portal.web.page import go, page
from portal.web.reading import version_of
from portal.workflows import documents
from portal.workflows.nonconformances import proposing, record
from portal.workflows.scars.words import SEVERITY, said
from portal.workflows.suppliers import record as suppliers
from portal.workflows.trail.telling import timeline

_HISTORY = 8
_LEAST = Decimal("0.001")


class FoundForm(Form):
    supplier = text(N_("Supplier"), limit=40, ask=N_("Choose the supplier."))
    plant = text(N_("Plant"), limit=40, ask=N_("Choose the plant."))
    part = text(N_("Part"), limit=120, ask=N_("Enter the part number."))
    kind = text(N_("Defect"), limit=80, ask=N_("Name the defect."))
    quantity = decimal(N_("Bad pieces"), low=_LEAST, high=record.MOST)
    checked = decimal(N_("Of so many"), low=_LEAST, high=record.MOST, required=False)
    lot_number = text(N_("Lot"), limit=60, required=False)
    found_on = day(N_("Found on"), required=False)
    description = text(N_("What is wrong"), limit=4000, required=False)
    line_down_hours = decimal(N_("Our line stood, hours"), low=ZERO, high=Decimal(10_000), required=False)
    is_safety = tick(N_("Safety or regulatory matter"))
    is_sample = tick(N_("A sample, not from series"))
    responsibility = option(N_("Responsibility"), Responsibility)


class JudgementForm(Form):
    responsibility = option(N_("Responsibility"), Responsibility)
    disposition = option(N_("Disposition"), Disposition)


def address(number: str) -> str:
    return f"/nonconformances/{quote(number, safe='')}"


@get("/nonconformances/new", permission=P.NONCONFORMANCES_WRITE)
async def new(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    given = {key: request.query_params.get(key, "") for key in ("supplier", "plant", "part")}
    return await _form(request, db, who, FoundForm({"responsibility": Responsibility.SUPPLIER, **given}))


@post("/nonconformances", permission=P.NONCONFORMANCES_WRITE, status_code=200, request_max_body_size=None)
async def create(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    """Write it down with its photos; what was refused of them comes back with the form."""
    sent = await read_form(request, db, who)
    form = FoundForm.of(sent.data)
    if not form.is_good or sent.refused:
        return await _form(request, db, who, form, sent=sent, status=422)
    plant = await record.plant(db, who, form["plant"])
    part = await record.part(db, form["part"])
    try:
        supplier = await suppliers.find(db, who, form["supplier"])
    except NotFoundError:
        form.refuse("supplier", N_("Choose one from the list."))
    if plant is None:
        form.refuse("plant", N_("Choose one from the list."))
    if part is None:
        form.refuse("part", N_("There is no part with this number. Look at the label or the drawing."))
    if form["checked"] is not None and form["checked"] < form["quantity"]:
        form.refuse("checked", N_("There cannot be more bad pieces than were checked."))
    if form.errors or plant is None or part is None:
        return await _form(request, db, who, form, sent=sent, status=422)
    values = {key: value for key, value in form.values.items() if key not in {"supplier", "plant", "part"}}
    found = await record.add(db, supplier, plant, part, values, by=who)
    await documents.attach(db, who, sent.ids, found, slot=record.PHOTOS)
    return go(request, address(found.number), note=_("%(number)s is recorded.", number=found.number))


@get("/nonconformances/{number:str}", permission=P.NONCONFORMANCES_READ)
async def show(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    return await _show(request, db, who, number)


async def _show(
    request: Request[Any, Any, Any], db: Db, who: Who, number: str, *, status: int = 200, problem: str = ""
) -> Response[Any]:
    found = await record.find(db, who, number)
    earlier = await proposing.repeats(db, who, found.supplier_id, found.part_id, found.kind, found.found_on)
    return page(
        request,
        "nonconformances/show.html",
        status=status,
        found=found,
        problem=problem,
        here=address(number),
        supplier=await record.supplier_of(db, found),
        plant=await record.plant_of(db, found),
        part=await record.part_of(db, found),
        scar=await record.scar_of(db, who, found),
        photos=await documents.attached(db, who, found),
        earlier=earlier,
        proposal=proposing.severity([found], earlier),
        severity_words=SEVERITY,
        whose=said(record.RESPONSIBILITY),
        what=said(record.DISPOSITION),
        may_write=may(who, P.NONCONFORMANCES_WRITE),
        may_issue=may(who, P.SCARS_WRITE),
        history=await timeline(db, who, "nonconformance", found.id, limit=_HISTORY),
        whole_history=f"/trail?record=nonconformance:%23{found.id}" if may(who, P.TRAIL_READ) else "",
    )


@post("/nonconformances/{number:str}/judgement", permission=P.NONCONFORMANCES_WRITE, status_code=200)
async def judge(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    found = await record.to_change(db, who, number)
    data = await request.form()
    form = JudgementForm.of(data)
    if not form.is_good:
        return await _show(request, db, who, number, status=422, problem=next(iter(form.errors.values())))
    try:
        await record.judge(found, version_of(data), form["responsibility"], form["disposition"])
    except StaleError:
        problem = (
            f"Somebody decided meanwhile: {record.RESPONSIBILITY[found.responsibility]},"
            f" {record.DISPOSITION[found.disposition]}. You chose"
            f" {record.RESPONSIBILITY[form['responsibility']]}, {record.DISPOSITION[form['disposition']]}."
            " Nothing of yours is saved yet."
        )
        return await _show(request, db, who, number, status=412, problem=problem)
    return go(request, address(number), note=_("Saved."))


async def _form(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    form: FoundForm,
    *,
    sent: SentForm | None = None,
    status: int = 200,
) -> Response[Any]:
    return page(
        request,
        "nonconformances/new.html",
        status=status,
        form=form,
        sent=sent,
        limit=filesize(request.app.state.settings.max_document_bytes),
        suppliers=await record.suppliers(db, who),
        plants=[(each.code, each.name) for each in await record.plants(db, who)],
        kinds=await record.kinds(db, who),
        whose=said(record.RESPONSIBILITY),
    )


HANDLERS = [new, create, show, judge]

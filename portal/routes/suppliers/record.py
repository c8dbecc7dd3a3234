"""One supplier: its page, adding one, changing one."""

from typing import Any
from urllib.parse import quote

from litestar import Request, Response, get, post
from litestar.params import FromPath

from portal import timezones
from portal.access.permissions import P, may
from portal.countries import BY_NAME, NAMES
from portal.errors import StaleError
from portal.models.suppliers import RiskClass, Supplier, SupplierStatus
from portal.web import periods
from portal.web.conflicts import Difference, differences
from portal.web.depends import Db, Who
from portal.web.forms import Form, option, text
from portal.web.page import go, page
from portal.web.reading import our_today, version_of
from portal.web.threads import thread_on
from portal.workflows import outbox
from portal.workflows.approved_list import standing
from portal.workflows.company_details import asking
from portal.workflows.documents import finding as documents
from portal.workflows.editing import TakenError
from portal.workflows.months import mailing
from portal.workflows.scorecards import cards
from portal.workflows.suppliers import overview, record
from portal.workflows.suppliers.words import PROCESS, RISK, STATUS
from portal.workflows.task_links import overview as links
from portal.workflows.trail.telling import timeline

_DOCUMENTS = 5
_HISTORY = 10  # changes on the page; the trail has all of them


class SupplierForm(Form):
    number = text("Supplier number", limit=40, check=record.check_number)
    name = text("Name", limit=200)
    status = option("Status", SupplierStatus)
    risk = option("Risk", RiskClass)
    commodity = text("Main commodity", limit=40, required=False)
    country = text("Country", limit=2, required=False, check=record.check_country)
    city = text("City", limit=120, required=False)
    time_zone = text("Time zone", limit=64, check=timezones.check)
    note = text("Internal note", limit=4000, required=False)


def address(number: str) -> str:
    return f"/suppliers/{quote(number, safe='')}"


@get("/suppliers/{number:str}", permission=P.SUPPLIERS_READ)
async def show(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    supplier = await record.find(db, who, number)
    today = our_today(request)
    card = None
    if may(who, P.SCORECARDS_READ):
        card = await cards.card(db, who, supplier, periods.read(None, today), today)
    return page(
        request,
        "suppliers/show.html",
        card=card,
        view=await overview.overview(db, who, supplier, today=today),
        supplier=supplier,
        country=NAMES.get(supplier.country, supplier.country),
        countries=NAMES,
        process=PROCESS,
        asl_words=standing.STATUS,
        scope_words=standing.SCOPE,
        ends_in=standing.ends_in,
        here=address(supplier.number),
        today=today,
        refused=await outbox.refused(db, who, supplier.id),
        thread=await thread_on(request, db, who, supplier),
        may_write=may(who, P.SUPPLIERS_WRITE),
        may_share=may(who, P.SHARES_MANAGE),
        may_mail=may(who, P.MONTHS_RUN),
        mail_stop=await mailing.stopped(db, supplier.id),
        may_decide=may(who, P.ASL_WRITE),
        may_import=may(who, P.IMPORTS_READ),
        may_revoke=may(who, P.TASKS_WRITE),
        details=await asking.standing(db, who, supplier),
        task_links=await links.of_supplier(db, who, supplier),
        documents=await documents.general(db, who, supplier, rows=_DOCUMENTS),
        history=await timeline(db, who, "supplier", supplier.id, limit=_HISTORY),
        whole_history=f"/trail?record=supplier:%23{supplier.id}" if may(who, P.TRAIL_READ) else "",
    )


@get("/suppliers/new", permission=P.SUPPLIERS_WRITE)
async def new(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    ours = request.app.state.org.current.time_zone
    form = SupplierForm(
        {"status": SupplierStatus.PROSPECT, "risk": RiskClass.MEDIUM, "time_zone": ours},
    )
    return await _form(request, db, who, form)


@post("/suppliers", permission=P.SUPPLIERS_WRITE, status_code=200)
async def create(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    form = await SupplierForm.read(request)
    if form.is_good:
        try:
            supplier = await record.add(db, form.values)
        except TakenError as taken:
            form.refuse(taken.field, taken.sentence)
        else:
            return go(request, address(supplier.number), note="The supplier is added.")
    return await _form(request, db, who, form, status=422)


@get("/suppliers/{number:str}/edit", permission=P.SUPPLIERS_WRITE)
async def edit(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    supplier = await record.find(db, who, number)
    form = SupplierForm(await _as_typed(db, supplier))
    return await _form(request, db, who, form, supplier=supplier)


@post("/suppliers/{number:str}", permission=P.SUPPLIERS_WRITE, status_code=200)
async def change(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    supplier = await record.to_change(db, who, number)
    data = await request.form()
    form = SupplierForm.of(data)
    if not form.is_good:
        return await _form(request, db, who, form, supplier=supplier, version=version_of(data), status=422)
    try:
        await record.change(db, supplier, version_of(data), form.values)
    except StaleError:
        return await _conflict(request, db, who, form, supplier)
    except TakenError as taken:
        form.refuse(taken.field, taken.sentence)
        return await _form(request, db, who, form, supplier=supplier, version=version_of(data), status=422)
    return go(request, address(supplier.number), note="Saved.")


async def _conflict(
    request: Request[Any, Any, Any], db: Db, who: Who, form: SupplierForm, supplier: Supplier
) -> Response[Any]:
    words = {"status": STATUS, "risk": RISK, "country": NAMES, "commodity": dict(await _commodities(db, who))}
    both = differences(form, await _as_typed(db, supplier), words)  # type: ignore[arg-type] # enums are texts
    return await _form(request, db, who, form, supplier=supplier, both=both, status=412)


async def _form(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    form: SupplierForm,
    *,
    supplier: Supplier | None = None,
    version: int | None = None,
    both: list[Difference] | None = None,
    status: int = 200,
) -> Response[Any]:
    """Show the form; an old ``version`` stays in it, so that correcting a field hides no conflict."""
    return page(
        request,
        "suppliers/edit.html",
        status=status,
        form=form,
        supplier=supplier,
        here=address(supplier.number) if supplier else "/suppliers",
        version=version if version is not None else supplier.version if supplier else 0,
        both=both or [],
        statuses=list(STATUS.items()),
        risks=list(RISK.items()),
        commodities=await _commodities(db, who),
        countries=BY_NAME,
        zones=timezones.offered(),
    )


async def _commodities(db: Db, who: Who) -> list[tuple[str, str]]:
    return await record.commodities(db, who)


async def _as_typed(db: Db, supplier: Supplier) -> dict[str, str]:
    return {
        "number": supplier.number,
        "name": supplier.name,
        "status": supplier.status.value,
        "risk": supplier.risk.value,
        "commodity": await record.commodity_code(db, supplier),
        "country": supplier.country,
        "city": supplier.city,
        "time_zone": supplier.time_zone,
        "note": supplier.note,
    }


HANDLERS = [show, new, create, edit, change]

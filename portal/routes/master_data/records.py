"""Plants, commodities and parts: one way to add one and one way to change one for all three."""

from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from portal import timezones
from portal.access.permissions import P
from portal.countries import BY_NAME, NAMES
from portal.errors import NotFoundError, StaleError
from portal.models.organisation import Commodity, Part, Plant
from portal.web.conflicts import Difference, differences
from portal.web.depends import Db, Who
from portal.web.forms import Form, text
from portal.web.page import go, page
from portal.web.reading import row_id, version_of
from portal.workflows.editing import TakenError
from portal.workflows.master_data import records
from portal.workflows.suppliers.record import check_country, commodities


class PlantForm(Form):
    code = text("Code", limit=40)
    name = text("Name", limit=200)
    country = text(
        "Country", limit=2, check=check_country, ask="Choose the country: it decides the holidays."
    )
    time_zone = text("Time zone", limit=64, check=timezones.check)


class CommodityForm(Form):
    code = text("Code", limit=40)
    name = text("Name", limit=200)


class PartForm(Form):
    number = text("Number", limit=120)
    name = text("Name", limit=400, required=False)
    commodity = text("Commodity", limit=40, required=False)


@dataclass(frozen=True, slots=True)
class Kind:
    noun: str
    model: Any
    form: type[Form]
    back: str  # where one comes from and goes back to


KINDS = {
    "plants": Kind("plant", Plant, PlantForm, "/master-data/plants"),
    "commodities": Kind("commodity", Commodity, CommodityForm, "/master-data/commodities"),
    "parts": Kind("part", Part, PartForm, "/master-data/parts"),
}
Record = Plant | Commodity | Part


@get("/master-data/{kind:str}/new", permission=P.MASTER_DATA_WRITE)
async def new(request: Request[Any, Any, Any], db: Db, who: Who, kind: FromPath[str]) -> Response[Any]:
    chosen = _kind(kind)
    ours = request.app.state.org.current.time_zone
    return await _form(request, db, who, kind, chosen.form({"time_zone": ours}))


@post("/master-data/{kind:str}/new", permission=P.MASTER_DATA_WRITE, status_code=200)
async def create(request: Request[Any, Any, Any], db: Db, who: Who, kind: FromPath[str]) -> Response[Any]:
    chosen = _kind(kind)
    form = await chosen.form.read(request)
    if form.is_good:
        try:
            await records.add(db, chosen.model, form.values)
        except TakenError as taken:
            form.refuse(taken.field, taken.sentence)
        else:
            return go(request, chosen.back, note="Added.")
    return await _form(request, db, who, kind, form, status=422)


@get("/master-data/{kind:str}/{record:str}", permission=P.MASTER_DATA_WRITE)
async def edit(
    request: Request[Any, Any, Any], db: Db, who: Who, kind: FromPath[str], record: FromPath[str]
) -> Response[Any]:
    chosen = _kind(kind)
    found = await records.to_change(db, who, chosen.model, row_id(record))
    form = chosen.form(await _as_typed(db, who, found))
    return await _form(request, db, who, kind, form, record=found)


@post("/master-data/{kind:str}/{record:str}", permission=P.MASTER_DATA_WRITE, status_code=200)
async def change(
    request: Request[Any, Any, Any], db: Db, who: Who, kind: FromPath[str], record: FromPath[str]
) -> Response[Any]:
    chosen = _kind(kind)
    found = await records.to_change(db, who, chosen.model, row_id(record))
    data = await request.form()
    form = chosen.form.of(data)
    version = version_of(data)
    if not form.is_good:
        return await _form(request, db, who, kind, form, record=found, version=version, status=422)
    try:
        await records.change(db, found, version, form.values)
    except StaleError:
        words = {"country": NAMES, "commodity": dict(await commodities(db, who))}
        both = differences(form, await _as_typed(db, who, found), words)
        return await _form(request, db, who, kind, form, record=found, both=both, status=412)
    except TakenError as taken:
        form.refuse(taken.field, taken.sentence)
        return await _form(request, db, who, kind, form, record=found, version=version, status=422)
    return go(request, chosen.back, note="Saved.")


async def _form(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    kind: str,
    form: Form,
    *,
    record: Record | None = None,
    version: int | None = None,
    both: list[Difference] | None = None,
    status: int = 200,
) -> Response[Any]:
    chosen = KINDS[kind]
    return page(
        request,
        "master_data/record.html",
        status=status,
        form=form,
        record=record,
        noun=chosen.noun,
        back=chosen.back,
        target=f"/master-data/{kind}/{record.id}" if record else f"/master-data/{kind}/new",
        version=version if version is not None else record.version if record else 0,
        both=both or [],
        countries=BY_NAME,
        zones=timezones.offered() if "time_zone" in form.fields else (),
        commodities=await commodities(db, who) if "commodity" in form.fields else [],
    )


async def _as_typed(db: Db, who: Who, record: Record) -> dict[str, str]:
    if isinstance(record, Part):
        code = await records.commodity_code(db, who, record)
        return {"number": record.number, "name": record.name, "commodity": code}
    if isinstance(record, Plant):
        return {
            "code": record.code,
            "name": record.name,
            "country": record.country,
            "time_zone": record.time_zone,
        }
    return {"code": record.code, "name": record.name}


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise NotFoundError
    return KINDS[name]


HANDLERS = [new, create, edit, change]

"""A supplier's sites: added, changed, removed."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from portal import timezones
from portal.access.permissions import P
from portal.countries import BY_NAME, NAMES
from portal.errors import StaleError
from portal.models.suppliers import Supplier, SupplierSite
from portal.routes.suppliers.record import address
from portal.web.conflicts import Difference, differences
from portal.web.depends import Db, Who
from portal.web.forms import Form, text
from portal.web.page import go, page
from portal.web.reading import row_id, version_of
from portal.workflows.editing import InUseError, TakenError
from portal.workflows.suppliers import record, sites


class SiteForm(Form):
    name = text("Name", limit=200)
    address = text("Address", limit=400, required=False)
    city = text("City", limit=120, required=False)
    country = text("Country", limit=2, required=False, check=record.check_country)
    time_zone = text("Time zone", limit=64, check=timezones.check)


@get("/suppliers/{number:str}/sites/new", permission=P.SUPPLIERS_WRITE)
async def new(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    supplier = await record.find(db, who, number)
    form = SiteForm({"country": supplier.country, "time_zone": supplier.time_zone})
    return _form(request, form, supplier)


@post("/suppliers/{number:str}/sites", permission=P.SUPPLIERS_WRITE, status_code=200)
async def create(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    supplier = await record.find(db, who, number)
    form = await SiteForm.read(request)
    if form.is_good:
        try:
            await sites.add_site(db, supplier, form.values)
        except TakenError as taken:
            form.refuse(taken.field, taken.sentence)
        else:
            return go(request, f"{address(supplier.number)}#sites", note="The site is added.")
    return _form(request, form, supplier, status=422)


@get("/suppliers/{number:str}/sites/{site:str}/edit", permission=P.SUPPLIERS_WRITE)
async def edit(
    request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str], site: FromPath[str]
) -> Response[Any]:
    supplier = await record.find(db, who, number)
    found = await sites.site_to_change(db, who, supplier, row_id(site))
    return await _edit_form(request, db, SiteForm(_as_typed(found)), supplier, found)


@post("/suppliers/{number:str}/sites/{site:str}", permission=P.SUPPLIERS_WRITE, status_code=200)
async def change(
    request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str], site: FromPath[str]
) -> Response[Any]:
    supplier = await record.find(db, who, number)
    found = await sites.site_to_change(db, who, supplier, row_id(site))
    data = await request.form()
    form = SiteForm.of(data)
    version = version_of(data)
    if not form.is_good:
        return await _edit_form(request, db, form, supplier, found, version=version, status=422)
    try:
        await sites.change_site(db, found, version, form.values)
    except StaleError:
        both = differences(form, _as_typed(found), {"country": NAMES})
        return await _edit_form(request, db, form, supplier, found, both=both, status=412)
    except TakenError as taken:
        form.refuse(taken.field, taken.sentence)
        return await _edit_form(request, db, form, supplier, found, version=version, status=422)
    return go(request, f"{address(supplier.number)}#sites", note="Saved.")


@post("/suppliers/{number:str}/sites/{site:str}/removal", permission=P.SUPPLIERS_WRITE, status_code=200)
async def remove(
    request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str], site: FromPath[str]
) -> Response[Any]:
    supplier = await record.find(db, who, number)
    found = await sites.site_to_change(db, who, supplier, row_id(site))
    try:
        await sites.remove_site(db, found)
    except InUseError as refused:
        form = SiteForm(_as_typed(found))
        form.refuse("", refused.sentence)
        return await _edit_form(request, db, form, supplier, found, status=409)
    return go(request, f"{address(supplier.number)}#sites", note="The site is removed.")


async def _edit_form(
    request: Request[Any, Any, Any],
    db: Db,
    form: SiteForm,
    supplier: Supplier,
    site: SupplierSite,
    *,
    version: int | None = None,
    both: list[Difference] | None = None,
    status: int = 200,
) -> Response[Any]:
    return _form(
        request,
        form,
        supplier,
        site=site,
        version=site.version if version is None else version,
        both=both,
        contacts=await sites.contacts_at(db, site),
        status=status,
    )


def _form(
    request: Request[Any, Any, Any],
    form: SiteForm,
    supplier: Supplier,
    *,
    site: SupplierSite | None = None,
    version: int = 0,
    both: list[Difference] | None = None,
    contacts: int = 0,
    status: int = 200,
) -> Response[Any]:
    return page(
        request,
        "suppliers/site.html",
        status=status,
        form=form,
        supplier=supplier,
        site=site,
        here=address(supplier.number),
        version=version,
        both=both or [],
        contacts=contacts,
        countries=BY_NAME,
        zones=timezones.offered(),
    )


def _as_typed(site: SupplierSite) -> dict[str, str]:
    return {
        "name": site.name,
        "address": site.address,
        "city": site.city,
        "country": site.country,
        "time_zone": site.time_zone,
    }


HANDLERS = [new, create, edit, change, remove]

"""Where a supplier is, changed by its own people. One that we have decided on stays: we take it off."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from portal import timezones
from portal.access.permissions import P
from portal.countries import BY_NAME, NAMES
from portal.errors import StaleError
from portal.languages import N_, _
from portal.models.suppliers import SupplierSite
from portal.routes.company_details.details import HERE
from portal.web.conflicts import Difference, differences
from portal.web.depends import Db, Who
from portal.web.forms import Form, text
from portal.web.page import go, page
from portal.web.reading import row_id, version_of
from portal.workflows.company_details import confirming
from portal.workflows.editing import TakenError
from portal.workflows.suppliers import record, sites


class SiteForm(Form):
    name = text(N_("Name"), limit=200, ask=N_("Enter a name."))
    address = text(N_("Address"), limit=400, required=False)
    city = text(N_("City"), limit=120, required=False)
    country = text(N_("Country"), limit=2, required=False, check=record.check_country)
    time_zone = text(N_("Time zone"), limit=64, check=timezones.check, ask=N_("Enter a time zone."))


@get(f"{HERE}/sites/new", permission=P.COMPANY_CONFIRM)
async def new(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    supplier = await confirming.own(db, who)
    return _form(request, SiteForm({"country": supplier.country, "time_zone": supplier.time_zone}))


@post(f"{HERE}/sites", permission=P.COMPANY_CONFIRM, status_code=200)
async def create(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    supplier = await confirming.own(db, who)
    form = await SiteForm.read(request)
    if form.is_good:
        try:
            await sites.add_site(db, supplier, form.values)
        except TakenError as taken:
            form.refuse(taken.field, taken.sentence)
        else:
            await confirming.changed(db, who, supplier, "Site added")
            return go(request, f"{HERE}#sites", note=_("The site is added."))
    return _form(request, form, status=422)


@get(f"{HERE}/sites/{{site:str}}", permission=P.COMPANY_CONFIRM)
async def edit(request: Request[Any, Any, Any], db: Db, who: Who, site: FromPath[str]) -> Response[Any]:
    found = await sites.site_to_change(db, who, await confirming.own(db, who), row_id(site))
    return _form(request, SiteForm(_as_typed(found)), site=found)


@post(f"{HERE}/sites/{{site:str}}", permission=P.COMPANY_CONFIRM, status_code=200)
async def change(request: Request[Any, Any, Any], db: Db, who: Who, site: FromPath[str]) -> Response[Any]:
    supplier = await confirming.own(db, who)
    found = await sites.site_to_change(db, who, supplier, row_id(site))
    data = await request.form()
    form = SiteForm.of(data)
    version = version_of(data)
    if not form.is_good:
        return _form(request, form, site=found, version=version, status=422)
    try:
        await sites.change_site(db, found, version, form.values)
    except StaleError:
        both = differences(form, _as_typed(found), {"country": NAMES})
        return _form(request, form, site=found, both=both, status=412)
    except TakenError as taken:
        form.refuse(taken.field, taken.sentence)
        return _form(request, form, site=found, version=version, status=422)
    await confirming.changed(db, who, supplier, "Site changed")
    return go(request, f"{HERE}#sites", note=_("Saved."))


def _form(
    request: Request[Any, Any, Any],
    form: SiteForm,
    *,
    site: SupplierSite | None = None,
    version: int | None = None,
    both: list[Difference] | None = None,
    status: int = 200,
) -> Response[Any]:
    return page(
        request,
        "company_details/site.html",
        status=status,
        form=form,
        site=site,
        here=HERE,
        version=version if version is not None else site.version if site else 0,
        both=both or [],
        countries=BY_NAME,
        zones=timezones.offered(),
    )


def _as_typed(site: SupplierSite) -> dict[str, str]:
    return {name: getattr(site, name) for name in ("name", "address", "city", "country", "time_zone")}


HANDLERS = [new, create, edit, change]

"""The organisation and where its plants, commodities and parts are; the organisation's own form."""

from typing import Any

from litestar import Request, Response, get, post

from portal import timezones
from portal.access.permissions import P, may
from portal.errors import StaleError
from portal.models.organisation import Organisation
from portal.web.conflicts import Difference, differences
from portal.web.depends import Db, Who
from portal.web.forms import Form, is_email, text
from portal.web.page import go, page
from portal.web.reading import version_of
from portal.workflows.master_data import listing, records


class OrganisationForm(Form):
    name = text("Name", limit=200)
    short_name = text("Short name", limit=60)
    time_zone = text("Time zone", limit=64, check=timezones.check)
    desk_hours = text("Hours", limit=200, required=False)
    desk_phone = text("Phone", limit=40, required=False)
    desk_email = text("E-mail", limit=254, required=False, check=is_email)


@get("/master-data", permission=P.MASTER_DATA_READ)
async def index(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    return page(
        request,
        "master_data/index.html",
        organisation=await records.organisation(db, who),
        counts=await listing.counts(db, who),
        may_write=may(who, P.MASTER_DATA_WRITE),
    )


@get("/master-data/organisation", permission=P.MASTER_DATA_WRITE)
async def edit(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    found = await records.organisation(db, who)
    return _form(request, OrganisationForm(_as_typed(found)), found)


@post("/master-data/organisation", permission=P.MASTER_DATA_WRITE, status_code=200)
async def change(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    found = await records.organisation_to_change(db, who)
    data = await request.form()
    form = OrganisationForm.of(data)
    if not form.is_good:
        return _form(request, form, found, version=version_of(data), status=422)
    try:
        await records.change_organisation(db, found, version_of(data), form.values)
    except StaleError:
        return _form(request, form, found, both=differences(form, _as_typed(found)), status=412)
    return go(request, "/master-data", note="Saved.")


def _form(
    request: Request[Any, Any, Any],
    form: OrganisationForm,
    organisation: Organisation,
    *,
    version: int | None = None,
    both: list[Difference] | None = None,
    status: int = 200,
) -> Response[Any]:
    return page(
        request,
        "master_data/organisation.html",
        status=status,
        form=form,
        organisation=organisation,
        version=organisation.version if version is None else version,
        both=both or [],
        zones=timezones.offered(),
    )


def _as_typed(organisation: Organisation) -> dict[str, str]:
    return {name: getattr(organisation, name) for name in OrganisationForm.fields}


HANDLERS = [index, edit, change]

"""The organisation's own types of certificates, and what is usual of each."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from portal.access.permissions import P
from portal.errors import StaleError
from portal.models.certificates import CertificateType
from portal.web.conflicts import Difference, differences
from portal.web.depends import Db, Who
from portal.web.forms import Form, text, tick, whole
from portal.web.page import go, page
from portal.web.reading import row_id, version_of
from portal.workflows.certificates import types
from portal.workflows.editing import TakenError

_HERE = "/certificates/types"
_BACK = "/certificates/requirements#types"


class TypeForm(Form):
    code = text("Name", limit=60)
    name = text("What it is about", limit=200, required=False)
    usual_months = whole("Usually valid for, in months", low=1, high=240, required=False)
    has_end = tick("It has a last valid day")
    names_sites = tick("It names the sites that it covers")

    @property
    def record_values(self) -> dict[str, Any]:
        return {name: self[name] for name in self.fields}


@get(f"{_HERE}/new", permission=P.CERTIFICATES_REQUIRE)
async def new(request: Request[Any, Any, Any]) -> Response[Any]:
    return _form(request, TypeForm({"has_end": "on", "names_sites": "on"}))


@post(_HERE, permission=P.CERTIFICATES_REQUIRE, status_code=200)
async def create(request: Request[Any, Any, Any], db: Db) -> Response[Any]:
    form = await TypeForm.read(request)
    if form.is_good:
        try:
            await types.add(db, form.record_values)
        except TakenError as taken:
            form.refuse(taken.field, taken.sentence)
        else:
            return go(request, _BACK, note="The type is added.")
    return _form(request, form, status=422)


@get(f"{_HERE}/{{kind:str}}/edit", permission=P.CERTIFICATES_REQUIRE)
async def edit(request: Request[Any, Any, Any], db: Db, who: Who, kind: FromPath[str]) -> Response[Any]:
    found = await types.to_change(db, who, row_id(kind))
    return _form(request, TypeForm(_as_typed(found)), found=found)


@post(f"{_HERE}/{{kind:str}}", permission=P.CERTIFICATES_REQUIRE, status_code=200)
async def change(request: Request[Any, Any, Any], db: Db, who: Who, kind: FromPath[str]) -> Response[Any]:
    found = await types.to_change(db, who, row_id(kind))
    data = await request.form()
    form, version = TypeForm.of(data), version_of(data)
    if not form.is_good:
        return _form(request, form, found=found, version=version, status=422)
    try:
        await types.change(db, found, version, form.record_values)
    except StaleError:
        both = differences(form, _as_typed(found))
        return _form(request, form, found=found, both=both, status=412)
    except TakenError as taken:
        form.refuse(taken.field, taken.sentence)
        return _form(request, form, found=found, version=version, status=422)
    return go(request, _BACK, note="The type is changed.")


def _form(
    request: Request[Any, Any, Any],
    form: TypeForm,
    *,
    found: CertificateType | None = None,
    version: int | None = None,
    both: list[Difference] | None = None,
    status: int = 200,
) -> Response[Any]:
    return page(
        request,
        "certificates/type.html",
        status=status,
        form=form,
        found=found,
        version=(found.version if found else 0) if version is None else version,
        both=both or [],
    )


def _as_typed(found: CertificateType) -> dict[str, str]:
    return {
        "code": found.code,
        "name": found.name,
        "usual_months": str(found.usual_months or ""),
        "has_end": "on" if found.has_end else "",
        "names_sites": "on" if found.names_sites else "",
    }


HANDLERS = [new, create, edit, change]

"""Who must hold which certificate: listed, added, changed, removed."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from portal.access.permissions import P
from portal.errors import StaleError
from portal.models.certificates import CertificateRequirement, Level, OnLapse
from portal.models.suppliers import RiskClass
from portal.web.conflicts import Difference, differences
from portal.web.depends import Db, Who
from portal.web.forms import Form, option, text, whole
from portal.web.page import go, page
from portal.web.reading import row_id, version_of
from portal.workflows.certificates import requirements, types
from portal.workflows.certificates.words import LEVEL, ON_LAPSE
from portal.workflows.editing import TakenError
from portal.workflows.master_data import records
from portal.workflows.suppliers.words import RISK

_LARGEST = 2**53
_HERE = "/certificates/requirements"


class RequirementForm(Form):
    type = whole("Type", low=1, high=_LARGEST, ask="Choose a type of certificate.")
    level = option("Level", Level)
    commodity = whole("Commodity", low=1, high=_LARGEST, required=False)
    risk = option("Risk class", RiskClass, required=False)
    scope = text("Scope on the approved list", limit=200, required=False)
    supplier = text("Supplier number", limit=40, required=False)
    on_lapse = option("When it has expired", OnLapse)
    note = text("Why we ask", limit=2000, required=False)

    @property
    def record_values(self) -> dict[str, Any]:
        return {
            "type_id": self["type"],
            "level": self["level"],
            "commodity_id": self["commodity"],
            "risk": self["risk"],
            "scope": self["scope"],
            "supplier": self["supplier"],
            "on_lapse": self["on_lapse"],
            "note": self["note"],
        }


@get(_HERE, permission=P.CERTIFICATES_REQUIRE)
async def index(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    return page(
        request,
        "certificates/requirements.html",
        rules=await requirements.listed(db, who),
        kinds=await types.listed(db, who),
        level_words=LEVEL,
        lapse_words=ON_LAPSE,
        risk_words=RISK,
    )


@get(f"{_HERE}/new", permission=P.CERTIFICATES_REQUIRE)
async def new(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    form = RequirementForm({"level": Level.MANDATORY, "on_lapse": OnLapse.SHOW})
    return await _form(request, db, who, form)


@post(_HERE, permission=P.CERTIFICATES_REQUIRE, status_code=200)
async def create(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    form = await RequirementForm.read(request)
    if form.is_good:
        try:
            await requirements.add(db, who, form.record_values)
        except TakenError as taken:
            form.refuse(taken.field, taken.sentence)
        else:
            return go(request, _HERE, note="Suppliers are asked for it from now on.")
    return await _form(request, db, who, form, status=422)


@get(f"{_HERE}/{{requirement:str}}/edit", permission=P.CERTIFICATES_REQUIRE)
async def edit(
    request: Request[Any, Any, Any], db: Db, who: Who, requirement: FromPath[str]
) -> Response[Any]:
    found = await requirements.to_change(db, who, row_id(requirement))
    form = RequirementForm(await _as_typed(db, who, found))
    return await _form(request, db, who, form, found=found)


@post(f"{_HERE}/{{requirement:str}}", permission=P.CERTIFICATES_REQUIRE, status_code=200)
async def change(
    request: Request[Any, Any, Any], db: Db, who: Who, requirement: FromPath[str]
) -> Response[Any]:
    found = await requirements.to_change(db, who, row_id(requirement))
    data = await request.form()
    form, version = RequirementForm.of(data), version_of(data)
    if not form.is_good:
        return await _form(request, db, who, form, found=found, version=version, status=422)
    try:
        await requirements.change(db, who, found, version, form.record_values)
    except StaleError:
        both = differences(form, await _as_typed(db, who, found))
        return await _form(request, db, who, form, found=found, both=both, status=412)
    except TakenError as taken:
        form.refuse(taken.field, taken.sentence)
        return await _form(request, db, who, form, found=found, version=version, status=422)
    return go(request, _HERE, note="The requirement is changed.")


@post(f"{_HERE}/{{requirement:str}}/removal", permission=P.CERTIFICATES_REQUIRE, status_code=200)
async def remove(
    request: Request[Any, Any, Any], db: Db, who: Who, requirement: FromPath[str]
) -> Response[Any]:
    found = await requirements.to_change(db, who, row_id(requirement))
    await requirements.remove(db, found)
    return go(request, _HERE, note="Nobody is asked for it by this requirement any more.")


async def _form(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    form: RequirementForm,
    *,
    found: CertificateRequirement | None = None,
    version: int | None = None,
    both: list[Difference] | None = None,
    status: int = 200,
) -> Response[Any]:
    return page(
        request,
        "certificates/requirement.html",
        status=status,
        form=form,
        found=found,
        version=(found.version if found else 0) if version is None else version,
        both=both or [],
        kinds=[(kind.id, kind.code) for kind in await types.listed(db, who)],
        commodities=await records.commodities(db, who),
        scopes=await requirements.scopes_in_use(db, who),
        levels=list(LEVEL.items()),
        lapses=list(ON_LAPSE.items()),
        risks=list(RISK.items()),
    )


async def _as_typed(db: Db, who: Who, found: CertificateRequirement) -> dict[str, str]:
    return {
        "type": str(found.type_id),
        "level": found.level.value,
        "commodity": str(found.commodity_id or ""),
        "risk": found.risk.value if found.risk else "",
        "scope": found.scope,
        "supplier": await requirements.supplier_number(db, who, found),
        "on_lapse": found.on_lapse.value,
        "note": found.note,
    }


HANDLERS = [index, new, create, edit, change, remove]

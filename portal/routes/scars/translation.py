"""A translation beside what the supplier wrote, for the report and for colleagues."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from portal.access.permissions import P
from portal.access.principal import Principal
from portal.errors import NotFoundError
from portal.languages import NAMES, _
from portal.models.scars import Discipline
from portal.routes.scars.reading import content_of
from portal.routes.scars.record import address, common, discipline_of, us
from portal.web.depends import Db, Who
from portal.web.page import go, page
from portal.web.reading import version_of
from portal.workflows.scars import overview, record, translating


@get("/scars/{number:str}/translations/{step:str}", permission=P.SCARS_WRITE)
async def show(
    request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str], step: FromPath[str]
) -> Response[Any]:
    return await _show(request, db, who, number, _discipline(step))


@post("/scars/{number:str}/translations/{step:str}", permission=P.SCARS_WRITE, status_code=200)
async def save(
    request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str], step: FromPath[str]
) -> Response[Any]:
    scar, discipline = await record.to_change(db, who, number), _discipline(step)
    answer = translating.to_translate(await record.answers(db, who, scar), discipline)
    data = await request.form()
    content, errors = content_of(discipline, data)
    language = str(data.get("language") or "")
    if errors or language not in NAMES:
        return await _show(request, db, who, number, discipline, data, errors)
    await translating.save(db, answer, content, language, version_of(data), by=who)
    return go(
        request, f"{address(number)}#{step}", note=_("The translation is saved. It is in the 8D report.")
    )


def _discipline(step: str) -> Discipline:
    found = discipline_of(step)
    if found is None or found is Discipline.D8:
        raise NotFoundError
    return found


async def _show(
    request: Request[Any, Any, Any],
    db: Db,
    who: Principal,
    number: str,
    discipline: Discipline,
    data: FormMultiDict | None = None,
    errors: dict[str, str] | None = None,
) -> Response[Any]:
    scar = await record.find(db, who, number)
    view = await overview.overview(db, who, scar, us(request))
    answer = translating.to_translate(view.answers, discipline)
    typed = content_of(discipline, data)[0] if data is not None else answer.translation
    # Rows and whys begin as the original has them: there are as many of each.
    return page(
        request,
        "scars/translation.html",
        status=422 if data is not None else 200,
        step=discipline,
        answer=answer,
        typed=answer.content if typed is None else typed,
        version=answer.version if data is None else version_of(data),
        errors=errors or {},
        languages=[(code, name) for code, name in NAMES.items() if code != answer.language],
        names=NAMES,
        **common(view),
    )


HANDLERS = [show, save]

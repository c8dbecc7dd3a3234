"""The supplier writes: drafts that are saved while they are typed, and stages that are sent."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.enums import MediaType
from litestar.params import FromPath

from portal import clock
from portal.access.permissions import P, may
from portal.access.principal import Principal
from portal.errors import NotFoundError, NotReadyError, StaleError
from portal.languages import _
from portal.models.scars import AnswerStatus, Discipline, Scar, Stage
from portal.routes.scars.reading import content_of
from portal.routes.scars.record import address, discipline_of, supplier_page, us
from portal.web.depends import Db, Who
from portal.web.filters import moment
from portal.web.page import go
from portal.web.reading import version_of
from portal.workflows.scars import disciplines, overview, record, sending, writing
from portal.workflows.scars.steps import AWAITED, STAGES


@post("/scars/{number:str}/answers/{step:str}", permission=P.SCARS_DRAFT, status_code=200)
async def save(
    request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str], step: FromPath[str]
) -> Response[Any]:
    """Save what was typed and go where the button says: the next step, another place, or send it."""
    scar = await record.to_change(db, who, number)
    discipline = _writable(step)
    data = await request.form()
    content, errors = content_of(discipline, data)
    if errors:
        return await _again(request, db, who, scar, discipline, data, errors=errors)
    answers = await record.answers(db, who, scar)
    try:
        await writing.save(db, scar, answers, discipline, content, version_of(data), by=who)
    except StaleError:
        newest = answers.newest(discipline)
        return await _again(
            request,
            db,
            who,
            scar,
            discipline,
            data,
            saved=dict(newest.content) if newest else {},
            version=newest.version if newest and newest.status is AnswerStatus.DRAFT else 0,
            status=412,
        )
    return await _onward(request, db, who, scar, discipline, str(data.get("go") or ""))


async def _onward(
    request: Request[Any, Any, Any], db: Db, who: Who, scar: Scar, discipline: Discipline, wish: str
) -> Response[Any]:
    here = address(scar.number)
    if wish == "send":
        return await _send(request, db, who, scar, discipline)
    if wish.startswith("more:"):
        view = await overview.overview(db, who, scar, us(request))
        return supplier_page(request, view, step=discipline, more=wish.removeprefix("more:"))
    if wish.startswith("to:"):
        return go(request, f"{_writing(who, here, discipline_of(wish.removeprefix('to:')))}#answer")
    return go(request, here if who.is_staff or who.guest else "/scars", note=_("Saved. Nothing is sent yet."))


@post("/scars/{number:str}/answers/{step:str}/draft", permission=P.SCARS_DRAFT, status_code=200)
async def autosave(
    request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str], step: FromPath[str]
) -> Response[Any]:
    """Save while somebody types: ``{"version", "saved", "hints"}``; 412 when a colleague was faster."""
    scar = await record.to_change(db, who, number)
    discipline = _writable(step)
    data = await request.form()
    content, errors = content_of(discipline, data)
    if errors:
        return _json({"errors": errors}, 422)
    answers = await record.answers(db, who, scar)
    try:
        draft = await writing.save(db, scar, answers, discipline, content, version_of(data), by=who)
    except StaleError as stale:
        return _json({"errors": {"": stale.sentence}}, 412)
    said = moment(clock.now(), who.time_zone).rpartition(", ")[2]
    hints = disciplines.hints(discipline, content)
    return _json({"version": draft.version, "saved": _("Saved %(time)s", time=said), "hints": hints}, 200)


@post("/scars/{number:str}/stages/{stage:str}", permission=P.SCARS_RESPOND, status_code=200)
async def send(
    request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str], stage: FromPath[str]
) -> Response[Any]:
    """Send a stage that is written already; acknowledging is one of them."""
    scar = await record.to_change(db, who, number)
    if stage not in list(Stage):
        raise NotFoundError
    return await _send(request, db, who, scar, None, Stage(stage))


@get("/scars/{number:str}/for-the-supplier", permission=P.SCARS_RESPOND)
async def on_behalf(
    request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]
) -> Response[Any]:
    """Open the supplier's page to one of us, who answers for them; it shows who did."""
    scar = await record.find(db, who, number)
    view = await overview.overview(db, who, scar, us(request))
    return supplier_page(request, view, step=discipline_of(request.query_params.get("step")))


async def _send(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    scar: Scar,
    discipline: Discipline | None,
    stage: Stage | None = None,
) -> Response[Any]:
    if not may(who, P.SCARS_RESPOND):
        raise NotReadyError(_("It is saved. Sending it needs an account: open one, or ask a colleague."))
    answers = await record.answers(db, who, scar)
    wanted = stage or sending.stage_now(scar)
    try:
        await sending.send(db, scar, answers, wanted, by=who)
    except sending.IncompleteError as incomplete:
        view = await overview.overview(db, who, scar, us(request))
        first = discipline or incomplete.lacks[0][0]
        lacks = [(each.value, key, sentence) for each, key, sentence in incomplete.lacks]
        return supplier_page(request, view, step=first, lacks=lacks, status=422)
    if scar.status in AWAITED:  # acknowledging asks nothing of us
        note = _("Acknowledged. %(step)s is next.", step=STAGES[AWAITED[scar.status]][0].value)
    else:
        note = _("Sent. We answer, and your clock stands until then.")
    return go(request, address(scar.number), note=note)


async def _again(
    request: Request[Any, Any, Any],
    db: Db,
    who: Principal,
    scar: Scar,
    discipline: Discipline,
    data: FormMultiDict,
    *,
    errors: dict[str, str] | None = None,
    saved: dict[str, Any] | None = None,
    version: int | None = None,
    status: int = 422,
) -> Response[Any]:
    """Show what was typed once more, with what is wrong or what a colleague saved meanwhile."""
    content, _found = content_of(discipline, data)
    view = await overview.overview(db, who, scar, us(request))
    return supplier_page(
        request,
        view,
        step=discipline,
        typed=content,
        errors=errors,
        saved=saved,
        version=version_of(data) if version is None else version,
        status=status,
    )


def _writing(who: Principal, here: str, discipline: Discipline | None) -> str:
    step = f"?step={discipline.value}" if discipline else ""
    return f"{here}/for-the-supplier{step}" if who.is_staff else f"{here}{step}"


def _writable(step: str) -> Discipline:
    found = discipline_of(step)
    if found is None or found is Discipline.D8:
        raise NotFoundError
    return found


def _json(content: dict[str, Any], status: int) -> Response[Any]:
    return Response(
        content, status_code=status, media_type=MediaType.JSON, headers={"Cache-Control": "no-store"}
    )


HANDLERS = [on_behalf, save, autosave, send]

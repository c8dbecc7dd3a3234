"""One SCAR: the supplier's page, and ours."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

from litestar import Request, Response, get
from litestar.params import FromPath

from portal import clock
from portal.access.permissions import P, may
from portal.access.principal import Principal
from portal.errors import NotFoundError
from portal.languages import N_, NAMES
from portal.models.nonconformances import Responsibility
from portal.models.scars import Discipline, ScarStatus
from portal.web.depends import Db, Who
from portal.web.filters import filesize
from portal.web.page import page
from portal.web.threads import thread_on
from portal.workflows.scars import (
    comparing,
    costs,
    disciplines,
    issue,
    lessons,
    overview,
    record,
    words,
    writing,
)
from portal.workflows.scars.overview import Overview
from portal.workflows.scars.steps import STEPS
from portal.workflows.steps import possible
from portal.workflows.trail.telling import timeline

_HISTORY = 8
_TO_LOOK = timedelta(days=14)
WHOSE = [
    (Responsibility.OURS, N_("Ours")),
    (Responsibility.CARRIER, N_("The carrier's")),
    (Responsibility.UNDETERMINED, N_("Not to be determined")),
]


def address(number: str) -> str:
    return f"/scars/{quote(number, safe='')}"


@get("/scars/{number:str}", permission=P.SCARS_READ)
async def show(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    scar = await record.find(db, who, number)
    view = await overview.overview(db, who, scar, us(request))
    if who.is_supplier:
        thread = await thread_on(request, db, who, scar)
        return supplier_page(
            request, view, step=discipline_of(request.query_params.get("step")), thread=thread
        )
    return await staff_page(request, db, who, view)


def us(request: Request[Any, Any, Any]) -> str:
    return str(request.app.state.org.current.short_name)


def discipline_of(text: str | None) -> Discipline | None:
    """Read a discipline out of an address.

    Raises:
        NotFoundError: there is no such discipline.
    """
    if not text:
        return None
    try:
        return Discipline(text)
    except ValueError:
        raise NotFoundError from None


def common(view: Overview) -> dict[str, Any]:
    """What the templates of both sides speak with."""
    return {
        "view": view,
        "scar": view.scar,
        "here": address(view.scar.number),
        "D": disciplines.DISCIPLINES,
        "W": words,
        "compared": comparing.compared,
        "lines": comparing.lines,
        "hints": disciplines.hints,
        "total": costs.total,
    }


def supplier_page(
    request: Request[Any, Any, Any],
    view: Overview,
    *,
    step: Discipline | None = None,
    is_preview: bool = False,
    status: int = 200,
    typed: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
    version: int | None = None,
    saved: dict[str, Any] | None = None,
    lacks: list[tuple[str, str, str]] | None = None,
    more: str = "",
    thread: Any = None,
) -> Response[Any]:
    """Show the supplier's page at a step: the one that is asked for, or that which is next.

    ``typed`` is what was sent and could not be saved; ``saved`` what a colleague saved meanwhile; ``more``
    the question that gets one empty place more.
    """
    chosen = step or view.step or Discipline.D0
    content = writing.begin(view.answers, chosen) if typed is None else typed
    return page(
        request,
        "scars/supplier.html",
        status=status,
        step=chosen,
        content=content,
        version=version if version is not None else writing.draft_version(view.answers, chosen),
        errors=errors or {},
        saved=saved,
        lacks=lacks or [],
        more=more,
        thread=thread,
        limit=filesize(request.app.state.settings.max_document_bytes),
        is_preview=is_preview,
        may_send=may(view.who, P.SCARS_RESPOND),
        can_write=not is_preview and view.can_write(chosen),
        next_step=_next(view, chosen),
        **common(view),
    )


async def staff_page(
    request: Request[Any, Any, Any],
    db: Db,
    who: Principal,
    view: Overview,
    *,
    status: int = 200,
    errors: dict[str, str] | None = None,
    typed: dict[str, str] | None = None,
) -> Response[Any]:
    scar = view.scar
    return page(
        request,
        "scars/staff.html",
        status=status,
        errors=errors or {},
        typed=typed or {},
        steps=possible(scar, STEPS, who),
        may_write=may(who, P.SCARS_WRITE),
        may_close=may(who, P.SCARS_CLOSE),
        may_chase=may(who, P.SCARS_CHASE),
        may_respond=may(who, P.SCARS_RESPOND),
        is_draft=scar.status is ScarStatus.DRAFT,
        causes=words.said(words.CAUSE),
        cost_kinds=words.said(words.COST),
        whose=WHOSE,
        owners=[(each.id, each.name) for each in await issue.owners(db, who)],
        history=await timeline(db, who, "scar", scar.id, limit=_HISTORY),
        whole_history=f"/trail?record=scar:%23{scar.id}" if may(who, P.TRAIL_READ) else "",
        thread=await thread_on(request, db, who, scar),
        limit=filesize(request.app.state.settings.max_document_bytes),
        names=NAMES,
        told=await lessons.of_scar(db, who, scar),
        offered=await lessons.offered(db, who, scar),
        lessons_wait=await lessons.waits(db, who, scar),
        lesson_words=f"{scar.defect}: {last_why(view)}",
        lesson_due=(clock.today(who.time_zone) + _TO_LOOK).isoformat(),
        **common(view),
    )


def last_why(view: Overview) -> str:
    """The root cause as it was sent last: where a lesson's words begin."""
    answer = view.answers.sent(Discipline.D4)
    whys = answer.content.get("occurrence") if answer else None
    return str(whys[-1]) if whys else ""


def _next(view: Overview, step: Discipline) -> Discipline | None:
    """The discipline after this one that is sent together with it."""
    together = view.awaited
    if step not in together or step is together[-1]:
        return None
    return together[together.index(step) + 1]


HANDLERS = [show]

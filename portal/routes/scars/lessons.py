"""Lessons read across: asked from a SCAR, answered by whom they were asked."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from portal import clock
from portal.access.permissions import P
from portal.access.principal import Principal
from portal.errors import BadInputError
from portal.languages import N_, _
from portal.models.scar_lessons import ScarLesson
from portal.routes.scars.record import address, us
from portal.web.depends import Db, Who
from portal.web.forms import Form, day, text
from portal.web.page import go, page
from portal.web.reading import row_id
from portal.workflows.scars import lessons, record

_LONGEST = 4000


class AskForm(Form):
    words = text(N_("What they shall look at"), limit=_LONGEST, ask=N_("Say what they shall look at."))
    due = day(N_("Answer by"))


class AnswerForm(Form):
    applies = text(N_("Could it happen at yours?"), limit=3, ask=N_("Say whether it could happen at yours."))
    words = text(
        N_("What you looked at, and what you changed"),
        limit=_LONGEST,
        ask=N_("Say what you looked at, and what you changed."),
    )


@post("/scars/{number:str}/lessons", permission=P.SCARS_WRITE, status_code=200)
async def ask(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    scar = await record.to_change(db, who, number)
    data = await request.form()
    form = AskForm.of(data)
    if form.is_good and form["due"] < clock.today(who.time_zone):
        form.refuse("due", _("Choose a day that is still to come."))
    if not form.is_good:
        raise BadInputError(" ".join(form.errors.values()))
    keys = [each for each in data.getall("whom", []) if isinstance(each, str)]
    asked = await lessons.ask(db, scar, keys, form["words"], form["due"], by=who)
    note = (
        _("%(count)s asked.", count=asked)
        if asked == len(set(keys))
        else _("%(count)s asked; the others were asked before.", count=asked)
    )
    return go(request, f"{address(number)}#lessons", note=note)


@post("/scars/{number:str}/lessons/reading", permission=P.SCARS_WRITE, status_code=200)
async def read(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    """Say that one has looked at what they answered."""
    scar = await record.to_change(db, who, number)
    await lessons.read(db, scar, by=who)
    return go(request, f"{address(number)}#lessons", note=_("Taken off your list."))


@get("/lessons/{lesson:str}", permission=P.SCARS_RESPOND)
async def show(request: Request[Any, Any, Any], db: Db, who: Who, lesson: FromPath[str]) -> Response[Any]:
    return await _show(request, db, who, await lessons.find(db, who, row_id(lesson)), AnswerForm())


@post("/lessons/{lesson:str}", permission=P.SCARS_RESPOND, status_code=200)
async def answer(request: Request[Any, Any, Any], db: Db, who: Who, lesson: FromPath[str]) -> Response[Any]:
    found = await lessons.find(db, who, row_id(lesson), lock=True)
    form = await AnswerForm.read(request)
    if form.is_good and form["applies"] not in {"yes", "no"}:
        form.refuse("applies", _("Say whether it could happen at yours."))
    if not form.is_good:
        return await _show(request, db, who, found, form, status=422)
    await lessons.answer(db, found, applies=form["applies"] == "yes", words=form["words"], by=who)
    return go(request, f"/lessons/{found.id}", note=_("Thank you. We have your answer."))


async def _show(
    request: Request[Any, Any, Any],
    db: Db,
    who: Principal,
    lesson: ScarLesson,
    form: AnswerForm,
    *,
    status: int = 200,
) -> Response[Any]:
    return page(
        request,
        "scars/lesson.html",
        status=status,
        lesson=lesson,
        who=who,
        part=await lessons.part_of(db, lesson),
        form=form,
        us=us(request),
    )


HANDLERS = [ask, read, show, answer]

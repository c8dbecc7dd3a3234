"""Being away: from when, until when, and who stands in."""

from typing import Any

from litestar import Request, Response, get, post

from portal.access.permissions import P
from portal.errors import BadInputError, NotFoundError
from portal.languages import N_, gettext
from portal.models.people import Person
from portal.web.depends import Db, Who
from portal.web.forms import Form, day, whole
from portal.web.page import go, page
from portal.workflows import absences, account

_LARGEST = 10**17
_FIELDS = {
    absences.PAST: "from_on",
    absences.BACKWARDS: "until_on",
    absences.TOO_LONG: "until_on",
    absences.NOBODY: "stand_in",
    absences.ALSO_AWAY: "stand_in",
}


class AbsenceForm(Form):
    from_on = day(N_("First day"), ask=N_("Enter the first day."))
    until_on = day(N_("Last day"), ask=N_("Enter the last day."))
    stand_in = whole(N_("Stand-in"), low=1, high=_LARGEST, ask=absences.NOBODY)


@get("/account/absence", permission=P.SIGNED_IN)
async def edit(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    person = await _mine(db, who)
    found = await absences.of(db, who, person.id)
    typed = {}
    if found is not None:
        typed = {
            "from_on": found.absence.from_on.isoformat(),
            "until_on": found.absence.until_on.isoformat(),
            "stand_in": str(found.absence.stand_in_id),
        }
    return await _page(request, db, who, AbsenceForm(typed))


@post("/account/absence", permission=P.SIGNED_IN, status_code=200)
async def say(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    form = await AbsenceForm.read(request)
    person = await _mine(db, who)
    if form.is_good:
        try:
            made = await absences.say(db, who, person, form["stand_in"], form["from_on"], form["until_on"])
        except BadInputError as refused:
            form.refuse(_FIELDS[refused.sentence], refused.sentence)
        else:
            await absences.tell(db, request.app.state.settings, made)
            return go(request, "/account#absence", note=gettext(N_("Saved. Your stand-in knows by mail.")))
    return await _page(request, db, who, form, status=422)


@post("/account/return", permission=P.SIGNED_IN, status_code=200)
async def come_back(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    await absences.end(db, who, await _mine(db, who))
    return go(request, "/account#absence", note=gettext(N_("Ended. Your tasks are yours alone again.")))


async def _mine(db: Db, who: Who) -> Person:
    if not absences.may_say(who):
        raise NotFoundError
    return await account.mine(db, who)


async def _page(
    request: Request[Any, Any, Any], db: Db, who: Who, form: AbsenceForm, *, status: int = 200
) -> Response[Any]:
    return page(
        request,
        "account/absence.html",
        status=status,
        form=form,
        candidates=await absences.candidates(db, who),
    )


HANDLERS = [edit, say, come_back]

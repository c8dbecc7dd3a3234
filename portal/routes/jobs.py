"""The jobs of the portal, for its administrator: what was held and why, what runs, and the timetable."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from portal.access.permissions import P
from portal.errors import BadInputError, NotFoundError
from portal.models.jobs import Decision
from portal.web.depends import Db, Who
from portal.web.filters import link
from portal.web.forms import Form, text
from portal.web.page import go, page
from portal.web.reading import row_id
from portal.workflows import jobs
from portal.workflows.jobs import WORDS, State

STATES = {
    State.HELD: "Held",
    State.RUNNING: "Running",
    State.WAITING: "Waiting",
    State.DONE: "Done in 24 hours",
}
_DONE = {
    Decision.RELEASED: "The job is in the queue again.",
    Decision.DISCARDED: "The job is discarded. The trail keeps that it was there.",
}


class ReasonForm(Form):
    reason = text("Why", limit=500, ask="Say why. The trail keeps it.")


@get("/jobs", permission=P.JOBS_READ)
async def index(request: Request[Any, Any, Any], db: Db) -> Response[Any]:
    return await _page(request, db, ReasonForm())


@post("/jobs/{job:str}/{decision:str}", permission=P.JOBS_DECIDE, status_code=200)
async def decide(
    request: Request[Any, Any, Any], db: Db, who: Who, job: FromPath[str], decision: FromPath[str]
) -> Response[Any]:
    try:
        wanted = Decision(decision)
    except ValueError:
        raise NotFoundError from None
    form = await ReasonForm.read(request)
    if not form.is_good:
        return await _page(request, db, form, job_id=row_id(job), status=422)
    await jobs.decide(db, who, row_id(job), wanted, form["reason"])
    return go(request, "/jobs", note=_DONE[wanted])


async def _page(
    request: Request[Any, Any, Any], db: Db, form: ReasonForm, *, job_id: int = 0, status: int = 200
) -> Response[Any]:
    counts = await jobs.counts(db)
    state, name = _wanted(request, counts)
    return page(
        request,
        "jobs/index.html",
        "jobs/_list.html",
        status=status,
        counts=counts,
        state=state,
        name=name,
        names=sorted(WORDS.items(), key=lambda pair: pair[1]),
        saved=[
            (words, link("/jobs", state=each, kind=name), counts[each], each is state, each is State.HELD)
            for each, words in STATES.items()
        ],
        rows=await jobs.listed(db, state, name=name),
        timetable=await jobs.timetable(db),
        workers=await jobs.workers(db),
        decided=await jobs.decided(db),
        form=form,
        refused_job=job_id,
    )


def _wanted(request: Request[Any, Any, Any], counts: dict[State, int]) -> tuple[State, str]:
    """Read which jobs to show: what needs somebody comes first when the address does not say."""
    asked = request.query_params.get("state", "")
    name = request.query_params.get("kind", "")
    if asked and asked not in set(State):
        raise BadInputError("The address asks for jobs of no kind. Choose one of the tabs.")
    first = State.HELD if counts[State.HELD] else State.WAITING
    return State(asked) if asked else first, name if name in WORDS else ""


HANDLERS = [index, decide]

"""What is open with suppliers and with us, and what can be done with several of it at once."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.response import Stream

from portal import clock
from portal.access.permissions import P, may
from portal.errors import BadInputError
from portal.models.tasks import Severity, Side
from portal.web import exports
from portal.web.depends import Db, Who
from portal.web.filters import link, plural
from portal.web.listing import Column, Filter, Listing, View
from portal.web.page import go, page, safe_next
from portal.web.reading import row_id
from portal.workflows import absences, jobs, saved_filters
from portal.workflows.tasks import handing, worklist
from portal.workflows.tasks.worklist import ANYONE, ME, NOBODY, OVERDUE, WEEK

MOST = 1000  # tasks at once
SEVERITY = {Severity.CRITICAL: "Critical", Severity.MAJOR: "Major", Severity.MINOR: "Minor"}
TURN = {Side.US: "us", Side.SUPPLIER: "the supplier"}
GROUPS = ("Overdue", "Waiting for us", "Waiting on suppliers", "Clock stopped")

LISTING = Listing(
    path="/worklist",
    one="task",
    many="tasks",
    sorts=worklist.SORTS,
    sort="due",
    find="Find a task",
    hint="Number or supplier",
    filters=(
        Filter("owner", "Owner"),
        Filter("turn", "Waiting for", tuple(TURN.items())),
        Filter("due", "Due", ((OVERDUE, "Overdue"), (WEEK, "Within 7 days"))),
        Filter("kind", "Kind"),
        Filter("severity", "Severity", tuple(SEVERITY.items())),
        Filter("plant", "Plant"),
    ),
    columns=(
        Column("due", "Due", lambda row: row.task.due_at),
        Column("reference", "Number", lambda row: row.task.reference),
        Column("item", "Item", lambda row: row.item),
        Column("kind", "Kind", lambda row: row.kind.label, in_file_only=True),
        Column("number", "Supplier number", lambda row: row.supplier_number, in_file_only=True),
        Column("supplier", "Supplier", lambda row: row.supplier_name),
        Column("plant", "Plant", lambda row: row.plant, in_file_only=True),
        Column("turn", "Waiting for", lambda row: TURN[row.task.side], in_file_only=True),
        Column("owner", "Owner", lambda row: row.owner),
        Column("severity", "Severity", lambda row: SEVERITY.get(row.task.severity, "")),
        Column("event", "Last event", lambda row: row.task.event),
        Column("at", "At", lambda row: row.task.event_at, in_file_only=True),
    ),
)


@get("/worklist", permission=P.TASKS_READ)
async def index(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    if not request.query_params:
        return go(request, link(LISTING.path, owner=ME))
    now = clock.now()
    view = LISTING.view(request, await worklist.choices(db, who))
    counts = await worklist.counts(db, who, now=now)
    return page(
        request,
        "worklist/index.html",
        "worklist/_table.html",
        headers=view.headers,
        view=view,
        mine=await saved_filters.of(db, who, LISTING.path),
        found=await worklist.listed(db, who, view.wanted, now=now),
        is_grouped=view.sort == LISTING.sort,
        turn_words=GROUPS,
        counts=counts,
        # Whoever can help learns that nothing leaves or is reminded of.
        workers=await jobs.workers(db) if may(who, P.JOBS_READ) else None,
        done=await worklist.done(db, who, now=now),
        now=now,
        stands_in=await absences.stood_in_for(db, who),
        saved=saved(view, counts),
        severity_words=SEVERITY,
        owners=await worklist.owners(db, who),
        may_write=may(who, P.TASKS_WRITE),
    )


@get(["/worklist.csv", "/worklist.xlsx"], permission=P.TASKS_READ)
async def file(request: Request[Any, Any, Any], db: Db, who: Who) -> Stream:
    view = LISTING.view(request)
    rows = worklist.every(db, who, view.wanted, now=clock.now())
    return await exports.answer(request, "worklist", LISTING.columns, rows, zone=who.time_zone)


@post("/worklist/reminders", permission=P.TASKS_WRITE, status_code=200)
async def remind(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    task_ids, back = await _chosen(request)
    found = await handing.remind(db, who, task_ids)
    said = [f"{plural(found.now, 'reminder')} on the way."]
    if found.lately:
        said.append(f"{found.lately} written to within a day already.")
    if found.not_possible:
        said.append(f"{found.not_possible} can’t be: it is our turn, or there is nobody to write to.")
    return go(request, back, note=" ".join(said))


@post("/worklist/owners", permission=P.TASKS_WRITE, status_code=200)
async def hand_over(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    task_ids, back = await _chosen(request)
    owner = str((await request.form()).get("owner", ""))
    changed = await handing.hand_over(db, who, task_ids, owner)
    return go(request, back, note=f"{plural(changed, 'task')} handed over.")


async def _chosen(request: Request[Any, Any, Any]) -> tuple[list[int], str]:
    """Read which tasks were ticked, and the list that they stood on."""
    data = await request.form()
    given = [str(each) for each in data.getall("task", [])]
    if not given:
        raise BadInputError("Select at least one task.")
    if len(given) > MOST:
        raise BadInputError(f"Select at most {MOST} tasks at once.")
    back = safe_next(str(data.get("back", "")))
    return [row_id(each) for each in given], back if back.startswith(LISTING.path) else LISTING.path


def saved(view: View, counts: worklist.Counts) -> list[tuple[str, str, int, bool, bool]]:
    """Give the saved filters: (words, address, count, is the present one, calls for action)."""

    def one(words: str, count: int, *, hot: bool = False, **filters: str) -> tuple[str, str, int, bool, bool]:
        is_here = view.says(**filters) and not view.wanted.q
        return words, link(LISTING.path, filters), count, is_here, hot

    return [
        one("Mine", counts.mine, owner=ME),
        one("Waiting for me", counts.for_me, owner=ME, turn=Side.US),
        one("Waiting on suppliers", counts.at_suppliers, owner=ME, turn=Side.SUPPLIER),
        one("Overdue", counts.overdue, hot=True, owner=ME, due=OVERDUE),
        one("Nobody’s", counts.nobody, owner=NOBODY),
        one("Everybody’s", counts.all, owner=ANYONE),
    ]


HANDLERS = [index, file, remind, hand_over]

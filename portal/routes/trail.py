"""What happened, for those who answer for it: as a list, one act, one record's history, and as a file."""

from datetime import timedelta
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath
from litestar.response import Stream

from portal import clock
from portal.access.permissions import P
from portal.errors import BadInputError
from portal.models.trail import TrailAction
from portal.web import exports
from portal.web.depends import Db, Who
from portal.web.filters import link
from portal.web.forms import whole_of_query
from portal.web.listing import MOST_ROWS, STEP, Column, Filter, Listing, View
from portal.web.page import page
from portal.web.reading import row_id
from portal.workflows.trail import listing, records, words
from portal.workflows.trail.records import Record
from portal.workflows.trail.telling import DONE

LISTING = Listing(
    path="/trail",
    one="act",
    many="acts",
    sorts=listing.SORTS,
    sort="-at",
    find="Find a record",
    hint="Number or name of a record",
    filters=(
        Filter("record", "Record"),
        Filter("person", "Who"),
        Filter(
            "table",
            "Kind of record",
            tuple((table, words.table_words(table).capitalize()) for table in records.NAMED),
        ),
        Filter(
            "action",
            "What was done",
            tuple((action, DONE[action].capitalize()) for action in TrailAction),
        ),
        Filter("from", "From"),
        Filter("to", "To"),
    ),
    columns=(
        Column("at", "When", lambda told: told.at),
        Column("person", "Who", lambda told: told.person),
        Column("kind", "Kind of record", lambda told: told.kind, in_file_only=True),
        Column("record", "Record", lambda told: told.record, in_file_only=True),
        Column("what", "What", lambda told: told.what),
        Column("reason", "Why", lambda told: told.reason),
        Column("change", "Change", lambda told: f"{told.act_id}.{told.n}", in_file_only=True),
    ),
)


@get("/trail", permission=P.TRAIL_READ)
async def index(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    view = LISTING.view(request, {"person": await listing.people(db, who)})
    record = await _record(db, view)
    found = await listing.listed(db, who, view.wanted, record)
    if record is not None and found.rows:
        # Only now: a record of which one may see nothing keeps its name to itself.
        name = f"{words.table_words(record.table).capitalize()} {record.name}"
        view = LISTING.view(request, {**view.offered, "record": [(view.wanted.chosen("record")[0], name)]})
    return page(
        request,
        "trail/index.html",
        "trail/_table.html",
        headers=view.headers,
        view=view,
        found=found,
        periods=_periods(view, who.time_zone),
    )


@get(["/trail.csv", "/trail.xlsx"], permission=P.TRAIL_READ)
async def file(request: Request[Any, Any, Any], db: Db, who: Who) -> Stream:
    view = LISTING.view(request)
    record = await _record(db, view)
    rows = listing.every(db, who, view.wanted, record)
    return await exports.answer(request, "trail", LISTING.columns, rows, zone=who.time_zone)


@get("/trail/{act:str}", permission=P.TRAIL_READ)
async def show(request: Request[Any, Any, Any], db: Db, who: Who, act: FromPath[str]) -> Response[Any]:
    rows = whole_of_query(request.query_params.get("rows"), default=STEP, low=1, high=MOST_ROWS)
    row, found, seal = await listing.act_of(db, who, row_id(act), rows)
    shown = len(row.told)
    more = (
        link(f"/trail/{row.id}", rows=min(shown + STEP, MOST_ROWS))
        if shown < min(row.rows, MOST_ROWS)
        else ""
    )
    what = f"{row.rows:,} {words.table_words(found.table_name, row.rows)}"
    if row.rows == 1 and row.told:
        what = f"the {row.told[0].kind} {row.told[0].record}"
    return page(
        request,
        "trail/show.html",
        row=row,
        act=found,
        seal=seal,
        more=more,
        verb=DONE[found.action],
        what=what,
    )


async def _record(db: Db, view: View) -> Record | None:
    chosen = view.wanted.chosen("record")
    if len(chosen) > 1:
        raise BadInputError("The address asks for more than one record. Choose one.")
    return await records.find(db, chosen[0]) if chosen else None


def _periods(view: View, zone: str) -> list[tuple[str, str, None, bool, bool]]:
    """Give the periods that are one click away, as saved filters; the other filters are kept."""
    today = clock.today(zone)
    chosen = (view.wanted.chosen("from"), view.wanted.chosen("to"))
    found = []
    for name, days in (("All", None), ("Today", 0), ("7 days", 6), ("30 days", 29), ("12 months", 364)):
        first = None if days is None else (today - timedelta(days=days)).isoformat()
        is_current = chosen == ((first,) if first else (), ())
        found.append((name, view.only(**{"from": first, "to": None}), None, is_current, False))
    return found


HANDLERS = [index, file, show]

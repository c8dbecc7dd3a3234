"""All imports as a page and as a file."""

from collections.abc import Callable
from typing import Any

from litestar import Request, Response, get
from litestar.response import Stream

from portal.access.permissions import P, may
from portal.imports.targets import KIND_LABELS
from portal.routes.imports.words import STATUS
from portal.web import exports
from portal.web.depends import Db, Who
from portal.web.listing import Column, Filter, Listing
from portal.web.page import page
from portal.workflows.imports import listing
from portal.workflows.imports.listing import RunRow


def _counted(name: str) -> Callable[[RunRow], int | None]:
    """Nothing where the import never came so far; 0 would say that it had looked."""
    return lambda row: getattr(row, name) if row.has_counts else None


def _rejected(row: RunRow) -> int | None:
    return row.rows_rejected if row.has_rejected else None


LISTING = Listing(
    path="/imports",
    one="import",
    many="imports",
    sorts=listing.SORTS,
    sort="-when",
    find="Find an import",
    hint="File or person",
    filters=(
        Filter("kind", "Holds", tuple(KIND_LABELS.items())),
        Filter("status", "State", tuple((status, words) for status, (_, _, words) in STATUS.items())),
    ),
    columns=(
        Column("file", "File", lambda row: row.file_name),
        Column("kind", "Holds", lambda row: KIND_LABELS[row.kind], in_file_only=True),
        Column("size", "Bytes", lambda row: row.file_size, in_file_only=True),
        Column("state", "State", lambda row: STATUS[row.status][2]),
        Column("read", "Rows read", lambda row: row.rows_read, in_file_only=True),
        Column("added", "Added", _counted("rows_added"), numeric=True, first="-"),
        Column("updated", "Updated", _counted("rows_updated"), numeric=True, first="-"),
        Column("unchanged", "Unchanged", _counted("rows_unchanged"), numeric=True, first="-"),
        Column(
            "rejected",
            "Rejected",
            _rejected,
            numeric=True,
            first="-",
        ),
        Column("by", "By", lambda row: row.started_by_name),
        Column("when", "When", lambda row: row.created_at, first="-"),
    ),
)


@get("/imports", permission=P.IMPORTS_READ)
async def index(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    view = LISTING.view(request)
    return page(
        request,
        "imports/index.html",
        "imports/_table.html",
        headers=view.headers,
        view=view,
        found=await listing.listed(db, who, view.wanted),
        kinds=KIND_LABELS,
        statuses=STATUS,
        may_write=may(who, P.IMPORTS_WRITE),
    )


@get(["/imports.csv", "/imports.xlsx"], permission=P.IMPORTS_READ)
async def file(request: Request[Any, Any, Any], db: Db, who: Who) -> Stream:
    rows = listing.every(db, who, LISTING.view(request).wanted)
    return await exports.answer(request, "imports", LISTING.columns, rows, zone=who.time_zone)


HANDLERS = [index, file]

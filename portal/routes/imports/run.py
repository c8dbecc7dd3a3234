"""One import: its preview, its progress, what it came to; stopping, undoing, the rejected rows."""

import tempfile
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import IO, Any

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Stream

from portal.access.permissions import P, may
from portal.errors import NotFoundError, RefusalError
from portal.imports.targets import KIND_LABELS
from portal.models.imports import ImportRun, ImportStatus
from portal.routes.imports import prepare
from portal.routes.imports.words import STATUS
from portal.storage import DocumentStore
from portal.web import exports
from portal.web.depends import Db, Who
from portal.web.filters import link
from portal.web.forms import whole_of_query
from portal.web.listing import MOST_ROWS, STEP
from portal.web.page import go, page
from portal.web.reading import row_id
from portal.workflows.imports import rejected, runs, undoing

UNDER_WAY = {ImportStatus.QUEUED, ImportStatus.RUNNING, ImportStatus.UNDOING}


@get("/imports/{run_id:str}", permission=P.IMPORTS_READ)
async def show(request: Request[Any, Any, Any], db: Db, who: Who, run_id: FromPath[str]) -> Response[Any]:
    run = await runs.to_see(db, who, row_id(run_id))
    if run.status is ImportStatus.UPLOADED and may(who, P.IMPORTS_WRITE):
        return await prepare.show(request, db, who, run, prepare.prepared(run))
    return await _shown(request, db, who, run)


async def _shown(
    request: Request[Any, Any, Any], db: Db, who: Who, run: ImportRun, refusal: str = ""
) -> Response[Any]:
    rows = whole_of_query(request.query_params.get("rows"), default=STEP, low=1, high=MOST_ROWS)
    problems, total = await runs.problems(db, run, rows)
    here = f"/imports/{run.id}"
    return page(
        request,
        "imports/show.html",
        "imports/_run.html",
        status=409 if refusal else 200,
        run=run,
        here=here,
        state=STATUS[run.status],
        kinds=KIND_LABELS,
        under_way=run.status in UNDER_WAY,
        percent=min(100, run.bytes_read * 100 // run.file_size) if run.file_size else 0,
        is_silent=runs.is_silent(run),
        problems=problems,
        problems_total=total,
        more=link(here, {"rows": str(min(rows + STEP, MOST_ROWS))}) if len(problems) < total else "",
        in_the_way=refusal or await _in_the_way(db, run),
        may_write=may(who, P.IMPORTS_WRITE),
    )


async def _in_the_way(db: Db, run: ImportRun) -> str:
    """Say what keeps an import from being undone; "" when nothing does."""
    if run.status is not ImportStatus.DONE:
        return ""
    try:
        await undoing.refuse_unless_possible(db, run)
    except RefusalError as refused:
        return refused.sentence
    return ""


@post("/imports/{run_id:str}/cancellation", permission=P.IMPORTS_WRITE, status_code=200)
async def cancel(request: Request[Any, Any, Any], db: Db, who: Who, run_id: FromPath[str]) -> Response[Any]:
    run = await runs.to_change(db, who, row_id(run_id))
    runs.cancel(run)
    await db.flush()
    return go(request, f"/imports/{run.id}")


@post("/imports/{run_id:str}/undoing", permission=P.IMPORTS_WRITE, status_code=200)
async def undo(request: Request[Any, Any, Any], db: Db, who: Who, run_id: FromPath[str]) -> Response[Any]:
    run = await runs.to_change(db, who, row_id(run_id))
    await runs.ask_to_undo(db, run, who)
    await db.flush()
    return go(request, f"/imports/{run.id}")


@post("/imports/{run_id:str}/copies", permission=P.IMPORTS_WRITE, status_code=200)
async def again(request: Request[Any, Any, Any], db: Db, who: Who, run_id: FromPath[str]) -> Response[Any]:
    """Look at the same file once more, without sending it again."""
    made = await runs.begin_again(db, who, await runs.to_see(db, who, row_id(run_id)))
    return go(request, f"/imports/{made.id}")


@post("/imports/{run_id:str}/removal", permission=P.IMPORTS_WRITE, status_code=200)
async def discard(request: Request[Any, Any, Any], db: Db, who: Who, run_id: FromPath[str]) -> Response[Any]:
    run = await runs.to_change(db, who, row_id(run_id))
    await runs.discard(db, run)
    return go(request, "/imports")


@get("/imports/{run_id:str}/rejected.csv", permission=P.IMPORTS_READ)
async def rejected_rows(request: Request[Any, Any, Any], db: Db, who: Who, run_id: FromPath[str]) -> Stream:
    """Give the rejected rows as they came, with what is wrong; finished on disk before it is sent."""
    run = await runs.to_see(db, who, row_id(run_id))
    if not run.rows_rejected or not run.file_key:
        raise NotFoundError
    store: DocumentStore = request.app.state.store
    out: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 # closed when its last byte is sent
    try:
        async with store.local_path(run.file_key) as path:
            await rejected.write(db, run, path, out)
    except BaseException:
        out.close()
        raise
    name = f"{PurePosixPath(run.file_name).stem}-rejected.csv"
    headers = exports.safe_headers(name) | {"Content-Length": str(out.tell())}
    return Stream(_sent(out), media_type="text/csv", headers=headers)


def _sent(out: IO[bytes]) -> Iterator[bytes]:
    with out:
        out.seek(0)
        while chunk := out.read(65_536):
            yield chunk


HANDLERS = [show, cancel, undo, again, discard, rejected_rows]

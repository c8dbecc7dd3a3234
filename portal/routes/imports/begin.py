"""Choosing a file, and the templates to fill in."""

from collections.abc import AsyncIterator
from typing import Any, NamedTuple

from litestar import Request, Response, get, post
from litestar.params import FromPath

from portal.access.permissions import P
from portal.errors import NotFoundError
from portal.imports.cells import UnreadableFileError
from portal.imports.look import Look
from portal.imports.options import FileOptions
from portal.imports.targets import KIND_LABELS
from portal.imports.template import template
from portal.models.imports import ImportKind
from portal.routes.imports.words import KIND_HELP
from portal.storage import DocumentStore, Stored
from portal.web import exports, once, sent_files
from portal.web.depends import Db, Who
from portal.web.filters import filesize
from portal.web.page import go, page
from portal.workflows.imports import runs


class _Taken(NamedTuple):
    """A file that is in the store; without a look, nobody can read it as a table."""

    name: str
    stored: Stored
    look: Look | None
    problem: str = ""


@get("/imports/new", permission=P.IMPORTS_WRITE)
async def new(request: Request[Any, Any, Any]) -> Response[Any]:
    kind = request.query_params.get("kind", "")
    return _form(request, kind if kind in set(ImportKind) else ImportKind.DELIVERIES)


@post("/imports", permission=P.IMPORTS_WRITE, status_code=200, request_max_body_size=None)
async def upload(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    """Take a file: it streams into the store before anything is asked of the database."""
    store: DocumentStore = request.app.state.store

    async def keep(name: str, chunks: AsyncIterator[bytes]) -> _Taken:
        stored = await store.put(chunks)
        try:
            return _Taken(name, stored, await runs.look_at(store, stored.key, FileOptions()))
        except UnreadableFileError as wrong:
            return _Taken(name, stored, None, wrong.sentence)

    sent = await sent_files.read(request, db, keep, limit=request.app.state.settings.max_import_bytes)
    await once.begin(request, db, who)
    kind = str(sent.data.get("kind", ""))
    if kind not in set(ImportKind):
        return _form(request, ImportKind.DELIVERIES, {"kind": "Choose what the file holds."})
    for refused in sent.refused:
        return _form(request, kind, {"file": refused.sentence}, status=refused.status)
    if not sent.kept:
        return _form(request, kind, {"file": "Choose a file."})
    taken = sent.kept[0]
    if taken.look is None:
        if not await runs.is_used(db, taken.stored.key):
            await store.delete(taken.stored.key)
        return _form(request, kind, {"file": taken.problem})
    run = await runs.begin(db, who, ImportKind(kind), taken.name, taken.stored, taken.look)
    return go(request, f"/imports/{run.id}")


@get("/imports/templates/{name:str}", permission=P.IMPORTS_READ)
async def form_to_fill(name: FromPath[str]) -> Response[bytes]:
    """Give a file with our own headings, an example and an explanation of each column: KIND.csv."""
    kind, _, ending = name.partition(".")
    if kind not in set(ImportKind) or ending != "csv":
        raise NotFoundError
    headers = {
        "Content-Disposition": exports.disposition(f"assay-{kind}.csv"),
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return Response(template(ImportKind(kind)), media_type=exports.CSV_TYPE, headers=headers)


def _form(
    request: Request[Any, Any, Any], kind: str, errors: dict[str, str] | None = None, *, status: int = 422
) -> Response[Any]:
    return page(
        request,
        "imports/new.html",
        status=status if errors else 200,
        kind=kind,
        kinds=[(str(each), words, KIND_HELP[each]) for each, words in KIND_LABELS.items()],
        errors=errors or {},
        limit=filesize(request.app.state.settings.max_import_bytes),
    )


HANDLERS = [new, upload, form_to_fill]

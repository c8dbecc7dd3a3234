"""Choosing a file, and the templates to fill in."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from portal.access.permissions import P
from portal.errors import NotFoundError
from portal.imports.cells import UnreadableFileError
from portal.imports.options import FileOptions
from portal.imports.targets import KIND_LABELS
from portal.imports.template import template
from portal.models.imports import ImportKind
from portal.routes.imports.words import KIND_HELP
from portal.storage import DocumentStore
from portal.web import exports
from portal.web.depends import Db, Who
from portal.web.filters import filesize
from portal.web.page import go, page
from portal.web.uploads import Upload
from portal.workflows.imports import runs


@get("/imports/new", permission=P.IMPORTS_WRITE)
async def new(request: Request[Any, Any, Any]) -> Response[Any]:
    kind = request.query_params.get("kind", "")
    return _form(request, kind if kind in set(ImportKind) else ImportKind.DELIVERIES)


@post("/imports", permission=P.IMPORTS_WRITE, status_code=200, request_max_body_size=None)
async def upload(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    """Take a file: it streams into the store before anything is asked of the database."""
    settings = request.app.state.settings
    store: DocumentStore = request.app.state.store
    sent = Upload(request, limit=settings.max_import_bytes)
    await sent.begin()
    kind = sent.fields.get("kind", "")
    if kind not in set(ImportKind):
        return _form(request, ImportKind.DELIVERIES, {"kind": "Choose what the file holds."})
    if not sent.file_name:
        return _form(request, kind, {"file": "Choose a file."})
    stored = await store.put(sent.chunks())
    try:
        look = await runs.look_at(store, stored.key, FileOptions())
    except UnreadableFileError as wrong:
        if not await runs.is_used(db, stored.key):
            await store.delete(stored.key)
        return _form(request, kind, {"file": wrong.sentence})
    run = await runs.begin(db, who, ImportKind(kind), sent.file_name, stored, look)
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


def _form(request: Request[Any, Any, Any], kind: str, errors: dict[str, str] | None = None) -> Response[Any]:
    return page(
        request,
        "imports/new.html",
        status=422 if errors else 200,
        kind=kind,
        kinds=[(str(each), words, KIND_HELP[each]) for each, words in KIND_LABELS.items()],
        errors=errors or {},
        limit=filesize(request.app.state.settings.max_import_bytes),
    )


HANDLERS = [new, upload, form_to_fill]

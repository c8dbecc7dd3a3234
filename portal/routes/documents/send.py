"""One file comes, before the form that it belongs to: the page shows what became of it."""

from typing import Any

from litestar import MediaType, Request, Response, post
from litestar.params import FromPath

from portal.access.permissions import P
from portal.errors import BadInputError, NotFoundError, TooLargeError
from portal.languages import _
from portal.settings import Settings
from portal.storage import Arrivals, DocumentStore
from portal.web.depends import Db, Who
from portal.web.documents import read_form
from portal.web.page import page
from portal.web.reading import row_id
from portal.web.sent_files import Refused, too_large
from portal.workflows.documents import arriving, keeping

_DIGITS = 16  # of a size, at most


@post("/documents", permission=P.DOCUMENTS_WRITE, status_code=200, request_max_body_size=None)
async def send(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    """Take one file and answer with its row for the list beside the form; see static/documents.js."""
    sent = await read_form(request, db, who, most_files=1)
    for document in sent.documents:
        return _row(request, 200, document=document)
    for refused in sent.refused:
        return _row(request, refused.status, refused=refused)
    return _row(request, 422, refused=None)


@post("/documents/announcements", permission=P.DOCUMENTS_WRITE, status_code=201)
async def announce(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    """Answer a file's name and size with where the browser may send it; nothing has come yet."""
    settings: Settings = request.app.state.settings
    data = await request.form()
    name, given = str(data.get("name", "")), str(data.get("size", ""))
    arrivals = _arrivals(request)
    size = int(given) if given.isascii() and given.isdigit() and len(given) < _DIGITS else 0
    if not name or not size:
        return _row(request, 422, refused=Refused(name, _("This file is empty. Choose another one."), 422))
    if size > settings.max_document_bytes:
        return _row(request, 413, refused=Refused(name, too_large(settings.max_document_bytes), 413))
    try:
        document = await arriving.announce(db, settings, who, name, size)
    except TooLargeError as full:
        return _row(request, full.status, refused=Refused(name, full.sentence, full.status))
    invitation = await arrivals.invite(document.series, size)
    return Response(
        {"arrival": document.series, "address": invitation.address, "fields": invitation.fields},
        media_type=MediaType.JSON,
        status_code=201,
        headers={"Cache-Control": "no-store"},
    )


@post("/documents/arrivals/{arrival:str}", permission=P.DOCUMENTS_WRITE, status_code=200)
async def arrive(request: Request[Any, Any, Any], db: Db, who: Who, arrival: FromPath[str]) -> Response[Any]:
    """Take note that the browser has sent a file to the store; answer with its row, as for any other."""
    seen = await arriving.look(_arrivals(request), arrival)
    try:
        document = await arriving.arrive(db, who, arrival, seen)
    except BadInputError as wrong:
        name = str((await request.form()).get("name", ""))
        return _row(request, wrong.status, refused=Refused(name, wrong.sentence, wrong.status))
    return _row(request, 200, document=document)


@post("/documents/{document:str}/removal", permission=P.DOCUMENTS_WRITE, status_code=204)
async def remove(db: Db, who: Who, document: FromPath[str]) -> None:
    """Throw away what was sent and is attached nowhere yet."""
    await keeping.throw_away(db, who, row_id(document))


def _arrivals(request: Request[Any, Any, Any]) -> Arrivals:
    store: DocumentStore = request.app.state.store
    if store.arrivals is None:
        raise NotFoundError
    return store.arrivals


def _row(request: Request[Any, Any, Any], status: int, **context: Any) -> Response[Any]:
    return page(
        request, "documents/_row.html", status=status, **{"document": None, "refused": None, **context}
    )


HANDLERS = [send, announce, arrive, remove]

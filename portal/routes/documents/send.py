"""One file comes, before the form that it belongs to: the page shows what became of it."""

from typing import Any

from litestar import Request, Response, post
from litestar.params import FromPath

from portal.access.permissions import P
from portal.web.depends import Db, Who
from portal.web.documents import read_form
from portal.web.page import page
from portal.web.reading import row_id
from portal.workflows.documents import keeping


@post("/documents", permission=P.DOCUMENTS_WRITE, status_code=200, request_max_body_size=None)
async def send(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    """Take one file and answer with its row for the list beside the form; see static/documents.js."""
    sent = await read_form(request, db, who, most_files=1)
    for document in sent.documents:
        return _row(request, 200, document=document)
    for refused in sent.refused:
        return _row(request, refused.status, refused=refused)
    return _row(request, 422, refused=None)


@post("/documents/{document:str}/removal", permission=P.DOCUMENTS_WRITE, status_code=204)
async def remove(db: Db, who: Who, document: FromPath[str]) -> None:
    """Throw away what was sent and is attached nowhere yet."""
    await keeping.throw_away(db, who, row_id(document))


def _row(request: Request[Any, Any, Any], status: int, **context: Any) -> Response[Any]:
    return page(
        request, "documents/_row.html", status=status, **{"document": None, "refused": None, **context}
    )


HANDLERS = [send, remove]

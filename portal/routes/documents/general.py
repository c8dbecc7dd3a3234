"""The documents of one supplier that belong to no record of their own: drawings, plans, drafts.

Both sides see the same list, without what we keep internal on theirs.
"""

from typing import Any
from urllib.parse import quote

from litestar import Request, Response, get, post
from litestar.params import FromPath
from sqlalchemy import select
from sqlmodel import col

from portal.access import scopes
from portal.access.permissions import P, may
from portal.errors import BadInputError, NotFoundError
from portal.languages import N_, _
from portal.models.documents import Document
from portal.models.suppliers import Supplier
from portal.web.depends import Db, Who
from portal.web.documents import SentForm, read_form
from portal.web.filters import filesize, link
from portal.web.forms import clean, whole_of_query
from portal.web.listing import MOST_ROWS, STEP
from portal.web.page import go, page
from portal.workflows.documents import attach, finding
from portal.workflows.suppliers import record

SHARED, INTERNAL = "shared", "internal"
SHARING = ((SHARED, N_("Shared with the supplier")), (INTERNAL, N_("Internal: the supplier never sees it")))


def address(number: str) -> str:
    return f"/suppliers/{quote(number, safe='')}/documents"


async def list_of(db: Db, who: Who, document: Document) -> str:
    """Give the list that a document stands in; home for one that is about no supplier."""
    number = select(col(Supplier.number)).where(
        scopes.condition(who, Supplier), col(Supplier.id) == document.supplier_id
    )
    found = (await db.execute(number)).scalar_one_or_none()
    return address(found) if found else "/"


@get("/documents", permission=P.DOCUMENTS_READ)
async def own(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    """Show a supplier its own list."""
    if not who.is_supplier:
        raise NotFoundError
    return await _index(request, db, who, await record.find(db, who, who.supplier_number))


@get("/suppliers/{number:str}/documents", permission=P.DOCUMENTS_READ)
async def index(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    return await _index(request, db, who, await record.find(db, who, number))


@post(
    "/suppliers/{number:str}/documents",
    permission=P.DOCUMENTS_WRITE,
    status_code=200,
    request_max_body_size=None,
)
async def add(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    supplier = await record.find(db, who, number)
    sent = await read_form(request, db, who)
    internal = who.is_staff and sent.data.get("sharing") != SHARED
    if sent.ids and not sent.refused:
        await attach(db, who, sent.ids, supplier, internal=internal)
        return go(
            request, address(supplier.number), note=_("Added. Every file is checked before it can be opened.")
        )
    return await _index(request, db, who, supplier, sent=sent, status=422)


async def _index(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    supplier: Supplier,
    *,
    sent: SentForm | None = None,
    status: int = 200,
) -> Response[Any]:
    q = _asked(request)
    rows = whole_of_query(request.query_params.get("rows"), default=STEP, low=1, high=MOST_ROWS)
    found, total = await finding.general(db, who, supplier, find_text=q, rows=rows)
    here = address(supplier.number)
    return page(
        request,
        "documents/index.html",
        "documents/_table.html",
        status=status,
        supplier=supplier,
        here=here,
        q=q,
        found=found,
        total=total,
        more=link(here, q=q, rows=min(rows + STEP, MOST_ROWS)) if rows < total else "",
        sent=sent,
        sharing=[(value, _(words)) for value, words in SHARING],
        shared=sent.data.get("sharing", INTERNAL) if sent else INTERNAL,
        may_write=may(who, P.DOCUMENTS_WRITE),
        limit=filesize(request.app.state.settings.max_document_bytes),
    )


def _asked(request: Request[Any, Any, Any]) -> str:
    try:
        return clean(request.query_params.get("q", ""))[:100]
    except ValueError as wrong:
        raise BadInputError(str(wrong)) from None


HANDLERS = [own, index, add]

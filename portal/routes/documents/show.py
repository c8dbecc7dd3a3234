"""One document: its page, its content, pictures of its pages; replacing, deleting and holding it."""

from typing import Any
from urllib.parse import urlsplit

from litestar import Request, Response, get, post
from litestar.params import FromPath

from portal.access.permissions import P, may
from portal.errors import NotFoundError
from portal.languages import _
from portal.models.documents import Document
from portal.routes.documents.general import list_of
from portal.web import downloads, session
from portal.web.depends import Db, Who
from portal.web.documents import read_form
from portal.web.forms import Form, text
from portal.web.page import go, page
from portal.web.reading import our_today, row_id
from portal.workflows.documents import finding, keeping, previews
from portal.workflows.trail.telling import timeline

_HISTORY = 20


class HoldForm(Form):
    reason = text("Reason", limit=400)


@get("/documents/{document:str}", permission=P.DOCUMENTS_READ)
async def show(request: Request[Any, Any, Any], db: Db, who: Who, document: FromPath[str]) -> Response[Any]:
    found = await finding.find(db, who, row_id(document))
    return await _show(request, db, who, found, HoldForm())


@get("/documents/{document:str}/file", permission=P.DOCUMENTS_READ)
async def file(request: Request[Any, Any, Any], db: Db, who: Who, document: FromPath[str]) -> Response[Any]:
    """Give the content to whoever may have it at this moment."""
    found = await finding.to_open(db, who, row_id(document))
    return await downloads.answer(request, found, who)


@get("/documents/{document:str}/pages/{number:str}/{width:str}", permission=P.DOCUMENTS_READ)
async def picture(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    document: FromPath[str],
    number: FromPath[str],
    width: FromPath[str],
) -> Response[Any]:
    found = await previews.to_show(db, who, row_id(document), row_id(number), row_id(width))
    return await downloads.picture(request, found)


@post(
    "/documents/{document:str}/versions",
    permission=P.DOCUMENTS_WRITE,
    status_code=200,
    request_max_body_size=None,
)
async def replace(
    request: Request[Any, Any, Any], db: Db, who: Who, document: FromPath[str]
) -> Response[Any]:
    found = await finding.find(db, who, row_id(document))
    sent = await read_form(request, db, who, most_files=1)
    if sent.ids and not sent.refused:
        new = await keeping.replace(db, who, found.id, sent.ids[-1])
        return go(request, f"/documents/{new.id}", note=_("The new version is there."))
    sentence = sent.refused[0].sentence if sent.refused else _("Choose a file.")
    return await _show(request, db, who, found, HoldForm(), replacing=sentence, status=422)


@post("/documents/{document:str}/deletion", permission=P.DOCUMENTS_WRITE, status_code=200)
async def delete(request: Request[Any, Any, Any], db: Db, who: Who, document: FromPath[str]) -> Response[Any]:
    found = await finding.find(db, who, row_id(document))
    back = await list_of(db, who, found)
    await keeping.delete(db, who, found.id, today=our_today(request))
    return go(request, back, note=_("%(name)s is deleted.", name=found.file_name))


@post("/documents/{document:str}/hold", permission=P.DOCUMENTS_HOLD, status_code=200)
async def hold(request: Request[Any, Any, Any], db: Db, who: Who, document: FromPath[str]) -> Response[Any]:
    found = await finding.find(db, who, row_id(document))
    data = await request.form()
    if data.get("lift"):
        await keeping.lift_hold(db, who, found.id)
        return go(request, f"/documents/{found.id}", note="The hold is lifted.")
    form = HoldForm.of(data)
    if not form.is_good:
        return await _show(request, db, who, found, form, status=422)
    await keeping.hold(db, who, found.id, form["reason"])
    return go(request, f"/documents/{found.id}", note="The document is on hold.")


async def _show(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    document: Document,
    form: HoldForm,
    *,
    replacing: str = "",
    status: int = 200,
) -> Response[Any]:
    own = keeping.is_own(who, document) and may(who, P.DOCUMENTS_WRITE)
    return page(
        request,
        "documents/show.html",
        status=status,
        document=document,
        why=finding.why_closed(document) if not document.is_open else "",
        pages=await finding.previews(db, document) if document.is_open else [],
        versions=await finding.versions(db, who, document),
        back=await list_of(db, who, document),
        may_replace=own and document.replaced_at is None and document.attached_at is not None,
        may_delete=own,
        may_hold=may(who, P.DOCUMENTS_HOLD),
        form=form,
        replacing=replacing,
        history=await timeline(db, who, "document", document.id, limit=_HISTORY)
        if may(who, P.TRAIL_READ)
        else [],
    )


@get("/files/{document:str}", permission=P.ANYONE)
async def by_signed_address(request: Request[Any, Any, Any], document: FromPath[str]) -> Response[Any]:
    """Give the content on the files' own origin, where no cookie comes along."""
    state = request.app.state
    if (
        not state.settings.files_url
        or request.headers.get("host") != urlsplit(state.settings.files_url).netloc
    ):
        raise NotFoundError
    async with state.database.gate() as db:
        found = await session.find_by_hash(db, state.settings, request.query_params.get("of", ""))
    who = downloads.check_signed(request, row_id(document), found)
    async with state.database.work(who) as db:
        to_open = await finding.to_open(db, who, row_id(document))
    return await downloads.content(request, to_open)


HANDLERS = [by_signed_address, show, file, picture, replace, delete, hold]

"""What people say about records: the list of threads, one thread, and saying something.

Messages and internal notes have addresses of their own. The form of one can't send to the other: it can only
ask whether what was typed shall leave the house.
"""

from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from portal.access.permissions import P
from portal.errors import BadInputError, NotFoundError, RefusalError
from portal.languages import _
from portal.models.threads import Audience
from portal.web import once
from portal.web.depends import Db, Who
from portal.web.documents import SentForm, read_form
from portal.web.forms import clean
from portal.web.page import go, page, wants_fragment
from portal.web.reading import row_id
from portal.web.threads import thread_on
from portal.workflows.threads import listing, saying, subjects


@get("/messages", permission=P.MESSAGES_READ)
async def index(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    everybodys = who.is_supplier or request.query_params.get("view") == "all"
    return page(
        request,
        "messages/index.html",
        threads=await listing.headings(db, who, everybodys=everybodys),
        everybodys=everybodys,
        unread=await listing.unread(db, who),
    )


@get("/messages/{table:str}/{record:str}", permission=P.MESSAGES_READ)
async def show(
    request: Request[Any, Any, Any], db: Db, who: Who, table: FromPath[str], record: FromPath[str]
) -> Response[Any]:
    found = await subjects.record_of(db, who, table, row_id(record))
    return page(request, "messages/show.html", thread=await thread_on(request, db, who, found))


@post(
    "/messages/{table:str}/{record:str}",
    permission=P.MESSAGES_WRITE,
    status_code=200,
    request_max_body_size=None,
)
async def send(
    request: Request[Any, Any, Any], db: Db, who: Who, table: FromPath[str], record: FromPath[str]
) -> Response[Any]:
    found = await subjects.record_of(db, who, table, row_id(record))
    sent = await read_form(request, db, who)
    words = _words(sent.data)
    try:
        _refuse_left_out(sent)
        await saying.say(db, who, found, clean(words), document_ids=sent.ids)
    except (RefusalError, ValueError) as refused:
        return await _refused(request, db, who, found, refused, sent, message=words)
    return await _said(request, db, who, found)


@post(
    "/messages/{table:str}/{record:str}/notes",
    permission=P.NOTES_WRITE,
    status_code=200,
    request_max_body_size=None,
)
async def note(
    request: Request[Any, Any, Any], db: Db, who: Who, table: FromPath[str], record: FromPath[str]
) -> Response[Any]:
    """Keep a note among ourselves, or ask before its words are sent to the other side."""
    found = await subjects.record_of(db, who, table, row_id(record))
    sent = await read_form(request, db, who)
    words = _words(sent.data)
    if sent.data.get("share") and words.strip() and not sent.refused:
        return await _thread(request, db, who, found, sent, typed={"share": words})
    try:
        _refuse_left_out(sent)
        await saying.say(db, who, found, clean(words), audience=Audience.INTERNAL, document_ids=sent.ids)
    except (RefusalError, ValueError) as refused:
        return await _refused(request, db, who, found, refused, sent, note=words)
    return await _said(request, db, who, found)


@post(
    "/messages/{table:str}/{record:str}/{audience:str}/{said:str}",
    permission=P.MESSAGES_WRITE,
    status_code=200,
)
async def change(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    table: FromPath[str],
    record: FromPath[str],
    audience: FromPath[str],
    said: FromPath[str],
) -> Response[Any]:
    found = await subjects.record_of(db, who, table, row_id(record))
    mine = await saying.own(db, who, found, _audience(audience), row_id(said))
    try:
        words = _words(await request.form())
        await saying.change(db, who, found, _audience(audience), mine, clean(words))
    except ValueError as refused:
        return await _refused(request, db, who, found, refused)
    return await _said(request, db, who, found)


@post(
    "/messages/{table:str}/{record:str}/{audience:str}/{said:str}/removal",
    permission=P.MESSAGES_WRITE,
    status_code=200,
)
async def retract(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    table: FromPath[str],
    record: FromPath[str],
    audience: FromPath[str],
    said: FromPath[str],
) -> Response[Any]:
    found = await subjects.record_of(db, who, table, row_id(record))
    mine = await saying.own(db, who, found, _audience(audience), row_id(said))
    await saying.retract(db, who, mine)
    return await _said(request, db, who, found)


def _words(data: FormMultiDict) -> str:
    given = data.get("words")
    return given if isinstance(given, str) else ""


def _refuse_left_out(sent: SentForm) -> None:
    """Nothing is said without a file that was to come with it; the others stay in the form."""
    if sent.refused:
        raise BadInputError(" ".join(f"{each.name}: {each.sentence}" for each in sent.refused))


def _audience(text: str) -> Audience:
    try:
        return Audience(text)
    except ValueError:
        raise NotFoundError from None


async def _said(request: Request[Any, Any, Any], db: Db, who: Who, record: Any) -> Response[Any]:
    """Show the thread with what was just said: in its place, or by going back to its page."""
    await db.flush()
    if wants_fragment(request):
        return once.done(request, await _thread(request, db, who, record))
    return go(request, subjects.page_of(who, record), note=_("Done."))


async def _refused(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    record: Any,
    refused: Exception,
    sent: SentForm | None = None,
    **typed: str,
) -> Response[Any]:
    if isinstance(refused, NotFoundError):
        raise refused
    typed["problem"] = str(refused)
    return await _thread(request, db, who, record, sent, typed=typed, status=422)


async def _thread(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    record: Any,
    sent: SentForm | None = None,
    *,
    typed: dict[str, str] | None = None,
    status: int = 200,
) -> Response[Any]:
    """Show the thread; ``typed`` is what stands in its forms: ``message``, ``note`` or ``share``.

    ``sent`` holds the documents of that form.
    """
    return page(
        request,
        "messages/show.html",
        "threads/_thread.html",
        status=status,
        thread=await thread_on(request, db, who, record),
        typed=typed or {},
        held_documents=sent.documents if sent else [],
    )


HANDLERS = [index, show, send, note, change, retract]

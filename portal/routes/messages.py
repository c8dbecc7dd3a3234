"""What people say about records: the list of threads, one thread, and saying something.

Messages and internal notes have addresses of their own. The form of one can't send to the other: it can only
ask whether what was typed shall leave the house.
"""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from portal.access.permissions import P
from portal.errors import NotFoundError, RefusalError
from portal.languages import _
from portal.models.threads import Audience
from portal.web.depends import Db, Who
from portal.web.forms import clean
from portal.web.page import go, page, wants_fragment
from portal.web.reading import row_id
from portal.workflows.threads import reading, saying, subjects


@get("/messages", permission=P.MESSAGES_READ)
async def index(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    everybodys = who.is_supplier or request.query_params.get("view") == "all"
    return page(
        request,
        "messages/index.html",
        threads=await reading.headings(db, who, everybodys=everybodys),
        everybodys=everybodys,
        unread=await reading.unread(db, who),
    )


@get("/messages/{table:str}/{record:str}", permission=P.MESSAGES_READ)
async def show(
    request: Request[Any, Any, Any], db: Db, who: Who, table: FromPath[str], record: FromPath[str]
) -> Response[Any]:
    found = await subjects.record_of(db, who, table, row_id(record))
    return page(request, "messages/show.html", thread=await reading.thread_of(db, who, found))


@post("/messages/{table:str}/{record:str}", permission=P.MESSAGES_WRITE, status_code=200)
async def send(
    request: Request[Any, Any, Any], db: Db, who: Who, table: FromPath[str], record: FromPath[str]
) -> Response[Any]:
    found = await subjects.record_of(db, who, table, row_id(record))
    words = await _words(request)
    try:
        await saying.say(db, who, found, clean(words))
    except (RefusalError, ValueError) as refused:
        return await _refused(request, db, who, found, refused, message=words)
    return await _said(request, db, who, found)


@post("/messages/{table:str}/{record:str}/notes", permission=P.NOTES_WRITE, status_code=200)
async def note(
    request: Request[Any, Any, Any], db: Db, who: Who, table: FromPath[str], record: FromPath[str]
) -> Response[Any]:
    """Keep a note among ourselves, or ask before its words are sent to the other side."""
    found = await subjects.record_of(db, who, table, row_id(record))
    data = await request.form()
    words = await _words(request)
    if data.get("share") and words.strip():
        return await _thread(request, db, who, found, typed={"share": words})
    try:
        await saying.say(db, who, found, clean(words), audience=Audience.INTERNAL)
    except (RefusalError, ValueError) as refused:
        return await _refused(request, db, who, found, refused, note=words)
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
        await saying.change(db, who, found, _audience(audience), mine, clean(await _words(request)))
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
    saying.retract(await saying.own(db, who, found, _audience(audience), row_id(said)))
    return await _said(request, db, who, found)


async def _words(request: Request[Any, Any, Any]) -> str:
    given = (await request.form()).get("words")
    return given if isinstance(given, str) else ""


def _audience(text: str) -> Audience:
    try:
        return Audience(text)
    except ValueError:
        raise NotFoundError from None


async def _said(request: Request[Any, Any, Any], db: Db, who: Who, record: Any) -> Response[Any]:
    """Show the thread with what was just said: in its place, or by going back to its page."""
    await db.flush()
    if wants_fragment(request):
        return await _thread(request, db, who, record)
    return go(request, subjects.page_of(who, record), note=_("Done."))


async def _refused(
    request: Request[Any, Any, Any], db: Db, who: Who, record: Any, refused: Exception, **typed: str
) -> Response[Any]:
    if isinstance(refused, NotFoundError):
        raise refused
    return await _thread(request, db, who, record, typed={**typed, "problem": str(refused)}, status=422)


async def _thread(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    record: Any,
    *,
    typed: dict[str, str] | None = None,
    status: int = 200,
) -> Response[Any]:
    """Show the thread; ``typed`` is what stands in its forms: ``message``, ``note`` or ``share``."""
    return page(
        request,
        "messages/show.html",
        "threads/_thread.html",
        status=status,
        thread=await reading.thread_of(db, who, record),
        typed=typed or {},
    )


HANDLERS = [index, show, send, note, change, retract]

"""Ending mails of a kind, from the mail itself: the mail program's own button, or ours after a look.

Opening the link changes nothing, because mail scanners do it. No session is needed: the link names one reader
and one kind of mail, and is signed.
"""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromQuery

from portal import languages
from portal.access.permissions import P
from portal.access.principal import system
from portal.errors import NotReadyError
from portal.models.mailing import Wish
from portal.web.page import page
from portal.workflows import mail_choices


@get("/unsubscribe", permission=P.ANYONE)
async def look(request: Request[Any, Any, Any], token: FromQuery[str] = "") -> Response[Any]:
    return await _page(request, token, done=False)


@post("/unsubscribe", permission=P.ANYONE, no_session=True, status_code=200)
async def unsubscribe(request: Request[Any, Any, Any], token: FromQuery[str] = "") -> Response[Any]:
    return await _page(request, token, done=True)


async def _page(request: Request[Any, Any, Any], token: str, *, done: bool) -> Response[Any]:
    try:
        async with request.app.state.database.work(system("unsubscribe")) as db:
            topic, reader = await mail_choices.read(db, token)
            languages.speak(await mail_choices.language_of(db, reader))
            if done:
                await mail_choices.choose(db, reader, topic, Wish.NEVER)
    except NotReadyError as over:
        return page(request, "sign_in/over.html", status=410, sentence=over.sentence)
    return page(
        request,
        "unsubscribe/show.html",
        token=token,
        topic=topic,
        done=done,
        has_account=not reader.is_contact,
    )


HANDLERS = [look, unsubscribe]

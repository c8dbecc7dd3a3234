"""The calendar of last valid days: subscribed to by an address with a token, shown once, revoked at will."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from portal.access.permissions import P
from portal.errors import NotFoundError
from portal.languages import _
from portal.web.depends import Db, Who
from portal.web.page import go, page
from portal.workflows import tokens
from portal.workflows.certificates import feed

_HERE = "/certificates/calendar"


@get(_HERE, permission=P.CERTIFICATES_READ)
async def show(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    return page(
        request, "certificates/calendar.html", subscription=await feed.subscription(db, who), address=""
    )


@post(_HERE, permission=P.CERTIFICATES_READ, status_code=200)
async def subscribe(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    """Make an address. This answer is the only one that shows it."""
    token = await feed.subscribe(db, who)
    return page(
        request,
        "certificates/calendar.html",
        subscription=await feed.subscription(db, who),
        address=f"{request.app.state.settings.base_url}{_HERE}/{token}.ics",
    )


@post(f"{_HERE}/revocation", permission=P.CERTIFICATES_READ, status_code=200)
async def revoke(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    await feed.revoke(db, who)
    return go(request, _HERE, note=_("The address no longer works."))


@get(f"{_HERE}/{{token:str}}", permission=P.ANYONE)
async def calendar(request: Request[Any, Any, Any], db: Db, token: FromPath[str]) -> Response[bytes]:
    """Give the calendar to a program that has the address; it has no session."""
    if not token.endswith(".ics") or len(token) > tokens.LONGEST:
        raise NotFoundError
    who = await feed.owner_of(db, token.removesuffix(".ics"))
    # From here on as the owner: without one, the database shows nothing.
    async with request.app.state.database.work(who) as theirs:
        content = await feed.calendar(theirs, who, request.app.state.settings.base_url)
    return Response(
        content,
        media_type="text/calendar",
        headers={"Cache-Control": "private, max-age=900", "Content-Disposition": "inline"},
    )


HANDLERS = [show, subscribe, revoke, calendar]

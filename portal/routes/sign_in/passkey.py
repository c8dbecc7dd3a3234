"""Signing in with a passkey, and showing with one that it is still the same person."""

from typing import Any

from litestar import Request, Response, post
from litestar.enums import MediaType

from portal.access.permissions import P
from portal.errors import NotFoundError, TooManyError
from portal.models.people import SignInMethod
from portal.routes.sign_in.again import refused_proof
from portal.routes.sign_in.password import SignInForm
from portal.web import entering, session
from portal.web.depends import Db, Who
from portal.web.page import go, page, safe_next
from portal.workflows import passkeys, sign_in

PER_ADDRESS = 30


@post("/sign-in/passkey/options", permission=P.ANYONE, status_code=200)
async def ask(request: Request[Any, Any, Any], db: Db) -> Response[str]:
    return as_json(await passkeys.ask(db, where(request)))


@post("/sign-in/passkey", permission=P.ANYONE, status_code=200)
async def enter(request: Request[Any, Any, Any], db: Db) -> Response[Any]:
    data = await request.form()
    target = safe_next(str(data.get("next", "/")))
    address = session.client_address(request, request.app.state.settings)
    key = f"passkey:{address}"
    form = SignInForm()
    try:
        await sign_in.refuse_when_too_many(db, key, address, most=PER_ADDRESS)
    except TooManyError as refused:
        form.refuse("", refused.sentence)
        headers = {"Retry-After": str(refused.retry_after)}
        return page(request, "sign_in/show.html", status=429, headers=headers, form=form, next=target)
    person = await passkeys.use(db, where(request), str(data.get("credential", "")))
    if person is None:
        await sign_in.failed(db, key, address)
        form.refuse("", passkeys.WRONG)
        return page(request, "sign_in/show.html", status=422, form=form, next=target)
    return await entering.complete(request, db, person, SignInMethod.PASSKEY, target)


@post("/sign-in/again/passkey/options", permission=P.SIGNED_IN, status_code=200)
async def ask_again(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[str]:
    return as_json(await passkeys.ask(db, where(request), who.person_id))


@post("/sign-in/again/passkey", permission=P.SIGNED_IN, status_code=200)
async def prove(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    data = await request.form()
    target = safe_next(str(data.get("next", "/")))
    if await passkeys.use(db, where(request), str(data.get("credential", "")), who.person_id) is None:
        return await refused_proof(request, db, who, target, passkeys.WRONG)
    answer = go(request, target)
    settings = request.app.state.settings
    answer.set_cookie(session.cookie(settings, await session.renew(db, who.session_hash)))
    return answer


def where(request: Request[Any, Any, Any]) -> passkeys.Place:
    """Give where passkeys count; the page does not exist where browsers have none."""
    found = passkeys.place(request.app.state.settings)
    if found is None:
        raise NotFoundError
    return found


def as_json(text: str) -> Response[str]:
    return Response(text, media_type=MediaType.JSON, headers={"Cache-Control": "no-store"})


HANDLERS = [ask, enter, ask_again, prove]

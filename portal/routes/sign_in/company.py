"""Signing in with the company's own account: the way there, and what its answer opens.

A form that redirects elsewhere is stopped by our own Content-Security-Policy, and rightly; a page sends the
browser on instead.
"""

import secrets
from typing import Any

from litestar import Request, Response, get, post

from portal import clock
from portal.access.permissions import P
from portal.access.principal import Principal
from portal.errors import NotFoundError, NotReadyError, RefusalError
from portal.mail.messages import AccountChange
from portal.models.identity import CompanyPurpose, CompanySignIn
from portal.models.people import Person
from portal.settings import Settings
from portal.web import entering, session
from portal.web.depends import Db, Who
from portal.web.guard import is_fresh
from portal.web.page import go, page, safe_next
from portal.workflows import account, invitations, notices, sign_in, tokens
from portal.workflows.company import attempts, identities
from portal.workflows.company.provider import FRESH, Claims, Provider

CALLBACK = "/sign-in/company/callback"
PER_ADDRESS = 30
LOST = (
    "This sign-in was not begun in this browser, took longer than 10 minutes, or was used already."
    " Nothing was opened. Start again."
)
NOT_AGAIN = "You were signed in there already, and were not asked again. Prove it another way."
SOMEBODY_ELSE = "This is somebody else's company account. Use your own."


@post("/sign-in/company", permission=P.ANYONE, status_code=200)
async def enter(request: Request[Any, Any, Any], db: Db) -> Response[Any]:
    target = safe_next(str((await request.form()).get("next", "/")))
    return await _leave(request, db, CompanyPurpose.SIGN_IN, target=target)


@post("/sign-in/again/company", permission=P.SIGNED_IN, status_code=200)
async def prove(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    target = safe_next(str((await request.form()).get("next", "/")))
    return await _leave(request, db, CompanyPurpose.PROVE, target=target, person_id=who.person_id)


@post("/account/company", permission=P.SIGNED_IN, status_code=200, fresh=True)
async def connect(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    if who.is_supplier:
        raise NotFoundError
    return await _leave(request, db, CompanyPurpose.CONNECT, person_id=who.person_id)


@post("/account/company/removal", permission=P.SIGNED_IN, status_code=200, fresh=True)
async def disconnect(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    person = await account.mine(db, who)
    if await identities.disconnect(db, person, keep_a_way=True):
        await notices.tell(db, request.app.state.settings, person, AccountChange.COMPANY_OFF)
    return go(request, "/account?done=company-off")


@post("/invitation/company", permission=P.ANYONE, status_code=200)
async def accept(request: Request[Any, Any, Any], db: Db) -> Response[Any]:
    token = str((await request.form()).get("token", ""))
    try:
        invitation = await invitations.look(db, token)
    except NotReadyError as over:
        return page(request, "sign_in/over.html", status=410, sentence=over.sentence)
    if invitation.role.is_supplier:
        raise NotFoundError
    return await _leave(request, db, CompanyPurpose.ACCEPT, invitation_id=invitation.id)


@get(CALLBACK, permission=P.ANYONE)
async def come_back(request: Request[Any, Any, Any], db: Db) -> Response[Any]:
    """Take the provider's answer: once, from the browser that was sent there, whatever it says."""
    settings: Settings = request.app.state.settings
    provider = _provider(request)
    token = request.cookies.get(session.company_name(settings), "")
    key = f"company:{session.client_address(request, settings)}"
    try:
        said, attempt = await _answered(request, provider, token, key)
        async with db.begin_nested():  # a refusal changes nothing, and is still a page
            answer = await _open(request, db, said, attempt)
    except RefusalError as refused:
        answer = _problem(request, refused)
    answer.set_cookie(session.company_cookie(settings, "", 0))
    return answer


async def _answered(
    request: Request[Any, Any, Any], provider: Provider, token: str, key: str
) -> tuple[Claims, CompanySignIn]:
    """Use the attempt up and ask the provider, holding no transaction while it thinks."""
    given = request.query_params
    address = session.client_address(request, request.app.state.settings)
    async with request.app.state.database.gate() as db:
        await sign_in.refuse_when_too_many(db, key, address, most=PER_ADDRESS)
        attempt = await attempts.take(db, token, given.get("state", ""))
        if attempt is None:
            await sign_in.failed(db, key, address)
    # RFC 9207: an answer that names another issuer was meant for somebody else.
    if attempt is None or not secrets.compare_digest(
        given.get("iss", provider.config.issuer).encode(), provider.config.issuer.encode()
    ):
        raise NotReadyError(LOST)
    code = given.get("code", "")
    if not code:
        raise NotReadyError("You did not sign in there, so nothing was opened. Start again.")
    return await provider.claims(code, _redirect(request), attempts.bound(token)), attempt


async def _open(
    request: Request[Any, Any, Any], db: Db, said: Claims, attempt: CompanySignIn
) -> Response[Any]:
    settings: Settings = request.app.state.settings
    who: Principal | None = request.scope["state"].get("who")
    if attempt.purpose is CompanyPurpose.ACCEPT:
        person = await invitations.accept_without_password(db, attempt.invitation_id or 0)
        await identities.connect(db, person, said)
        return await entering.after_company(request, db, person, said, "/account?done=welcome-company")
    if attempt.person_id is not None and (who is None or who.person_id != attempt.person_id):
        raise NotReadyError(LOST)
    if attempt.purpose is CompanyPurpose.CONNECT:
        if who is None or not is_fresh(who):
            raise NotReadyError(LOST)
        person = await account.mine(db, who)
        await identities.connect(db, person, said)
        await notices.tell(db, settings, person, AccountChange.COMPANY_ON, detail=said.account)
        return go(request, "/account?done=company-on")
    found: Person | None = await identities.enter(db, said)
    if found is None:
        raise NotReadyError(identities.UNKNOWN)
    if attempt.purpose is CompanyPurpose.PROVE:
        if found.id != attempt.person_id:
            raise NotReadyError(SOMEBODY_ELSE)
        if said.signed_in_at is None or abs(clock.now() - said.signed_in_at) > FRESH:
            raise NotReadyError(NOT_AGAIN)
    return await entering.after_company(request, db, found, said, attempt.target)


async def _leave(
    request: Request[Any, Any, Any],
    db: Db,
    purpose: CompanyPurpose,
    *,
    target: str = "/",
    person_id: int | None = None,
    invitation_id: int | None = None,
) -> Response[Any]:
    settings: Settings = request.app.state.settings
    provider = _provider(request)
    token = tokens.new()
    try:
        where = await provider.address(
            _redirect(request), attempts.bound(token), again=purpose is CompanyPurpose.PROVE
        )
    except RefusalError as down:
        return _problem(request, down)
    await attempts.begin(db, token, purpose, target=target, person_id=person_id, invitation_id=invitation_id)
    answer = page(request, "sign_in/company_leave.html", where=where, name=provider.name)
    answer.set_cookie(session.company_cookie(settings, token, int(attempts.VALID.total_seconds())))
    return answer


def _problem(request: Request[Any, Any, Any], refused: RefusalError) -> Response[Any]:
    headers = {"Retry-After": str(refused.retry_after)} if refused.retry_after else {}
    return page(
        request,
        "sign_in/company_problem.html",
        status=refused.status,
        headers=headers,
        sentence=refused.sentence,
    )


def _redirect(request: Request[Any, Any, Any]) -> str:
    """Where the provider sends the browser: our own configured address, whatever a Host header says."""
    return f"{request.app.state.settings.base_url}{CALLBACK}"


def _provider(request: Request[Any, Any, Any]) -> Provider:
    """Give the company's provider; the page does not exist where none is configured."""
    found: Provider | None = request.app.state.company
    if found is None:
        raise NotFoundError
    return found


HANDLERS = [enter, prove, connect, disconnect, accept, come_back]

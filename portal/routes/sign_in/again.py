"""Showing once more who one is, before a step that matters: the session gets a new token."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromQuery

from portal.access.permissions import P
from portal.errors import TooManyError
from portal.languages import N_
from portal.web import session
from portal.web.depends import Db, Who
from portal.web.forms import Form, text
from portal.web.page import go, page, safe_next
from portal.workflows import account, passwords, second_factor
from portal.workflows.company import identities

USE_PASSKEY = N_("Use your passkey to go on. Your password alone is not enough here.")


class ProofForm(Form):
    password = text(N_("Password"), limit=passwords.MAX_LENGTH, required=False)
    code = text(N_("Code"), limit=64, required=False)


@get("/signed-in", permission=P.HOME)
async def back(request: Request[Any, Any, Any]) -> Response[Any]:
    """Where signing in again in another tab ends; a page with files gets its new token from here."""
    return page(request, "sign_in/signed_in.html", "sign_in/_signed_in.html")


@get("/sign-in/again", permission=P.SIGNED_IN)
async def show(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    next: FromQuery[str] = "/",  # noqa: A002 # the word in the address
) -> Response[Any]:
    return await _page(request, db, who, ProofForm(), safe_next(next))


@post("/sign-in/again", permission=P.SIGNED_IN, status_code=200)
async def prove(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    data = await request.form()
    form = ProofForm.of(data)
    target = safe_next(str(data.get("next", "/")))
    settings = request.app.state.settings
    person = await account.mine(db, who)
    if await _needs_passkey(request, db, who):
        return await refused_proof(request, db, who, target, USE_PASSKEY)
    password, code = str(data.get("password", "")), form.typed["code"]
    try:
        wrong = await account.prove_fully(
            db,
            request.app.state.keyring,
            person,
            password,
            code,
            address=session.client_address(request, settings),
        )
    except TooManyError as refused:
        form.refuse("password", refused.sentence)
        headers = {"Retry-After": str(refused.retry_after)}
        return await _page(request, db, who, form, target, status=429, headers=headers)
    for name, sentence in wrong.items():
        form.refuse(name, sentence)
    if wrong:
        return await _page(request, db, who, form, target, status=422)
    answer = go(request, target)
    answer.set_cookie(session.cookie(settings, await session.renew(db, who.session_hash)))
    return answer


async def _page(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    form: ProofForm,
    target: str,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response[Any]:
    oidc = request.app.state.settings.oidc
    return page(
        request,
        "sign_in/again.html",
        status=status,
        headers=headers,
        form=form,
        next=target,
        factors=await second_factor.state(db, who.person_id),
        needs_passkey=await _needs_passkey(request, db, who),
        has_company=oidc is not None and await identities.of(db, who.person_id, oidc.issuer) is not None,
    )


async def _needs_passkey(request: Request[Any, Any, Any], db: Db, who: Who) -> bool:
    """Say whether a password would be too little: what lets somebody in is also what proves it is them."""
    found = await second_factor.state(db, who.person_id)
    rule = request.app.state.settings.require_second_factor and who.is_staff
    return bool(rule and found.passkeys and not found.has_app)


async def refused_proof(
    request: Request[Any, Any, Any], db: Db, who: Who, target: str, sentence: str
) -> Response[Any]:
    form = ProofForm()
    form.refuse("", sentence)
    return await _page(request, db, who, form, target, status=422)


HANDLERS = [back, show, prove]

"""After the password: a code, or setting up what makes codes."""

from typing import Any

from litestar import Request, Response, get, post

from portal.access.permissions import P
from portal.errors import BadInputError, TooManyError
from portal.languages import N_
from portal.models.identity import HalfSignIn
from portal.models.people import Person
from portal.web import entering, session
from portal.web.depends import Db
from portal.web.forms import Form, text
from portal.web.page import go, page
from portal.workflows import half_sign_in, second_factor, sign_in


class CodeForm(Form):
    code = text(N_("Code"), limit=64, ask=N_("Enter the code that your app shows now."))


@get("/sign-in/code", permission=P.ANYONE)
async def ask(request: Request[Any, Any, Any], db: Db) -> Response[Any]:
    found = await _waiting(request, db)
    if found is None:
        return go(request, "/sign-in")
    return page(request, "sign_in/code.html", form=CodeForm(), email=found[1].email)


@post("/sign-in/code", permission=P.ANYONE, status_code=200)
async def enter(request: Request[Any, Any, Any], db: Db) -> Response[Any]:
    found = await _waiting(request, db)
    if found is None:
        return go(request, "/sign-in")
    half, person = found
    form = await CodeForm.read(request)
    address = session.client_address(request, request.app.state.settings)
    key = sign_in.code_key(person)
    try:
        await sign_in.refuse_when_too_many(db, key, address, most=second_factor.PER_ACCOUNT)
    except TooManyError as refused:
        form.refuse("code", refused.sentence)
        headers = {"Retry-After": str(refused.retry_after)}
        return page(request, "sign_in/code.html", status=429, headers=headers, form=form, email=person.email)
    if form.is_good and await second_factor.take(db, request.app.state.keyring, person.id, form["code"]):
        return await entering.complete(request, db, person, half_sign_in.with_code(half), half.target)
    if form.is_good:
        await sign_in.failed(db, key, address)
        form.refuse("code", second_factor.WRONG)
    return page(request, "sign_in/code.html", status=422, form=form, email=person.email)


@get("/sign-in/second-factor", permission=P.ANYONE)
async def offer(request: Request[Any, Any, Any], db: Db) -> Response[Any]:
    found = await _waiting(request, db)
    if found is None:
        return go(request, "/sign-in")
    state = await second_factor.state(db, found[1].id)
    if state.passkeys and not state.has_app:
        return page(request, "sign_in/use_passkey.html", email=found[1].email, next=found[0].target)
    return go(request, "/sign-in") if state.is_set_up else _set_up(request, found[1], CodeForm())


@post("/sign-in/second-factor", permission=P.ANYONE, status_code=200)
async def set_up(request: Request[Any, Any, Any], db: Db) -> Response[Any]:
    """Take the app, sign in, and show the recovery codes: this once and never again."""
    found = await _waiting(request, db)
    if found is None or (await second_factor.state(db, found[1].id)).is_set_up:
        return go(request, "/sign-in")
    half, person = found
    form = await CodeForm.read(request)
    if not form.is_good:
        return _set_up(request, person, form, status=422)
    try:
        codes = await second_factor.set_up(
            db, request.app.state.keyring, person.id, _secret(request), form["code"]
        )
    except BadInputError as refused:
        form.refuse("code", refused.sentence)
        return _set_up(request, person, form, status=422)
    answer = page(request, "sign_in/recovery_codes.html", codes=codes, target=half.target)
    return await entering.complete(
        request, db, person, half_sign_in.with_code(half), half.target, answer=answer
    )


async def _waiting(request: Request[Any, Any, Any], db: Db) -> tuple[HalfSignIn, Person] | None:
    return await half_sign_in.find(db, request.cookies.get(session.half_name(request.app.state.settings)))


def _secret(request: Request[Any, Any, Any]) -> str:
    """Give the key that this browser is shown until it is set up."""
    return half_sign_in.app_secret(request.cookies.get(session.half_name(request.app.state.settings), ""))


def _set_up(
    request: Request[Any, Any, Any], person: Person, form: Form, *, status: int = 200
) -> Response[Any]:
    secret = _secret(request)
    issuer = second_factor.issuer(request.app.state.org.current.short_name)
    return page(
        request,
        "sign_in/set_up.html",
        status=status,
        form=form,
        secret=second_factor.in_groups(secret),
        link=second_factor.app_link(secret, person.email, issuer),
        email=person.email,
    )


HANDLERS = [ask, enter, offer, set_up]

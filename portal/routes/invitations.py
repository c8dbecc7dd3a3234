"""Where the link of an invitation leads: looking changes nothing, sending the form opens the account."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromQuery

from portal.access.permissions import P
from portal.access.principal import ROLE_LABELS
from portal.errors import BadInputError, NotReadyError
from portal.languages import N_, _
from portal.models.identity import Invitation
from portal.models.people import SignInMethod
from portal.routes.sign_in.passkey import as_json, where
from portal.web import entering
from portal.web.depends import Db
from portal.web.forms import Form, text
from portal.web.page import page
from portal.workflows import account, invitations, passkeys, passwords, sessions


class WelcomeForm(Form):
    name = text(N_("Your name"), limit=200, ask=N_("Enter your name."))
    password = text(N_("Password"), limit=4 * passwords.MAX_LENGTH, ask=N_("Choose a password."))


@get("/invitation", permission=P.ANYONE)
async def show(request: Request[Any, Any, Any], db: Db, token: FromQuery[str] = "") -> Response[Any]:
    try:
        invitation = await invitations.look(db, token)
    except NotReadyError as over:
        return _over(request, over.sentence)
    return await _welcome(request, db, invitation, token, WelcomeForm({"name": invitation.name}))


@post("/invitation", permission=P.ANYONE, status_code=200)
async def accept(request: Request[Any, Any, Any], db: Db) -> Response[Any]:
    data = await request.form()
    token = str(data.get("token", ""))
    form = WelcomeForm.of(data)
    try:
        invitation = await invitations.look(db, token)
        if not form.is_good or request.scope["state"].get("who") is not None:
            return await _welcome(request, db, invitation, token, form, status=422)
        person = await invitations.accept(db, token, form["name"], str(data.get("password", "")))
    except BadInputError as refused:
        form.refuse("password", refused.sentence)
        return await _welcome(request, db, invitation, token, form, status=422)
    except NotReadyError as over:
        return _over(request, over.sentence)
    return await entering.after_password(request, db, person, "/account?done=welcome")


@post("/invitation/passkey/options", permission=P.ANYONE, status_code=200)
async def ask_for_passkey(
    request: Request[Any, Any, Any], db: Db, token: FromQuery[str] = ""
) -> Response[str]:
    invitation = await invitations.look(db, token)
    house = request.app.state.org.current.short_name
    return as_json(await passkeys.ask_invited(db, where(request), invitation, house))


@post("/invitation/passkey", permission=P.ANYONE, status_code=200)
async def accept_with_passkey(request: Request[Any, Any, Any], db: Db) -> Response[Any]:
    data = await request.form()
    token, answer = str(data.get("token", "")), str(data.get("credential", ""))
    device = sessions.device(request.headers.get("user-agent", ""))
    try:
        invitation = await invitations.look(db, token)
        form = WelcomeForm({"name": invitation.name})
        if request.scope["state"].get("who") is not None:
            return await _welcome(request, db, invitation, token, form, status=422)
        person = await invitations.accept_with_passkey(db, where(request), token, answer, device)
    except BadInputError as refused:
        form.refuse("", refused.sentence)
        return await _welcome(request, db, invitation, token, form, status=422)
    except NotReadyError as over:
        return _over(request, over.sentence)
    return await entering.complete(request, db, person, SignInMethod.PASSKEY, "/account?done=welcome-passkey")


async def _welcome(
    request: Request[Any, Any, Any],
    db: Db,
    invitation: Invitation,
    token: str,
    form: WelcomeForm,
    *,
    status: int = 200,
) -> Response[Any]:
    return page(
        request,
        "sign_in/invitation.html",
        status=status,
        invitation=invitation,
        token=token,
        form=form,
        role=_(ROLE_LABELS[invitation.role]),
        company=await account.company(db, invitation.supplier_id),
    )


def _over(request: Request[Any, Any, Any], sentence: str) -> Response[Any]:
    return page(request, "sign_in/over.html", status=410, sentence=sentence)


HANDLERS = [show, accept, ask_for_passkey, accept_with_passkey]

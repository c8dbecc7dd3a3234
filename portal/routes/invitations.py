"""Where the link of an invitation leads: looking changes nothing, sending the form opens the account."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromQuery

from portal.access.permissions import P
from portal.access.principal import ROLE_LABELS
from portal.errors import BadInputError, NotReadyError
from portal.languages import N_, _
from portal.models.identity import Invitation
from portal.web import entering
from portal.web.depends import Db
from portal.web.forms import Form, text
from portal.web.page import page
from portal.workflows import account, invitations, passwords


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


HANDLERS = [show, accept]

"""A forgotten password: ask for a link, follow it, choose a new one."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromQuery

from portal.access.permissions import P
from portal.errors import BadInputError, NotReadyError, TooManyError
from portal.languages import N_
from portal.models.identity import LinkKind
from portal.web import entering, session
from portal.web.depends import Db
from portal.web.forms import Form, is_email, text
from portal.web.page import page
from portal.workflows import links, passwords


class AddressForm(Form):
    email = text(N_("Work e-mail"), limit=254, check=is_email, ask=N_("Enter your work e-mail address."))


class NewForm(Form):
    password = text(N_("New password"), limit=4 * passwords.MAX_LENGTH, ask=N_("Choose a new password."))


@get("/password-reset", permission=P.ANYONE)
async def show(request: Request[Any, Any, Any]) -> Response[Any]:
    return page(request, "sign_in/reset.html", form=AddressForm())


@post("/password-reset", permission=P.ANYONE, status_code=200)
async def ask(request: Request[Any, Any, Any], db: Db) -> Response[Any]:
    """Answer the same whether the address has an account or not."""
    form = await AddressForm.read(request)
    if not form.is_good:
        return page(request, "sign_in/reset.html", status=422, form=form)
    address = session.client_address(request, request.app.state.settings)
    try:
        await links.ask_for_reset(db, form["email"], address)
    except TooManyError as refused:
        form.refuse("email", refused.sentence)
        headers = {"Retry-After": str(refused.retry_after)}
        return page(request, "sign_in/reset.html", status=429, headers=headers, form=form)
    return page(request, "sign_in/reset_sent.html", email=form["email"])


@get("/password-reset/new", permission=P.ANYONE)
async def choose(request: Request[Any, Any, Any], db: Db, token: FromQuery[str] = "") -> Response[Any]:
    try:
        _, person = await links.look(db, token, LinkKind.PASSWORD_RESET)
    except NotReadyError as over:
        return page(request, "sign_in/over.html", status=410, sentence=over.sentence)
    return page(request, "sign_in/new_password.html", form=NewForm(), token=token, email=person.email)


@post("/password-reset/new", permission=P.ANYONE, status_code=200)
async def change(request: Request[Any, Any, Any], db: Db) -> Response[Any]:
    data = await request.form()
    token = str(data.get("token", ""))
    form = NewForm.of(data)
    try:
        _, person = await links.look(db, token, LinkKind.PASSWORD_RESET)
        if form.is_good:
            password = str(data.get("password", ""))
            person = await links.reset_password(db, request.app.state.settings, token, password)
            return await entering.after_password(request, db, person, "/account?done=password")
    except NotReadyError as over:
        return page(request, "sign_in/over.html", status=410, sentence=over.sentence)
    except BadInputError as refused:
        form.refuse("password", refused.sentence)
    return page(request, "sign_in/new_password.html", status=422, form=form, token=token, email=person.email)


HANDLERS = [show, ask, choose, change]

"""Changing one's own address: asked in the account, confirmed from the new mailbox."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromQuery

from portal.access.permissions import P
from portal.errors import BadInputError, NotReadyError
from portal.languages import N_
from portal.mail.address import for_server
from portal.models.identity import LinkKind
from portal.web import session
from portal.web.depends import Db, Who
from portal.web.forms import Form, is_email, text
from portal.web.page import go, page
from portal.workflows import account, links


def _address(value: str) -> str:
    for_server(is_email(value))
    return value


class EmailForm(Form):
    email = text(N_("New e-mail"), limit=254, check=_address, ask=N_("Enter your new e-mail address."))


@get("/account/email", permission=P.SIGNED_IN, fresh=True)
async def edit(request: Request[Any, Any, Any]) -> Response[Any]:
    return page(request, "account/email.html", form=EmailForm())


@post("/account/email", permission=P.SIGNED_IN, status_code=200, fresh=True)
async def ask(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    form = await EmailForm.read(request)
    if form.is_good:
        try:
            person = await account.mine(db, who)
            await links.ask_for_email(db, request.app.state.settings, person, form["email"])
        except BadInputError as refused:
            form.refuse("email", refused.sentence)
        else:
            return go(request, "/account?done=email-asked")
    return page(request, "account/email.html", status=422, form=form)


@get("/email-change", permission=P.ANYONE)
async def look(request: Request[Any, Any, Any], db: Db, token: FromQuery[str] = "") -> Response[Any]:
    try:
        link, person = await links.look(db, token, LinkKind.EMAIL_CHANGE)
    except NotReadyError as over:
        return page(request, "sign_in/over.html", status=410, sentence=over.sentence)
    return page(request, "sign_in/email_change.html", token=token, old=person.email, new=link.email)


@post("/email-change", permission=P.ANYONE, status_code=200)
async def change(request: Request[Any, Any, Any], db: Db) -> Response[Any]:
    data = await request.form()
    settings = request.app.state.settings
    try:
        person = await links.change_email(db, settings, str(data.get("token", "")))
    except NotReadyError as over:
        return page(request, "sign_in/over.html", status=410, sentence=over.sentence)
    answer = page(request, "sign_in/email_changed.html", email=person.email)
    answer.set_cookie(session.no_cookie(settings))
    return answer


HANDLERS = [edit, ask, look, change]

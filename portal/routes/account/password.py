"""Changing one's own password."""

from typing import Any

from litestar import Request, Response, get, post

from portal.access.permissions import P
from portal.errors import BadInputError, TooManyError
from portal.languages import N_
from portal.mail.messages import AccountChange
from portal.web import session
from portal.web.depends import Db, Who
from portal.web.forms import Form, text
from portal.web.page import go, page
from portal.workflows import account, notices, passwords

DIFFERENT = N_("The two do not match. Type the new password in both fields.")


class PasswordForm(Form):
    """Only says which fields are empty: a password counts as typed, spaces around it included."""

    present = text(
        N_("Present password"), limit=passwords.MAX_LENGTH, ask=N_("Enter the password you have now.")
    )
    password = text(N_("New password"), limit=4 * passwords.MAX_LENGTH, ask=N_("Enter a new password."))
    again = text(N_("The new password again"), limit=4 * passwords.MAX_LENGTH, ask=N_("Enter it once more."))


@get("/account/password", permission=P.SIGNED_IN)
async def edit(request: Request[Any, Any, Any]) -> Response[Any]:
    return page(request, "account/password.html", form=PasswordForm())


@post("/account/password", permission=P.SIGNED_IN, status_code=200)
async def change(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    """Change it, end the other sessions, and give this one a new token."""
    data = await request.form()
    form = PasswordForm.of(data)
    present, new, again = (str(data.get(name, "")) for name in ("present", "password", "again"))
    if form.is_good and new != again:
        form.refuse("again", DIFFERENT)
    if not form.is_good:
        return page(request, "account/password.html", status=422, form=form)
    settings = request.app.state.settings
    person = await account.mine(db, who)
    try:
        proven = await account.prove(db, person, present, address=session.client_address(request, settings))
        if proven:
            await account.set_password(db, person, new, keep=who.session_hash)
            await notices.tell(db, settings, person, AccountChange.PASSWORD)
    except TooManyError as refused:
        form.refuse("present", refused.sentence)
        headers = {"Retry-After": str(refused.retry_after)}
        return page(request, "account/password.html", status=429, headers=headers, form=form)
    except BadInputError as refused:
        form.refuse("password", refused.sentence)
        return page(request, "account/password.html", status=422, form=form)
    if not proven:
        form.refuse("present", account.NOT_THIS)
        return page(request, "account/password.html", status=422, form=form)
    answer = go(request, "/account?done=password")
    answer.set_cookie(session.cookie(settings, await session.renew(db, who.session_hash)))
    return answer


HANDLERS = [edit, change]

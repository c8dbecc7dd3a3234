"""One's own authenticator app and recovery codes."""

import re
from typing import Any

from litestar import Request, Response, get, post

from portal.access.permissions import P
from portal.errors import BadInputError, NotReadyError
from portal.languages import N_
from portal.mail.messages import AccountChange
from portal.web.depends import Db, Who
from portal.web.forms import Form, text
from portal.web.page import go, page
from portal.workflows import account, notices, second_factor

NEEDED = N_("Our own people need a second factor. Add a passkey first, then remove the app.")


class AppForm(Form):
    secret = text(N_("Key"), limit=64)
    code = text(N_("Code"), limit=64, ask=N_("Enter the code that your app shows now."))


@get("/account/app", permission=P.SIGNED_IN, fresh=True)
async def offer(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    if (await second_factor.state(db, who.person_id)).has_app:
        return go(request, "/account")
    return _form(request, who, AppForm({"secret": second_factor.new_secret()}))


@post("/account/app", permission=P.SIGNED_IN, status_code=200, fresh=True)
async def set_up(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    form = await AppForm.read(request)
    if not re.fullmatch("[A-Z2-7]{32}", form.typed["secret"]):
        return go(request, "/account/app")
    if not form.is_good:
        return _form(request, who, form, status=422)
    person = await account.mine(db, who)
    try:
        codes = await second_factor.set_up(
            db, request.app.state.keyring, person.id, form["secret"], form["code"]
        )
    except BadInputError as refused:
        form.refuse("code", refused.sentence)
        return _form(request, who, form, status=422)
    await notices.tell(db, request.app.state.settings, person, AccountChange.TOTP_ON)
    return page(request, "account/recovery_codes.html", codes=codes)


@post("/account/app/removal", permission=P.SIGNED_IN, status_code=200, fresh=True)
async def remove(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    settings = request.app.state.settings
    person = await account.mine(db, who)
    found = await second_factor.state(db, person.id)
    if settings.require_second_factor and who.is_staff and not found.passkeys:
        raise NotReadyError(NEEDED)
    if found.has_app:
        await second_factor.remove(db, person.id)
        await notices.tell(db, settings, person, AccountChange.TOTP_OFF)
    return go(request, "/account?done=app-removed")


@post("/account/recovery-codes", permission=P.SIGNED_IN, status_code=200, fresh=True)
async def renew_codes(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    person = await account.mine(db, who)
    if not (await second_factor.state(db, person.id)).has_app:
        return go(request, "/account")
    codes = await second_factor.new_recovery_codes(db, person.id)
    await notices.tell(db, request.app.state.settings, person, AccountChange.RECOVERY_CODES)
    return page(request, "account/recovery_codes.html", codes=codes)


def _form(request: Request[Any, Any, Any], who: Who, form: AppForm, *, status: int = 200) -> Response[Any]:
    secret = form.typed["secret"]
    issuer = second_factor.issuer(request.app.state.org.current.short_name)
    return page(
        request,
        "account/app.html",
        status=status,
        form=form,
        secret=second_factor.in_groups(secret),
        link=second_factor.app_link(secret, who.email, issuer),
        email=who.email,
    )


HANDLERS = [offer, set_up, remove, renew_codes]

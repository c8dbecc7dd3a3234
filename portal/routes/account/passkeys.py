"""One's own passkeys: added and removed."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from portal.access.permissions import P
from portal.errors import BadInputError, NotReadyError
from portal.languages import N_
from portal.mail.messages import AccountChange
from portal.routes.sign_in.passkey import as_json, where
from portal.web.depends import Db, Who
from portal.web.forms import Form, text
from portal.web.page import go, page
from portal.web.reading import row_id
from portal.workflows import account, notices, passkeys, second_factor

NEEDED = N_("Our own people need a second factor. Add another one before you remove this passkey.")


class PasskeyForm(Form):
    name = text(N_("Name"), limit=80, ask=N_("Give it a name, so that you know it again."))


@get("/account/passkeys/new", permission=P.SIGNED_IN, fresh=True)
async def new(request: Request[Any, Any, Any]) -> Response[Any]:
    where(request)
    return page(request, "account/passkey.html", form=PasskeyForm())


@post("/account/passkeys/options", permission=P.SIGNED_IN, status_code=200, fresh=True)
async def ask(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[str]:
    house = request.app.state.org.current.short_name
    person = await account.mine(db, who)
    return as_json(await passkeys.ask_to_register(db, where(request), person, house))


@post("/account/passkeys", permission=P.SIGNED_IN, status_code=200, fresh=True)
async def add(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    data = await request.form()
    form = PasskeyForm.of(data)
    person = await account.mine(db, who)
    if form.is_good:
        try:
            made = await passkeys.register(
                db, where(request), person, str(data.get("credential", "")), form["name"]
            )
        except BadInputError as refused:
            form.refuse("", refused.sentence)
        else:
            settings = request.app.state.settings
            await notices.tell(db, settings, person, AccountChange.PASSKEY_ADDED, detail=made.name)
            return go(request, "/account?done=passkey")
    return page(request, "account/passkey.html", status=422, form=form)


@post("/account/passkeys/{passkey:str}/removal", permission=P.SIGNED_IN, status_code=200, fresh=True)
async def remove(request: Request[Any, Any, Any], db: Db, who: Who, passkey: FromPath[str]) -> Response[Any]:
    settings = request.app.state.settings
    person = await account.mine(db, who)
    found = await second_factor.state(db, person.id)
    if settings.require_second_factor and who.is_staff and not found.has_app and found.passkeys == 1:
        raise NotReadyError(NEEDED)
    gone = await passkeys.remove(db, person, row_id(passkey))
    await notices.tell(db, settings, person, AccountChange.PASSKEY_REMOVED, detail=gone.name)
    return go(request, "/account?done=passkey-removed")


HANDLERS = [new, ask, add, remove]

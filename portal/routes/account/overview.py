"""One's own account: how one signs in, and where one is signed in."""

from typing import Any

from litestar import Request, Response, get

from portal import clock
from portal.access.permissions import P
from portal.languages import N_, _
from portal.mail.addresses import Reader
from portal.web.depends import Db, Who
from portal.web.page import flash, page
from portal.workflows import absences, mail_choices, passkeys, second_factor, sessions
from portal.workflows.company import identities

# What a form that was just sent has done; the address says which, so that reload repeats nothing.
DONE = {
    "welcome": N_(
        "Your account is open. From now on you sign in with your e-mail address and your password."
    ),
    "welcome-company": N_("Your account is open. From now on you sign in with your company account."),
    "welcome-passkey": N_("Your account is open. From now on you sign in with your passkey."),
    "company-on": N_("Connected. From now on you can sign in with your company account."),
    "company-off": N_("Disconnected. The company account lets nobody in here any more."),
    "password": N_("Your password is changed. Your other browsers are signed out."),
    "app-removed": N_("The authenticator app and its recovery codes are removed."),
    "email-asked": N_(
        "A link is on its way to the new address. It counts as soon as you have opened the link."
    ),
    "passkey": N_("The passkey is added. From now on you can sign in with it."),
    "passkey-removed": N_("The passkey is removed. It lets nobody in any more."),
    "signed-out": N_("That browser is signed out."),
    "all-signed-out": N_("Your other browsers are signed out."),
}


@get("/account", permission=P.SIGNED_IN)
async def show(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    if done := DONE.get(request.query_params.get("done", "")):
        flash(request, "ok", _(done))
    settings = request.app.state.settings
    oidc = settings.oidc
    return page(
        request,
        "account/show.html",
        mail_wishes=await mail_choices.wishes(db, Reader(who.person_id)),
        mail_offered=mail_choices.OFFERED,
        may_be_away=absences.may_say(who),
        absence=await absences.of(db, who, who.person_id),
        stands_in=await absences.stood_in_for(db, who),
        now=clock.now(),
        factors=await second_factor.state(db, who.person_id),
        company=await identities.of(db, who.person_id, oidc.issuer) if oidc else None,
        passkeys=await passkeys.of(db, who.person_id),
        devices=await sessions.of(db, settings, who.person_id, here=who.session_hash),
    )


HANDLERS = [show]

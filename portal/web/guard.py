"""Before every handler: who is it, may they, is the form ours."""

from datetime import timedelta
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from portal import clock, languages
from portal.access.permissions import P, may
from portal.access.principal import Principal
from portal.db import Database
from portal.errors import NotFoundError, ProofError, SignInError
from portal.languages import N_
from portal.settings import Settings
from portal.web import csrf, session
from portal.web.organisation import OrgCache
from portal.web.turns import turn

FRESH = timedelta(minutes=5)


async def authorise(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Let a request through to its handler, or refuse it.

    A page one may not have answers like one that does not exist. A handler that states no permission
    is refused for everybody; a house rule keeps such a route from being built at all.
    """
    permission = handler.opt.get("permission")
    if handler.opt.get("no_session"):
        return
    async with turn(handler):
        who = await identify(connection)
    settings: Settings = connection.app.state.settings
    if permission is not P.ANYONE and who is None:
        raise SignInError(N_("Sign in to go on."))
    if not isinstance(permission, P) or not may(who, permission):
        raise NotFoundError
    await csrf.check(connection, who, settings)
    if handler.opt.get("fresh") and not is_fresh(who):
        raise ProofError(N_("Show once more that it is you."))


def is_fresh(who: Principal | None) -> bool:
    """Say whether somebody showed who they are within the last minutes.

    Routes that change how one gets in, or sign something, ask for it with ``fresh=True``.
    """
    return who is not None and who.proved_at is not None and clock.now() - who.proved_at < FRESH


async def identify(connection: ASGIConnection[Any, Any, Any, Any]) -> Principal | None:
    """Read the cookie once a request; the answer stays in the request's state."""
    state = connection.scope["state"]
    if "who" not in state:
        settings: Settings = connection.app.state.settings
        database: Database = connection.app.state.database
        org: OrgCache = connection.app.state.org
        token = connection.cookies.get(settings.cookie_name)
        who = None
        if org.is_old or token:
            async with database.gate() as db:
                if org.is_old:
                    await org.refresh(db)
                if token and len(token) < 100:
                    who = await session.find(db, settings, token)
        state["who"] = who
        if who is not None:
            languages.speak(who.language)
    found: Principal | None = state["who"]
    return found

"""What a handler may ask for by name: ``db`` and ``who``."""

from collections.abc import AsyncGenerator
from typing import Any

from litestar import Request
from litestar.di import NamedDependency, Provide
from sqlalchemy.ext.asyncio import AsyncSession

from portal.access.permissions import P
from portal.access.principal import Principal
from portal.db import Database, let_go
from portal.errors import SignInError
from portal.languages import N_
from portal.web import once
from portal.web.page import wants_fragment
from portal.web.turns import takes_files, turn
from portal.workflows.counts import counts
from portal.workflows.tasks import standing_in

_READING = {"GET", "HEAD", "OPTIONS"}

Db = NamedDependency[AsyncSession]
Who = NamedDependency[Principal]


async def provide_db(request: Request[Any, Any, Any]) -> AsyncGenerator[AsyncSession, None]:
    """Give one transaction for one request: it commits when the handler has made its answer.

    A page for anyone is about somebody who is not known yet, also when another is signed in.
    The only generator among the dependencies: Litestar cleans several up at once. What the navigation counts
    is read in the same transaction; a fragment has no navigation. The answer to a request with a key is kept
    in it too.
    """
    state = request.scope["state"]
    database: Database = request.app.state.database
    who: Principal | None = state.get("who")
    if who is None or request.route_handler.opt.get("permission") is P.ANYONE:
        async with database.gate(who) as db:
            yield db
        return
    async with database.work(who) as db:
        is_writing = request.method not in _READING
        async with turn(request.route_handler):
            key = await once.begin(request, db, who) if is_writing else None
            if not wants_fragment(request):
                state["counts"] = await counts(db, who)
            if is_writing:
                await standing_in.note_at(db, who, request.url.path)
            if key is None and takes_files(request.route_handler):
                await let_go(db)
        yield db
        await once.keep(request, db, who, key)


async def provide_who(request: Request[Any, Any, Any]) -> Principal:
    who: Principal | None = request.scope["state"].get("who")
    if who is None:
        raise SignInError(N_("Sign in to go on."))
    return who


DEPENDENCIES = {"db": Provide(provide_db), "who": Provide(provide_who)}

"""Signing out browsers from somewhere else."""

from typing import Any

from litestar import Request, Response, post
from litestar.params import FromPath

from portal.access.permissions import P
from portal.web.depends import Db, Who
from portal.web.page import go
from portal.workflows import sessions


@post("/account/sessions/{short:str}/end", permission=P.SIGNED_IN, status_code=200)
async def end(request: Request[Any, Any, Any], db: Db, who: Who, short: FromPath[str]) -> Response[Any]:
    await sessions.end_one(db, who.person_id, short)
    return go(request, "/account?done=signed-out")


@post("/account/sessions/end-others", permission=P.SIGNED_IN, status_code=200)
async def end_others(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    await sessions.end_all(db, who.person_id, but=who.session_hash)
    return go(request, "/account?done=all-signed-out")


HANDLERS = [end, end_others]

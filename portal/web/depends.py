"""What a handler may ask for by name: ``db`` and ``who``."""

from collections.abc import AsyncGenerator
from typing import Any

from litestar import Request
from litestar.di import NamedDependency, Provide
from sqlalchemy.ext.asyncio import AsyncSession

from portal.access.principal import Principal
from portal.errors import SignInError

Db = NamedDependency[AsyncSession]
Who = NamedDependency[Principal]


async def provide_db(request: Request[Any, Any, Any]) -> AsyncGenerator[AsyncSession, None]:
    """Give one transaction for one request: it commits when the handler has made its answer.

    The only generator among the dependencies: Litestar cleans several up at once.
    """
    async with request.app.state.database.work(request.scope["state"].get("who")) as db:
        yield db


async def provide_who(request: Request[Any, Any, Any]) -> Principal:
    who: Principal | None = request.scope["state"].get("who")
    if who is None:
        raise SignInError("Sign in to go on.")
    return who


DEPENDENCIES = {"db": Provide(provide_db), "who": Provide(provide_who)}

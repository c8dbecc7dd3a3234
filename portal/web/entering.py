"""The last step of every way in: a new session, or the question for the second factor."""

from typing import Any

from litestar import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from portal.models.people import Person, SignInMethod
from portal.settings import Settings
from portal.web import session
from portal.web.page import go
from portal.workflows import half_sign_in, second_factor, sign_in


async def after_password(
    request: Request[Any, Any, Any], db: AsyncSession, person: Person, target: str
) -> Response[Any]:
    """Let somebody in whose password was right, or ask for what is still missing."""
    settings: Settings = request.app.state.settings
    found = await second_factor.state(db, person.id)
    if found.has_app:
        return await _ask(request, db, person, target, "/sign-in/code")
    if settings.require_second_factor and not person.role.is_supplier:
        return await _ask(request, db, person, target, "/sign-in/second-factor")
    return await complete(request, db, person, SignInMethod.PASSWORD, target)


async def complete(
    request: Request[Any, Any, Any],
    db: AsyncSession,
    person: Person,
    method: SignInMethod,
    target: str,
    *,
    answer: Response[Any] | None = None,
) -> Response[Any]:
    """Start a new session, end the one that the browser had, and send the browser on.

    ``answer`` is a page to show instead; it cannot know the new session, so it holds no forms.
    """
    settings: Settings = request.app.state.settings
    if before := request.scope["state"].get("who"):
        await session.end(db, before.session_hash)
    token = await session.start(
        db,
        settings,
        person.id,
        address=session.client_address(request, settings),
        agent=request.headers.get("user-agent", ""),
        method=method,
    )
    await sign_in.succeeded(db, person)
    await half_sign_in.end(db, person.id)
    answer = answer or go(request, target)
    answer.set_cookie(session.cookie(settings, token))
    answer.set_cookie(session.half_cookie(settings, "", 0))
    return answer


async def _ask(
    request: Request[Any, Any, Any], db: AsyncSession, person: Person, target: str, path: str
) -> Response[Any]:
    settings: Settings = request.app.state.settings
    token = await half_sign_in.begin(db, person.id, target)
    answer = go(request, path)
    answer.set_cookie(session.half_cookie(settings, token, int(half_sign_in.VALID.total_seconds())))
    return answer

"""The last step of every way in: a new session, or the question for the second factor."""

from datetime import UTC, datetime
from typing import Any

from litestar import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from portal.models.people import Person, SignInMethod
from portal.settings import Settings
from portal.web import session
from portal.web.page import go
from portal.workflows import half_sign_in, second_factor, sign_in
from portal.workflows.company.provider import Claims


async def after_password(
    request: Request[Any, Any, Any], db: AsyncSession, person: Person, target: str
) -> Response[Any]:
    """Let somebody in whose password was right, or ask for what is still missing."""
    return await _after_first(request, db, person, SignInMethod.PASSWORD, target)


async def after_company(
    request: Request[Any, Any, Any], db: AsyncSession, person: Person, said: Claims, target: str
) -> Response[Any]:
    """Let in whom the company's provider has named; its own second factor counts where settings say so.

    The provider may have let them through without a question: that is no fresh proof.
    """
    since = said.signed_in_at or datetime.fromtimestamp(0, UTC)
    if said.is_strong:
        return await complete(request, db, person, SignInMethod.COMPANY, target, proved_at=since)
    return await _after_first(request, db, person, SignInMethod.COMPANY, target, proved_at=since)


async def _after_first(
    request: Request[Any, Any, Any],
    db: AsyncSession,
    person: Person,
    first: SignInMethod,
    target: str,
    *,
    proved_at: datetime | None = None,
) -> Response[Any]:
    settings: Settings = request.app.state.settings
    found = await second_factor.state(db, person.id)
    path = ""
    if found.has_app:
        path = "/sign-in/code"
    elif settings.require_second_factor and not person.role.is_supplier:
        path = "/sign-in/second-factor"
    if not path:
        return await complete(request, db, person, first, target, proved_at=proved_at)
    token = await half_sign_in.begin(db, person.id, target, first)
    answer = go(request, path)
    answer.set_cookie(session.half_cookie(settings, token, int(half_sign_in.VALID.total_seconds())))
    return answer


async def complete(
    request: Request[Any, Any, Any],
    db: AsyncSession,
    person: Person,
    method: SignInMethod,
    target: str,
    *,
    answer: Response[Any] | None = None,
    proved_at: datetime | None = None,
) -> Response[Any]:
    """Start a new session, end the one that the browser had, and send the browser on.

    ``answer`` is a page to show instead; it cannot know the new session, so it holds no forms. ``proved_at``
    is when they showed who they are, where that is not now.
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
        proved_at=proved_at,
    )
    await sign_in.succeeded(db, person)
    await half_sign_in.end(db, person.id)
    answer = answer or go(request, target)
    answer.set_cookie(session.cookie(settings, token))
    answer.set_cookie(session.half_cookie(settings, "", 0))
    return answer

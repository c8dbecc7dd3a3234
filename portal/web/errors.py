"""What went wrong, as a page: what did not happen, whether the work is safe, what to do."""

from typing import Any
from urllib.parse import quote

import structlog
from litestar import Request, Response
from litestar.enums import MediaType
from litestar.exceptions import HTTPException
from sqlalchemy.exc import DBAPIError

from portal.db import is_unreachable
from portal.errors import BusyError, NotFoundError, ProofError, RefusalError, SignInError
from portal.languages import N_
from portal.web import once
from portal.web import page as pages

log = structlog.get_logger("assay.errors")

_AWAY = N_("The portal cannot reach its database at the moment.")
_NO_TEXT = {"22021", "22P05"}
_TURNS = {"55P03", "40P01", "40001"}  # waited too long for somebody else's lock
_TOO_LONG = "57014"
_SHOWN = {400, 403, 404, 409, 412, 413, 422, 429, 500, 503}


def refusal(request: Request[Any, Any, Any], error: RefusalError) -> Response[Any]:
    if isinstance(error, SignInError):
        return _sign_in(request, "/sign-in")
    if isinstance(error, ProofError):
        return _sign_in(request, "/sign-in/again")
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after else {}
    return show(request, error.status, error.sentence, headers)


def http(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """Answer what Litestar refuses by itself; another method on an address is no page either."""
    status = 404 if error.status_code == 405 else error.status_code
    return show(request, status if status in _SHOWN else 400, "", {})


def database(request: Request[Any, Any, Any], error: DBAPIError) -> Response[Any]:
    state = getattr(error.orig, "sqlstate", None)
    if state in _TURNS:
        words = N_("Somebody else is changing this at the moment. Nothing was saved. Try again in a minute.")
        return refusal(request, BusyError(words, retry_after=10))
    if state == _TOO_LONG:
        log.warning("statement took too long", path=request.url.path)
        words = N_("This took too long and was stopped. Nothing was saved. Ask for less, or try again later.")
        return refusal(request, BusyError(words, retry_after=30))
    if is_unreachable(error):
        log.warning(
            "database unreachable", error=type(error.orig).__name__ if error.orig else type(error).__name__
        )
        return refusal(request, BusyError(_AWAY, retry_after=5))
    if state in _NO_TEXT:
        # A NUL or half a character in an address: nothing can be called that.
        return refusal(request, NotFoundError())
    return anything(request, error)


def anything(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    if is_unreachable(error):
        log.warning("database unreachable", error=type(error).__name__)
        return refusal(request, BusyError(_AWAY, retry_after=5))
    log.error("unhandled", exc_info=error)
    return show(request, 500, "", {})


HANDLERS: dict[int | type[Exception], Any] = {
    RefusalError: refusal,
    once.AnsweredError: once.again,
    HTTPException: http,
    DBAPIError: database,
    Exception: anything,
}


def show(
    request: Request[Any, Any, Any], status: int, sentence: str, headers: dict[str, str]
) -> Response[str]:
    """Answer with a page, a fragment for htmx, or a line of text when even the page can't be made."""
    try:
        return pages.page(
            request,
            "errors/error.html",
            "errors/_fragment.html",
            status=status,
            headers=headers,
            message=sentence,
        )
    except Exception as broken:  # the error page must never be the error
        log.exception("error page failed", exc_info=broken)
        line = sentence or N_("The portal made a mistake. Nothing was changed. Try again in a minute.")
        return Response(line, status_code=status, media_type=MediaType.TEXT, headers=headers)


def _sign_in(request: Request[Any, Any, Any], path: str) -> Response[Any]:
    """Send the whole browser to the sign-in page, also from a fragment, and remember where it was."""
    was_a_form = request.method not in {"GET", "HEAD"}
    where = request.url.path
    if request.url.query:
        where += f"?{request.url.query}"
    if was_a_form or request.headers.get("hx-request") == "true":
        # Coming back to a fragment or a POST makes no page: the page it stood on does.
        where = pages.came_from(request)
    target = f"{path}?next={quote(pages.safe_next(where), safe='/')}{'&unsent=1' if was_a_form else ''}"
    answer = pages.go(request, target)
    answer.headers["Cache-Control"] = "no-store"
    return answer

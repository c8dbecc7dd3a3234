"""A form counts only when it came from one of our pages in the same signed-in session."""

import hmac
from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.connection import ASGIConnection

from portal.access.principal import Principal
from portal.errors import ForbiddenError
from portal.languages import N_
from portal.settings import Settings

SAFE = {"GET", "HEAD", "OPTIONS"}
FIELD = "csrf_token"
_REFUSED = N_(
    "Nothing was changed: this form did not come from a page of your present session."
    " Go back, reload the page and send it again."
)


async def check(
    connection: ASGIConnection[Any, Any, Any, Any], who: Principal | None, settings: Settings
) -> None:
    """Refuse a forged request; runs before the handler reads a body.

    The browser's own word comes first (Origin, Sec-Fetch-Site), which also covers signing in, where
    there is no session yet. Then the session's token: in the header (htmx), in the address (forms with
    files, whose body must not be read before), or in the field of an ordinary form.
    """
    if connection.scope.get("method") in SAFE:
        return
    origin = connection.headers.get("origin")
    if connection.headers.get("sec-fetch-site") in {"cross-site", "same-site"} or (
        origin and origin != "null" and not _ours(origin, connection, settings)
    ):
        raise ForbiddenError(_REFUSED)
    if who is None:
        return
    given = connection.headers.get("x-csrf-token") or connection.query_params.get(FIELD)
    if not given and _is_plain_form(connection):
        request: Request[Any, Any, Any] = Request(
            connection.scope, receive=connection.receive, send=connection.send
        )
        given = (await request.form()).get(FIELD)
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), who.csrf_token.encode()):
        raise ForbiddenError(_REFUSED)


def _ours(origin: str, connection: ASGIConnection[Any, Any, Any, Any], settings: Settings) -> bool:
    if origin == settings.base_url:
        return True
    # In development the address differs by host name (localhost, 127.0.0.1); never behind HTTPS.
    return not settings.is_https and urlsplit(origin).netloc == connection.headers.get("host")


def _is_plain_form(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    return connection.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")

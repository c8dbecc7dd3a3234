"""Around every answer, whatever made it: request id, security headers, one log line, metrics.

A wrapper around the application rather than middleware: middleware does not run for an address that
no route answers, nor for a request that a guard refuses.
"""

import re
import secrets
import time

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import Counter, Histogram

from portal import languages
from portal.web import turns

log = structlog.get_logger("assay.web")

REQUESTS = Counter("assay_requests_total", "Answers by method and status class", ["method", "status"])
SECONDS = Histogram("assay_request_seconds", "Time to the first byte of an answer", ["method"])

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'self'; script-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)
SECURITY_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), geolocation=(), microphone=()",
}
_HSTS = ("strict-transport-security", "max-age=31536000")
LANGUAGE_COOKIE = "language"
_LANGUAGE = re.compile(rb"(?:^|;\s*)language=([a-z]{2})(?:;|$)")
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


def _with_store(origin: str) -> str:
    return CONTENT_SECURITY_POLICY.replace("connect-src 'self'", f"connect-src 'self' {origin}")


class Observed:
    """The application as a server runs it."""

    def __init__(self, app: ASGIApp, *, is_https: bool, store: str = "") -> None:
        """``store``: the origin to which pages may send files themselves."""
        self.app = app
        policy = {"content-security-policy": _with_store(store)} if store else {}
        self.headers = list({**SECURITY_HEADERS, **policy}.items()) + ([_HSTS] if is_https else [])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        state = dict(scope.get("state") or {})
        state["request_id"] = request_id
        scope["state"] = state
        languages.speak(_wish(scope))
        began = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                page.made()
                headers = list(message["headers"])
                present = {bytes(name).lower() for name, _ in headers}
                headers += [(n.encode(), v.encode()) for n, v in self.headers if n.encode() not in present]
                headers.append((b"x-request-id", request_id.encode()))
                message["headers"] = headers
                self._record(scope, message["status"], time.perf_counter() - began)
            await send(message)

        with turns.pages_first(scope) as page:
            await self.app(scope, receive, send_with_headers)

    @staticmethod
    def _record(scope: Scope, status: int, seconds: float) -> None:
        method = str(scope.get("method", ""))
        method = method if method in _METHODS else "OTHER"
        REQUESTS.labels(method, f"{status // 100}xx").inc()
        SECONDS.labels(method).observe(seconds)
        # The query is left out: it may hold a token.
        log.info("request", method=method, path=scope.get("path"), status=status, ms=round(seconds * 1000, 1))


def _wish(scope: Scope) -> str:
    """Read the language that a browser asks for. Somebody who signs in is spoken to in their own."""
    wish = ""
    for name, value in scope["headers"]:
        if name == b"cookie" and (chosen := _LANGUAGE.search(value)):
            return chosen[1].decode("ascii")
        if name == b"accept-language":
            wish = languages.preferred(value.decode("latin-1"))
    return wish

"""Whether the process lives, and whether it can serve."""

import hmac
from typing import Any

from litestar import Request, Response, get
from litestar.enums import MediaType
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from portal.access.permissions import P
from portal.db import is_unreachable
from portal.errors import NotFoundError
from portal.migrations import version as versions


@get("/health/live", permission=P.ANYONE, no_session=True)
async def live() -> dict[str, str]:
    """Answer without asking the database: a restart would not bring that back."""
    return {"status": "alive"}


@get("/health/ready", permission=P.ANYONE, no_session=True)
async def ready(request: Request[Any, Any, Any]) -> Response[dict[str, str]]:
    """Answer 200 when the database is reachable and at the version this code was written for."""
    try:
        version = await versions.of(request.app.state.database)
    except Exception as error:
        if not is_unreachable(error):
            raise
        return _not_ready("The database does not answer.")
    if not version.is_right:
        found = version.found or "none"
        return _not_ready(
            f"The database is at version {found}, this code needs {version.wanted}. Run assay migrate."
        )
    return Response({"status": "ready", "version": version.found})


@get("/metrics", permission=P.ANYONE, no_session=True)
async def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Prometheus metrics for whoever holds the configured token; without one there is no such page."""
    token = request.app.state.settings.metrics_token
    given = request.headers.get("authorization", "")
    if not token or not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        raise NotFoundError
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _not_ready(sentence: str) -> Response[dict[str, str]]:
    return Response(
        {"status": "not ready", "reason": sentence},
        status_code=503,
        headers={"Retry-After": "5"},
        media_type=MediaType.JSON,
    )


HANDLERS = [live, ready, metrics]

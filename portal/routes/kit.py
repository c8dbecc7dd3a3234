"""Every component with its states on one page, while developing."""

from typing import Any

from litestar import Request, Response, get

from portal.access.permissions import P
from portal.errors import NotFoundError
from portal.web.page import page


@get("/kit", permission=P.SIGNED_IN)
async def kit(request: Request[Any, Any, Any]) -> Response[str]:
    if not request.app.state.settings.development:
        raise NotFoundError
    return page(request, "kit/index.html")


HANDLERS = [kit]

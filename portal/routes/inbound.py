"""Mail and bounces brought by HTTP, for those whose mail service calls an address instead of speaking SMTP.

Both ask for ``Authorization: Bearer`` with ASSAY_INBOUND_TOKEN, and say with the status what became of it:
2xx is done, 422 will never be, 5xx is worth another try.
"""

import hmac
import json
from typing import Any

from litestar import Request, Response, post
from litestar.enums import MediaType
from litestar.params import FromQuery

from portal.access.permissions import P
from portal.access.principal import system
from portal.errors import BadInputError, NotFoundError
from portal.mail import outbox
from portal.workflows import incoming

LARGEST = 25_000_000  # bytes of a mail
_LARGEST_NOTICE = 100_000


@post("/inbound/mail", permission=P.ANYONE, no_session=True, status_code=200, request_max_body_size=LARGEST)
async def mail(request: Request[Any, Any, Any], to: FromQuery[str] = "") -> Response[str]:
    """Take in a whole mail, as it stands on the wire, for the address ``to``."""
    if refused := _refusal(request):
        return refused
    state = request.app.state
    try:
        became = await incoming.receive(state.database, state.store, state.settings, to, await request.body())
    except (BadInputError, NotFoundError) as wrong:
        return _said(wrong.sentence, 422)
    return _said(became, 200)


@post(
    "/inbound/bounces",
    permission=P.ANYONE,
    no_session=True,
    status_code=200,
    request_max_body_size=_LARGEST_NOTICE,
)
async def bounce(request: Request[Any, Any, Any]) -> Response[str]:
    """Take in ``{"message_id": "<…>", "address": "…", "reason": "…"}`` for a mail that will never arrive."""
    if refused := _refusal(request):
        return refused
    try:
        given = json.loads(await request.body())
    except ValueError:
        given = None
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        return _said("Send a JSON object with message_id, address and reason, all of them texts.", 422)
    message_id, address = given.get("message_id", ""), given.get("address", "")
    reason = " ".join(given.get("reason", "").split())[:500] or "It came back."
    if "\x00" in f"{message_id}{address}{reason}":
        return _said("A text holds a character that cannot be stored.", 422)
    async with request.app.state.database.work(system("incoming mail")) as db:
        known = await outbox.bounced(db, message_id, address[:254], reason)
    return _said("noted", 200) if known else _said("No mail of ours has this message_id.", 422)


def _refusal(request: Request[Any, Any, Any]) -> Response[str] | None:
    token = request.app.state.settings.inbound_token
    given = request.headers.get("authorization", "")
    if token is None:
        return _said("Nobody may bring mail here: ASSAY_INBOUND_TOKEN is not set.", 404)
    if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return _said("The token is not the right one.", 401)
    return None


def _said(words: str, status: int) -> Response[str]:
    return Response(words, status_code=status, media_type=MediaType.TEXT)


HANDLERS = [mail, bounce]

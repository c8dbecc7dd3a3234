"""The parts of a form with files, as they arrive, and a hash of all of them."""

import hashlib
from collections.abc import AsyncGenerator
from typing import Any

from litestar import Request
from litestar.exceptions import InternalServerException
from multipart import (  # type: ignore[import-untyped] # it ships no types
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
)

from portal.errors import BadInputError
from portal.languages import N_
from portal.web.turns import piece

BROKEN = N_("The file did not arrive as a whole. Send it again.")
MOST_PARTS = 200
KEY, KEY_HEADER = "once", "idempotency-key"  # of a request that may come twice (once.py)
_DIGEST = "parts_digest"  # of a request's state


def boundary(request: Request[Any, Any, Any]) -> bytes:
    """Give what stands between the parts; nothing where the request has none."""
    kind, options = request.content_type
    return options.get("boundary", "").encode() if kind == "multipart/form-data" else b""


async def parsed(request: Request[Any, Any, Any]) -> AsyncGenerator[Any, None]:
    """Give segments, their chunks, and None after each; it ends inside of one when the form broke off.

    Raises:
        BadInputError: it is no such form.
    """
    is_hashed = KEY in request.query_params or KEY_HEADER in request.headers
    whole, part = hashlib.sha256(), hashlib.sha256()
    try:
        with PushMultipartParser(boundary(request), max_segment_count=MOST_PARTS) as parser:
            async for chunk in request.stream():
                if not chunk or parser.closed:
                    break
                async with piece():
                    events = list(parser.parse(chunk))
                for event in events:
                    if not is_hashed:
                        pass
                    elif isinstance(event, MultipartSegment):
                        part = hashlib.sha256(f"{event.name}\0{event.filename}\0".encode())
                    elif event is not None:
                        part.update(event)
                    else:
                        whole.update(part.digest())
                        request.scope["state"][_DIGEST] = whole.hexdigest()
                    yield event
    except (MultipartError, InternalServerException):  # the latter: the sender has gone away
        raise BadInputError(BROKEN) from None


async def digest(request: Request[Any, Any, Any]) -> str:
    """Give a hash of the names and contents of all parts; what nobody has read yet is read for it."""
    if _DIGEST not in request.scope["state"] and boundary(request):
        async for _event in parsed(request):
            pass
    return str(request.scope["state"].get(_DIGEST, ""))

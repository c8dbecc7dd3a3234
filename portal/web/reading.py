"""What handlers read off a request besides its form: the day it is for us, a row's id, a version."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from litestar import Request
from litestar.datastructures import FormMultiDict

from portal import clock
from portal.errors import NotFoundError

_LARGEST = 2**63 - 1


def our_today(request: Request[Any, Any, Any]) -> date:
    """Give the calendar day at the organisation: approvals and certificates end by it."""
    return clock.today(request.app.state.org.current.time_zone)


def row_id(text: str) -> int:
    """Read an id out of an address; what can't be one is as good as missing."""
    if not text.isascii() or not text.isdigit() or len(text) > 19 or not 0 < int(text) <= _LARGEST:
        raise NotFoundError
    return int(text)


def version_of(data: FormMultiDict | Mapping[str, Any]) -> int:
    """Read the version that a form was filled in on; 0, which no record has, when it says none."""
    given = data.get("version")
    if not isinstance(given, str) or not given.isascii() or not given.isdigit() or len(given) > 9:
        return 0
    return int(given)

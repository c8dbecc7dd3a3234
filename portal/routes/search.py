"""Find anything, in groups."""

from typing import Any

from litestar import Request, Response, get

from portal.access.permissions import P
from portal.countries import country_name
from portal.errors import BadInputError
from portal.web.depends import Db, Who
from portal.web.filters import link
from portal.web.forms import clean
from portal.web.page import page
from portal.workflows import search
from portal.workflows.suppliers.words import PROCESS

MOST_LETTERS = 200


@get("/search", permission=P.SUPPLIERS_READ)
async def index(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    q = _wish(request.query_params.get("q", ""))
    return page(
        request,
        "search/index.html",
        "search/_results.html",
        headers={"HX-Push-Url": link("/search", {"q": q})},
        q=q,
        found=await search.search(db, who, q),
        process=PROCESS,
        country_name=country_name,
    )


def _wish(given: str) -> str:
    try:
        q = clean(given)
    except ValueError:
        raise BadInputError("The address holds characters that cannot be looked for.") from None
    if len(q) > MOST_LETTERS:
        raise BadInputError(f"Look for at most {MOST_LETTERS} characters.")
    return q


HANDLERS = [index]

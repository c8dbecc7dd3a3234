"""All published cards of a month in one file: asked for, watched, taken along."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from portal.access.permissions import P
from portal.errors import NotFoundError
from portal.models.months import BundleStatus, MonthStatus
from portal.routes.months.show import number_of
from portal.web import downloads
from portal.web.depends import Db, Who
from portal.web.page import go, page
from portal.workflows.months import bundling, records
from portal.workflows.months.words import address, key_of, month_words

_HERE = "/months/{name:str}/cards"


@get(_HERE, permission=P.RANKING_READ)
async def show(request: Request[Any, Any, Any], db: Db, who: Who, name: FromPath[str]) -> Response[Any]:
    month = await records.find(db, number_of(request, name))
    found = await bundling.newest(db, who, month.month)
    return page(
        request,
        "months/cards.html",
        "months/_cards.html",
        month=month,
        here=f"{address(month.month)}/cards",
        bundle=found,
        under_way=found is not None and found.status in bundling.UNDER_WAY,
        is_published=month.status is MonthStatus.PUBLISHED,
        is_up_to_date=found is not None and await bundling.is_up_to_date(db, found),
        ends_at=bundling.ends_at(found) if found else None,
        month_words=month_words,
    )


@post(_HERE, permission=P.RANKING_READ, status_code=200)
async def begin(request: Request[Any, Any, Any], db: Db, who: Who, name: FromPath[str]) -> Response[Any]:
    month = await records.find(db, number_of(request, name))
    await bundling.begin(db, who, month)
    return go(request, f"{address(month.month)}/cards")


@get("/months/{name:str}/cards.zip", permission=P.RANKING_READ)
async def file(request: Request[Any, Any, Any], db: Db, who: Who, name: FromPath[str]) -> Response[Any]:
    """Give the newest file, to whoever sees all suppliers."""
    month = await records.find(db, number_of(request, name))
    found = await bundling.newest(db, who, month.month)
    if who.is_limited or found is None or found.status is not BundleStatus.DONE or found.file_key is None:
        raise NotFoundError
    named = f"scorecards-{key_of(month.month)}.zip"
    return await downloads.whole(request, found.file_key, named, "application/zip", found.size)


HANDLERS = [show, begin, file]

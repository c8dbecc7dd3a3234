"""What our people do to a month: let its preview begin, hand it in, approve it, return it, publish it."""

from typing import Any

from litestar import Request, Response, post
from litestar.params import FromPath

from portal.access.permissions import P
from portal.routes.months.show import ReturnForm, number_of, shown
from portal.web.depends import Db, Who
from portal.web.page import go
from portal.workflows.months import following, publishing, records
from portal.workflows.months.words import address, month_words


@post("/months/{name:str}/preview", permission=P.MONTHS_RUN, status_code=200)
async def begin_preview(
    request: Request[Any, Any, Any], db: Db, who: Who, name: FromPath[str]
) -> Response[Any]:
    month = await records.to_change(db, number_of(request, name))
    await following.open_preview(db, month, by=who)
    return go(request, address(month.month), note="The preview has begun. Suppliers see their lines.")


@post("/months/{name:str}/proposal", permission=P.MONTHS_RUN, status_code=200)
async def propose(request: Request[Any, Any, Any], db: Db, who: Who, name: FromPath[str]) -> Response[Any]:
    month = await records.to_change(db, number_of(request, name))
    await publishing.propose(db, month, by=who)
    return go(request, address(month.month), note="Handed in. Somebody else approves it now.")


@post("/months/{name:str}/approval", permission=P.MONTHS_APPROVE, status_code=200)
async def approve(request: Request[Any, Any, Any], db: Db, who: Who, name: FromPath[str]) -> Response[Any]:
    month = await records.to_change(db, number_of(request, name))
    await publishing.approve(db, month, by=who)
    return go(request, address(month.month), note="Approved. The cards are being frozen.")


@post("/months/{name:str}/return", permission=P.MONTHS_APPROVE, status_code=200)
async def give_back(request: Request[Any, Any, Any], db: Db, who: Who, name: FromPath[str]) -> Response[Any]:
    month = await records.to_change(db, number_of(request, name))
    form = await ReturnForm.read(request)
    if not form.is_good:
        return await shown(request, db, who, month, form=form, status=422)
    await publishing.give_back(db, month, form["reason"], by=who)
    return go(request, address(month.month), note=f"{month_words(month.month)} is returned.")


@post("/months/{name:str}/publication", permission=P.MONTHS_APPROVE, status_code=200)
async def publish(request: Request[Any, Any, Any], db: Db, who: Who, name: FromPath[str]) -> Response[Any]:
    month = await records.to_change(db, number_of(request, name))
    await publishing.publish(db, month, by=who)
    return go(request, address(month.month), note=f"{month_words(month.month)} is published.")


HANDLERS = [begin_preview, propose, approve, give_back, publish]

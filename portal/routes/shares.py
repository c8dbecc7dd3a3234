"""What an auditor is shown, and who shows it to them."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from portal import clock
from portal.access.permissions import P
from portal.errors import BadInputError
from portal.models.suppliers import Supplier
from portal.web.depends import Db, Who
from portal.web.forms import Form, day, text, whole
from portal.web.page import go, page
from portal.web.reading import row_id
from portal.workflows import shares
from portal.workflows.suppliers import record as suppliers

_LARGEST = 10**17


class ShareForm(Form):
    auditor = whole("Auditor", low=1, high=_LARGEST, ask="Choose an auditor.")
    until = day("Until", ask="Enter the last day.")
    reason = text("Reason", limit=400, ask="Say what they need it for.")


@get("/shared", permission=P.SHARED_READ)
async def with_me(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    return page(
        request, "shares/with_me.html", rows=await shares.with_me(db, who), today=clock.today(who.time_zone)
    )


@get("/suppliers/{number:str}/shares", permission=P.SHARES_MANAGE)
async def index(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    return await _show(request, db, who, await suppliers.find(db, who, number), ShareForm())


@post("/suppliers/{number:str}/shares", permission=P.SHARES_MANAGE, status_code=200)
async def share(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    supplier = await suppliers.find(db, who, number)
    form = await ShareForm.read(request)
    if form.is_good:
        try:
            await shares.share(db, who, supplier, form["auditor"], form["until"], form["reason"])
        except BadInputError as refused:
            form.refuse("auditor" if "auditor" in refused.sentence else "until", refused.sentence)
        else:
            return go(request, f"/suppliers/{supplier.number}/shares", note="Shared. It counts at once.")
    return await _show(request, db, who, supplier, form, status=422)


@post("/suppliers/{number:str}/shares/{share_id:str}/revocation", permission=P.SHARES_MANAGE, status_code=200)
async def revoke(
    request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str], share_id: FromPath[str]
) -> Response[Any]:
    supplier = await suppliers.find(db, who, number)
    await shares.revoke(db, who, supplier, row_id(share_id))
    return go(
        request, f"/suppliers/{supplier.number}/shares", note="Revoked. They see nothing of it any more."
    )


async def _show(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    supplier: Supplier,
    form: ShareForm,
    *,
    status: int = 200,
) -> Response[Any]:
    return page(
        request,
        "shares/index.html",
        status=status,
        supplier=supplier,
        form=form,
        auditors=await shares.auditors(db, who),
        shares=await shares.of_supplier(db, who, supplier),
        today=clock.today(who.time_zone),
    )


HANDLERS = [with_me, index, share, revoke]

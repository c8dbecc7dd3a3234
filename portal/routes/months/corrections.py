"""Corrections of a month's published cards: proposed with a reason, issued by a second person, dismissed."""

from typing import Any

from litestar import Request, Response, post
from litestar.params import FromPath

from portal.access.permissions import P
from portal.routes.months.show import number_of, shown
from portal.web.depends import Db, Who
from portal.web.forms import Form, text
from portal.web.page import go
from portal.web.reading import row_id
from portal.workflows.months import correcting, records
from portal.workflows.months.words import address


class CorrectionForm(Form):
    reason = text("Reason", limit=2000, ask="Say why. The supplier reads it.")


@post("/months/{name:str}/corrections/{correction:str}/proposal", permission=P.MONTHS_RUN, status_code=200)
async def propose(
    request: Request[Any, Any, Any], db: Db, who: Who, name: FromPath[str], correction: FromPath[str]
) -> Response[Any]:
    return await _said(request, db, who, name, correction, is_proposal=True)


@post("/months/{name:str}/corrections/{correction:str}/dismissal", permission=P.MONTHS_RUN, status_code=200)
async def dismiss(
    request: Request[Any, Any, Any], db: Db, who: Who, name: FromPath[str], correction: FromPath[str]
) -> Response[Any]:
    return await _said(request, db, who, name, correction, is_proposal=False)


@post("/months/{name:str}/corrections/{correction:str}/issue", permission=P.MONTHS_APPROVE, status_code=200)
async def issue(
    request: Request[Any, Any, Any], db: Db, who: Who, name: FromPath[str], correction: FromPath[str]
) -> Response[Any]:
    month = number_of(request, name)
    found = await correcting.to_change(db, who, month, row_id(correction))
    row = await correcting.issue(db, who, found.row)
    note = f"{found.supplier.name} has version {row.revision + 1} of its card, and gets a mail."
    return go(request, f"{address(month)}#corrections", note=note)


async def _said(
    request: Request[Any, Any, Any], db: Db, who: Who, name: str, correction: str, *, is_proposal: bool
) -> Response[Any]:
    month = number_of(request, name)
    found = await correcting.to_change(db, who, month, row_id(correction))
    form = await CorrectionForm.read(request)
    if not form.is_good:
        return await shown(
            request, db, who, await records.find(db, month), correction_errors=form.errors, status=422
        )
    if is_proposal:
        await correcting.propose(db, found.row, form["reason"], by=who)
        note = "Proposed. Somebody else issues it."
    else:
        await correcting.dismiss(db, found.row, form["reason"], by=who)
        note = "The card stays as it was published."
    return go(request, f"{address(month)}#corrections", note=note)


HANDLERS = [propose, dismiss, issue]

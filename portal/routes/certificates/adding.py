"""Files come in: each becomes a draft that somebody confirms."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery

from portal.access.permissions import P
from portal.languages import _, ngettext
from portal.models.suppliers import Supplier
from portal.web.depends import Db, Who
from portal.web.documents import read_form
from portal.web.page import go, page
from portal.web.reading import our_today, row_id
from portal.workflows.certificates import asked, records, submitting
from portal.workflows.scorecards.cards import own_supplier
from portal.workflows.suppliers import record


@get("/certificates/{certificate:str}/renewal", permission=P.CERTIFICATES_SUBMIT)
async def renew(
    request: Request[Any, Any, Any], db: Db, who: Who, certificate: FromPath[str]
) -> Response[Any]:
    """Where a reminder leads: the one that ends, and the place for the next."""
    found = await records.find(db, who, row_id(certificate))
    overview = await asked.overview(db, who, found.supplier, today=our_today(request))
    return page(
        request,
        "certificates/renew.html",
        record=found,
        certificate=found.certificate,
        newer=[each for each in overview.drafts if each.type_id == found.certificate.type_id],
        today=our_today(request),
        action=_action(who, found.supplier, found.certificate.type_id),
    )


@post("/certificates/files", permission=P.CERTIFICATES_SUBMIT, status_code=200, request_max_body_size=None)
async def add(request: Request[Any, Any, Any], db: Db, who: Who, type_: FromQuery[str] = "") -> Response[Any]:
    return await _add(request, db, who, await own_supplier(db, who), type_)


@post(
    "/suppliers/{number:str}/certificates/files",
    permission=P.CERTIFICATES_SUBMIT,
    status_code=200,
    request_max_body_size=None,
)
async def add_for(
    request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str], type_: FromQuery[str] = ""
) -> Response[Any]:
    """Add certificates on a supplier's behalf; somebody else of us reviews them."""
    return await _add(request, db, who, await record.find(db, who, number), type_)


async def _add(
    request: Request[Any, Any, Any], db: Db, who: Who, supplier: Supplier, type_id: str
) -> Response[Any]:
    sent = await read_form(request, db, who)
    refused = [f"{each.name}: {each.sentence}" for each in sent.refused]
    wanted = row_id(type_id) if type_id else None
    back = "/certificates" if who.is_supplier else f"/suppliers/{supplier.number}/certificates"
    if not sent.ids:
        sentence = " ".join(refused) or _("Add the certificate as a PDF or a photo first.")
        return go(request, back, note=sentence)
    drafts = await submitting.begin(db, who, supplier, sent.ids, type_id=wanted)
    if len(drafts) == 1 and not refused:
        return go(request, f"/certificates/{drafts[0].id}")
    note = ngettext("%(num)s file is here.", "%(num)s files are here.", len(drafts))
    return go(request, f"{back}#drafts", note=" ".join([note, *refused])[:280])


def _action(who: Who, supplier: Supplier, type_id: int | None) -> str:
    begin = "/certificates" if who.is_supplier else f"/suppliers/{supplier.number}/certificates"
    return f"{begin}/files?type_={type_id}" if type_id else f"{begin}/files"


HANDLERS = [renew, add, add_for]

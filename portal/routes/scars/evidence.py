"""Files at a SCAR: photos of what happened are ours, evidence at a discipline is the supplier's."""

from typing import Any

from litestar import Request, Response, post
from litestar.params import FromPath

from portal.access.permissions import P
from portal.access.principal import Principal
from portal.errors import BadInputError, NotFoundError, NotReadyError
from portal.languages import N_, _, ngettext
from portal.models.scars import Discipline, Scar
from portal.routes.scars.record import address
from portal.web.depends import Db, Who
from portal.web.documents import SentForm, read_form
from portal.web.page import go
from portal.workflows import documents
from portal.workflows.scars import overview, record, writing
from portal.workflows.scars.steps import ENDED


@post(
    "/scars/{number:str}/evidence/{step:str}",
    permission=P.SCARS_DRAFT,
    status_code=200,
    request_max_body_size=None,
)
async def add_evidence(
    request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str], step: FromPath[str]
) -> Response[Any]:
    """Add files to a discipline that is still to be sent."""
    if step not in list(Discipline) or step == Discipline.D8:
        raise NotFoundError
    await _refuse_sent(db, who, await record.find(db, who, number), Discipline(step))
    sent = await read_form(request, db, who)
    # While the files arrived a colleague may have sent it.
    scar = await record.to_change(db, who, number)
    await _refuse_sent(db, who, scar, Discipline(step))
    said = await _attach(db, who, scar, step, sent)
    place = "/for-the-supplier" if who.is_staff else ""
    return go(request, f"{address(number)}{place}?step={step}#answer", note=said)


@post("/scars/{number:str}/photos", permission=P.SCARS_WRITE, status_code=200, request_max_body_size=None)
async def add_photos(
    request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]
) -> Response[Any]:
    """Add files that show what happened."""
    await record.find(db, who, number)
    sent = await read_form(request, db, who)
    scar = await record.to_change(db, who, number)
    if scar.status in ENDED:
        raise NotReadyError(N_("It is over: nothing is added any more."))
    return go(request, address(number), note=await _attach(db, who, scar, overview.PHOTOS, sent))


async def _refuse_sent(db: Db, who: Principal, scar: Scar, discipline: Discipline) -> None:
    answers = await record.answers(db, who, scar)
    if not writing.can_write(who, scar, answers, discipline):
        raise NotReadyError(_("%(step)s is sent and cannot be changed now.", step=discipline.value))


async def _attach(db: Db, who: Principal, scar: Scar, slot: str, sent: SentForm) -> str:
    await documents.attach(db, who, sent.ids, scar, slot=slot)
    if sent.refused:
        raise BadInputError(" ".join(f"{each.name}: {each.sentence}" for each in sent.refused))
    if not sent.ids:
        raise BadInputError(_("Choose a file first."))
    return ngettext("%(num)s file added.", "%(num)s files added.", len(sent.ids))


HANDLERS = [add_evidence, add_photos]

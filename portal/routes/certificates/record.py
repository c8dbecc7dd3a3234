"""One certificate: confirmed and handed in by whoever adds it, looked at by both sides."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from portal.access.permissions import P, may
from portal.access.principal import Principal
from portal.errors import NotFoundError, StaleError
from portal.languages import _
from portal.models.certificates import Certificate
from portal.routes.certificates import review, showing
from portal.routes.certificates.showing import CertificateForm
from portal.web.conflicts import Difference, differences
from portal.web.depends import Db, Who
from portal.web.page import go, page
from portal.web.reading import our_today, row_id, version_of
from portal.workflows.certificates import coverage, records, reminders, submitting, types
from portal.workflows.certificates.records import Record
from portal.workflows.certificates.steps import STEPS
from portal.workflows.certificates.words import STATUS
from portal.workflows.editing import TakenError
from portal.workflows.steps import possible


@get("/certificates/{certificate:str}", permission=P.CERTIFICATES_READ)
async def show(
    request: Request[Any, Any, Any], db: Db, who: Who, certificate: FromPath[str]
) -> Response[Any]:
    """A draft to confirm; for our people one to review; else what is known of it."""
    record = await records.find(db, who, row_id(certificate))
    found = record.certificate
    if showing.can_be_corrected(found) and _adds(who, found):
        form = CertificateForm(showing.as_typed(found))
        return await _confirm(request, db, who, record, form, found.site_ids)
    if who.is_staff:
        return await review.show(request, db, who, record)
    return await _show(request, db, who, record)


@post("/certificates/{certificate:str}/submission", permission=P.CERTIFICATES_SUBMIT, status_code=200)
async def submit(
    request: Request[Any, Any, Any], db: Db, who: Who, certificate: FromPath[str]
) -> Response[Any]:
    record = await records.to_change(db, who, row_id(certificate))
    if not _adds(who, record.certificate):
        raise NotFoundError
    data = await request.form()
    form, sites = CertificateForm.of(data), showing.sites_of(data)
    version = version_of(data)
    if not form.is_good:
        return await _confirm(request, db, who, record, form, sites, version=version, status=422)
    values = {"type_id": form["type"], **showing.values_of(form, sites)}
    try:
        await submitting.submit(db, record, version, values, by=who, today=our_today(request))
    except StaleError:
        both = differences(form, showing.as_typed(record.certificate))
        return await _confirm(request, db, who, record, form, sites, both=both, status=412)
    except TakenError as taken:
        form.refuse(taken.field, taken.sentence)
        return await _confirm(request, db, who, record, form, sites, version=version, status=422)
    house = request.app.state.org.current.short_name
    note = _("Handed in. %(house)s reviews it now.", house=house)
    if who.is_staff:
        return go(request, f"/suppliers/{record.supplier.number}/certificates", note="Handed in for review.")
    return go(request, f"/certificates/{record.certificate.id}", note=note)


@post("/certificates/{certificate:str}/withdrawal", permission=P.CERTIFICATES_SUBMIT, status_code=200)
async def withdraw(
    request: Request[Any, Any, Any], db: Db, who: Who, certificate: FromPath[str]
) -> Response[Any]:
    record = await records.to_change(db, who, row_id(certificate))
    await submitting.withdraw(db, record, by=who)
    back = "/certificates" if who.is_supplier else f"/suppliers/{record.supplier.number}/certificates"
    return go(request, back, note=_("Taken back."))


def _adds(who: Principal, certificate: Certificate) -> bool:
    """Tell whether it is for this side to hand it in: ours what we add for the supplier."""
    return certificate.is_on_behalf == who.is_staff and may(who, P.CERTIFICATES_SUBMIT)


async def _confirm(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    record: Record,
    form: CertificateForm,
    site_ids: list[int],
    *,
    version: int | None = None,
    both: list[Difference] | None = None,
    status: int = 200,
) -> Response[Any]:
    certificate, reading = record.certificate, record.reading
    file = await records.file_of(db, who, certificate)
    return page(
        request,
        "certificates/confirm.html",
        "certificates/_confirm.html",
        status=status,
        record=record,
        certificate=certificate,
        form=form,
        version=certificate.version if version is None else version,
        both=both or [],
        chosen=site_ids,
        sites=await records.sites(db, who, certificate.supplier_id),
        kinds=[(kind.id, kind.code) for kind in await types.listed(db, who)],
        reading=reading,
        found=showing.marks(reading),
        file=file,
        sheets=await showing.sheets(db, file, reading),
        today=our_today(request),
    )


async def _show(request: Request[Any, Any, Any], db: Db, who: Who, record: Record) -> Response[Any]:
    certificate = record.certificate
    before = await records.before(db, who, certificate)
    return page(
        request,
        "certificates/show.html",
        record=record,
        certificate=certificate,
        file=await records.file_of(db, who, certificate),
        sites=await showing.names_of_sites(db, who, certificate),
        before=before,
        gap=coverage.gap(before, certificate),
        steps=possible(certificate, STEPS, who),
        reminded=(await reminders.steps_of(db, who, [certificate.id])).get(certificate.id, []),
        words=STATUS,
        today=our_today(request),
    )


HANDLERS = [show, submit, withdraw]

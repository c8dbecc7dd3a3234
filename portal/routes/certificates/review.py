"""Our review: the pages of the file beside what was read from it; accepted, or returned with a reason."""

from typing import Any

from litestar import Request, Response, post
from litestar.params import FromPath

from portal.access.permissions import P
from portal.errors import StaleError
from portal.languages import N_
from portal.models.certificates import CertificateStatus
from portal.routes.certificates import showing
from portal.routes.certificates.showing import CertificateForm
from portal.web.conflicts import Difference, differences
from portal.web.depends import Db, Who
from portal.web.forms import Form, text
from portal.web.page import go, page, wants_fragment
from portal.web.reading import our_today, row_id, version_of
from portal.workflows.certificates import coverage, records, reminders, review
from portal.workflows.certificates.records import Record
from portal.workflows.certificates.steps import STEPS
from portal.workflows.certificates.words import STATUS
from portal.workflows.editing import TakenError
from portal.workflows.steps import possible

# What comes back again and again; the reviewer may also write a reason of their own.
REASONS = (
    N_("A site is not covered."),
    N_("A page is missing."),
    N_("The scope does not cover what you deliver to us."),
    N_("The file cannot be read."),
    N_("This is not the certificate that was asked for."),
)


class ReturnForm(Form):
    reason = text("Reason", limit=2000, ask="Say why. The supplier reads it.")


async def show(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    record: Record,
    *,
    form: CertificateForm | None = None,
    site_ids: list[int] | None = None,
    returning: ReturnForm | None = None,
    version: int | None = None,
    both: list[Difference] | None = None,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response[Any]:
    certificate, reading = record.certificate, record.reading
    waiting = await review.waiting(db, who)
    ids = [each.id for each in waiting]
    at = ids.index(certificate.id) if certificate.id in ids else None
    file = await records.file_of(db, who, certificate)
    before = await records.before(db, who, certificate)
    return page(
        request,
        "certificates/review.html",
        "certificates/_review.html",
        status=status,
        headers=headers,
        record=record,
        certificate=certificate,
        form=form or CertificateForm(showing.as_typed(certificate)),
        returning=returning or ReturnForm(),
        version=certificate.version if version is None else version,
        both=both or [],
        chosen=certificate.site_ids if site_ids is None else site_ids,
        sites=await records.sites(db, who, certificate.supplier_id),
        steps=possible(certificate, STEPS, who),
        is_waiting=certificate.status is CertificateStatus.SUBMITTED,
        is_own=certificate.is_on_behalf and certificate.submitted_by_id == who.person_id,
        reading=reading,
        found=showing.marks(reading),
        file=file,
        sheets=await showing.sheets(db, file, reading),
        checks=await coverage.checks(db, who, record),
        before=before,
        reminded=(await reminders.steps_of(db, who, [certificate.id])).get(certificate.id, []),
        place=at + 1 if at is not None else None,
        count=len(ids),
        earlier=ids[at - 1] if at else None,
        later=ids[at + 1] if at is not None and at + 1 < len(ids) else None,
        reasons=REASONS,
        words=STATUS,
        today=our_today(request),
    )


@post("/certificates/{certificate:str}/acceptance", permission=P.CERTIFICATES_REVIEW, status_code=200)
async def accept(
    request: Request[Any, Any, Any], db: Db, who: Who, certificate: FromPath[str]
) -> Response[Any]:
    record = await records.to_change(db, who, row_id(certificate))
    upcoming = await _after(db, who, record)
    data = await request.form()
    form, sites, version = CertificateForm.of(data), showing.sites_of(data), version_of(data)
    form.errors.pop("type", None)
    if not form.is_good:
        return await show(request, db, who, record, form=form, site_ids=sites, version=version, status=422)
    try:
        await review.accept(
            db, record, version, showing.values_of(form, sites), by=who, today=our_today(request)
        )
    except StaleError:
        both = differences(form, showing.as_typed(record.certificate))
        return await show(request, db, who, record, form=form, site_ids=sites, both=both, status=412)
    except TakenError as taken:
        form.refuse(taken.field, taken.sentence)
        return await show(request, db, who, record, form=form, site_ids=sites, version=version, status=422)
    return await _go_on(request, db, who, upcoming, f"{_named(record)} is accepted.")


@post("/certificates/{certificate:str}/return", permission=P.CERTIFICATES_REVIEW, status_code=200)
async def give_back(
    request: Request[Any, Any, Any], db: Db, who: Who, certificate: FromPath[str]
) -> Response[Any]:
    record = await records.to_change(db, who, row_id(certificate))
    upcoming = await _after(db, who, record)
    data = await request.form()
    returning, version = ReturnForm.of(data), version_of(data)
    if not returning.is_good:
        return await show(request, db, who, record, returning=returning, version=version, status=422)
    await review.give_back(
        db,
        request.app.state.settings,
        record,
        version,
        returning["reason"],
        by=who,
        today=our_today(request),
    )
    return await _go_on(request, db, who, upcoming, f"{_named(record)} is returned.")


async def _after(db: Db, who: Who, record: Record) -> int | None:
    """Give the next one that waits, after the last one the first."""
    ids = [each.id for each in await review.waiting(db, who)]
    if record.certificate.id not in ids:
        return None
    at = ids.index(record.certificate.id)
    others = ids[at + 1 :] + ids[:at]
    return others[0] if others else None


async def _go_on(
    request: Request[Any, Any, Any], db: Db, who: Who, upcoming: int | None, done: str
) -> Response[Any]:
    """Show the next one at the same place; after the last, the matrix."""
    if upcoming is None:
        return go(request, "/certificates", note=f"{done} Nothing else waits for review.")
    if not wants_fragment(request):
        return go(request, f"/certificates/{upcoming}", note=done)
    record = await records.find(db, who, upcoming)
    return await show(request, db, who, record, headers={"HX-Push-Url": f"/certificates/{upcoming}"})


def _named(record: Record) -> str:
    return f"{record.supplier.name}, {record.code},"


HANDLERS = [accept, give_back]

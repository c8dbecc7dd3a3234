"""What a supplier disputes: raised from the card's lines, looked at by both sides, decided by ours."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery

from portal.access.permissions import P
from portal.errors import NotFoundError
from portal.languages import N_, _
from portal.models.deliveries import ExcuseCode
from portal.models.months import DisputeStatus
from portal.models.nonconformances import Responsibility
from portal.web.depends import Db, Who
from portal.web.documents import SentForm, read_form
from portal.web.filters import filesize
from portal.web.forms import Form, option, text
from portal.web.page import go, page
from portal.web.reading import our_today, row_id, version_of
from portal.workflows.months import deciding, disputes, effect, records
from portal.workflows.months.disputes import Dispute, Subject
from portal.workflows.months.steps import DISPUTE_STEPS
from portal.workflows.months.words import DISPUTE, key_of, month_words, why_words, whys_of
from portal.workflows.steps import possible


class DisputeForm(Form):
    reason = text(N_("Reason"), limit=4000)


class ExcuseForm(Form):
    answer = text("Reason", limit=2000, ask="Say why it is not the supplier’s doing. The supplier reads it.")
    why = option("Reason code", ExcuseCode)


class ResponsibilityForm(Form):
    answer = text("Reason", limit=2000, ask="Say why it is not the supplier’s doing. The supplier reads it.")
    why = option("Whose it is", Responsibility)


class RejectForm(Form):
    why_not = text("Reason", limit=2000, ask="Say why it stays as it is. The supplier reads it.")


class BackForm(Form):
    reason = text("Reason", limit=2000, ask="Say what is missing, so that your colleague can decide again.")


@get("/disputes/new", permission=P.DISPUTES_RAISE)
async def new(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    line: FromQuery[str] = "",
    nonconformance: FromQuery[str] = "",
) -> Response[Any]:
    subject = await _subject(db, who, line, nonconformance)
    await disputes.refuse_unless_possible(db, who, subject)
    return await _new(request, db, subject, DisputeForm())


@post("/disputes", permission=P.DISPUTES_RAISE, status_code=200, request_max_body_size=None)
async def begin(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    line: FromQuery[str] = "",
    nonconformance: FromQuery[str] = "",
) -> Response[Any]:
    sent = await read_form(request, db, who)
    subject = await _subject(db, who, line, nonconformance)
    form = DisputeForm.of(sent.data)
    if not form.is_good or sent.refused:
        return await _new(request, db, subject, form, sent=sent, status=422)
    await disputes.begin(db, who, subject, form["reason"], sent.ids)
    house = request.app.state.org.current.short_name
    note = _("%(subject)s is disputed. %(house)s decides on it.", subject=subject.called, house=house)
    measure = "delivery" if subject.line else "quality"
    return go(request, f"/scorecard?period={key_of(subject.month)}&explain={measure}#measures", note=note)


@get("/disputes/{dispute:str}", permission=P.SCORECARDS_READ)
async def show(request: Request[Any, Any, Any], db: Db, who: Who, dispute: FromPath[str]) -> Response[Any]:
    return await _show(request, db, who, await disputes.find(db, who, row_id(dispute)))


@post("/disputes/{dispute:str}/withdrawal", permission=P.DISPUTES_RAISE, status_code=200)
async def withdraw(
    request: Request[Any, Any, Any], db: Db, who: Who, dispute: FromPath[str]
) -> Response[Any]:
    found = await disputes.to_change(db, who, row_id(dispute))
    await disputes.withdraw(db, found.row, by=who)
    return go(request, f"/scorecard?period={key_of(found.row.month)}", note=_("Taken back."))


@post("/disputes/{dispute:str}/acceptance", permission=P.DISPUTES_DECIDE, status_code=200)
async def propose(request: Request[Any, Any, Any], db: Db, who: Who, dispute: FromPath[str]) -> Response[Any]:
    """Say that it is right; somebody else approves."""
    found = await disputes.to_change(db, who, row_id(dispute))
    data = await request.form()
    is_line = found.row.delivery_line_id is not None
    form = (ExcuseForm if is_line else ResponsibilityForm).of(data)
    if not is_line and form.values.get("why") is Responsibility.SUPPLIER:
        form.refuse("why", "To leave it with the supplier, reject the dispute.")
    if not form.is_good:
        return await _show(request, db, who, found, accepting=form, status=422)
    await deciding.propose(db, found.row, version_of(data), form["answer"], form["why"], by=who)
    return go(request, f"/disputes/{found.row.id}", note="Handed on. A manager approves it now.")


@post("/disputes/{dispute:str}/rejection", permission=P.DISPUTES_DECIDE, status_code=200)
async def reject(request: Request[Any, Any, Any], db: Db, who: Who, dispute: FromPath[str]) -> Response[Any]:
    found = await disputes.to_change(db, who, row_id(dispute))
    data = await request.form()
    form = RejectForm.of(data)
    if not form.is_good:
        return await _show(request, db, who, found, rejecting=form, status=422)
    settings = request.app.state.settings
    await deciding.reject(db, settings, found, version_of(data), form["why_not"], by=who)
    return _decided(request, found, "rejected")


@post("/disputes/{dispute:str}/approval", permission=P.LINES_EXCUSE, status_code=200)
async def approve(request: Request[Any, Any, Any], db: Db, who: Who, dispute: FromPath[str]) -> Response[Any]:
    found = await disputes.to_change(db, who, row_id(dispute))
    version = version_of(await request.form())
    settings = request.app.state.settings
    await deciding.accept(db, settings, found, version, by=who, as_of=our_today(request))
    return _decided(request, found, "accepted")


@post("/disputes/{dispute:str}/return", permission=P.LINES_EXCUSE, status_code=200)
async def give_back(
    request: Request[Any, Any, Any], db: Db, who: Who, dispute: FromPath[str]
) -> Response[Any]:
    found = await disputes.to_change(db, who, row_id(dispute))
    data = await request.form()
    form = BackForm.of(data)
    if not form.is_good:
        return await _show(request, db, who, found, returning=form, status=422)
    await deciding.give_back(db, found.row, version_of(data), form["reason"], by=who)
    return go(request, f"/disputes/{found.row.id}", note="Returned. It is open again.")


async def _subject(db: Db, who: Who, line: str, nonconformance: str) -> Subject:
    if bool(line) == bool(nonconformance):
        raise NotFoundError
    if line:
        return await disputes.line(db, who, row_id(line))
    return await disputes.nonconformance(db, who, row_id(nonconformance))


async def _new(
    request: Request[Any, Any, Any],
    db: Db,
    subject: Subject,
    form: DisputeForm,
    *,
    sent: SentForm | None = None,
    status: int = 200,
) -> Response[Any]:
    month = await records.find(db, subject.month)
    kind = "line" if subject.line else "nonconformance"
    return page(
        request,
        "disputes/new.html",
        status=status,
        subject=subject,
        month=month,
        form=form,
        sent=sent,
        action=f"/disputes?{kind}={subject.row.id}",
        back=f"/scorecard?period={key_of(subject.month)}",
        month_name=month_words(subject.month),
        limit=filesize(request.app.state.settings.max_document_bytes),
    )


async def _show(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    found: Dispute,
    *,
    accepting: Form | None = None,
    rejecting: Form | None = None,
    returning: Form | None = None,
    status: int = 200,
) -> Response[Any]:
    dispute = found.row
    would_be = None
    if dispute.status in {DisputeStatus.OPEN, DisputeStatus.PROPOSED}:
        would_be = (await effect.basis(db, who, found.supplier, dispute.month, our_today(request))).of(
            dispute
        )
    template = "disputes/staff.html" if who.is_staff else "disputes/supplier.html"
    is_line = dispute.delivery_line_id is not None
    return page(
        request,
        template,
        status=status,
        found=found,
        dispute=dispute,
        subject=await disputes.subject_of(db, who, dispute),
        effect=would_be,
        changed=effect.as_read(dispute.effect),
        steps=possible(dispute, DISPUTE_STEPS, who),
        is_own=dispute.proposed_by_id == who.person_id,
        accepting=accepting or (ExcuseForm() if is_line else ResponsibilityForm()),
        rejecting=rejecting or RejectForm(),
        returning=returning or BackForm(),
        whys=[(value, _(words)) for value, words in whys_of(dispute)],
        why=_(why_words(dispute)),
        words=DISPUTE,
        month_name=month_words(dispute.month),
        month_key=key_of(dispute.month),
    )


def _decided(request: Request[Any, Any, Any], found: Dispute, what: str) -> Response[Any]:
    note = f"The dispute of {found.row.subject} is {what}. {found.supplier.name} gets a mail."
    return go(request, f"/months/{key_of(found.row.month)}#disputes", note=note)


HANDLERS = [new, begin, show, withdraw, propose, reject, approve, give_back]

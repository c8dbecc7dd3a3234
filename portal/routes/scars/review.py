"""What we decide: answers, extensions, whose responsibility it is."""

from typing import Any

from litestar import Request, Response, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from portal.access.permissions import P
from portal.errors import BadInputError, NotReadyError
from portal.languages import N_, _
from portal.models.nonconformances import Responsibility
from portal.models.scars import CauseKind, Discipline
from portal.routes.scars.record import address, staff_page, us
from portal.web.depends import Db, Who
from portal.web.forms import Form, clean, option, text, tick
from portal.web.page import go
from portal.workflows.scars import extensions, overview, record, responsibility, reviewing
from portal.workflows.scars.reviewing import Decision

_LONGEST = 2000


class ExtensionDecisionForm(Form):
    grant = tick(N_("Grant it"))
    note = text(N_("Reason"), limit=_LONGEST, required=False)


class UpholdForm(Form):
    reason = text(N_("Reason"), limit=_LONGEST, ask=N_("Say why it stays with the supplier."))


class TakeBackForm(Form):
    whose = option(N_("Whose it is"), Responsibility, ask=N_("Say whose it is."))
    reason = text(N_("Reason"), limit=_LONGEST, ask=N_("Say what convinced you."))


@post("/scars/{number:str}/review", permission=P.SCARS_WRITE, status_code=200)
async def decide(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    """Decide on every discipline that was sent: one answer to the supplier."""
    scar = await record.to_change(db, who, number)
    answers = await record.answers(db, who, scar)
    data = await request.form()
    try:
        await reviewing.decide(
            db,
            scar,
            answers,
            _decisions(data),
            by=who,
            cause=_cause(data),
            shown=_shown(data),
        )
    except BadInputError as wrong:
        view = await overview.overview(db, who, scar, us(request))
        return await staff_page(
            request, db, who, view, status=422, errors={"review": wrong.sentence}, typed=_typed(data)
        )
    return go(request, address(number), note=_("Decided. The supplier gets a mail."))


@post("/scars/{number:str}/extension-decision", permission=P.SCARS_WRITE, status_code=200)
async def decide_extension(
    request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]
) -> Response[Any]:
    scar = await record.to_change(db, who, number)
    form = await ExtensionDecisionForm.read(request)
    wish = await extensions.waiting(db, who, scar)
    if wish is None:
        raise NotReadyError(N_("Nobody waits for more time here. Somebody may have decided a moment ago."))
    if not form.is_good:
        raise BadInputError(next(iter(form.errors.values())))
    await extensions.decide(db, scar, wish, granted=form["grant"], note=form["note"], by=who)
    return go(
        request,
        address(number),
        note=_("More time is granted.") if form["grant"] else _("More time is refused."),
    )


@post("/scars/{number:str}/responsibility/upheld", permission=P.SCARS_WRITE, status_code=200)
async def uphold(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    scar = await record.to_change(db, who, number)
    form = await UpholdForm.read(request)
    if not form.is_good:
        view = await overview.overview(db, who, scar, us(request))
        return await staff_page(
            request, db, who, view, status=422, errors={"uphold": next(iter(form.errors.values()))}
        )
    await responsibility.uphold(db, scar, form["reason"], by=who)
    return go(request, address(number), note=_("It stays with the supplier, who gets a mail."))


@post("/scars/{number:str}/responsibility/taken-back", permission=P.SCARS_WRITE, status_code=200)
async def take_back(
    request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]
) -> Response[Any]:
    scar = await record.to_change(db, who, number)
    form = await TakeBackForm.read(request)
    if not form.is_good:
        view = await overview.overview(db, who, scar, us(request))
        return await staff_page(
            request, db, who, view, status=422, errors={"take_back": next(iter(form.errors.values()))}
        )
    await responsibility.take_back(db, scar, form["whose"], form["reason"], by=who)
    return go(request, address(number), note=_("The SCAR is taken back. It counts nowhere any more."))


def _decisions(data: FormMultiDict) -> dict[Discipline, Decision]:
    found = {}
    for each in Discipline:
        choice = data.get(f"decide-{each.value}")
        if choice in {"accept", "return"}:
            found[each] = Decision(choice == "accept", _plain(data.get(f"reason-{each.value}")))
    return found


def _plain(typed: object) -> str:
    """Read a free text of the review form.

    Raises:
        BadInputError: it is too long, or holds what cannot be stored.
    """
    try:
        words = clean(typed) if isinstance(typed, str) else ""
    except ValueError as wrong:
        raise BadInputError(str(wrong)) from None
    if len(words) > _LONGEST:
        raise BadInputError(f"A reason is {len(words)} characters long. Shorten it to {_LONGEST}.")
    return words


def _cause(data: FormMultiDict) -> CauseKind | None:
    given = data.get("cause")
    if not given:
        return None
    if given not in list(CauseKind):
        raise BadInputError(N_("Choose the kind of cause from the list."))
    return CauseKind(given)


def _shown(data: FormMultiDict) -> dict[int, Discipline]:
    found = {}
    for name, value in data.multi_items():
        key = name.removeprefix("criterion-")
        if name != key and key.isascii() and key.isdigit() and len(key) < 19 and value in list(Discipline):
            found[int(key)] = Discipline(value)
    return found


def _typed(data: FormMultiDict) -> dict[str, str]:
    return {name: value for name, value in data.multi_items() if isinstance(value, str)}


HANDLERS = [decide, decide_extension, uphold, take_back]

"""One entry of the approved supplier list: its history, the next decision, a new scope."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery

from portal.access.permissions import P, may
from portal.errors import NotFoundError, StaleError
from portal.models.suppliers import AslStatus, ScopeKind, Supplier
from portal.routes.suppliers.record import address
from portal.web.conflicts import Difference, differences
from portal.web.depends import Db, Who
from portal.web.forms import Form, clean, day, option, text, whole
from portal.web.page import go, page
from portal.web.reading import our_today, row_id, version_of
from portal.workflows.approved_list import entries
from portal.workflows.approved_list.entries import Entry
from portal.workflows.approved_list.standing import SCOPE, STATUS, ends_in
from portal.workflows.editing import TakenError
from portal.workflows.suppliers import record, sites

_LARGEST = 2**53


_DECISION = option("Decision", AslStatus)
_UNTIL = day("Last valid day", required=False)
_REASON = text("Reason", limit=2000, ask="Give the reason. It stays in the history.")


class DecisionForm(Form):
    status = _DECISION
    valid_until = _UNTIL
    reason = _REASON


class EntryForm(Form):
    scope_kind = option("Kind of scope", ScopeKind)
    scope = text("Scope", limit=200)
    site = whole("Site", low=1, high=_LARGEST, required=False)
    status = _DECISION
    valid_until = _UNTIL
    reason = _REASON


@get("/approved-suppliers/new", permission=P.ASL_WRITE)
async def new(
    request: Request[Any, Any, Any], db: Db, who: Who, supplier: FromQuery[str] = ""
) -> Response[Any]:
    """Show the form for one supplier; without one, say where to begin."""
    try:
        number = clean(supplier)
    except ValueError:
        raise NotFoundError from None
    if not number:
        return go(request, "/suppliers?asl=none")
    found = await record.find(db, who, number)
    form = EntryForm({"status": AslStatus.PENDING, "scope_kind": ScopeKind.COMMODITY})
    return await _new_form(request, db, who, form, found)


@post("/suppliers/{number:str}/approvals", permission=P.ASL_WRITE, status_code=200)
async def create(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    supplier = await record.find(db, who, number)
    form = await EntryForm.read(request)
    if form.is_good:
        values = {
            "scope_kind": form["scope_kind"],
            "scope": form["scope"],
            "site_id": form["site"],
            "status": form["status"],
            "valid_until_on": form["valid_until"],
            "reason": form["reason"],
        }
        try:
            await entries.add(db, supplier, values, by=who, today=our_today(request))
        except TakenError as taken:
            form.refuse(taken.field, taken.sentence)
        else:
            return go(request, f"{address(supplier.number)}#approvals", note="The scope is on the list.")
    return await _new_form(request, db, who, form, supplier, status=422)


@get("/approved-suppliers/{entry:str}", permission=P.SUPPLIERS_READ)
async def show(request: Request[Any, Any, Any], db: Db, who: Who, entry: FromPath[str]) -> Response[Any]:
    found, supplier = await entries.find(db, who, row_id(entry))
    return _show(request, who, DecisionForm(_as_typed(found)), found, supplier)


@post("/approved-suppliers/{entry:str}/decisions", permission=P.ASL_WRITE, status_code=200)
async def decide(request: Request[Any, Any, Any], db: Db, who: Who, entry: FromPath[str]) -> Response[Any]:
    found, supplier = await entries.to_change(db, who, row_id(entry))
    data = await request.form()
    form = DecisionForm.of(data)
    version = version_of(data)
    if not form.is_good:
        return _show(request, who, form, found, supplier, version=version, status=422)
    try:
        await entries.decide(
            db,
            found.entry,
            version,
            status=form["status"],
            valid_until_on=form["valid_until"],
            reason=form["reason"],
            by=who,
            today=our_today(request),
        )
    except StaleError:
        saved = {**_as_typed(found), "reason": found.entry.reason}
        both = differences(form, saved, {"status": STATUS})  # type: ignore[dict-item] # enums are texts
        return _show(request, who, form, found, supplier, both=both, status=412)
    except TakenError as taken:
        form.refuse(taken.field, taken.sentence)
        return _show(request, who, form, found, supplier, version=version, status=422)
    return go(request, f"/approved-suppliers/{found.entry.id}", note="Decided and kept in the history.")


def _show(
    request: Request[Any, Any, Any],
    who: Who,
    form: DecisionForm,
    found: Entry,
    supplier: Supplier,
    *,
    version: int | None = None,
    both: list[Difference] | None = None,
    status: int = 200,
) -> Response[Any]:
    today = our_today(request)
    return page(
        request,
        "approved_list/show.html",
        status=status,
        form=form,
        found=found,
        entry=found.entry,
        supplier=supplier,
        here=address(supplier.number),
        is_expired=found.is_expired(today),
        version=found.entry.version if version is None else version,
        both=both or [],
        today=today,
        ends_in=ends_in,
        decisions=list(STATUS.items()),
        asl_words=STATUS,
        scope_words=SCOPE,
        may_decide=may(who, P.ASL_WRITE),
    )


async def _new_form(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    form: EntryForm,
    supplier: Supplier,
    *,
    status: int = 200,
) -> Response[Any]:
    return page(
        request,
        "approved_list/new.html",
        status=status,
        form=form,
        supplier=supplier,
        here=address(supplier.number),
        decisions=list(STATUS.items()),
        kinds=list(SCOPE.items()),
        commodities=await record.commodities(db, who),
        sites=[(each.id, each.name) for each in await sites.sites_of(db, who, supplier)],
        today=our_today(request),
    )


def _as_typed(found: Entry) -> dict[str, str]:
    """As the form begins: the standing decision, without its reason, because the next one has its own."""
    until = found.entry.valid_until_on
    return {
        "status": found.entry.status.value,
        "valid_until": until.isoformat() if until else "",
        "reason": "",
    }


HANDLERS = [new, create, show, decide]

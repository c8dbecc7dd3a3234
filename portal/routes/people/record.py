"""One person: role, plants, where they are signed in; deactivated and let in again."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from portal import clock
from portal.access.permissions import P
from portal.access.principal import ROLE_LABELS
from portal.errors import BadInputError, NotFoundError, NotReadyError, StaleError
from portal.mail.messages import AccountChange
from portal.models.people import Person, Role
from portal.routes.people.forms import Limits, Offered, PersonForm, offered, role_options
from portal.web.conflicts import Difference, differences
from portal.web.depends import Db, Who
from portal.web.page import flash, go, page
from portal.web.reading import row_id, version_of
from portal.workflows import absences, notices, people, second_factor, sessions, shares
from portal.workflows.company import identities

DONE = {
    "saved": "Saved.",
    "role": "Saved. The new role counts from now on, and every browser of theirs is signed out.",
    "deactivated": "Deactivated, and signed out everywhere.",
    "reactivated": "Active again. They sign in as before.",
    "app-removed": "The authenticator app is removed, and every browser of theirs is signed out.",
    "back": "Ended. Nobody stands in any more.",
    "signed-out": "Signed out everywhere.",
    "company-permitted": "For 7 days the company account with this address may connect itself.",
    "company-removed": "The company account is disconnected, and every browser of theirs is signed out.",
}


@get("/people/{person:str}", permission=P.PEOPLE_MANAGE)
async def show(request: Request[Any, Any, Any], db: Db, who: Who, person: FromPath[str]) -> Response[Any]:
    found = await people.find(db, who, row_id(person))
    if done := DONE.get(request.query_params.get("done", "")):
        flash(request, "ok", done)
    return await _show(request, db, who, found, PersonForm(_as_typed(found)))


@post("/people/{person:str}", permission=P.PEOPLE_MANAGE, status_code=200)
async def change(request: Request[Any, Any, Any], db: Db, who: Who, person: FromPath[str]) -> Response[Any]:
    found = await people.to_change(db, who, row_id(person))
    data = await request.form()
    form = PersonForm.of(data)
    limits = (await offered(db, who)).read(data)
    if not form.is_good:
        return await _show(request, db, who, found, form, limits=limits, status=422)
    values: dict[str, Any] = {"name": form["name"], "title": form["title"], "role": form["role"]}
    if who.is_staff and not found.role.is_supplier:
        values |= limits.values()
    try:
        is_other_role = await people.change(db, who, found, version_of(data), values)
    except StaleError:
        both = differences(form, _as_typed(found), {"role": {r.value: w for r, w in ROLE_LABELS.items()}})
        return await _show(request, db, who, found, form, limits=limits, both=both, status=412)
    except (BadInputError, NotReadyError) as refused:
        form.refuse("role", refused.sentence)
        return await _show(request, db, who, found, form, limits=limits, status=422)
    if is_other_role:
        await _tell(request, db, who, found, AccountChange.ROLE, people.LABELS[found.role])
    return go(request, f"/people/{found.id}?done={'role' if is_other_role else 'saved'}")


@post("/people/{person:str}/deactivation", permission=P.PEOPLE_MANAGE, status_code=200)
async def deactivate(
    request: Request[Any, Any, Any], db: Db, who: Who, person: FromPath[str]
) -> Response[Any]:
    found = await people.to_change(db, who, row_id(person))
    await people.deactivate(db, who, found)
    await _tell(request, db, who, found, AccountChange.DEACTIVATED)
    return go(request, f"/people/{found.id}?done=deactivated")


@post("/people/{person:str}/reactivation", permission=P.PEOPLE_MANAGE, status_code=200)
async def reactivate(
    request: Request[Any, Any, Any], db: Db, who: Who, person: FromPath[str]
) -> Response[Any]:
    found = await people.to_change(db, who, row_id(person))
    await people.reactivate(db, found)
    await _tell(request, db, who, found, AccountChange.REACTIVATED)
    return go(request, f"/people/{found.id}?done=reactivated")


@post("/people/{person:str}/sessions/end", permission=P.PEOPLE_MANAGE, status_code=200)
async def sign_out(request: Request[Any, Any, Any], db: Db, who: Who, person: FromPath[str]) -> Response[Any]:
    found = await people.find(db, who, row_id(person))
    if await sessions.end_all(db, found.id):
        await _tell(request, db, who, found, AccountChange.SIGNED_OUT)
    return go(request, f"/people/{found.id}?done=signed-out")


@post("/people/{person:str}/app-removal", permission=P.PEOPLE_MANAGE, status_code=200, fresh=True)
async def remove_app(
    request: Request[Any, Any, Any], db: Db, who: Who, person: FromPath[str]
) -> Response[Any]:
    """For somebody who lost the phone and the recovery codes; they set up another app, or sign in without."""
    found = await people.to_change(db, who, row_id(person))
    if (await second_factor.state(db, found.id)).has_app:
        await second_factor.remove(db, found.id)
        await sessions.end_all(db, found.id)
        await _tell(request, db, who, found, AccountChange.TOTP_OFF)
    return go(request, f"/people/{found.id}?done=app-removed")


@post("/people/{person:str}/return", permission=P.PEOPLE_MANAGE, status_code=200)
async def end_absence(
    request: Request[Any, Any, Any], db: Db, who: Who, person: FromPath[str]
) -> Response[Any]:
    found = await people.to_change(db, who, row_id(person))
    await absences.end(db, who, found)
    return go(request, f"/people/{found.id}?done=back")


@post("/people/{person:str}/company-permission", permission=P.PEOPLE_MANAGE, status_code=200, fresh=True)
async def permit_company(
    request: Request[Any, Any, Any], db: Db, who: Who, person: FromPath[str]
) -> Response[Any]:
    found = await people.to_change(db, who, row_id(person))
    _with_company(request, who)
    await identities.permit(db, found)
    return go(request, f"/people/{found.id}?done=company-permitted")


@post("/people/{person:str}/company-removal", permission=P.PEOPLE_MANAGE, status_code=200, fresh=True)
async def remove_company(
    request: Request[Any, Any, Any], db: Db, who: Who, person: FromPath[str]
) -> Response[Any]:
    found = await people.to_change(db, who, row_id(person))
    _with_company(request, who)
    if await identities.disconnect(db, found, keep_a_way=found.id == who.person_id):
        await sessions.end_all(db, found.id, but=who.session_hash)
        await _tell(request, db, who, found, AccountChange.COMPANY_OFF)
    return go(request, f"/people/{found.id}?done=company-removed")


def _with_company(request: Request[Any, Any, Any], who: Who) -> None:
    if request.app.state.company is None or who.is_supplier:
        raise NotFoundError


async def _tell(
    request: Request[Any, Any, Any], db: Db, who: Who, person: Person, change: AccountChange, detail: str = ""
) -> None:
    by = "" if person.id == who.person_id else who.name
    await notices.tell(db, request.app.state.settings, person, change, by=by, detail=detail)


async def _show(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    person: Person,
    form: PersonForm,
    *,
    limits: Limits | None = None,
    both: list[Difference] | None = None,
    status: int = 200,
) -> Response[Any]:
    settings = request.app.state.settings
    return page(
        request,
        "people/show.html",
        status=status,
        person=person,
        row=await people.row(db, who, person.id),
        form=form,
        both=both or [],
        roles=role_options(who, of_supplier=person.role.is_supplier),
        offered=Offered() if person.role.is_supplier else await offered(db, who),
        limits=limits or Limits(person.plant_ids, person.commodity_ids),
        shares=await shares.of_auditor(db, who, person.id) if person.role is Role.AUDITOR else [],
        today=clock.today(who.time_zone),
        company=await identities.of(db, person.id, settings.oidc.issuer) if settings.oidc else None,
        now=clock.now(),
        absence=await absences.of(db, who, person.id),
        devices=await sessions.of(db, settings, person.id, here=who.session_hash),
    )


def _as_typed(person: Person) -> dict[str, str]:
    return {"name": person.name, "title": person.title, "role": person.role.value}


HANDLERS = [
    show,
    change,
    deactivate,
    reactivate,
    sign_out,
    remove_app,
    end_absence,
    permit_company,
    remove_company,
]

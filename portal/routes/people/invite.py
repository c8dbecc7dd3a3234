"""Inviting somebody, sending an invitation again, taking it back."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from portal.access.permissions import P
from portal.errors import NotFoundError
from portal.models.suppliers import Supplier
from portal.routes.people.forms import InviteForm, Limits, StaffInviteForm, offered, role_options
from portal.web.depends import Db, Who
from portal.web.page import go, page
from portal.web.reading import row_id
from portal.workflows import invitations, people
from portal.workflows.editing import TakenError
from portal.workflows.suppliers import record as suppliers


@get("/people/invite", permission=P.PEOPLE_MANAGE)
async def new(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    form: InviteForm = InviteForm()
    if who.is_staff:
        form = StaffInviteForm({"supplier": request.query_params.get("supplier", "")[:40]})
    return await _form(request, db, who, form)


@post("/people/invite", permission=P.PEOPLE_MANAGE, status_code=200)
async def invite(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    data = await request.form()
    form = StaffInviteForm.of(data) if who.is_staff else InviteForm.of(data)
    limits = (await offered(db, who)).read(data)
    if not form.is_good:
        return await _form(request, db, who, form, limits=limits, status=422)
    supplier_id = who.supplier_id
    if who.is_staff:
        supplier = await _supplier(db, who, form)
        supplier_id = supplier.id if supplier else None
    if form["role"] not in people.roles_for(who, of_supplier=supplier_id is not None):
        form.errors.setdefault("role", "Choose a role from the list.")
    if form.errors:
        return await _form(request, db, who, form, limits=limits, status=422)
    offer = invitations.Offer(
        email=form["email"],
        name=form["name"],
        title=form["title"],
        role=form["role"],
        supplier_id=supplier_id,
        plant_ids=None if supplier_id else limits.plants,
        commodity_ids=None if supplier_id else limits.commodities,
    )
    try:
        await invitations.invite(db, request.app.state.settings, who, offer)
    except TakenError as taken:
        form.refuse(taken.field, taken.sentence)
        return await _form(request, db, who, form, limits=limits, status=422)
    return go(request, "/people?done=invited")


@post("/people/invitations/{invitation:str}/renewal", permission=P.PEOPLE_MANAGE, status_code=200)
async def resend(
    request: Request[Any, Any, Any], db: Db, who: Who, invitation: FromPath[str]
) -> Response[Any]:
    found = await invitations.to_change(db, who, row_id(invitation))
    await invitations.resend(db, request.app.state.settings, who, found)
    return go(request, "/people?done=resent")


@post("/people/invitations/{invitation:str}/withdrawal", permission=P.PEOPLE_MANAGE, status_code=200)
async def withdraw(
    request: Request[Any, Any, Any], db: Db, who: Who, invitation: FromPath[str]
) -> Response[Any]:
    await invitations.withdraw(db, await invitations.to_change(db, who, row_id(invitation)))
    return go(request, "/people?done=withdrawn")


async def _supplier(db: Db, who: Who, form: InviteForm) -> Supplier | None:
    """Find the supplier that a role of theirs needs; say at the field what does not fit."""
    number, role = form["supplier"], form["role"]
    if not role.is_supplier:
        if number:
            form.refuse("supplier", "This role is for our own people. Leave the supplier number empty.")
        return None
    if not number:
        form.refuse("supplier", "Enter the number of the supplier whom this person works for.")
        return None
    try:
        return await suppliers.find(db, who, number)
    except NotFoundError:
        form.refuse("supplier", f"There is no supplier with the number {number}.")
        return None


async def _form(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    form: InviteForm,
    *,
    limits: Limits | None = None,
    status: int = 200,
) -> Response[Any]:
    ours = role_options(who, of_supplier=False)
    theirs = role_options(who, of_supplier=True)
    return page(
        request,
        "people/invite.html",
        status=status,
        form=form,
        ours=ours,
        theirs=theirs,
        offered=await offered(db, who),
        limits=limits or Limits(),
    )


HANDLERS = [new, invite, resend, withdraw]

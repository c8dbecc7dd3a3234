"""Whom we write to at a supplier: added, changed, removed."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from portal.access.permissions import P
from portal.errors import StaleError
from portal.models.suppliers import Contact, ProcessRole, Supplier
from portal.routes.suppliers.record import address
from portal.web.conflicts import Difference, differences
from portal.web.depends import Db, Who
from portal.web.forms import Form, is_email, option, text, whole
from portal.web.page import go, page
from portal.web.reading import row_id, version_of
from portal.workflows.editing import TakenError
from portal.workflows.suppliers import record, sites
from portal.workflows.suppliers.words import PROCESS

_LARGEST = 2**53


class ContactForm(Form):
    name = text("Name", limit=200)
    role = option("Asked about", ProcessRole, ask="Choose what this person is asked about.")
    email = text("E-mail", limit=254, check=is_email, ask="Enter an e-mail address.")
    phone = text("Phone", limit=40, required=False)
    site = whole("Site", low=1, high=_LARGEST, required=False)

    @property
    def record_values(self) -> dict[str, Any]:
        return {
            "name": self["name"],
            "role": self["role"],
            "email": self["email"],
            "phone": self["phone"],
            "site_id": self["site"],
        }


@get("/suppliers/{number:str}/contacts/new", permission=P.SUPPLIERS_WRITE)
async def new(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    supplier = await record.find(db, who, number)
    return await _form(request, db, who, ContactForm({"role": ProcessRole.QUALITY}), supplier)


@post("/suppliers/{number:str}/contacts", permission=P.SUPPLIERS_WRITE, status_code=200)
async def create(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    supplier = await record.find(db, who, number)
    form = await ContactForm.read(request)
    if form.is_good:
        try:
            await sites.add_contact(db, who, supplier, form.record_values)
        except TakenError as taken:
            form.refuse(taken.field, taken.sentence)
        else:
            return go(request, f"{address(supplier.number)}#contacts", note="The contact is added.")
    return await _form(request, db, who, form, supplier, status=422)


@get("/suppliers/{number:str}/contacts/{contact:str}/edit", permission=P.SUPPLIERS_WRITE)
async def edit(
    request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str], contact: FromPath[str]
) -> Response[Any]:
    supplier = await record.find(db, who, number)
    found = await sites.contact_to_change(db, who, supplier, row_id(contact))
    return await _form(request, db, who, ContactForm(_as_typed(found)), supplier, contact=found)


@post("/suppliers/{number:str}/contacts/{contact:str}", permission=P.SUPPLIERS_WRITE, status_code=200)
async def change(
    request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str], contact: FromPath[str]
) -> Response[Any]:
    supplier = await record.find(db, who, number)
    found = await sites.contact_to_change(db, who, supplier, row_id(contact))
    data = await request.form()
    form = ContactForm.of(data)
    version = version_of(data)
    if not form.is_good:
        return await _form(request, db, who, form, supplier, contact=found, version=version, status=422)
    try:
        await sites.change_contact(db, who, supplier, found, version, form.record_values)
    except StaleError:
        names = {str(each.id): each.name for each in await sites.sites_of(db, who, supplier)}
        both = differences(form, _as_typed(found), {"role": PROCESS, "site": names})  # type: ignore[dict-item] # enums are texts
        return await _form(request, db, who, form, supplier, contact=found, both=both, status=412)
    except TakenError as taken:
        form.refuse(taken.field, taken.sentence)
        return await _form(request, db, who, form, supplier, contact=found, version=version, status=422)
    return go(request, f"{address(supplier.number)}#contacts", note="Saved.")


@post("/suppliers/{number:str}/contacts/{contact:str}/removal", permission=P.SUPPLIERS_WRITE, status_code=200)
async def remove(
    request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str], contact: FromPath[str]
) -> Response[Any]:
    supplier = await record.find(db, who, number)
    await sites.remove_contact(db, await sites.contact_to_change(db, who, supplier, row_id(contact)))
    return go(request, f"{address(supplier.number)}#contacts", note="The contact is removed.")


async def _form(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    form: ContactForm,
    supplier: Supplier,
    *,
    contact: Contact | None = None,
    version: int | None = None,
    both: list[Difference] | None = None,
    status: int = 200,
) -> Response[Any]:
    return page(
        request,
        "suppliers/contact.html",
        status=status,
        form=form,
        supplier=supplier,
        contact=contact,
        here=address(supplier.number),
        version=version if version is not None else contact.version if contact else 0,
        both=both or [],
        roles=list(PROCESS.items()),
        sites=[(each.id, each.name) for each in await sites.sites_of(db, who, supplier)],
    )


def _as_typed(contact: Contact) -> dict[str, str]:
    return {
        "name": contact.name,
        "role": contact.role.value,
        "email": contact.email,
        "phone": contact.phone,
        "site": str(contact.site_id or ""),
    }


HANDLERS = [new, create, edit, change, remove]

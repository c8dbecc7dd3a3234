"""Whom we write to, changed by the supplier's own people."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from portal.access.permissions import P
from portal.errors import StaleError
from portal.languages import ENGLISH, N_, _, known
from portal.languages import NAMES as LANGUAGES
from portal.models.suppliers import Contact, ProcessRole, Supplier
from portal.routes.company_details.details import HERE
from portal.web.conflicts import Difference, differences
from portal.web.depends import Db, Who
from portal.web.forms import Form, is_email, option, text, whole
from portal.web.page import go, page
from portal.web.reading import row_id, version_of
from portal.workflows.company_details import confirming
from portal.workflows.editing import TakenError
from portal.workflows.suppliers import sites
from portal.workflows.suppliers.words import PROCESS

_LARGEST = 2**53


def _language(value: str) -> str:
    if value not in LANGUAGES:
        raise ValueError(_("Choose a language from the list."))
    return value


class ContactForm(Form):
    name = text(N_("Name"), limit=200, ask=N_("Enter a name."))
    role = option(N_("Asked about"), ProcessRole, ask=N_("Choose what this person is asked about."))
    email = text(N_("E-mail"), limit=254, check=is_email, ask=N_("Enter an e-mail address."))
    phone = text(N_("Phone"), limit=40, required=False)
    site = whole(N_("Site"), low=1, high=_LARGEST, required=False)
    language = text(
        N_("Language of our mails"), limit=8, check=_language, ask=N_("Choose a language from the list.")
    )

    @property
    def record_values(self) -> dict[str, Any]:
        same = {name: self[name] for name in ("name", "role", "email", "phone", "language")}
        return {**same, "site_id": self["site"]}


@get(f"{HERE}/contacts/new", permission=P.COMPANY_CONFIRM)
async def new(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    supplier = await confirming.own(db, who)
    wanted = request.query_params.get("role", "")
    role = wanted if wanted in set(ProcessRole) else ProcessRole.QUALITY
    return await _form(request, db, who, ContactForm({"role": role, "language": ENGLISH}), supplier)


@post(f"{HERE}/contacts", permission=P.COMPANY_CONFIRM, status_code=200)
async def create(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    supplier = await confirming.own(db, who)
    form = await ContactForm.read(request)
    if form.is_good:
        try:
            await sites.add_contact(db, who, supplier, form.record_values)
        except TakenError as taken:
            form.refuse(taken.field, taken.sentence)
        else:
            await confirming.changed(db, who, supplier, "Contact added")
            return go(request, f"{HERE}#contacts", note=_("The contact is added."))
    return await _form(request, db, who, form, supplier, status=422)


@get(f"{HERE}/contacts/{{contact:str}}", permission=P.COMPANY_CONFIRM)
async def edit(request: Request[Any, Any, Any], db: Db, who: Who, contact: FromPath[str]) -> Response[Any]:
    supplier = await confirming.own(db, who)
    found = await sites.contact_to_change(db, who, supplier, row_id(contact))
    return await _form(request, db, who, ContactForm(_as_typed(found)), supplier, contact=found)


@post(f"{HERE}/contacts/{{contact:str}}", permission=P.COMPANY_CONFIRM, status_code=200)
async def change(request: Request[Any, Any, Any], db: Db, who: Who, contact: FromPath[str]) -> Response[Any]:
    supplier = await confirming.own(db, who)
    found = await sites.contact_to_change(db, who, supplier, row_id(contact))
    data = await request.form()
    form = ContactForm.of(data)
    version = version_of(data)
    if not form.is_good:
        return await _form(request, db, who, form, supplier, contact=found, version=version, status=422)
    values = form.record_values
    if known(found.language) == values["language"]:
        values["language"] = found.language  # one that we don't speak yet is kept for the day when we do
    try:
        await sites.change_contact(db, who, supplier, found, version, values)
    except StaleError:
        names = {str(each.id): each.name for each in await sites.sites_of(db, who, supplier)}
        words: dict[str, Any] = {"role": PROCESS, "site": names, "language": LANGUAGES}
        both = differences(form, _as_typed(found), words)
        return await _form(request, db, who, form, supplier, contact=found, both=both, status=412)
    except TakenError as taken:
        form.refuse(taken.field, taken.sentence)
        return await _form(request, db, who, form, supplier, contact=found, version=version, status=422)
    await confirming.changed(db, who, supplier, "Contact changed")
    return go(request, f"{HERE}#contacts", note=_("Saved."))


@post(f"{HERE}/contacts/{{contact:str}}/removal", permission=P.COMPANY_CONFIRM, status_code=200)
async def remove(request: Request[Any, Any, Any], db: Db, who: Who, contact: FromPath[str]) -> Response[Any]:
    supplier = await confirming.own(db, who)
    found = await sites.contact_to_change(db, who, supplier, row_id(contact))
    await confirming.remove_contact(db, who, supplier, found)
    return go(request, f"{HERE}#contacts", note=_("The contact is removed."))


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
        "company_details/contact.html",
        status=status,
        form=form,
        contact=contact,
        here=HERE,
        version=version if version is not None else contact.version if contact else 0,
        both=both or [],
        roles=[(role, _(words)) for role, words in PROCESS.items()],
        languages=list(LANGUAGES.items()),
        sites=[(each.id, each.name) for each in await sites.sites_of(db, who, supplier)],
    )


def _as_typed(contact: Contact) -> dict[str, str]:
    return {
        "name": contact.name,
        "role": contact.role.value,
        "email": contact.email,
        "phone": contact.phone,
        "site": str(contact.site_id or ""),
        "language": known(contact.language),
    }


HANDLERS = [new, create, edit, change, remove]

"""Writing a SCAR: from nonconformances or by hand, looked at as the supplier, then issued."""

from dataclasses import replace
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from portal.access.permissions import P
from portal.errors import BadInputError, NotFoundError, StaleError
from portal.languages import N_, _
from portal.models.base import ZERO
from portal.models.nonconformances import Nonconformance
from portal.models.people import Role
from portal.models.scars import Discipline, Scar, ScarSource, ScarStatus, Severity
from portal.models.suppliers import Supplier
from portal.routes.scars.record import address, supplier_page, us
from portal.web.conflicts import Difference, differences
from portal.web.depends import Db, Who
from portal.web.forms import Form, decimal, option, text, whole
from portal.web.page import go, page
from portal.web.reading import version_of
from portal.workflows.nonconformances import proposing
from portal.workflows.nonconformances import record as found_record
from portal.workflows.nonconformances.proposing import Earlier, Proposal
from portal.workflows.scars import issue, overview, record, words
from portal.workflows.suppliers import record as suppliers
from portal.workflows.suppliers import sites

_LARGEST = 2**53
_MOST = found_record.MOST
_CRITERIA, _CRITERION = 12, 400


class ScarForm(Form):
    title = text(N_("Title"), limit=200, ask=N_("Say in a few words what is wrong, with the part."))
    severity = option(N_("Severity"), Severity)
    plant = text(N_("Plant"), limit=40, ask=N_("Choose the plant."))
    part = text(N_("Part"), limit=120, required=False)
    defect = text(N_("Defect"), limit=80, ask=N_("Name the defect."))
    description = text(N_("What happened"), limit=4000, required=False)
    lots = text(N_("Lots"), limit=400, required=False)
    quantity = decimal(N_("Bad pieces"), low=ZERO, high=_MOST, required=False)
    checked = decimal(N_("Of so many"), low=ZERO, high=_MOST, required=False)
    criteria = text(N_("A good answer shows"), limit=_CRITERIA * _CRITERION, required=False)
    source = option(N_("Comes from"), ScarSource)
    site = whole(N_("Site"), low=1, high=_LARGEST, required=False)
    owner = whole(N_("Engineer"), low=1, high=_LARGEST)
    buyer = whole(N_("Buyer"), low=1, high=_LARGEST, required=False)
    internal_note = text(N_("Internal note"), limit=4000, required=False)

    @property
    def lines(self) -> list[str]:
        """The criteria, one on each line."""
        return [line.strip() for line in self["criteria"].split("\n") if line.strip()]

    def check_together(self) -> None:
        if self.is_good and self["checked"] and (self["quantity"] or ZERO) > self["checked"]:
            self.refuse("checked", N_("There cannot be more bad pieces than were checked."))
        if self.is_good and (
            len(self.lines) > _CRITERIA or any(len(line) > _CRITERION for line in self.lines)
        ):
            self.refuse("criteria", f"At most {_CRITERIA} lines of {_CRITERION} characters, please.")


@get("/scars/new", permission=P.SCARS_WRITE)
async def new(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    """Begin one from chosen nonconformances (``?nc=``), or for a supplier (``?supplier=``)."""
    found = await _chosen(db, who, request.query_params.getall("nc", []))
    number = request.query_params.get("supplier", "")
    if not found and not number:
        return page(request, "scars/choose.html", suppliers=await found_record.suppliers(db, who))
    supplier = await _supplier(db, who, number, found)
    first = found[0] if found else None
    earlier = await _repeats(db, who, supplier, found)
    proposal = proposing.severity(found, earlier)
    part = await found_record.part_of(db, first) if first else None
    plant = await found_record.plant_of(db, first) if first else None
    form = ScarForm(
        {
            "title": f"{first.kind}, {part.name or 'part'} {part.number}" if first and part else "",
            "severity": proposal.severity.value,
            "plant": plant.code if plant else "",
            "part": part.number if part else "",
            "defect": first.kind if first else "",
            "description": "\n".join(each.description for each in found if each.description),
            "lots": ", ".join(dict.fromkeys(each.lot_number for each in found if each.lot_number)),
            "quantity": f"{sum((each.quantity for each in found), ZERO).normalize():f}" if found else "",
            "checked": _checked(found),
            "source": issue.source_of(found).value,
            "owner": str(who.person_id),
        }
    )
    return await _form(request, db, who, form, supplier, found=found, earlier=earlier, proposal=proposal)


@post("/scars", permission=P.SCARS_WRITE, status_code=200)
async def create(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    data = await request.form()
    found = await _chosen(db, who, [each for each in data.getall("nc", []) if isinstance(each, str)])
    supplier = await _supplier(db, who, str(data.get("supplier") or ""), found)
    form = ScarForm.of(data)
    form.check_together()
    values = await _values(db, who, form, supplier)
    if not form.is_good:
        return await _form(request, db, who, form, supplier, found=found, status=422)
    earlier = await _repeats(db, who, supplier, found)
    values["repeat_of_id"] = next((each.scar_id for each in earlier if each.scar_id), None)
    scar = await issue.draft(db, supplier, values, form.lines, by=who, found=found)
    return go(request, address(scar.number), note=_("The draft is saved. Only we see it."))


@get("/scars/{number:str}/edit", permission=P.SCARS_WRITE)
async def edit(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    scar = await _draft(db, who, number)
    supplier = await issue.supplier_of(db, who, scar)
    return await _form(request, db, who, ScarForm(await _as_typed(db, scar)), supplier, scar=scar)


@post("/scars/{number:str}", permission=P.SCARS_WRITE, status_code=200)
async def change(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    scar = await record.to_change(db, who, number)
    supplier = await issue.supplier_of(db, who, scar)
    data = await request.form()
    form = ScarForm.of(data)
    form.check_together()
    values = await _values(db, who, form, supplier)
    if not form.is_good:
        return await _form(request, db, who, form, supplier, scar=scar, version=version_of(data), status=422)
    try:
        await issue.change(db, scar, version_of(data), values, form.lines)
    except StaleError:
        both = differences(form, await _as_typed(db, scar))
        return await _form(request, db, who, form, supplier, scar=scar, both=both, status=412)
    return go(request, address(number), note=_("Saved."))


@get("/scars/{number:str}/preview", permission=P.SCARS_WRITE)
async def preview(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    """Show it as the supplier will see it, with nothing of ours."""
    scar = await record.find(db, who, number)
    view = await overview.overview(db, who, scar, us(request))
    seen = replace(view, events=[each for each in view.events if not each.is_internal])
    return supplier_page(request, seen, step=Discipline.D0 if not seen.awaited else None, is_preview=True)


@post("/scars/{number:str}/issue", permission=P.SCARS_WRITE, status_code=200)
async def send(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    scar = await record.to_change(db, who, number)
    await issue.issue(db, scar, by=who)
    return go(request, address(number), note=_("Issued. The supplier gets a mail, and the clock runs."))


async def _chosen(db: Db, who: Who, numbers: list[str]) -> list[Nonconformance]:
    return [await found_record.to_change(db, who, number) for number in dict.fromkeys(numbers[:50])]


async def _supplier(db: Db, who: Who, number: str, found: list[Nonconformance]) -> Supplier:
    if not found:
        return await suppliers.find(db, who, number)
    if len({each.supplier_id for each in found}) > 1:
        raise BadInputError(
            "These come from several suppliers. A SCAR goes to one: choose those of one supplier."
        )
    return await found_record.supplier_of(db, found[0])


async def _repeats(db: Db, who: Who, supplier: Supplier, found: list[Nonconformance]) -> list[Earlier]:
    if not found:
        return []
    first = min(found, key=lambda each: each.found_on)
    return await proposing.repeats(db, who, supplier.id, first.part_id, first.kind, first.found_on)


def _checked(found: list[Nonconformance]) -> str:
    checked = sum((each.checked or ZERO for each in found), ZERO)
    return f"{checked.normalize():f}" if checked else ""


async def _draft(db: Db, who: Who, number: str) -> Scar:
    scar = await record.find(db, who, number)
    if scar.status is not ScarStatus.DRAFT:
        raise NotFoundError
    return scar


async def _values(db: Db, who: Who, form: ScarForm, supplier: Supplier) -> dict[str, Any]:
    """What the form means for the record; what names nothing we know is refused at its field."""
    if not form.is_good:
        return {}
    plant = await found_record.plant(db, who, form["plant"])
    part = await found_record.part(db, form["part"]) if form["part"] else None
    people = {each.id for each in await issue.owners(db, who)}
    known_sites = {each.id for each in await sites.sites_of(db, who, supplier)}
    checks = {
        "plant": plant is not None,
        "part": part is not None or not form["part"],
        "owner": form["owner"] in people,
        "buyer": form["buyer"] in {*people, None},
        "site": form["site"] in {*known_sites, None},
    }
    for name, is_right in checks.items():
        if not is_right:
            form.refuse(name, N_("Choose one from the list."))
    if plant is None or not form.is_good:
        return {}
    return {
        "title": form["title"],
        "severity": form["severity"],
        "source": form["source"],
        "plant_id": plant.id,
        "part_id": part.id if part else None,
        "commodity_id": (part.commodity_id if part else None) or supplier.commodity_id,
        "defect": form["defect"],
        "description": form["description"],
        "lots": form["lots"],
        "quantity": form["quantity"] or 0,
        "quantity_checked": form["checked"] or 0,
        "site_id": form["site"],
        "owner_id": form["owner"],
        "buyer_id": form["buyer"],
        "internal_note": form["internal_note"],
    }


async def _form(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    form: ScarForm,
    supplier: Supplier,
    *,
    scar: Scar | None = None,
    found: list[Nonconformance] | None = None,
    earlier: list[Earlier] | None = None,
    proposal: Proposal | None = None,
    version: int | None = None,
    both: list[Difference] | None = None,
    status: int = 200,
) -> Response[Any]:
    people = await issue.owners(db, who)
    return page(
        request,
        "scars/edit.html",
        status=status,
        form=form,
        scar=scar,
        supplier=supplier,
        here=address(scar.number) if scar else "/scars",
        found=found or [],
        earlier=earlier or [],
        proposal=proposal,
        version=version if version is not None else scar.version if scar else 0,
        both=both or [],
        W=words,
        severities=words.said(words.SEVERITY),
        sources=words.said(words.SOURCE),
        plants=[(each.code, each.name) for each in await found_record.plants(db, who)],
        kinds=await found_record.kinds(db, who),
        sites=[(each.id, each.name) for each in await sites.sites_of(db, who, supplier)],
        owners=[(each.id, each.name) for each in people],
        buyers=[(each.id, each.name) for each in people if each.role is Role.BUYER],
    )


async def _as_typed(db: Db, scar: Scar) -> dict[str, str]:
    plant = await found_record.plant_of(db, scar)
    part = await found_record.part_of(db, scar) if scar.part_id else None
    return {
        "title": scar.title,
        "severity": scar.severity.value,
        "plant": plant.code,
        "part": part.number if part else "",
        "defect": scar.defect,
        "description": scar.description,
        "lots": scar.lots,
        "quantity": f"{scar.quantity.normalize():f}",
        "checked": f"{scar.quantity_checked.normalize():f}",
        "criteria": "\n".join(each.words for each in await issue.criteria_of(db, scar)),
        "source": scar.source.value,
        "site": str(scar.site_id or ""),
        "owner": str(scar.owner_id),
        "buyer": str(scar.buyer_id or ""),
        "internal_note": scar.internal_note,
    }


HANDLERS = [new, create, edit, change, preview, send]

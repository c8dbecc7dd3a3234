"""SCARs as a list, for both sides, and as a file."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.response import Stream

from portal.access.permissions import P, may
from portal.languages import N_, _
from portal.web import exports
from portal.web.depends import Db, Who
from portal.web.listing import Column, Filter, Listing, View
from portal.web.page import go, page
from portal.workflows import saved_filters
from portal.workflows.scars import handing, issue, listing, record, words
from portal.workflows.scars.listing import OPEN, OVERDUE, YES
from portal.workflows.scars.steps import Turn

LISTING = Listing(
    path="/scars",
    one="SCAR",
    many="SCARs",
    sorts=listing.SORTS,
    sort="due",
    find=N_("Find a SCAR"),
    hint=N_("Number, title, part or lot"),
    filters=(
        Filter(
            "turn",
            N_("Whose turn"),
            (
                (OPEN, N_("Open")),
                (Turn.SUPPLIER, N_("Supplier's turn")),
                (Turn.OURS, N_("Our turn")),
                (OVERDUE, N_("Overdue")),
            ),
        ),
        Filter("severity", N_("Severity"), tuple(words.SEVERITY.items())),
        Filter("status", N_("State"), tuple(words.STATUS.items())),
        Filter("plant", N_("Plant")),
        Filter("supplier", N_("Supplier")),
        Filter("part", N_("Part")),
        Filter("defect", N_("Defect")),
        Filter("cause", N_("Cause"), tuple(words.CAUSE.items())),
        Filter("commodity", N_("Commodity")),
        Filter("issued", N_("Issued")),
        Filter("again", N_("Recurrence"), ((YES, N_("Came back")),)),
        Filter("weak", N_("Root cause"), ((YES, N_("Stops at a person")),)),
        Filter("mine", N_("Followed by"), (("me", N_("Me")),)),
    ),
    columns=(
        Column("number", N_("Number"), lambda row: row.number, first="-"),
        Column("title", N_("What"), lambda row: row.title),
        Column("supplier", N_("Supplier"), lambda row: row.supplier_name),
        Column("supplier_number", N_("Supplier number"), lambda row: row.supplier_number, in_file_only=True),
        Column("part", N_("Part"), lambda row: row.part_number or "", in_file_only=True),
        Column("plant", N_("Plant"), lambda row: row.plant, in_file_only=True),
        Column("severity", N_("Severity"), lambda row: words.SEVERITY[row.severity]),
        Column("state", N_("State"), lambda row: words.STATUS[row.status]),
        Column("due", N_("Due"), lambda row: row.due_at),
        Column("owner", N_("Engineer"), lambda row: row.owner),
        Column("issued", N_("Issued"), lambda row: row.issued_on, in_file_only=True),
        Column("closed", N_("Closed"), lambda row: row.closed_at, in_file_only=True),
    ),
)
# Words of the supplier's list, which is the same with fewer columns.
THEIR_VIEWS: tuple[tuple[str, dict[str, str]], ...] = (
    (N_("All"), {}),
    (N_("Your turn"), {"turn": Turn.SUPPLIER.value}),
    (N_("With us"), {"turn": Turn.OURS.value}),
    (N_("Overdue"), {"turn": OVERDUE}),
)


@get("/scars", permission=P.SCARS_READ)
async def index(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    view = LISTING.view(request, await listing.options(db, who))
    found = await listing.listed(db, who, view.wanted)
    counts = await listing.counts(db, who)
    return page(
        request,
        "scars/their_list.html" if who.is_supplier else "scars/index.html",
        "scars/_their_table.html" if who.is_supplier else "scars/_table.html",
        headers=view.headers,
        view=view,
        mine=await saved_filters.of(db, who, LISTING.path),
        found=found,
        counts=counts,
        saved=_their_saved(view, counts) if who.is_supplier else _saved(view, counts),
        W=words,
        may_write=may(who, P.SCARS_WRITE),
        may_chase=may(who, P.SCARS_CHASE),
        may_set=may(who, P.SCARS_DEADLINES),
        owners=[] if who.is_supplier else [(each.id, each.name) for each in await issue.owners(db, who)],
    )


@get(["/scars.csv", "/scars.xlsx"], permission=P.SCARS_READ)
async def file(request: Request[Any, Any, Any], db: Db, who: Who) -> Stream:
    view = LISTING.view(request)
    rows = listing.every(db, who, view.wanted)
    hidden = {"owner"} if who.is_supplier else set()
    columns = [each for each in LISTING.columns if each.key not in hidden]
    return await exports.answer(request, "scars", columns, rows, zone=who.time_zone)


@post("/scars/bulk", permission=P.SCARS_CHASE, status_code=200)
async def bulk(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    """Remind or reassign the chosen ones; what cannot be reminded is named and stays."""
    data = await request.form()
    numbers = [each for each in data.getall("number", []) if isinstance(each, str)][:200]
    owners = {str(each.id): each for each in await issue.owners(db, who)}
    owner = owners.get(str(data.get("owner") or ""))
    done = 0
    for number in sorted(set(numbers)):
        scar = await record.to_change(db, who, number)
        if data.get("do") == "reassign" and owner is not None:
            await handing.reassign(db, scar, owner, by=who)
            done += 1
        elif data.get("do") == "remind" and handing.can_be_reminded(scar):
            await handing.remind(db, scar, by=who)
            done += 1
    left = len(set(numbers)) - done
    said = _("%(count)s done.", count=done)
    if left:
        said += " " + _("%(count)s left as they were: nothing to do there.", count=left)
    return go(request, "/scars", note=said if numbers else _("Choose at least one."))


def _saved(view: View, counts: listing.Counts) -> list[tuple[str, str, int, bool, bool]]:
    """Give the saved filters: (words, address, count, is the present one, calls for action)."""

    def one(said: str, count: int, *, hot: bool = False, **filters: str) -> tuple[str, str, int, bool, bool]:
        address = LISTING.path + "".join(f"?{key}={value}" for key, value in filters.items())
        return said, address, count, view.says(**filters) and not view.wanted.q, hot

    return [
        one(_("All"), counts.all),
        one(_("Open"), counts.open, turn=OPEN),
        one(_("Our turn"), counts.ours, turn=Turn.OURS.value),
        one(_("Supplier's turn"), counts.theirs, turn=Turn.SUPPLIER.value),
        one(_("Overdue"), counts.overdue, hot=True, turn=OVERDUE),
        one(_("Mine"), counts.mine, mine="me"),
        one(_("Critical"), counts.critical, severity="critical"),
    ]


def _their_saved(view: View, counts: listing.Counts) -> list[tuple[str, str, int, bool, bool]]:
    numbers = (counts.all, counts.theirs, counts.ours, counts.overdue)
    return [
        (
            _(said),
            LISTING.path + "".join(f"?{key}={value}" for key, value in filters.items()),
            number,
            view.says(**filters) and not view.wanted.q,
            filters.get("turn") == OVERDUE,
        )
        for (said, filters), number in zip(THEIR_VIEWS, numbers, strict=True)
    ]


HANDLERS = [index, file, bulk]

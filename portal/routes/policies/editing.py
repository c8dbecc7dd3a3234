"""The editor: a form that says what is wrong while one types, and what the policy would do."""

from collections.abc import Mapping
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from portal.access.permissions import P
from portal.access.principal import Principal
from portal.errors import BadInputError, NotReadyError, StaleError
from portal.models.ratings import Policy as PolicyRow
from portal.models.ratings import PolicyStatus
from portal.web.depends import Db, Who
from portal.web.forms import Form, clean, text, whole
from portal.web.page import go, page
from portal.web.reading import our_today, row_id, version_of
from portal.workflows.editing import TakenError
from portal.workflows.master_data import records as master_data
from portal.workflows.policies import checking, differences, drafting, records
from portal.workflows.policies.checking import Checked
from portal.workflows.policies.typed import CAPS, EVENTS, MOST_ROWS, as_typed
from scorecards import measures
from scorecards.grammar import FUNCTIONS
from scorecards.policy import Policy
from scorecards.variables import VARIABLES

_LARGEST = 2**53
_LONGEST = 4000
_SPARE = 2  # empty rows below those that are filled in


class FrameForm(Form):
    """What a version says beside its rules."""

    reason = text("Why this version", limit=2000, required=False)
    commodity = whole("Commodity", low=1, high=_LARGEST, required=False)
    group_name = text("Name of the group", limit=100, required=False)
    suppliers = text("Supplier numbers", limit=_LONGEST, required=False)


@post("/policies/{policy:str}/drafts", permission=P.POLICIES_WRITE, status_code=200)
async def begin(request: Request[Any, Any, Any], db: Db, who: Who, policy: FromPath[str]) -> Response[Any]:
    """Begin a new version like this one."""
    made = await drafting.begin(db, who, (await records.find(db, who, row_id(policy))).row)
    return go(request, f"/policies/{made.id}/edit", note="A draft. Nothing is rated by it yet.")


@get("/policies/{policy:str}/edit", permission=P.POLICIES_WRITE)
async def edit(request: Request[Any, Any, Any], db: Db, who: Who, policy: FromPath[str]) -> Response[Any]:
    row = (await records.find(db, who, row_id(policy))).row
    if row.status is not PolicyStatus.DRAFT:
        raise NotReadyError("Only a draft can be changed. Begin a new version from this one.")
    typed = as_typed(Policy.parse(row.definition))
    frame = FrameForm(
        {
            "reason": row.reason,
            "commodity": str(row.commodity_id or ""),
            "group_name": row.group_name,
            "suppliers": ", ".join(await records.numbers_of(db, who, row)),
        }
    )
    checked = await _checked(request, db, who, row, typed, "")
    return await _form(request, db, who, row, typed, frame, checked)


@post("/policies/{policy:str}/check", permission=P.POLICIES_WRITE, status_code=200)
async def check(request: Request[Any, Any, Any], db: Db, who: Who, policy: FromPath[str]) -> Response[Any]:
    """Say what is wrong with what is typed so far, and change nothing."""
    row = (await records.find(db, who, row_id(policy))).row
    data = await request.form()
    typed = _typed(data)
    checked = await _checked(request, db, who, row, typed, _one(data, "example"))
    return await _form(request, db, who, row, typed, FrameForm.of(data), checked, version=version_of(data))


@post("/policies/{policy:str}", permission=P.POLICIES_WRITE, status_code=200)
async def save(request: Request[Any, Any, Any], db: Db, who: Who, policy: FromPath[str]) -> Response[Any]:
    row = await records.to_change(db, who, row_id(policy))
    data = await request.form()
    typed, frame, version = _typed(data), FrameForm.of(data), version_of(data)
    checked = await _checked(request, db, who, row, typed, _one(data, "example"))
    values = await _values(db, who, frame) if frame.is_good else {}
    if checked.policy is None or not frame.is_good:
        return await _form(request, db, who, row, typed, frame, checked, version=version, status=422)
    try:
        await drafting.save(db, row, version, checked.policy, values, by=who)
    except StaleError:
        frame.refuse("", "Somebody else saved this draft meanwhile. What you typed is below; theirs is kept.")
        return await _form(request, db, who, row, typed, frame, checked, status=412)
    except TakenError as taken:
        checked.problems[taken.field] = taken.sentence
        return await _form(request, db, who, row, typed, frame, checked, version=version, status=422)
    return go(request, f"/policies/{row.id}", note="The draft is saved.")


async def _values(db: Db, who: Principal, frame: FrameForm) -> dict[str, Any]:
    """Give for whom it is; what does not fit together is refused at its field."""
    numbers = [each for each in frame["suppliers"].replace(",", " ").split() if each]
    if numbers and frame["commodity"]:
        frame.refuse("suppliers", "Choose a commodity or name suppliers, not both.")
    if numbers and not frame["group_name"]:
        frame.refuse("group_name", "Give the group of these suppliers a name.")
    ids: list[int] | None = None
    if numbers:
        try:
            ids = sorted(each.id for each in await records.suppliers_by_number(db, who, numbers))
        except BadInputError as refused:
            frame.refuse("suppliers", refused.sentence)
    known = {commodity for commodity, _ in await master_data.commodities(db, who)}
    if frame["commodity"] is not None and frame["commodity"] not in known:
        frame.refuse("commodity", "Choose a commodity from the list.")
    return {
        "reason": frame["reason"],
        "commodity_id": frame["commodity"],
        "supplier_ids": ids,
        "group_name": frame["group_name"] if numbers else "",
    }


async def _checked(
    request: Request[Any, Any, Any],
    db: Db,
    who: Principal,
    row: PolicyRow,
    typed: Mapping[str, str],
    example: str,
) -> Checked:
    checked = checking.check(typed, row.number)
    await checking.with_example(db, who, checked, typed, example, our_today(request))
    return checked


async def _form(
    request: Request[Any, Any, Any],
    db: Db,
    who: Principal,
    row: PolicyRow,
    typed: Mapping[str, str],
    frame: FrameForm,
    checked: Checked,
    *,
    version: int | None = None,
    status: int = 200,
) -> Response[Any]:
    problems = checked.problems if status == 422 else {}
    return page(
        request,
        "policies/edit.html",
        "policies/_checked.html",
        status=status,
        row=row,
        typed=typed,
        frame=frame,
        errors={**frame.errors, **problems},
        checked=checked,
        label=differences.label,
        version=row.version if version is None else version,
        commodities=await master_data.commodities(db, who),
        titles=measures.TITLES,
        caps=CAPS,
        events=EVENTS,
        variables=VARIABLES,
        functions=FUNCTIONS,
        rows={start: _count(typed, start) for start in ("band", "own", "soft")},
        band_names=_names_of_bands(typed),
    )


def _count(typed: Mapping[str, str], start: str) -> int:
    """How many rows to show: those that are filled in, and some below them."""
    names = ("name", "key", "title")
    used = [at for at in range(MOST_ROWS) if any(typed.get(f"{start}-{at}-{name}") for name in names)]
    return min(MOST_ROWS, max(used, default=-1) + 1 + (_SPARE if start == "band" else 1))


def _names_of_bands(typed: Mapping[str, str]) -> list[tuple[str, str]]:
    names = (typed.get(f"band-{at}-name", "").strip() for at in range(MOST_ROWS))
    return [(name, f"at most {name}") for name in names if name]


def _typed(data: FormMultiDict) -> dict[str, str]:
    """Give the fields of the rules as they came; what no keyboard types is refused as a whole."""
    found: dict[str, str] = {}
    for name in dict.fromkeys(data.keys()):
        value = data.get(name)
        if isinstance(value, str) and len(name) < 100:
            try:
                found[name] = clean(value)[:_LONGEST]
            except ValueError as wrong:
                raise BadInputError(str(wrong)) from None
    return found


def _one(data: FormMultiDict, name: str) -> str:
    value = data.get(name)
    return value.strip()[:40] if isinstance(value, str) else ""


HANDLERS = [begin, edit, check, save]

"""How long suppliers have for each stage, by severity."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import FormMultiDict

from portal.access.permissions import P
from portal.languages import N_, _
from portal.models.scars import Severity, Stage
from portal.web.depends import Db, Who
from portal.web.page import go, page
from portal.web.reading import version_of
from portal.workflows.scars import allowances, words
from portal.workflows.scars.clock import Allowance
from portal.workflows.scars.disciplines import STAGE_TITLES

PATH = "/scars/deadlines"
HOURS, DAYS, CALENDAR = "hours", "days", "calendar"
UNITS = [
    (HOURS, N_("hours of working days")),
    (DAYS, N_("working days")),
    (CALENDAR, N_("days, also those off")),
]
_LETTERS = 4
_SAID_IN_DAYS = 120  # hours, and whole days: five working days are a week

Typed = dict[str, str]


@get(PATH, permission=P.SCARS_DEADLINES)
async def show(request: Request[Any, Any, Any], db: Db) -> Response[Any]:
    return await _show(request, db, _as_typed(await allowances.times(db)))


@post(PATH, permission=P.SCARS_DEADLINES, status_code=200)
async def save(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    data = await request.form()
    typed = {key: str(data.get(key) or "").strip() for key in _as_typed(await allowances.times(db))}
    wanted, errors = _read(typed)
    if errors:
        return await _show(request, db, typed, errors, data, status=422)
    await allowances.save(db, wanted, version_of(data), by=who)
    return go(request, PATH, note=_("Saved. SCARs that are issued from now on have these deadlines."))


def _read(typed: Typed) -> tuple[dict[Severity, dict[Stage, Allowance]], dict[str, str]]:
    found: dict[Severity, dict[Stage, Allowance]] = {severity: {} for severity in Severity}
    errors: dict[str, str] = {}
    for severity in Severity:
        for stage in Stage:
            name = f"{severity}-{stage}"
            amount, unit = typed[name], typed[f"{name}-unit"]
            if unit not in dict(UNITS):
                errors[name] = f"{_called(severity, stage)}: choose hours or days."
            elif not amount.isascii() or not amount.isdigit() or len(amount) > _LETTERS:
                errors[name] = f"{_called(severity, stage)}: enter a whole number."
            else:
                hours = int(amount) * (1 if unit == HOURS else 24)
                found[severity][stage] = Allowance(hours, is_calendar=unit == CALENDAR)
                if not 1 <= hours <= allowances.MOST:
                    errors[name] = f"{_called(severity, stage)}: an hour at least and a year at most."
    return found, errors


def _called(severity: Severity, stage: Stage) -> str:
    return f"{words.SEVERITY[severity]}, {STAGE_TITLES[stage].lower()}"


def _unit(allowed: Allowance) -> str:
    if allowed.is_calendar:
        return CALENDAR
    return HOURS if allowed.hours % 24 or allowed.hours < _SAID_IN_DAYS else DAYS


def _as_typed(times: allowances.Times) -> Typed:
    typed: Typed = {}
    for severity, stages in times.items():
        for stage, allowed in stages.items():
            unit = _unit(allowed)
            name = f"{severity}-{stage}"
            typed[name] = str(allowed.hours if unit == HOURS else allowed.hours // 24)
            typed[f"{name}-unit"] = unit
    return typed


async def _show(
    request: Request[Any, Any, Any],
    db: Db,
    typed: Typed,
    errors: dict[str, str] | None = None,
    data: FormMultiDict | None = None,
    *,
    status: int = 200,
) -> Response[Any]:
    return page(
        request,
        "scars/deadlines.html",
        status=status,
        typed=typed,
        errors=errors or {},
        version=version_of(data) if data is not None else await allowances.version(db),
        severities=list(words.SEVERITY.items()),
        stages=list(STAGE_TITLES.items()),
        units=UNITS,
    )


HANDLERS = [show, save]

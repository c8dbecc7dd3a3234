"""The days and times of every month, as the organisation sets them."""

from typing import Any

from litestar import Request, Response, get, post

from portal.access.permissions import P
from portal.errors import StaleError
from portal.models.months import MonthRules, Unanswered
from portal.web.conflicts import Difference, differences
from portal.web.depends import Db
from portal.web.forms import Form, option, whole
from portal.web.page import go, page
from portal.web.reading import version_of
from portal.workflows.months import plan
from portal.workflows.months.words import UNANSWERED


class RulesForm(Form):
    compute_on = whole("Computed on working day", low=1, high=15)
    preview_until_day = whole("Preview until day", low=1, high=27)
    preview_until_hour = whole("At o’clock", low=0, high=23)
    publish_day = whole("Published on day", low=1, high=28)
    mail_hour = whole("Mailed at o’clock", low=0, high=23)
    unanswered = option("Undecided disputes", Unanswered)


@get("/months/rules", permission=P.MONTHS_PLAN)
async def edit(request: Request[Any, Any, Any], db: Db) -> Response[Any]:
    found = await plan.rules(db)
    return _page(request, found, RulesForm(_typed(found)), version=found.version)


@post("/months/rules", permission=P.MONTHS_PLAN, status_code=200)
async def save(request: Request[Any, Any, Any], db: Db) -> Response[Any]:
    data = await request.form()
    form, version = RulesForm.of(data), version_of(data)
    found = await plan.rules(db)
    if form.is_good and form["publish_day"] < form["preview_until_day"]:
        form.refuse("publish_day", "Publish on a day after the preview: disputes have to be decided between.")
    if not form.is_good:
        return _page(request, found, form, version=version, status=422)
    try:
        await plan.change(db, version, form.values)
    except StaleError:
        both = differences(form, _typed(found))
        return _page(request, found, form, version=found.version, both=both, status=412)
    return go(request, "/months", note="Saved. Months that have begun keep their days.")


def _typed(found: MonthRules) -> dict[str, str]:
    return {name: str(getattr(found, name)) for name in RulesForm.fields}


def _page(
    request: Request[Any, Any, Any],
    found: MonthRules,
    form: RulesForm,
    *,
    version: int,
    both: list[Difference] | None = None,
    status: int = 200,
) -> Response[Any]:
    return page(
        request,
        "months/rules.html",
        status=status,
        rules=found,
        form=form,
        version=version,
        both=both or [],
        unanswered=[(each.value, words, "") for each, words in UNANSWERED.items()],
    )


HANDLERS = [edit, save]

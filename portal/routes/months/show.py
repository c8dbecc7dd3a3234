"""The months of the scorecards, and where one of them stands."""

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from portal.access.permissions import P, may
from portal.errors import BadInputError, NotFoundError
from portal.models.months import MonthStatus, ScorecardMonth
from portal.web import periods
from portal.web.depends import Db, Who
from portal.web.forms import Form, text
from portal.web.page import page
from portal.web.reading import our_today
from portal.workflows.months import correcting, overview, plan, records
from portal.workflows.months.words import DISPUTE, MONTH, address, key_of, month_words

TONES = {
    MonthStatus.COMPUTED: ("warn", "alert-triangle"),
    MonthStatus.PREVIEW: ("info", "eye"),
    MonthStatus.CLOSED: ("info", "scale"),
    MonthStatus.PROPOSED: ("me", "user-check"),
    MonthStatus.APPROVED: ("info", "lock"),
    MonthStatus.PUBLISHED: ("ok", "check"),
}


class ReturnForm(Form):
    reason = text("Reason", limit=2000, ask="Say why, so that it can be put right.")


@get("/months", permission=P.MONTHS_READ)
async def index(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    rules = await plan.rules(db)
    coming = await plan.last_month(db)
    listed = await records.listed(db)
    if any(each.month == coming for each in listed):
        coming += 1
    return page(
        request,
        "months/index.html",
        months=listed,
        coming=coming,
        may_plan=may(who, P.MONTHS_PLAN),
        plan=plan.plan_of(rules, coming, await plan.place(db, coming)),
        **common(),
    )


@get("/months/{name:str}", permission=P.MONTHS_READ)
async def show(request: Request[Any, Any, Any], db: Db, who: Who, name: FromPath[str]) -> Response[Any]:
    return await shown(request, db, who, await records.find(db, number_of(request, name)))


async def shown(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    month: ScorecardMonth,
    *,
    form: ReturnForm | None = None,
    correction_errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response[Any]:
    return page(
        request,
        "months/show.html",
        status=status,
        view=await overview.view(db, who, month),
        month=month,
        here=address(month.month),
        form=form or ReturnForm(),
        disputed=DISPUTE,
        corrections=await correcting.of_month(db, who, month.month),
        correction_errors=correction_errors or {},
        may_issue=may(who, P.MONTHS_APPROVE),
        may_run=may(who, P.MONTHS_RUN),
        **common(),
    )


def number_of(request: Request[Any, Any, Any], name: str) -> int:
    """Read a month out of an address: 2026-10."""
    try:
        period = periods.read(name, our_today(request))
    except BadInputError:
        raise NotFoundError from None
    if period.months != 1:
        raise NotFoundError
    return period.first_month


def common() -> dict[str, Any]:
    return {"words": MONTH, "tones": TONES, "month_words": month_words, "address": address, "key_of": key_of}


HANDLERS = [index, show]

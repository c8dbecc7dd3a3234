"""Where everybody begins: a supplier's tasks, our worklist, or the page that tells most."""

from typing import Any
from zoneinfo import ZoneInfo

from litestar import Request, Response, get
from litestar.response import Redirect

from portal import clock
from portal.access.permissions import P, may
from portal.access.principal import Principal
from portal.languages import _
from portal.models.people import Role
from portal.web import periods
from portal.web.depends import Db, Who
from portal.web.filters import link, month
from portal.web.forms import whole_of_query
from portal.web.page import page
from portal.web.reading import our_today
from portal.workflows.scorecards import cards
from portal.workflows.task_links import guests
from portal.workflows.tasks import reading

STEP, MOST = 50, 1000
_WORKS_THROUGH_A_LIST = {Role.QUALITY_ENGINEER, Role.BUYER}
_NOON, _EVENING = 12, 18


@get("/", permission=P.HOME)
async def home(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    """Send our people to the page that tells them most; a supplier's people see what needs them."""
    if who.is_supplier:
        return await _supplier(request, db, who)
    if who.role in _WORKS_THROUGH_A_LIST and may(who, P.TASKS_READ):
        return Redirect("/worklist", status_code=303)
    first = ((P.DASHBOARD_READ, "/dashboard"), (P.SHARED_READ, "/shared"))
    where = next((path for permission, path in first if may(who, permission)), "/account")
    return Redirect(where, status_code=303)


async def _supplier(request: Request[Any, Any, Any], db: Db, who: Principal) -> Response[Any]:
    rows = whole_of_query(request.query_params.get("rows"), default=STEP, low=1, high=MOST)
    found = await reading.home(db, who, now=clock.now(), rows=rows)
    card = None
    month_words = ""
    if may(who, P.SCORECARDS_READ):
        today = our_today(request)
        period = periods.read(None, today)
        card = await cards.card(db, who, await cards.own_supplier(db, who), period, today)
        month_words = month(period.last_month)
    return page(
        request,
        "tasks/home.html",
        home=found,
        now=clock.now(),
        greeting=_greeting(who),
        card=card,
        month_words=month_words,
        shown=len(found.now) + len(found.later),
        more=link("/", rows=rows + STEP) if rows < min(found.total, MOST) else "",
        answered=who.guest is not None and await guests.has_answered(db, who),
    )


def _greeting(who: Principal) -> str:
    hour = clock.now().astimezone(ZoneInfo(who.time_zone)).hour
    if hour < _NOON:
        return _("Good morning, %(name)s.", name=who.name)
    if hour < _EVENING:
        return _("Good afternoon, %(name)s.", name=who.name)
    return _("Good evening, %(name)s.", name=who.name)


HANDLERS = [home]

"""Points by soft criteria and events that cost points, for one supplier."""

from decimal import Decimal
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from portal.access.permissions import P
from portal.access.principal import Principal
from portal.access.scopes import receiving
from portal.errors import BadInputError
from portal.models.suppliers import Supplier
from portal.web.depends import Db, Who
from portal.web.forms import Form, day, decimal, text, whole
from portal.web.page import go, page
from portal.web.reading import our_today
from portal.workflows.policies import giving
from portal.workflows.policies.typed import EVENTS
from portal.workflows.ratings import timeline
from portal.workflows.scorecards import cards
from scorecards.periods import month_label, month_number

_HERE = "/suppliers/{number:str}/scorecard/given"
_MONTHS = 4  # offered for points: the running one and those just over


class PointsForm(Form):
    criterion = text("Criterion", limit=50, ask="Choose a criterion.")
    month = whole("Month", low=0, high=12 * 200, ask="Choose a month.")
    points = decimal("Points", low=Decimal(0), high=Decimal(100), ask="Give points from 0 to 100.")
    reason = text("Why", limit=2000, ask="Say why: the supplier reads it.")


class EventForm(Form):
    kind = text("What happened", limit=50, ask="Choose what happened.")
    plant = whole("Plant", low=1, high=2**53, ask="Choose a plant.")
    happened_on = day("Day", ask="Give the day.")
    note = text("In a sentence", limit=2000, ask="Say in a sentence what happened: the supplier reads it.")


@get(_HERE, permission=P.POLICIES_WRITE)
async def show(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    supplier = await cards.supplier_named(db, who, number)
    return await _page(request, db, who, supplier, PointsForm(), EventForm())


@post(f"{_HERE}/points", permission=P.POLICIES_WRITE, status_code=200)
async def points(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    supplier = await cards.supplier_named(db, who, number)
    form, today = await PointsForm.read(request), our_today(request)
    if form.is_good:
        policy = giving.policy_of(await timeline(db), supplier, form["month"])
        values = form["criterion"], form["points"], form["reason"]
        try:
            await giving.give(db, who, supplier, policy, form["month"], *values, today=today)
        except BadInputError as refused:
            form.refuse("month", refused.sentence)
        else:
            return go(request, f"/suppliers/{supplier.number}/scorecard/given", note="The points are given.")
    return await _page(request, db, who, supplier, form, EventForm(), status=422)


@post(f"{_HERE}/events", permission=P.POLICIES_WRITE, status_code=200)
async def event(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[Any]:
    supplier = await cards.supplier_named(db, who, number)
    form, today = await EventForm.read(request), our_today(request)
    if form.is_good:
        policy = giving.policy_of(await timeline(db), supplier, month_number(form["happened_on"]))
        values = form["kind"], form["plant"], form["happened_on"], form["note"]
        try:
            await giving.record(db, who, supplier, policy, *values, today=today)
        except BadInputError as refused:
            form.refuse("happened_on", refused.sentence)
        else:
            return go(request, f"/suppliers/{supplier.number}/scorecard/given", note="The event is recorded.")
    return await _page(request, db, who, supplier, PointsForm(), form, status=422)


async def _page(
    request: Request[Any, Any, Any],
    db: Db,
    who: Principal,
    supplier: Supplier,
    points_form: PointsForm,
    event_form: EventForm,
    *,
    status: int = 200,
) -> Response[Any]:
    today = our_today(request)
    running = month_number(today)
    policy = giving.policy_of(await timeline(db), supplier, running)
    counted = policy.demerits.points if policy.demerits else {}
    plants = sorted(await db.scalars(receiving(who)), key=lambda plant: plant.name)
    return page(
        request,
        "policies/given.html",
        status=status,
        supplier=supplier,
        policy=policy,
        given=await giving.of_supplier(db, who, supplier, today),
        points_form=points_form,
        event_form=event_form,
        errors={**points_form.errors, **event_form.errors},
        criteria=[(one.key, one.title) for one in policy.soft],
        titles={one.key: one.title for one in policy.soft},
        kinds=[(kind, EVENTS.get(kind, kind)) for kind in counted],
        events=EVENTS,
        plants=[(plant.id, plant.name) for plant in plants],
        months=[(month, month_label(month)) for month in range(running, running - _MONTHS, -1)],
        month_label=month_label,
        today=today,
    )


HANDLERS = [show, points, event]

"""A card to take along: the rows behind each number as CSV, and all of it as JSON to recompute."""

import asyncio
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery
from litestar.response import Stream

from portal import clock
from portal.access.permissions import P
from portal.access.principal import Principal
from portal.errors import BadInputError
from portal.models.suppliers import Supplier
from portal.routes.scorecards import card
from portal.web import exports, periods
from portal.web.depends import Db, Who
from portal.web.reading import our_today
from portal.workflows.months import printing
from portal.workflows.scorecards import cards
from portal.workflows.scorecards.columns import columns_of, rows_of


@get(["/scorecard/rows.csv", "/suppliers/{number:str}/scorecard/rows.csv"], permission=P.SCORECARDS_READ)
async def rows(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    number: FromPath[str] = "",
    period: FromQuery[str] = "",
    measure: FromQuery[str] = "",
    revision: FromQuery[str] = "",
) -> Stream:
    """Every row behind one measure, with what became of it."""
    supplier = await _supplier(db, who, number)
    today = clock.today(request.app.state.org.current.time_zone)
    wanted = periods.read(period, today)
    part = await card.part_of(request, db, who)
    view = await cards.card(db, who, supplier, wanted, today, revision=card.revision_of(revision), part=part)
    found = view.card.measure(measure)
    if found is None:
        raise BadInputError(f"The card has no measure “{measure[:40]}”.")
    inputs = await cards.inputs_behind(db, who, supplier, view, found.period, part)
    name = f"{supplier.number}-{measure}-{periods.write(found.period)}"
    judged = await asyncio.to_thread(rows_of, measure, inputs, view.policy, found.period, view.as_of)
    return await exports.answer(request, name, columns_of(measure), exports.each(judged), zone=who.time_zone)


@get(["/scorecard/card.json", "/suppliers/{number:str}/scorecard/card.json"], permission=P.SCORECARDS_READ)
async def card_json(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    number: FromPath[str] = "",
    period: FromQuery[str] = "",
    revision: FromQuery[str] = "",
) -> Response[bytes]:
    """Inputs, policy and result with their hash, for ``python -m scorecards recompute``."""
    supplier = await _supplier(db, who, number)
    as_of = clock.today(request.app.state.org.current.time_zone)
    wanted = periods.read(period, as_of)
    view = await cards.card(db, who, supplier, wanted, as_of, revision=card.revision_of(revision))
    content = await cards.file(db, who, supplier, wanted, as_of, view)
    name = f"scorecard-{supplier.number}-{periods.write(wanted)}.json"
    return exports.saved_as(name, content, "application/json")


@get(["/scorecard/card.pdf", "/suppliers/{number:str}/scorecard/card.pdf"], permission=P.SCORECARDS_READ)
async def card_pdf(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    number: FromPath[str] = "",
    period: FromQuery[str] = "",
    revision: FromQuery[str] = "",
) -> Response[bytes]:
    """The card as a document that stands alone, in the reader's language."""
    supplier = await _supplier(db, who, number)
    today = our_today(request)
    wanted = periods.read(period, today)
    view = await cards.card(db, who, supplier, wanted, today, revision=card.revision_of(revision))
    content = await printing.printed(db, who, request.app.state.org.current, supplier, view)
    name = f"scorecard-{supplier.number}-{periods.write(wanted)}.pdf"
    return exports.saved_as(name, content, "application/pdf")


async def _supplier(db: Db, who: Principal, number: str) -> Supplier:
    return await (cards.supplier_named(db, who, number) if number else cards.own_supplier(db, who))


HANDLERS = [rows, card_json, card_pdf]

"""The page of one supplier's card."""

import asyncio
from dataclasses import dataclass
from datetime import date
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery

from portal import clock
from portal.access.permissions import P
from portal.access.principal import Principal
from portal.charts import Band
from portal.errors import BadInputError
from portal.models.suppliers import Supplier
from portal.web import periods
from portal.web.depends import Db, Who
from portal.web.filters import link
from portal.web.page import go, page
from portal.workflows.ratings.rows import inputs_of
from portal.workflows.scorecards import cards
from portal.workflows.scorecards.panel import Panel, panel, why_not_counted
from portal.workflows.scorecards.view import CardView

MOST_PARTS = 25


@dataclass(frozen=True, slots=True)
class CardPage:
    """What the page says beside the card itself. ``base`` is the address that its parts hang on."""

    supplier: Supplier
    base: str
    today: date
    card: CardView
    open: str | None
    panel: Panel | None
    most_parts: int = MOST_PARTS

    @property
    def period_key(self) -> str:
        return periods.write(self.card.period)

    @property
    def periods(self) -> list[tuple[str, list[tuple[str, str]]]]:
        return periods.offered(self.card.as_of, self.card.period)

    @property
    def scale(self) -> list[Band]:
        return [Band(each.band, each.from_, each.to) for each in self.card.policy.bands]

    def link(self, measure: str | None, **more: int) -> str:
        """Give the address with this measure's explanation open, or none."""
        return link(self.base, {"period": self.period_key}, explain=measure, **more)

    @staticmethod
    def why_not_counted(nonconformance: Any) -> str:
        return why_not_counted(nonconformance)


@get("/scorecard", permission=P.SCORECARDS_READ)
async def own(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    period: FromQuery[str] = "",
    explain: FromQuery[str] = "",
    all: FromQuery[str] = "",  # noqa: A002 # the word in the address
) -> Response[Any]:
    if who.is_staff:
        return go(request, "/scorecards")
    supplier = await cards.own_supplier(db, who)
    return await _show(request, db, who, supplier, "/scorecard", period, explain, all)


@get("/suppliers/{number:str}/scorecard", permission=P.SCORECARDS_READ)
async def show(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    number: FromPath[str],
    period: FromQuery[str] = "",
    explain: FromQuery[str] = "",
    all: FromQuery[str] = "",  # noqa: A002 # the word in the address
) -> Response[Any]:
    supplier = await cards.supplier_named(db, who, number)
    base = f"/suppliers/{supplier.number}/scorecard"
    return await _show(request, db, who, supplier, base, period, explain, all)


async def _show(
    request: Request[Any, Any, Any],
    db: Db,
    who: Principal,
    supplier: Supplier,
    base: str,
    period: str,
    explain: str,
    everything: str,
) -> Response[Any]:
    as_of = clock.today(request.app.state.org.current.time_zone)
    card = await cards.card(db, who, supplier, periods.read(period, as_of), as_of)
    opened = None
    if measure := card.card.measure(explain):
        inputs = await inputs_of(db, who, supplier.id, measure.period, card.policy)
        # In a thread: a large supplier has many lines to judge.
        opened = await asyncio.to_thread(
            panel, explain, inputs, card.policy, measure.period, as_of, show_all=everything == "1"
        )
    elif explain:
        raise BadInputError(f"The card has no measure “{explain[:40]}”.")
    view = CardPage(
        supplier=supplier,
        base=base,
        today=clock.today(who.time_zone),
        card=card,
        open=explain or None,
        panel=opened,
    )
    return page(request, "scorecards/show.html", view=view, card=card)


HANDLERS = [own, show]

"""The page of one supplier's card."""

import asyncio
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery

from portal import clock
from portal.access.permissions import P, may
from portal.access.principal import Principal
from portal.charts import Band
from portal.errors import BadInputError
from portal.languages import _
from portal.models.months import Scorecard, ScorecardDispute
from portal.models.suppliers import Supplier
from portal.models.targets import Aim
from portal.web import periods
from portal.web.depends import Db, Who
from portal.web.filters import link
from portal.web.forms import whole_of_query
from portal.web.page import go, page
from portal.web.reading import our_today
from portal.workflows.escalations import records as escalations
from portal.workflows.escalations.words import RUNG
from portal.workflows.months import disputes, effect, frozen
from portal.workflows.months.disputes import Dispute
from portal.workflows.months.effect import Effect
from portal.workflows.months.steps import UNDECIDED
from portal.workflows.scorecards import cards, parts
from portal.workflows.scorecards.panel import Panel, panel, why_not_counted
from portal.workflows.scorecards.parts import Part
from portal.workflows.scorecards.view import CardView
from portal.workflows.targets import records as targets
from portal.workflows.targets.distance import Distance
from portal.workflows.targets.words import AIM
from scorecards.facts import cap_title, fact_words

MOST_PARTS = 25


class Disputed(NamedTuple):
    """A dispute at its row, with what accepting it would change."""

    dispute: Dispute
    effect: Effect | None

    @property
    def is_undecided(self) -> bool:
        return self.dispute.row.status in UNDECIDED


@dataclass(frozen=True, slots=True)
class CardPage:
    """What the page says beside the card itself. ``base`` is the address that its parts hang on."""

    supplier: Supplier
    base: str
    today: date
    card: CardView
    open: str | None
    panel: Panel | None
    revisions: list[Scorecard]
    disputes: dict[str, Disputed]
    can_dispute: bool
    distances: list[Distance]
    goals: list[Decimal | None] | None
    may_agree: bool
    part: Part
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
        return link(self.base, self._asked, explain=measure, **more)

    def distance(self, key: str) -> Distance | None:
        """Give how far a figure is from what was agreed for it."""
        return next((each for each in self.distances if each.aim == key), None)

    @property
    def targets(self) -> str:
        """Give the address of the supplier's targets."""
        return "/targets" if self.base == "/scorecard" else f"/suppliers/{self.supplier.number}/targets"

    def file(self, name: str, **more: str) -> str:
        """Give the address of a file of this very card."""
        return link(f"{self.base}/{name}", self._asked, **more)

    def disputed(self, kind: str, row_id: str) -> Disputed | None:
        return self.disputes.get(f"{kind} {row_id}")

    def may_dispute(self, kind: str, row: Any) -> bool:
        """Say whether this row of this very month may be disputed by whoever looks at it."""
        day = row.promised_on if kind == "line" else row.found_on
        return self.can_dispute and self.card.period.contains(day) and not self.disputed(kind, _id_of(row))

    @property
    def _asked(self) -> dict[str, str | tuple[str, ...]]:
        """What the address says: an earlier revision, or a part, stays what is looked at."""
        frozen = self.card.frozen
        earlier = frozen is not None and frozen.row.revision != frozen.newest
        return {
            "period": self.period_key,
            **({"revision": str(frozen.row.revision)} if frozen and earlier else {}),
            **self.part.params,
        }

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
    revision: FromQuery[str] = "",
) -> Response[Any]:
    if who.is_staff:
        return go(request, "/scorecards")
    supplier = await cards.own_supplier(db, who)
    return await _show(request, db, who, supplier, "/scorecard", period, explain, all, revision)


@get("/suppliers/{number:str}/scorecard", permission=P.SCORECARDS_READ)
async def show(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    number: FromPath[str],
    period: FromQuery[str] = "",
    explain: FromQuery[str] = "",
    all: FromQuery[str] = "",  # noqa: A002 # the word in the address
    revision: FromQuery[str] = "",
) -> Response[Any]:
    supplier = await cards.supplier_named(db, who, number)
    base = f"/suppliers/{supplier.number}/scorecard"
    return await _show(request, db, who, supplier, base, period, explain, all, revision)


async def _show(
    request: Request[Any, Any, Any],
    db: Db,
    who: Principal,
    supplier: Supplier,
    base: str,
    period: str,
    explain: str,
    everything: str,
    revision: str,
) -> Response[Any]:
    today = our_today(request)
    part = await part_of(request, db, who)
    card = await cards.card(
        db, who, supplier, periods.read(period, today), today, revision=revision_of(revision), part=part
    )
    opened = None
    if measure := card.card.measure(explain):
        inputs = await cards.inputs_behind(db, who, supplier, card, measure.period, part)
        # In a thread: a large supplier has many lines to judge.
        opened = await asyncio.to_thread(
            panel, explain, inputs, card.policy, measure.period, card.as_of, show_all=everything == "1"
        )
    elif explain:
        raise BadInputError(_("The card has no measure “%(name)s”.", name=explain[:40]))
    number = card.period.first_month
    is_month = card.period.months == 1 and part.is_whole
    view = CardPage(
        supplier=supplier,
        base=base,
        today=clock.today(who.time_zone),
        card=card,
        open=explain or None,
        panel=opened,
        revisions=await frozen.revisions(db, who, supplier.id, number) if card.frozen else [],
        disputes=await _disputes(db, who, supplier, card) if is_month else {},
        can_dispute=is_month and disputes.can_dispute(who, card.month),
        part=part,
        distances=await targets.distances_of(db, who, supplier.id, card.card, card.policy)
        if part.is_whole
        else [],
        goals=await targets.course(db, who, supplier.id, Aim.SCORE, [point.month for point in card.series])
        if part.is_whole
        else None,
        may_agree=may(who, P.TARGETS_READ) and part.is_whole,
    )
    given = card.policy.soft or card.policy.demerits
    may_give = bool(given) and may(who, P.POLICIES_WRITE)
    return page(
        request,
        "scorecards/show.html",
        view=view,
        card=card,
        may_give=may_give,
        on=await escalations.open_of(db, who, supplier.id),
        rungs=RUNG,
        aims=AIM,
        cap_title=cap_title,
        fact_words=fact_words,
        may_propose=may(who, P.ESCALATIONS_WRITE),
    )


async def _disputes(db: Db, who: Principal, supplier: Supplier, card: CardView) -> dict[str, Disputed]:
    """Give the month's disputes by what they are about; those to be decided with what that would change."""
    found = await disputes.of_month(db, who, card.period.first_month, supplier_id=supplier.id)
    open_ones = [each for each in found if each.row.status in UNDECIDED]
    basis = None
    if open_ones and card.frozen is None:
        basis = await effect.basis(db, who, supplier, card.period.first_month, card.as_of)
    return {
        _called(each.row): Disputed(each, basis.of(each.row) if basis and each in open_ones else None)
        for each in found
    }


def _called(row: ScorecardDispute) -> str:
    if row.delivery_line_id is not None:
        return f"line {row.delivery_line_id}"
    return f"nonconformance {row.nonconformance_id}"


def _id_of(row: Any) -> str:
    return str(row.line.id if hasattr(row, "line") else row.id)


async def part_of(request: Request[Any, Any, Any], db: Db, who: Principal) -> Part:
    """Read which plants and commodities an address asks for; all where it does not say."""
    asked = {key: request.query_params.getall(key, []) for key in ("plant", "commodity")}
    return await parts.read(db, who, {key: [each for each in codes if each] for key, codes in asked.items()})


def revision_of(text: str) -> int | None:
    """Read which revision an address asks for; the newest where it does not say."""
    return whole_of_query(text, default=0, low=0, high=9999) if text else None


HANDLERS = [own, show]

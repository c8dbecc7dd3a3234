"""The management view: the organisation's own figures, pooled, each opening to its calculation."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

from litestar import Request, Response, get
from litestar.params import FromQuery

from portal import clock
from portal.access.permissions import P
from portal.charts import Band
from portal.errors import BadInputError
from portal.models.organisation import Plant
from portal.models.suppliers import Supplier
from portal.web import periods
from portal.web.depends import Db, Who
from portal.web.filters import link
from portal.web.page import page
from portal.web.reading import our_today
from portal.workflows.scorecards import dashboard, rollups
from portal.workflows.scorecards.dashboard import Dashboard
from portal.workflows.scorecards.overview import Move
from portal.workflows.scorecards.rollups import AS_PUBLISHED, By, Part
from scorecards.banding import best_first
from scorecards.explain import Explanation, explain
from scorecards.measures import FALLING
from scorecards.periods import MONTHS
from scorecards.wording import shown

MOVES_SHOWN = 6
BY = {
    By.SUPPLIER: "Supplier",
    By.COMMODITY: "Commodity",
    By.PLANT: "Plant",
    By.COUNTRY: "Supplier’s country",
}


@dataclass(frozen=True, slots=True)
class DashboardPage:
    """What the page says beside the figures themselves."""

    board: Dashboard
    plants: list[Plant]
    plant: str
    open: str | None
    by: By
    today: date

    @property
    def period_key(self) -> str:
        return periods.write(self.board.period)

    @property
    def periods(self) -> list[tuple[str, list[tuple[str, str]]]]:
        return periods.offered(self.board.as_of, self.board.period)

    @property
    def months(self) -> list[str]:
        return [MONTHS[card.period.last_month % 12][:3] for card in self.board.pooled.series]

    @property
    def scale(self) -> list[Band]:
        return [Band(each.band, each.from_, each.to) for each in best_first(self.board.policy)]

    def link(self, measure: str | None) -> str:
        return link("/dashboard", self._params, explain=measure, by=self.by if measure else None)

    @property
    def ways(self) -> list[tuple[str, str, int | None, bool, bool]]:
        """How the open figure can be taken apart, as macros/tables.html shows saved filters."""
        here = [(by, link("/dashboard", self._params, explain=self.open, by=by)) for by in BY]
        return [(BY[by], address, None, by is self.by, False) for by, address in here]

    @property
    def _params(self) -> dict[str, str]:
        return {"period": self.period_key, "plant": self.plant}

    @property
    def words(self) -> str:
        return BY[self.by]

    @property
    def follows_records(self) -> bool:
        """Whether the open figure is taken apart by what a published card does not say."""
        return self.board.published is not None and self.by not in AS_PUBLISHED

    @property
    def together(self) -> str | None:
        """Give the open figure as its parts add up to it."""
        pooled = self.board.pooled
        today = pooled.today if self.follows_records else None
        explained = explain(today, self.board.policy) if today else pooled.explained
        found = explained.measure(self.open or "")
        return found.shown if found else None

    def part(self, one: Part) -> str:
        """Where a part leads; "" where there is no page of it."""
        period = self.period_key
        if not one.key or not self.open:
            return ""
        if self.by is By.SUPPLIER:
            card = f"/suppliers/{quote(one.key, safe='')}/scorecard"
            return link(card, {"period": period}, explain=self.open) + f"#explain-{self.open}"
        if self.by is By.PLANT:
            return link("/dashboard", {"period": period, "plant": one.key}, explain=self.open)
        if self.by is By.COMMODITY:
            return link(f"/scorecards/{period}", {"commodity": one.key})
        return link("/suppliers", {"country": one.key})

    def change(self, key: str) -> tuple[str, str]:
        """Give (tone, words) of a figure against the period before; no tone where nothing changed."""
        now, before = (card.measure(key) for card in (self.board.pooled.card, self.board.pooled.before))
        if now is None or before is None or now.value is None or before.value is None:
            return "", ""
        label = self.board.period.previous().label()
        if now.value == before.value:
            return "", f"the same as {label}"
        better = (now.value < before.value) == (key in FALLING)
        tone, word = ("ok", "better") if better else ("warn", "worse")
        return tone, f"{word}, {shown(before.value, before.unit)} in {label}"

    @property
    def columns(self) -> list[list[int]]:
        return [[counts[each.letter] for each in self.scale] for _, counts in self.board.bands]

    @property
    def moves(self) -> list[tuple[Supplier, Move]]:
        return self.board.moves[:MOVES_SHOWN]


@get("/dashboard", permission=P.DASHBOARD_READ)
async def board(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    period: FromQuery[str] = "",
    plant: FromQuery[str] = "",
    explain: FromQuery[str] = "",
    by: FromQuery[str] = "",
) -> Response[Any]:
    as_of = our_today(request)
    plants = await dashboard.plants(db, who)
    chosen = next((each for each in plants if each.code == plant), None)
    if plant and chosen is None:
        raise BadInputError(f"There is no plant “{plant[:40]}”.")
    if by and by not in set(By):
        raise BadInputError(f"Figures can be taken apart by: {', '.join(By)}. “{by[:40]}” is none of them.")
    way = By(by or By.SUPPLIER)
    plant_ids = [chosen.id] if chosen else None
    found = await dashboard.board(db, who, periods.read(period, as_of), as_of, plant_ids=plant_ids)
    opened: Explanation | None = found.pooled.explained.measure(explain)
    if explain and opened is None:
        raise BadInputError(f"There is no figure “{explain[:40]}” here.")
    parts: list[Part] = []
    if opened is not None:
        parts = await rollups.parts(
            db, who, found.policy, found.period, as_of, explain, way, plant_ids=plant_ids
        )
    view = DashboardPage(found, plants, plant, explain or None, way, clock.today(who.time_zone))
    return page(
        request, "dashboard/show.html", view=view, board=found, opened=opened, parts=parts, chosen=chosen
    )


HANDLERS = [board]

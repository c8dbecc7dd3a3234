"""One supplier's card with everything that its page says: trend, series, distances, sentences."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from portal.languages import N_, _, ngettext
from portal.models.months import ScorecardMonth
from portal.workflows.months.frozen import Frozen
from portal.workflows.months.steps import BEFORE_PUBLICATION
from portal.workflows.ratings.cards import Series
from scorecards.banding import best_first
from scorecards.explain import CardExplanation, explain
from scorecards.periods import MONTHS, Period
from scorecards.policy import Policy
from scorecards.trend import Trend
from scorecards.weighting import NOT_RATED, Card
from scorecards.wording import number

_FEW = {
    1: N_("One measure makes the score"),
    2: N_("Two measures make the score"),
    3: N_("Three measures make the score"),
    4: N_("Four measures make the score"),
}


@dataclass(frozen=True, slots=True)
class Point:
    """One month of the series; ``score`` None where the supplier was not rated."""

    month: int
    card: Card

    @property
    def short(self) -> str:
        return _(MONTHS[self.month % 12])[:3]

    @property
    def score(self) -> Decimal | None:
        return self.card.shown

    @property
    def shown(self) -> str:
        if self.card.shown is None:
            return _("not rated")
        return number(self.card.shown, max(0, -int(self.card.shown.as_tuple().exponent)))

    @property
    def band(self) -> str:
        return self.card.band if self.card.band != NOT_RATED else ""

    @property
    def spoken(self) -> str:
        return f"{self.short} {self.shown} {self.band}".strip()


@dataclass(frozen=True, slots=True)
class CardView:
    """``series`` ends with the period's last month; ``is_running`` while the period is not over.

    ``month`` says where the month of a card stands, ``frozen`` what of it is published, ``before`` is
    the card of the period before.
    """

    period: Period
    policy: Policy
    as_of: date
    card: Card
    explained: CardExplanation
    trend: Trend | None
    series: tuple[Point, ...]
    month: ScorecardMonth | None = None
    frozen: Frozen | None = None
    before: Card | None = None

    @property
    def is_preview(self) -> bool:
        """Whether its supplier is meant to look at it, before it is published."""
        return self.month is not None and self.frozen is None and self.month.status in BEFORE_PUBLICATION

    @property
    def is_running(self) -> bool:
        return self.as_of <= self.period.last_day

    @property
    def distance(self) -> str:
        """What stands under the ruler: how far it is to the next band, or that there is none."""
        found = self.explained.score.to_next_band
        if found is None:
            best = best_first(self.policy)[0]
            return _("In the best band, %(band)s.", band=best.band)
        return found.sentence

    @property
    def measures_title(self) -> str:
        count = len(self.explained.measures)
        if count in _FEW:
            return _(_FEW[count])
        return ngettext("%(num)s measure makes the score", "%(num)s measures make the score", count)

    def series_of(self, key: str) -> list[Decimal | None]:
        """A measure's value month by month, None where it had none."""
        return [m.value if (m := point.card.measure(key)) is not None else None for point in self.series]


def view(
    series: Series,
    policy: Policy,
    period: Period,
    as_of: date,
    *,
    month: ScorecardMonth | None = None,
    frozen: Frozen | None = None,
) -> CardView:
    """Say everything about a card that its page says."""
    first = period.last_month - len(series.months) + 1
    return CardView(
        period=period,
        policy=policy,
        as_of=as_of,
        card=series.rated.card,
        explained=explain(series.rated.card, policy),
        trend=series.rated.trend,
        series=tuple(Point(first + at, card) for at, card in enumerate(series.months)),
        month=month,
        frozen=frozen,
        before=series.rated.before,
    )

"""All suppliers at once: ranked for a period, pooled by month, and what moved between two periods.

Pooled figures add numerators and denominators over suppliers and months; they are never means.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from scorecards import measures
from scorecards.banding import best_first
from scorecards.explain import Explanation, explain
from scorecards.feeds import Fact
from scorecards.measures import Measure
from scorecards.periods import Period
from scorecards.policy import Policy
from scorecards.ranking import rank
from scorecards.sums import Sums, over, pooled
from scorecards.weighting import NOT_RATED, Card, rate, rate_with_trailing

Months = Mapping[int, Sums]
BySupplier = Mapping[int, Months]


@dataclass(frozen=True, slots=True)
class Ranked:
    """One supplier among all; ``rank`` None where it is not rated, ``change`` None where one side is not."""

    supplier_id: int
    card: Card
    before: Card
    rank: int | None

    @property
    def change(self) -> Decimal | None:
        if self.card.shown is None or self.before.shown is None:
            return None
        return self.card.shown - self.before.shown


@dataclass(frozen=True, slots=True)
class Move:
    """A supplier whose band differs from the period before, and the main reason in words."""

    supplier_id: int
    before: str
    now: str
    is_up: bool
    reason: str


def ranking(
    suppliers: BySupplier, facts: Mapping[int, Sequence[Fact]], policy: Policy, period: Period
) -> list[Ranked]:
    """Rate every supplier for the period and the one before; best first, not rated last."""
    cards = {
        number: rate_with_trailing(months, policy, period, facts.get(number, ()))
        for number, months in suppliers.items()
    }
    before = {n: rate_with_trailing(months, policy, period.previous()) for n, months in suppliers.items()}
    places = rank((number, card.shown) for number, card in cards.items())
    return [Ranked(p.supplier, cards[p.supplier], before[p.supplier], p.rank) for p in places]


def pooled_measures(suppliers: BySupplier, policy: Policy, period: Period) -> Card:
    """Give the card of everybody together: its measures are the organisation's own figures."""
    return rate(pooled(over(months, period) for months in suppliers.values()), policy, period)


def pooled_series(suppliers: BySupplier, policy: Policy, last: int, count: int) -> dict[int, Card]:
    months = Period.trailing(last, count).month_numbers()
    return {month: pooled_measures(suppliers, policy, Period(month)) for month in months}


def band_counts(places: Sequence[Ranked], policy: Policy) -> dict[str, int]:
    """Count suppliers by band, best band first; those not rated under the word itself."""
    found = Counter(place.card.band for place in places)
    bands = [band.band for band in best_first(policy)]
    return {band: found.get(band, 0) for band in [*bands, NOT_RATED]}


def moves(places: Sequence[Ranked], policy: Policy) -> list[Move]:
    """List who changed band, those who fell first, with the measure or the cap that moved it most."""
    order = {band.band: index for index, band in enumerate(best_first(policy))}
    found = []
    for place in places:
        now, before = place.card.band, place.before.band
        if now == before or now not in order or before not in order:
            continue
        is_up = order[now] < order[before]
        found.append(Move(place.supplier_id, before, now, is_up, _reason(place, policy)))
    return sorted(found, key=lambda move: (move.is_up, order[move.now] * (1 if move.is_up else -1)))


def _reason(place: Ranked, policy: Policy) -> str:
    if acting := place.card.acting_caps:
        return f"Cap: {acting[0].title.lower()}"
    moved = max(place.card.measures, key=lambda one: _weight_of_change(one, place.before.measure(one.key)))
    now, before = _shown(place.card, moved.key, policy), _shown(place.before, moved.key, policy)
    title = policy.title(moved.key)
    if now is None:
        return f"{title}: no data now, was {before}"
    if before is None:
        return f"{title} {now}, no data before"
    return f"{title} {before} to {now}"


def _weight_of_change(now: Measure, before: Measure | None) -> Decimal:
    """Give how much a measure's share of the score moved, in points."""
    mine = now.contribution or Decimal(0)
    other = (before.contribution if before is not None else None) or Decimal(0)
    return abs(mine - other)


def _shown(card: Card, key: str, policy: Policy) -> str | None:
    found: Explanation | None = explain(card, policy).measure(key)
    return found.shown if found is not None else None


def shares(suppliers: BySupplier, policy: Policy, period: Period, key: str) -> list[tuple[int, Measure]]:
    """Give each supplier's part of a pooled figure; numerators and denominators add up to it.

    The one that costs most comes first: most defective pieces, or most lines or answers not on time.
    """
    rows = []
    for number, months in suppliers.items():
        card = rate(over(months, period), policy, period)
        found = card.measure(key)
        if found is not None and (found.numerator or found.denominator):
            rows.append((number, found))
    falling = key in measures.FALLING

    def cost(row: tuple[int, Measure]) -> Decimal:
        one = row[1]
        return one.numerator if falling else one.denominator - one.numerator

    return sorted(rows, key=lambda row: (-cost(row), row[0]))

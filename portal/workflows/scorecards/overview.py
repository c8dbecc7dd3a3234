"""All suppliers together: the organisation's own figures by month, bands, and who moved between them.

Pooled figures add numerators and denominators over suppliers and months; they are never means.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.languages import N_, _
from portal.models.nonconformances import Nonconformance, Responsibility
from portal.workflows.months import frozen
from portal.workflows.ratings import sums_of
from portal.workflows.scorecards.bulk import Rated, Row
from scorecards import measures
from scorecards.banding import best_first
from scorecards.explain import CardExplanation, explain
from scorecards.periods import Period
from scorecards.policy import Policy
from scorecards.speech import inside
from scorecards.sums import over
from scorecards.weighting import NOT_RATED, Card, rate
from scorecards.wording import shown

_SAFETY_ESCAPE = N_("Safety escape")  # what a row is capped by that names nothing
SERIES = 12  # months of the lines on the page
_UNITS = {measures.QUALITY: measures.PPM, measures.DPMO: measures.PER_MILLION_OPPORTUNITIES}


@dataclass(frozen=True, slots=True)
class Pooled:
    """Everybody's sums as if they were one supplier's; only its measures mean anything, not its score.

    ``today`` is what the records say now, where the card is of a month that was published.
    """

    card: Card
    explained: CardExplanation
    series: tuple[Card, ...]
    before: Card
    today: Card | None

    def series_of(self, key: str) -> list[Decimal | None]:
        return [found.value if (found := card.measure(key)) else None for card in self.series]


@dataclass(frozen=True, slots=True)
class Move:
    """A supplier whose band differs from the period before, and the main reason in words."""

    supplier_id: int
    before: str
    now: str
    is_up: bool
    reason: str


async def pooled(
    db: AsyncSession,
    who: Principal,
    policy: Policy,
    period: Period,
    as_of: date,
    *,
    plant_ids: Sequence[int] | None = None,
) -> Pooled:
    """Pool all visible suppliers over the period, the one before it, and each month up to its end.

    A published month is what its cards add up to; a longer period, or one of some plants, what the records
    say today.
    """
    earlier = period.previous()
    last = Period.trailing(period.last_month, SERIES).month_numbers()
    by_month = await sums_of(
        db,
        who,
        months=sorted({*period.month_numbers(), *earlier.month_numbers(), *last}),
        as_of=as_of,
        plant_ids=plant_ids,
        by=("month",),
        policy=policy,
    )
    now = {month: found for (month,), found in by_month.items()}
    published = await frozen.totals_of(db, who, [*last, earlier.first_month]) if plant_ids is None else {}
    shown = {**now, **published}

    def card(of: Period) -> Card:
        return rate(over(shown if of.months == 1 else now, of), policy, of)

    is_published = period.months == 1 and period.first_month in published
    return Pooled(
        card=card(period),
        explained=explain(card(period), policy),
        series=tuple(card(Period(month)) for month in last),
        before=card(earlier),
        today=rate(over(now, period), policy, period) if is_published else None,
    )


def band_counts(bands: Iterable[str], suppliers: int, policy: Policy) -> dict[str, int]:
    """Count suppliers by band, best band first, then those not rated."""
    found = Counter(bands)
    counts = {band.band: found.get(band.band, 0) for band in best_first(policy)}
    return {**counts, NOT_RATED: suppliers - sum(counts.values())}


def moves(now: Mapping[int, Row], before: Mapping[int, Row], policy: Policy) -> list[Move]:
    """List who changed band, those who fell first, each with what moved it most."""
    order = {band.band: at for at, band in enumerate(best_first(policy))}
    found = []
    for supplier, row in now.items():
        earlier = before.get(supplier)
        if earlier is None or row.band == earlier.band or not {row.band, earlier.band} <= set(order):
            continue
        is_up = order[row.band] < order[earlier.band]
        found.append(Move(supplier, earlier.band, row.band, is_up, _reason(row, earlier, policy)))
    return sorted(found, key=lambda move: (move.is_up, -order[move.now], move.supplier_id))


def _reason(now: Row, before: Row, policy: Policy) -> str:
    """Name the cap that limits the band, or the measure whose share of the score changed most."""
    if now.is_capped:
        return cap_words(now)
    new, old = now.measures, before.measures
    gave, gives = _shares(old, policy), _shares(new, policy)
    key = max(sorted(new), key=lambda each: abs(gives[each] - gave[each]))
    title, unit = policy.title(key), _UNITS.get(key, measures.PERCENT)
    words, before_that = _words(new[key], unit), _words(old[key], unit)
    if words is None:
        return _("%(measure)s: no data now, was %(before)s", measure=title, before=before_that)
    if before_that is None:
        return _("%(measure)s %(now)s, no data before", measure=title, now=words)
    return _("%(measure)s %(before)s to %(now)s", measure=title, before=before_that, now=words)


def cap_words(row: Row) -> str:
    """Name what keeps the band of a capped row down."""
    titles = ", ".join(inside(_(each)) for each in (row.cap or _SAFETY_ESCAPE).split(", "))
    return _("Cap: %(title)s", title=titles)


def _shares(found: Mapping[str, Rated], policy: Policy) -> dict[str, Decimal]:
    """Give what each measure adds to the score, its weight grown where others have no points."""
    there = sum((policy.weights[key] for key, one in found.items() if one.points is not None), Decimal(0))
    return {
        key: Decimal(0) if one.points is None else one.points * policy.weights[key] / there
        for key, one in found.items()
    }


def _words(found: Rated, unit: str) -> str | None:
    return None if found.value is None else shown(found.value, unit)


async def defects_by_kind(
    db: AsyncSession,
    who: Principal,
    period: Period,
    *,
    plant_ids: Sequence[int] | None = None,
    most: int = 7,
) -> list[tuple[str, Decimal]]:
    """Sum the pieces that PPM counts by kind of defect, most first; small kinds go into "Other"."""
    query = (
        select(col(Nonconformance.kind), func.sum(col(Nonconformance.quantity)))
        .where(
            scopes.condition(who, Nonconformance),
            col(Nonconformance.month).between(period.first_month, period.last_month),
            col(Nonconformance.responsibility) == Responsibility.SUPPLIER,
            ~col(Nonconformance.is_sample),
        )
        .group_by(col(Nonconformance.kind))
        .order_by(func.sum(col(Nonconformance.quantity)).desc(), col(Nonconformance.kind))
    )
    if plant_ids is not None:
        query = query.where(col(Nonconformance.plant_id).in_(plant_ids))
    found = [(kind, pieces) for kind, pieces in await db.execute(query)]
    named = [row for row in found if row[0] != "Other"]
    other = [pieces for kind, pieces in found if kind == "Other"]
    rest = sum([*other, *(pieces for _, pieces in named[most - 1 :])], Decimal(0))
    return [*named[: most - 1], *([("Other", rest)] if rest else [])]

"""Every supplier's result for a period in one list, with what all of them make together: for the command."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, func, or_

from portal.access.principal import Principal
from portal.access.scopes import visible
from portal.errors import BadInputError
from portal.models.suppliers import Supplier
from portal.workflows.ratings.from_lines import months_from_lines
from portal.workflows.ratings.policies import active_policy
from portal.workflows.ratings.reading import months_of, period_months
from scorecards import measures
from scorecards.measures import Measure
from scorecards.periods import Period
from scorecards.policy import Policy
from scorecards.sums import Sums, over, pooled
from scorecards.weighting import Card, rate, rate_with_trailing, windows_of

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Line:
    """One supplier's own numbers of the period, and its card, which may have taken wider windows.

    ``delivery`` and ``defects`` are never over more than the period, so that the list adds up; None where
    there was nothing to measure.
    """

    number: str
    name: str
    sums: Sums
    delivery: Measure | None
    defects: Measure | None
    card: Card | None

    @property
    def is_low_volume(self) -> bool:
        return self.card is not None and self.card.is_low_volume


@dataclass(frozen=True, slots=True)
class Listing:
    """``total`` pools all lines: sums are added, never percentages averaged; it has no card."""

    period: Period
    policy: Policy
    as_of: date
    lines: tuple[Line, ...]
    total: Line


async def listing(
    db: AsyncSession,
    who: Principal,
    period: Period,
    as_of: date,
    *,
    policy: Policy | None = None,
    suppliers: Sequence[Supplier] | None = None,
) -> Listing:
    """Rate every supplier that has anything in the period, by name.

    Without a policy the active one rates, from the stored sums; with one, its windows are tried on the lines
    themselves. ``suppliers`` narrows the list, and with it the total.
    """
    chosen = policy or await active_policy(db)
    months = period_months(*windows_of(period, chosen))
    if policy is None:
        ids = None if suppliers is None else [one.id for one in suppliers]
        found = await months_of(db, who, months=months, as_of=as_of, supplier_ids=ids, policy=chosen)
    else:
        found = await months_from_lines(db, who, chosen, months[0], months[-1], as_of)
    listed = suppliers or (await db.scalars(visible(who, Supplier))).all()
    lines = [_line(one, found.get(one.id, {}), chosen, period) for one in listed]
    lines = sorted((one for one in lines if one.sums != Sums()), key=lambda one: (one.name, one.number))
    total = pooled(one.sums for one in lines)
    return Listing(period, chosen, as_of, tuple(lines), _of("", "All together", total, chosen, period, None))


def _line(supplier: Supplier, months: Mapping[int, Sums], policy: Policy, period: Period) -> Line:
    card = rate_with_trailing(months, policy, period)
    return _of(supplier.number, supplier.name, over(months, period), policy, period, card)


def _of(number: str, name: str, sums: Sums, policy: Policy, period: Period, card: Card | None) -> Line:
    own = rate(sums, policy, period)
    return Line(number, name, sums, own.measure(measures.DELIVERY), own.measure(measures.QUALITY), card)


async def suppliers_named(db: AsyncSession, who: Principal, wanted: str) -> list[Supplier]:
    """The one supplier with this number or name, or the only one whose name holds it.

    Raises:
        BadInputError: none, or several.
    """
    lowered = wanted.strip().lower()
    exact = visible(who, Supplier).where(
        or_(func.lower(col(Supplier.number)) == lowered, func.lower(col(Supplier.name)) == lowered)
    )
    found = list(await db.scalars(exact.limit(_MOST_NAMED + 1)))
    if not found:
        within = visible(who, Supplier).where(
            func.lower(col(Supplier.name)).contains(lowered, autoescape=True)
        )
        found = list(await db.scalars(within.order_by(col(Supplier.name)).limit(_MOST_NAMED + 1)))
    if not found:
        raise BadInputError(f"There is no supplier with the number or name “{wanted}”.")
    if len(found) > 1:
        named = ", ".join(f"{one.name} ({one.number})" for one in found[:_MOST_NAMED])
        more = " and more" if len(found) > _MOST_NAMED else ""
        raise BadInputError(f"“{wanted}” could be {named}{more}. Give the number.")
    return found


async def whole_period(db: AsyncSession) -> Period:
    """From the first month with a promised line or an arrival to the last.

    Raises:
        BadInputError: there is nothing yet, or it spans more than ten years.
    """
    found = await db.execute(
        text("SELECT min(month), max(month) FROM supplier_month_total WHERE lines > 0 OR lines_arrived > 0")
    )
    first, last = found.one()
    if first is None:
        raise BadInputError("There are no deliveries yet. Import some with `assay import deliveries`.")
    if last - first >= 120:
        raise BadInputError("The deliveries span more than ten years. Give --from and --to.")
    return Period(first, last - first + 1)

"""Rules that propose a rung, each with its reason in a sentence. A person decides; nothing happens by itself.

Who is in the lowest band for one, two or three months in a row; who let something pass that touches safety.
A card with few lines proposes nothing, and neither does one that nobody has anything on.
"""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.models.escalations import Escalation, EscalationStatus, Rung
from portal.models.nonconformances import Nonconformance, Responsibility
from portal.models.suppliers import Supplier
from portal.workflows import ratings
from portal.workflows.escalations import reasons
from portal.workflows.escalations.deciding import propose
from portal.workflows.escalations.words import is_higher
from portal.workflows.scorecards.bulk import Row
from portal.workflows.scorecards.everybody import rate_everybody
from scorecards.banding import best_first
from scorecards.measures import State
from scorecards.periods import Period, month_number

MONTHS = 3
_BY_MONTHS = {1: Rung.WATCH, 2: Rung.IMPROVEMENT_PLAN, 3: Rung.CONTROLLED_SHIPPING_1}
_UNSURE = frozenset({State.LOW_VOLUME, State.UNDEFINED})


async def run(db: AsyncSession, who: Principal, *, today: date) -> int:
    """Propose for the month that is over; doing it twice is as good as once. Returns how many."""
    month = month_number(today) - 1
    found = await due(db, who, month, today=today)
    known = await _known(db, found, month)
    suppliers = {each.id: each for each in await db.scalars(scopes.visible(who, Supplier))}
    count = 0
    for supplier_id, (rung, why) in sorted(found.items()):
        if supplier_id in suppliers and supplier_id not in known:
            on = await _open(db, supplier_id)
            if on is None or is_higher(rung, on):
                await propose(db, suppliers[supplier_id], rung, why, by=who, month=month)
                count += 1
    return count


async def due(
    db: AsyncSession, who: Principal, month: int, *, today: date
) -> dict[int, tuple[Rung, list[str]]]:
    """Give the rung that the rules ask for, with the reasons, by supplier."""
    line = await ratings.timeline(db)
    periods = [Period(each) for each in range(month, month - MONTHS, -1)]
    rated = await rate_everybody(db, who, line, periods, today)
    lowest = {period: best_first(line.general(period.last_month))[-1].band for period in periods}
    found: dict[int, tuple[Rung, list[str]]] = {}
    for supplier_id in rated[periods[0]]:
        rows = [rated[period].get(supplier_id) for period in periods]
        months = _in_a_row(rows, [lowest[period] for period in periods])
        if months:
            in_order = [period.last_month for period in reversed(periods[:months])]
            why = reasons.in_lowest_band(lowest[periods[0]], in_order)
            found[supplier_id] = _BY_MONTHS[months], [why]
    for supplier_id, count in (await _safety(db, who, month)).items():
        rung, others = found.get(supplier_id, (Rung.WATCH, []))
        higher = rung if is_higher(rung, Rung.CONTROLLED_SHIPPING_1) else Rung.CONTROLLED_SHIPPING_1
        found[supplier_id] = higher, [*others, reasons.touched_safety(count, month)]
    return found


def _in_a_row(rows: list[Row | None], lowest: list[str]) -> int:
    """How many months up to the last one were in the lowest band, each of them on enough lines."""
    count = 0
    for row, band in zip(rows, lowest, strict=True):
        if row is None or row.band != band or any(one.state in _UNSURE for one in row.measures.values()):
            break
        count += 1
    return count


async def _safety(db: AsyncSession, who: Principal, month: int) -> Mapping[int, int]:
    query = (
        select(col(Nonconformance.supplier_id), func.count())
        .where(
            scopes.condition(who, Nonconformance),
            col(Nonconformance.month) == month,
            col(Nonconformance.is_safety),
            col(Nonconformance.responsibility) == Responsibility.SUPPLIER,
            ~col(Nonconformance.is_sample),
        )
        .group_by(col(Nonconformance.supplier_id))
    )
    return {row[0]: row[1] for row in await db.execute(query)}


async def _known(db: AsyncSession, found: Mapping[int, object], month: int) -> set[int]:
    """Who has a proposal that waits, or one of this month that was decided."""
    query = select(col(Escalation.supplier_id)).where(
        col(Escalation.supplier_id).in_(found),
        (col(Escalation.status) == EscalationStatus.PROPOSED) | (col(Escalation.month) == month),
    )
    return set(await db.scalars(query))


async def _open(db: AsyncSession, supplier_id: int) -> Rung | None:
    query = select(col(Escalation.rung)).where(
        col(Escalation.supplier_id) == supplier_id, col(Escalation.status) == EscalationStatus.OPEN
    )
    return (await db.execute(query)).scalar_one_or_none()

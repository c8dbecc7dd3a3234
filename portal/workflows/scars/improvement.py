"""What SCARs teach over a time: causes and defects by size, recurrence, how long each stage takes.

Counted are SCARs that were issued in the period and not cancelled, as far as the reader may see them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.models.organisation import Commodity, Part, Plant
from portal.models.scars import (
    AnswerStatus,
    Discipline,
    Scar,
    ScarAnswer,
    ScarPause,
    ScarStage,
    ScarStatus,
    Stage,
)
from portal.models.suppliers import Supplier
from scorecards.periods import Period

CAUSE, DEFECT, SUPPLIER, PART, COMMODITY, PLANT = (
    *("cause", "defect", "supplier", "part"),
    *("commodity", "plant"),
)
# By what SCARs can be counted: what the address says of a row, and what people call it.
_BY: dict[str, tuple[Any, Any]] = {
    CAUSE: (Scar.cause, Scar.cause),
    DEFECT: (Scar.defect, Scar.defect),
    SUPPLIER: (Supplier.number, Supplier.name),
    PART: (Part.number, Part.number),
    COMMODITY: (Commodity.code, Commodity.name),
    PLANT: (Plant.code, Plant.name),
}
_JOINS: dict[str, tuple[Any, Any]] = {
    SUPPLIER: (Supplier, Scar.supplier_id),
    PART: (Part, Scar.part_id),
    COMMODITY: (Commodity, Scar.commodity_id),
    PLANT: (Plant, Scar.plant_id),
}

Filters = Mapping[str, Sequence[str]]  # by the names of _BY, and "severity"


class Bar(NamedTuple):
    """How many SCARs one cause, defect, supplier … has; value '' where it is not known."""

    value: str
    label: str
    scars: int


class StageTime(NamedTuple):
    """From the notification to the answer that was accepted, in days of 24 hours; and of how many."""

    stage: Stage
    median: Decimal | None
    of: int


@dataclass(frozen=True, slots=True)
class Figures:
    total: int
    again: int  # repeats of an earlier one, or searched for again
    analysed: int  # whose D4 was sent
    weak: int  # of those, which stop at a person or at training
    unknown: int  # without an accepted cause yet
    stages: list[StageTime]
    ours: StageTime | None  # the same of our own decisions

    @property
    def recurrence(self) -> Decimal | None:
        return _percent(self.again, self.total)

    @property
    def weakness(self) -> Decimal | None:
        return _percent(self.weak, self.analysed)


def counted(period: Period) -> ColumnElement[bool]:
    """Issued in the period, and not cancelled."""
    return and_(
        col(Scar.issued_on).between(period.first_day, period.last_day),
        col(Scar.status) != ScarStatus.CANCELLED,
    )


def came_back() -> ColumnElement[bool]:
    return or_(col(Scar.repeat_of_id).is_not(None), col(Scar.round) > 1)


def analysed() -> ColumnElement[bool]:
    sent = and_(
        col(ScarAnswer.scar_id) == col(Scar.id),
        col(ScarAnswer.discipline) == Discipline.D4,
        col(ScarAnswer.status) != AnswerStatus.DRAFT,
    )
    return select(true()).where(sent).exists()


async def pareto(db: AsyncSession, who: Principal, period: Period, filters: Filters, by: str) -> list[Bar]:
    """Count by one thing, the biggest first, those without it last."""
    value, label = (col(each) for each in _BY[by])
    query = _narrowed(
        select(value, label, func.count())
        .select_from(Scar)
        .group_by(value, label)
        .order_by(func.count().desc(), label),
        who,
        period,
        filters,
        {by},
    )
    found = [
        Bar(str(value or ""), str(label or ""), count) for value, label, count in await db.execute(query)
    ]
    return sorted(found, key=lambda bar: not bar.value)


async def figures(db: AsyncSession, who: Principal, period: Period, filters: Filters) -> Figures:
    def when(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.count().filter(condition)

    query = _narrowed(
        select(
            func.count(),
            when(came_back()),
            when(col(Scar.cause).is_(None)),
        ).select_from(Scar),
        who,
        period,
        filters,
    )
    total, again, unknown = (await db.execute(query)).one()
    # Asked apart, so that the answers are joined once instead of looked up for each SCAR.
    causes = select(func.count(), when(col(Scar.is_weak).is_(true()))).select_from(Scar).where(analysed())
    sent, weak = (await db.execute(_narrowed(causes, who, period, filters))).one()
    stages = await _stages(db, who, period, filters)
    return Figures(
        total=total,
        again=again,
        analysed=sent,
        weak=weak,
        unknown=unknown,
        stages=[stages.get(stage, StageTime(stage, None, 0)) for stage in Stage],
        ours=await _ours(db, who, period, filters),
    )


async def _stages(
    db: AsyncSession, who: Principal, period: Period, filters: Filters
) -> dict[Stage, StageTime]:
    """One pass for all stages: each is put in order by itself."""
    took = _days(col(ScarStage.submitted_at) - col(ScarStage.started_at))
    query = (
        select(
            *(part.filter(col(ScarStage.stage) == each) for each in Stage for part in (took, func.count()))
        )
        .select_from(ScarStage)
        .join(Scar, col(Scar.id) == col(ScarStage.scar_id))
        .where(col(ScarStage.accepted).is_(true()), col(ScarStage.submitted_at).is_not(None))
    )
    row = list((await db.execute(_narrowed(query, who, period, filters))).one())
    return {
        stage: StageTime(stage, _tenth(median), count)
        for stage, median, count in zip(Stage, row[::2], row[1::2], strict=True)
        if count
    }


async def _ours(db: AsyncSession, who: Principal, period: Period, filters: Filters) -> StageTime | None:
    took = _days(col(ScarPause.ended_at) - col(ScarPause.started_at))
    query = (
        select(took, func.count())
        .select_from(ScarPause)
        .join(Scar, col(Scar.id) == col(ScarPause.scar_id))
        .where(col(ScarPause.ended_at).is_not(None))
    )
    median, count = (await db.execute(_narrowed(query, who, period, filters))).one()
    return StageTime(Stage.ACKNOWLEDGEMENT, _tenth(median), count) if count else None


def _days(span: Any) -> Any:
    """Give the median of spans, in days; ``date_part`` counts in floats, which ``extract`` does not."""
    return func.percentile_cont(0.5).within_group(func.date_part("epoch", span) / 86_400)


def _narrowed(
    query: Select[*tuple[Any, ...]],
    who: Principal,
    period: Period,
    filters: Filters,
    also: set[str] | None = None,
) -> Select[*tuple[Any, ...]]:
    """Keep to the scope, the period and the filters, joining only what they and ``also`` speak of."""
    for key in _JOINS.keys() & ({key for key, values in filters.items() if values} | (also or set())):
        table, reference = _JOINS[key]
        query = query.outerjoin(table, col(table.id) == col(reference))
    query = query.where(scopes.condition(who, Scar), counted(period))
    for key, values in filters.items():
        if values:
            column = Scar.severity if key == "severity" else _BY[key][0]
            query = query.where(col(column).in_(values))
    return query


def _percent(part: int, whole: int) -> Decimal | None:
    return Decimal(100 * part) / whole if whole else None


def _tenth(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value)).quantize(Decimal("0.1"))

"""Everything that a supplier's page of targets says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from portal.access.principal import Principal
from portal.models.suppliers import Supplier
from portal.models.targets import SupplierTarget, TargetStatus
from portal.workflows.scorecards import cards
from portal.workflows.targets import records
from portal.workflows.targets.distance import Distance
from scorecards.periods import Period, month_number


@dataclass(frozen=True, slots=True)
class Overview:
    """``distances`` compares the last month that is over; ``ahead`` holds from a later one on."""

    period: Period
    distances: list[Distance]
    ahead: list[SupplierTarget]
    proposed: list[SupplierTarget]
    declined: list[SupplierTarget]
    history: Sequence[SupplierTarget]


async def overview(db: AsyncSession, who: Principal, supplier: Supplier, today: date) -> Overview:
    period = Period(month_number(today) - 1)
    shown = await cards.card(db, who, supplier, period, today)
    found = await records.of_supplier(db, who, supplier.id)
    compared = await records.distances_of(db, who, supplier.id, shown.card, shown.policy)

    def of(status: TargetStatus) -> list[SupplierTarget]:
        return [each for each in found if each.status is status]

    return Overview(
        period=period,
        distances=compared,
        ahead=[each for each in of(TargetStatus.AGREED) if each.from_month > period.last_month],
        proposed=of(TargetStatus.PROPOSED),
        declined=_unsettled(found),
        history=found,
    )


def _unsettled(found: Sequence[SupplierTarget]) -> list[SupplierTarget]:
    """Give what was declined and nobody has proposed anything else for since."""
    newest: dict[str, SupplierTarget] = {}
    for each in sorted(found, key=lambda one: one.id):
        newest[each.aim] = each
    return [each for each in newest.values() if each.status is TargetStatus.DECLINED]

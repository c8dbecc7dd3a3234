"""What people add to a supplier's card: points by a soft criterion for a month, events that cost points."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.errors import BadInputError, NotFoundError
from portal.models.organisation import Plant
from portal.models.ratings import DemeritEvent, GivenPoints
from portal.models.suppliers import Supplier
from portal.workflows.editing import apply
from portal.workflows.ratings import Timeline
from scorecards.periods import Period, month_label, month_number
from scorecards.policy import Policy

MONTHS_BACK = 12


@dataclass(frozen=True, slots=True)
class Given:
    """Everything that was given and recorded in the last twelve months, the newest first."""

    points: Sequence[GivenPoints]
    events: Sequence[tuple[DemeritEvent, str]]  # with the plant's name


async def of_supplier(db: AsyncSession, who: Principal, supplier: Supplier, today: date) -> Given:
    since = month_number(today) - MONTHS_BACK
    points = scopes.visible(who, GivenPoints).where(
        col(GivenPoints.supplier_id) == supplier.id, col(GivenPoints.month) > since
    )
    events = scopes.visible(who, DemeritEvent).where(
        col(DemeritEvent.supplier_id) == supplier.id, col(DemeritEvent.month) > since
    )
    plants = {each.id: each.name for each in await db.scalars(scopes.shared(who, Plant))}
    found = await db.scalars(events.order_by(col(DemeritEvent.happened_on).desc(), col(DemeritEvent.id)))
    return Given(
        list(await db.scalars(points.order_by(col(GivenPoints.month).desc(), col(GivenPoints.criterion)))),
        [(each, plants.get(each.plant_id, "")) for each in found],
    )


def policy_of(line: Timeline, supplier: Supplier, month: int) -> Policy:
    return line.policy_for(supplier.id, supplier.commodity_id, month)


async def give(
    db: AsyncSession,
    who: Principal,
    supplier: Supplier,
    policy: Policy,
    month: int,
    criterion: str,
    points: Decimal,
    reason: str,
    *,
    today: date,
) -> None:
    """Give points for a month; given again for the same month they take the place of the first.

    Raises:
        BadInputError: the policy of that month has no such criterion, or the month is still to come.
    """
    _not_to_come(month, today)
    if criterion not in {one.key for one in policy.soft}:
        raise BadInputError(f"The policy of {month_label(month)} has no criterion {criterion[:50]}.")
    query = scopes.visible(who, GivenPoints).where(
        col(GivenPoints.supplier_id) == supplier.id,
        col(GivenPoints.criterion) == criterion,
        col(GivenPoints.month) == month,
    )
    found = (await db.execute(query.with_for_update())).scalar_one_or_none()
    values: dict[str, Any] = {
        "points": points,
        "reason": reason,
        "given_on": min(today, Period(month).last_day),
        "given_by_name": who.name,
    }
    if found is not None:
        apply(found, values)
        return
    db.add(GivenPoints(supplier_id=supplier.id, criterion=criterion, month=month, **values))


async def record(
    db: AsyncSession,
    who: Principal,
    supplier: Supplier,
    policy: Policy,
    kind: str,
    plant_id: int,
    happened_on: date,
    note: str,
    *,
    today: date,
) -> None:
    """Record an event that costs points.

    Raises:
        BadInputError: the policy of that month does not count it, or the day is still to come.
        NotFoundError: the plant is none of whoever records it.
    """
    month = month_number(happened_on)
    if happened_on > today:
        raise BadInputError("Give a day that is not still to come.")
    if policy.demerits is None or kind not in policy.demerits.points:
        raise BadInputError(f"The policy of {month_label(month)} takes no points off for this.")
    plant = await db.execute(scopes.receiving(who).where(col(Plant.id) == plant_id))
    if plant.scalar_one_or_none() is None:
        raise NotFoundError
    db.add(
        DemeritEvent(
            supplier_id=supplier.id,
            plant_id=plant_id,
            kind=kind,
            happened_on=happened_on,
            month=month,
            note=note,
            recorded_by_name=who.name,
        )
    )


def _not_to_come(month: int, today: date) -> None:
    if month > month_number(today):
        raise BadInputError(f"{month_label(month)} is still to come.")

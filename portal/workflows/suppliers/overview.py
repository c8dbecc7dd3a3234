"""Everything that stands on a supplier's page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.models.deliveries import DeliveryLine, Receipt
from portal.models.organisation import Commodity, Part, Plant, Unit
from portal.models.people import Person
from portal.models.suppliers import Contact, ProcessRole, Supplier, SupplierSite
from portal.workflows import ratings
from portal.workflows.approved_list.entries import Entry, entries_of
from portal.workflows.lists import Query
from portal.workflows.suppliers import sites
from scorecards.periods import Period, month_number
from scorecards.sums import Sums

MONTHS = 12
MOST_OVERDUE_SHOWN = 5


class OverdueLine(NamedTuple):
    """A line whose window has passed and that has not arrived whole."""

    order_number: str
    line_number: str
    part_number: str
    part_name: str
    plant: str
    due_on: date
    ordered: Decimal
    received: Decimal
    unit: Unit


@dataclass(frozen=True, slots=True)
class Deliveries:
    """In short, over the last 12 months up to and with this one; the scorecard has the rest."""

    lines: int
    nonconformances: int
    last_arrival_on: date | None
    overdue: int
    overdue_lines: list[OverdueLine]

    @property
    def has_any(self) -> bool:
        return bool(self.lines or self.nonconformances or self.last_arrival_on or self.overdue)


@dataclass(frozen=True, slots=True)
class Overview:
    supplier: Supplier
    commodity: str
    sites: list[SupplierSite]
    contacts: list[tuple[ProcessRole, list[Contact]]]  # by process, those without anybody left out
    entries: list[Entry]
    people: Sequence[Person]
    deliveries: Deliveries

    def site_name(self, site_id: int | None) -> str:
        return next((each.name for each in self.sites if each.id == site_id), "")


async def overview(db: AsyncSession, who: Principal, supplier: Supplier, *, today: date) -> Overview:
    contacts = await sites.contacts_of(db, who, supplier)
    return Overview(
        supplier=supplier,
        commodity=await _commodity(db, supplier),
        sites=await sites.sites_of(db, who, supplier),
        contacts=[
            (role, group)
            for role in ProcessRole
            if (group := [each for each in contacts if each.role == role])
        ],
        entries=await entries_of(db, who, supplier),
        people=await _people(db, who, supplier),
        deliveries=await _deliveries(db, who, supplier, today),
    )


async def _commodity(db: AsyncSession, supplier: Supplier) -> str:
    query = select(col(Commodity.name)).where(col(Commodity.id) == supplier.commodity_id)
    return (await db.execute(query)).scalar_one_or_none() or ""


async def _people(db: AsyncSession, who: Principal, supplier: Supplier) -> Sequence[Person]:
    query = (
        scopes.visible(who, Person)
        .where(col(Person.supplier_id) == supplier.id, col(Person.is_active))
        .order_by(func.lower(col(Person.name)))
    )
    return (await db.execute(query)).scalars().all()


async def _deliveries(db: AsyncSession, who: Principal, supplier: Supplier, today: date) -> Deliveries:
    year = await ratings.sums_of(
        db, who, months=_months(today).month_numbers(), as_of=today, supplier_ids=[supplier.id], by=()
    )
    sums = year.get((), Sums())
    last = (
        select(col(Receipt.received_on))
        .where(scopes.condition(who, Receipt), col(Receipt.supplier_id) == supplier.id)
        .order_by(col(Receipt.arrival_month).desc(), col(Receipt.received_on).desc())
        .limit(1)
    )
    overdue = _overdue(who, supplier, today)
    count = overdue.with_only_columns(func.count(), maintain_column_froms=True).order_by(None)
    shown = await db.execute(overdue.limit(MOST_OVERDUE_SHOWN))
    return Deliveries(
        lines=sums.delivery.promised,
        nonconformances=sums.quality.nonconformances,
        last_arrival_on=(await db.execute(last)).scalar_one_or_none(),
        overdue=int((await db.execute(count)).scalar_one()),
        overdue_lines=[OverdueLine(*row) for row in shown],
    )


def _months(today: date) -> Period:
    return Period.trailing(month_number(today), MONTHS)


def _overdue(who: Principal, supplier: Supplier, today: date) -> Query:
    """Select lines of these months past the last day of their window, the longest wait first."""
    year = _months(today)
    return (
        select(
            col(DeliveryLine.order_number),
            col(DeliveryLine.line_number),
            col(Part.number),
            col(Part.name),
            col(Plant.name),
            col(DeliveryLine.window_last_on),
            col(DeliveryLine.ordered),
            col(DeliveryLine.received),
            col(DeliveryLine.unit),
        )
        .join(Part, col(Part.id) == col(DeliveryLine.part_id))
        .join(Plant, col(Plant.id) == col(DeliveryLine.plant_id))
        .where(
            scopes.condition(who, DeliveryLine),
            col(DeliveryLine.supplier_id) == supplier.id,
            col(DeliveryLine.reference_month).between(year.first_month, year.last_month),
            ~col(DeliveryLine.complete),
            ~col(DeliveryLine.too_early),
            col(DeliveryLine.cancelled_on).is_(None),
            col(DeliveryLine.excuse_code).is_(None),
            col(DeliveryLine.ordered) > 0,
            col(DeliveryLine.window_last_on) < today,
            # Arrived whole, but late: not waited for any more.
            col(DeliveryLine.received) < col(DeliveryLine.ordered),
        )
        .order_by(col(DeliveryLine.window_last_on), col(DeliveryLine.id))
    )

from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import count
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from portal.models.deliveries import DeliveryLine, Receipt
from portal.models.inspections import InspectionLot, LotResult
from portal.models.nonconformances import Nonconformance, Responsibility
from portal.models.ratings import ResponseStage, StageKind
from portal.workflows import ratings
from scorecards.periods import month_number

_numbers = count(1)
PROMISED = date(2026, 10, 8)


async def line(db: AsyncSession, cast: Any, *arrivals: tuple[date, int], **given: Any) -> DeliveryLine:
    """A line of 100 pieces from Acme to Luleå, promised for 8 October 2026, with what arrived on it.

    Already derived under the active policy, as an import leaves it.
    """
    number = next(_numbers)
    fields = {
        "supplier_id": cast.acme.id,
        "plant_id": cast.lulea.id,
        "part_id": cast.housing.id,
        "commodity_id": cast.castings.id,
        "order_number": f"45{number:08}",
        "line_number": "10",
        "ordered": Decimal(100),
        "acknowledged_on": PROMISED,
        **given,
    }
    made = await _saved(db, DeliveryLine(**fields))
    for day, quantity in arrivals:
        await receipt(db, made, received_on=day, quantity=Decimal(quantity))
    await ratings.derive(db, await ratings.policy_for_writing(db), [made.id])
    await db.refresh(made)
    return made


async def receipt(db: AsyncSession, of: DeliveryLine, **given: Any) -> Receipt:
    day = given.get("received_on", PROMISED)
    fields = {
        "delivery_line_id": of.id,
        "supplier_id": of.supplier_id,
        "plant_id": of.plant_id,
        "commodity_id": of.commodity_id,
        "reference": f"DN-{next(_numbers)}",
        "received_on": day,
        "arrival_month": month_number(day),
        "quantity": Decimal(100),
        **given,
    }
    return await _saved(db, Receipt(**fields))


async def lot(db: AsyncSession, cast: Any, **given: Any) -> InspectionLot:
    day = given.get("inspected_on", PROMISED)
    fields = {
        "supplier_id": cast.acme.id,
        "plant_id": cast.lulea.id,
        "part_id": cast.housing.id,
        "commodity_id": cast.castings.id,
        "number": f"LOT-{next(_numbers)}",
        "inspected_on": day,
        "month": month_number(day),
        "quantity": Decimal(100),
        "result": LotResult.ACCEPTED,
        **given,
    }
    return await _saved(db, InspectionLot(**fields))


async def nonconformance(db: AsyncSession, cast: Any, **given: Any) -> Nonconformance:
    """Two bad pieces that are Acme's doing."""
    day = given.get("found_on", PROMISED)
    fields = {
        "number": f"NC-2026-{next(_numbers):04}",
        "supplier_id": cast.acme.id,
        "plant_id": cast.lulea.id,
        "part_id": cast.housing.id,
        "commodity_id": cast.castings.id,
        "found_on": day,
        "month": month_number(day),
        "quantity": Decimal(2),
        "defects": 2,
        "kind": "Porosity",
        "responsibility": Responsibility.SUPPLIER,
        **given,
    }
    return await _saved(db, Nonconformance(**fields))


async def stage(db: AsyncSession, cast: Any, **given: Any) -> ResponseStage:
    """A SCAR step due at noon UTC, not answered yet."""
    day = given.get("due_on", PROMISED)
    fields = {
        "supplier_id": cast.acme.id,
        "plant_id": cast.lulea.id,
        "commodity_id": cast.castings.id,
        "kind": StageKind.SCAR,
        "reference": f"SCAR-2026-{next(_numbers):04}",
        "stage": "D3 containment",
        "due_at": datetime.combine(day, time(12), UTC),
        "due_on": day,
        "month": month_number(day),
        **given,
    }
    return await _saved(db, ResponseStage(**fields))


async def _saved(db: AsyncSession, record: Any) -> Any:
    db.add(record)
    await db.flush()
    return record

from datetime import date
from itertools import count
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from portal.models.deliveries import DeliveryLine
from portal.models.suppliers import AslEntry, AslStatus, Contact, Supplier, SupplierSite

_numbers = count(1)


async def site(db: AsyncSession, supplier: Supplier, **given: Any) -> SupplierSite:
    return await _saved(
        db, SupplierSite(**{"supplier_id": supplier.id, "name": f"Site {next(_numbers)}", **given})
    )


async def contact(db: AsyncSession, supplier: Supplier, **given: Any) -> Contact:
    number = next(_numbers)
    return await _saved(
        db,
        Contact(
            **{
                "supplier_id": supplier.id,
                "name": f"Contact {number}",
                "email": f"c{number}@x.test",
                **given,
            }
        ),
    )


async def approval(db: AsyncSession, supplier: Supplier, **given: Any) -> AslEntry:
    return await _saved(
        db,
        AslEntry(
            **{
                "supplier_id": supplier.id,
                "scope": f"Scope {next(_numbers)}",
                "status": AslStatus.APPROVED,
                "reason": "Audit passed.",
                **given,
            }
        ),
    )


async def line(db: AsyncSession, supplier: Supplier, plant: Any, part: Any, **given: Any) -> DeliveryLine:
    """A line promised for 2 October 2026, of which nothing has arrived."""
    promised = given.pop("promised_on", date(2026, 10, 2))
    return await _saved(
        db,
        DeliveryLine(
            **{
                "supplier_id": supplier.id,
                "plant_id": plant.id,
                "part_id": part.id,
                "order_number": f"45{next(_numbers):08}",
                "line_number": "10",
                "ordered": 100,
                "acknowledged_on": promised,
                "reference_on": promised,
                "reference_month": (promised.year - 2000) * 12 + promised.month - 1,
                "window_first_on": promised,
                "window_last_on": promised,
                **given,
            }
        ),
    )


async def _saved(db: AsyncSession, record: Any) -> Any:
    db.add(record)
    await db.flush()
    return record

from itertools import count
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from portal.models.organisation import Commodity, Part, Plant
from portal.models.suppliers import Supplier

_numbers = count(1)


async def plant(db: AsyncSession, **given: Any) -> Plant:
    number = next(_numbers)
    return await _saved(db, Plant(**{"code": f"P{number}", "name": f"Plant {number}", **given}))


async def commodity(db: AsyncSession, **given: Any) -> Commodity:
    number = next(_numbers)
    return await _saved(db, Commodity(**{"code": f"C{number}", "name": f"Commodity {number}", **given}))


async def part(db: AsyncSession, **given: Any) -> Part:
    return await _saved(db, Part(**{"number": f"PART-{next(_numbers)}", **given}))


async def supplier(db: AsyncSession, **given: Any) -> Supplier:
    number = next(_numbers)
    return await _saved(db, Supplier(**{"number": f"9{number:05}", "name": f"Supplier {number}", **given}))


async def _saved(db: AsyncSession, record: Any) -> Any:
    db.add(record)
    await db.flush()
    return record

"""One nonconformance: found, recorded by hand, judged."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access import scopes
from portal.access.principal import Principal
from portal.errors import NotFoundError, NotReadyError
from portal.languages import N_
from portal.models.nonconformances import Disposition, Nonconformance, Responsibility
from portal.models.organisation import Part, Plant
from portal.models.scars import Scar
from portal.models.suppliers import Supplier
from portal.workflows import editing
from portal.workflows.scars.record import next_number
from scorecards.periods import month_number

PHOTOS = "photos"  # the slot of what shows the problem
MOST = Decimal(10**9)

RESPONSIBILITY = {
    Responsibility.SUPPLIER: N_("Supplier"),
    Responsibility.OURS: N_("Ours"),
    Responsibility.CARRIER: N_("Carrier"),
    Responsibility.UNDETERMINED: N_("Not determined"),
}
DISPOSITION = {
    Disposition.OPEN: N_("Not decided"),
    Disposition.USE_AS_IS: N_("Use as is"),
    Disposition.REWORK: N_("Rework"),
    Disposition.RETURN: N_("Return"),
    Disposition.SCRAP: N_("Scrap"),
}


class Placed(Protocol):
    """What knows its plant and part."""

    plant_id: int
    part_id: Any


async def find(db: AsyncSession, who: Principal, number: str) -> Nonconformance:
    return await _one(db, who, number, lock=False)


async def to_change(db: AsyncSession, who: Principal, number: str) -> Nonconformance:
    return await _one(db, who, number, lock=True)


async def _one(db: AsyncSession, who: Principal, number: str, *, lock: bool) -> Nonconformance:
    query = scopes.visible(who, Nonconformance).where(col(Nonconformance.number) == number)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = (await db.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFoundError
    return found


async def add(
    db: AsyncSession,
    supplier: Supplier,
    plant: Plant,
    part: Part,
    values: Mapping[str, Any],
    *,
    by: Principal,
) -> Nonconformance:
    """Record one that somebody found; its day is today where the plant is, unless it is given."""
    today = clock.today(plant.time_zone)
    found_on = values.get("found_on") or today
    number = await _free_number(db, today.year)
    found = Nonconformance(
        **{
            **values,
            "number": number,
            "supplier_id": supplier.id,
            "plant_id": plant.id,
            "part_id": part.id,
            "commodity_id": part.commodity_id or supplier.commodity_id,
            "found_on": found_on,
            "month": month_number(found_on),
            "defects": int(values["quantity"]),
            "reported_by_id": by.person_id,
        }
    )
    db.add(found)
    await db.flush()
    return found


async def judge(
    found: Nonconformance, version: int, responsibility: Responsibility, disposition: Disposition
) -> None:
    """Decide whose it is, and what becomes of the pieces.

    Raises:
        StaleError: somebody else decided meanwhile.
        NotReadyError: a SCAR speaks for the supplier's responsibility.
    """
    editing.refuse_stale(found, version)
    if found.scar_id is not None and responsibility is not Responsibility.SUPPLIER:
        raise NotReadyError(N_("A SCAR is out for it. Take the SCAR back first, or decide on it there."))
    editing.apply(found, {"responsibility": responsibility, "disposition": disposition})


async def suppliers(db: AsyncSession, who: Principal) -> list[tuple[str, str]]:
    found = await db.execute(
        select(col(Supplier.number), col(Supplier.name))
        .where(scopes.condition(who, Supplier))
        .order_by(col(Supplier.name))
        .limit(1000)
    )
    return [(number, f"{name}, {number}") for number, name in found]


async def plants(db: AsyncSession, who: Principal) -> list[Plant]:
    found = await db.execute(scopes.receiving(who).order_by(col(Plant.name)))
    return list(found.scalars())


async def plant(db: AsyncSession, who: Principal, code: str) -> Plant | None:
    return next((each for each in await plants(db, who) if each.code == code), None)


async def part(db: AsyncSession, number: str) -> Part | None:
    return (await db.execute(select(Part).where(col(Part.number) == number))).scalar_one_or_none()


async def parts_of(db: AsyncSession, who: Principal, supplier: Supplier) -> list[tuple[str, str]]:
    """Parts that have been found bad from this supplier before: what the form offers first."""
    found = await db.execute(
        select(col(Part.number), col(Part.name))
        .where(
            col(Part.id).in_(
                select(col(Nonconformance.part_id)).where(
                    scopes.condition(who, Nonconformance), col(Nonconformance.supplier_id) == supplier.id
                )
            )
        )
        .order_by(col(Part.number))
        .limit(200)
    )
    return [(number, name) for number, name in found]


async def kinds(db: AsyncSession, who: Principal) -> list[str]:
    """Defects as they have been called so far."""
    found = await db.execute(
        select(col(Nonconformance.kind)).where(scopes.condition(who, Nonconformance)).distinct().limit(100)
    )
    return sorted(found.scalars())


async def supplier_of(db: AsyncSession, found: Nonconformance) -> Supplier:
    return (await db.execute(select(Supplier).where(col(Supplier.id) == found.supplier_id))).scalar_one()


async def plant_of(db: AsyncSession, placed: Placed) -> Plant:
    return (await db.execute(select(Plant).where(col(Plant.id) == placed.plant_id))).scalar_one()


async def part_of(db: AsyncSession, placed: Placed) -> Part:
    return (await db.execute(select(Part).where(col(Part.id) == placed.part_id))).scalar_one()


async def scar_of(db: AsyncSession, who: Principal, found: Nonconformance) -> Scar | None:
    """The SCAR that speaks of it, where the principal may see that."""
    if found.scar_id is None:
        return None
    return (
        await db.execute(scopes.visible(who, Scar).where(col(Scar.id) == found.scar_id))
    ).scalar_one_or_none()


async def _free_number(db: AsyncSession, year: int) -> str:
    """The next number that no import has taken."""
    while True:
        number = await next_number(db, "NC", year)
        taken = await db.execute(select(col(Nonconformance.id)).where(col(Nonconformance.number) == number))
        if taken.first() is None:
            return number

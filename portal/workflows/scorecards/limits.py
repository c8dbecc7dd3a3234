"""Facts from outside the figures that limit a band today, for one card and for thousands at once."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access.principal import Principal
from portal.models.organisation import Organisation
from portal.models.suppliers import Supplier, SupplierStatus
from portal.workflows.certificates import effects as certificates
from portal.workflows.scars import effects as scars
from portal.workflows.scorecards.bulk import Row, limited, limited_band
from scorecards.feeds import Fact, FactState
from scorecards.policy import Policy

Found = Mapping[str, Mapping[int, list[str]]]
"""By kind of cap and supplier: what is true, each as a sentence without its full stop."""


async def found(
    db: AsyncSession, who: Principal, *, today: date, supplier_ids: Collection[int] | None = None
) -> Found:
    return {
        certificates.CAP: await certificates.expired(db, who, today=today, supplier_ids=supplier_ids),
        scars.CAP: await scars.open_critical(db, who, today=today, supplier_ids=supplier_ids),
    }


async def again(
    db: AsyncSession,
    who: Principal,
    supplier: Supplier,
    frozen: Sequence[Fact],
    day: date,
    frozen_at: datetime,
) -> tuple[Fact, ...]:
    """Give the facts of a frozen card as certificates say them by now of that day; the others stay."""
    if supplier.status is SupplierStatus.EXITED:
        return tuple(frozen)  # nothing is asked of them any more, but it was
    zone = (await db.execute(select(col(Organisation.time_zone)))).scalar_one_or_none() or "UTC"
    said = await certificates.expired_on(
        db,
        who,
        supplier.id,
        day,
        end_of_day=datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone)),
        asked_by=frozen_at,
    )
    new = _fact(certificates.CAP, said)
    return tuple(new if each.kind == certificates.CAP else each for each in frozen)


def facts(found: Found, supplier_id: int) -> tuple[Fact, ...]:
    """Give them as the engine takes them for one supplier."""
    said = ((kind, suppliers.get(supplier_id, [])) for kind, suppliers in found.items())
    return tuple(_fact(kind, sentences) for kind, sentences in said)


def _fact(kind: str, sentences: Sequence[str]) -> Fact:
    state = FactState.PRESENT if sentences else FactState.NONE
    return Fact(kind, state, f"{'; '.join(sentences)}." if sentences else "None.")


def limit_rows(rows: dict[int, Row], policy: Policy, found: Found) -> None:
    for kind, suppliers in found.items():
        limited(rows, policy, kind, suppliers)


def limit_bands(bands: dict[int, str], policy: Policy, found: Found) -> None:
    for kind, suppliers in found.items():
        for supplier_id in suppliers.keys() & bands.keys():
            bands[supplier_id] = limited_band(bands[supplier_id], policy, kind)

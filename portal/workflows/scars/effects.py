"""What an open critical SCAR does elsewhere: it limits the band of the score."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import String, cast, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.models.scars import Scar, ScarStatus, Severity
from portal.workflows.scars.steps import ENDED

CAP = "open_critical_scar"  # as rating policies call it
_NOT_OPEN = (ScarStatus.DRAFT, *ENDED)


async def open_critical(
    db: AsyncSession, who: Principal, *, today: date, supplier_ids: Collection[int] | None = None
) -> dict[int, list[str]]:
    """Name the critical SCARs that are open, by supplier: "SCAR-2026-0147 is open since 2026-11-03".

    One whose responsibility is disputed is open until that is decided.
    """
    query = (
        select(col(Scar.supplier_id), col(Scar.number), cast(col(Scar.issued_on), String))
        .where(
            scopes.condition(who, Scar),
            col(Scar.severity) == Severity.CRITICAL,
            col(Scar.status).not_in(_NOT_OPEN),
            col(Scar.issued_on) <= today,
        )
        .order_by(col(Scar.issued_on), col(Scar.id))
    )
    if supplier_ids is not None:
        query = query.where(col(Scar.supplier_id).in_(supplier_ids))
    found: dict[int, list[str]] = {}
    for supplier_id, number, since in await db.execute(query):
        found.setdefault(supplier_id, []).append(f"{number} is open since {since}")
    return found

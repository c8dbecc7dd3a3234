"""Facts from outside the figures that limit a band today, for one card and for thousands at once."""

from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from portal.access.principal import Principal
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


def facts(found: Found, supplier_id: int) -> tuple[Fact, ...]:
    """Give them as the engine takes them for one supplier."""
    said = ((kind, suppliers.get(supplier_id, [])) for kind, suppliers in found.items())
    return tuple(
        Fact(
            kind,
            FactState.PRESENT if sentences else FactState.NONE,
            f"{'; '.join(sentences)}." if sentences else "None.",
        )
        for kind, sentences in said
    )


def limit_rows(rows: dict[int, Row], policy: Policy, found: Found) -> None:
    for kind, suppliers in found.items():
        limited(rows, policy, kind, suppliers)


def limit_bands(bands: dict[int, str], policy: Policy, found: Found) -> None:
    for kind, suppliers in found.items():
        for supplier_id in suppliers.keys() & bands.keys():
            bands[supplier_id] = limited_band(bands[supplier_id], policy, kind)

"""An older version of the rating policy, and a stricter draft that waits for its author to hand it in."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.models.people import Person
from portal.models.ratings import Policy as PolicyRow
from portal.models.ratings import PolicyStatus
from portal.sample.days import Anchor
from portal.sample.scars import ELIN
from scorecards import measures
from scorecards.policy import DEFAULT_POLICY, OwnCriterion

SINCE = 18  # months that the policy in force has rated
_FIRST = replace(
    DEFAULT_POLICY,
    name="Before 8D",
    weights={
        measures.QUALITY: Decimal(50),
        measures.DELIVERY: Decimal(40),
        measures.RESPONSIVENESS: Decimal(10),
    },
)
_DRAFT = replace(
    DEFAULT_POLICY,
    version=2,
    weights={
        measures.QUALITY: Decimal(40),
        measures.DELIVERY: Decimal(30),
        measures.RESPONSIVENESS: Decimal(20),
        "steady": Decimal(10),
    },
    delivery=replace(DEFAULT_POLICY.delivery, early_days=4),
    own=(
        OwnCriterion(
            "steady", "Steady delivery", "100 * lines_in_full / lines_counted - 2 * lines_early", "percent"
        ),
    ),
)


async def tell(db: AsyncSession, anchor: Anchor) -> None:
    """Beside the policy that is in force already."""
    active = (await db.scalars(select(PolicyRow).where(col(PolicyRow.status) == PolicyStatus.ACTIVE))).one()
    active.from_month = anchor.running - SINCE
    elin = (await db.scalars(select(Person).where(col(Person.id) == ELIN))).one()
    db.add_all(
        [
            PolicyRow(
                name=_FIRST.name,
                number=1,
                status=PolicyStatus.RETIRED,
                definition=_FIRST.to_dict(),
                activated_at=anchor.now - timedelta(days=1000),
                reason="How suppliers were rated before they answered SCARs here.",
            ),
            PolicyRow(
                name=_DRAFT.name,
                number=2,
                definition=_DRAFT.to_dict(),
                editor_ids=[elin.id],
                drafted_by_name=elin.name,
                reason="Parts that come five days early fill the dock in Luleå. Four days are enough."
                " Whole lines shall count more.",
            ),
        ]
    )
    await db.flush()

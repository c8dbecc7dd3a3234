"""A supplier's card with all that its PDF says, gathered and set."""

from sqlalchemy.ext.asyncio import AsyncSession

from portal import clock
from portal.access.principal import Principal
from portal.models.suppliers import Supplier
from portal.workflows.months import disputes, sheet
from portal.workflows.months.sheet import Named
from portal.workflows.scorecards import cards
from portal.workflows.scorecards.view import CardView
from portal.workflows.targets import records as targets


async def printed(
    db: AsyncSession, who: Principal, organisation: Named, supplier: Supplier, card: CardView
) -> bytes:
    """Set a card as PDF, in the language that is spoken; a published one always gives the same bytes."""
    found = []
    if card.period.months == 1:
        found = await disputes.of_month(db, who, card.period.first_month, supplier_id=supplier.id)
    panels = await cards.panels_of(db, who, supplier, card)
    distances = await targets.distances_of(db, who, supplier.id, card.card, card.policy)
    at = card.frozen.row.frozen_at if card.frozen else clock.now()
    return await sheet.pdf(organisation, supplier, card, panels, found, distances, at=at)

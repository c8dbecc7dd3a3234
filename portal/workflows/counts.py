"""What the navigation counts: what needs somebody, and what was said to them and they have not read."""

from typing import Any

from sqlalchemy import CompoundSelect, Select, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from portal.access.permissions import P, may
from portal.access.principal import Principal
from portal.workflows.tasks import reading, registry
from portal.workflows.threads import listing

WORKLIST, MESSAGES = "worklist", "messages"
MOST = 99  # messages; nobody needs to know how many more it costs to count


async def counts(db: AsyncSession, who: Principal) -> dict[str, int]:
    """Count by the navigation's areas: one query for every page, which indexes answer."""
    query: Select[str, int] | CompoundSelect[Any] = reading.counting(who)
    if may(who, P.MESSAGES_READ):
        unread = listing.counting(who, most=MOST + 1).scalar_subquery()
        query = union_all(reading.counting(who), select(literal(MESSAGES), unread))
    found: dict[str, int] = {}
    for name, count in await db.execute(query):
        kind = registry.readable(who, name)
        if name == MESSAGES:
            found[MESSAGES] = count
        elif kind is not None:
            area = WORKLIST if who.is_staff else kind.area
            found[area] = found.get(area, 0) + count
    return found

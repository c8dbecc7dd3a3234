"""Which policy rates whom in which month: the one for the supplier, else its commodity's, else everybody's.

A card is rated as a whole by the policy of its last month. A later version changes no month before it.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.models.ratings import Policy as PolicyRow
from portal.workflows.ratings.policies import IN_FORCE, parsed
from scorecards.policy import DEFAULT_POLICY, Policy


@dataclass(frozen=True, slots=True)
class Entry:
    """One policy in force; without commodity and suppliers it is for everybody."""

    policy: Policy
    from_month: int
    until_month: int
    activated_at: datetime
    commodity_id: int | None
    supplier_ids: frozenset[int] | None

    @property
    def is_general(self) -> bool:
        return self.commodity_id is None and self.supplier_ids is None

    def fits(self, supplier_id: int, commodity_id: int | None) -> bool:
        if self.supplier_ids is not None:
            return supplier_id in self.supplier_ids
        return self.commodity_id is None or self.commodity_id == commodity_id

    def covers(self, month: int) -> bool:
        return self.from_month <= month <= self.until_month


@dataclass(frozen=True, slots=True)
class Timeline:
    """Entries by how narrow they are, then the newest first."""

    entries: tuple[Entry, ...]

    def policy_for(self, supplier_id: int, commodity_id: int | None, month: int) -> Policy:
        """Give the policy of a supplier in a month."""
        for entry in self.entries:
            if entry.covers(month) and entry.fits(supplier_id, commodity_id):
                return entry.policy
        return self._first()

    def general(self, month: int) -> Policy:
        """Give the policy of everybody who has no other."""
        found = (entry.policy for entry in self.entries if entry.is_general and entry.covers(month))
        return next(found, self._first())

    def has_groups(self, month: int) -> bool:
        return any(entry.covers(month) and not entry.is_general for entry in self.entries)

    def _first(self) -> Policy:
        """Months before the first policy are rated by it."""
        general = [entry for entry in self.entries if entry.is_general]
        return min(general, key=lambda entry: entry.from_month).policy if general else DEFAULT_POLICY


_EVER = 32_767  # the largest month number that is stored


async def timeline(db: AsyncSession) -> Timeline:
    rows = await db.execute(
        select(
            col(PolicyRow.id),
            col(PolicyRow.version),
            col(PolicyRow.created_at),
            col(PolicyRow.from_month),
            col(PolicyRow.until_month),
            col(PolicyRow.activated_at),
            col(PolicyRow.commodity_id),
            col(PolicyRow.supplier_ids),
        ).where(col(PolicyRow.status).in_(IN_FORCE), col(PolicyRow.activated_at).is_not(None))
    )
    entries = [
        Entry(
            policy=await parsed(db, (row.id, row.version, row.created_at)),
            from_month=row.from_month or 0,
            until_month=_EVER if row.until_month is None else row.until_month,
            activated_at=row.activated_at,
            commodity_id=row.commodity_id,
            supplier_ids=None if row.supplier_ids is None else frozenset(row.supplier_ids),
        )
        for row in rows.all()
    ]
    entries.sort(key=lambda each: (each.from_month, each.activated_at), reverse=True)
    entries.sort(key=lambda each: (each.supplier_ids is None, each.commodity_id is None))
    return Timeline(tuple(entries))

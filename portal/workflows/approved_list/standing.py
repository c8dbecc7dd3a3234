"""What an entry, or all entries of a supplier, amount to on a given day.

The database keeps what was decided; that a decision has ended is read off the day.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.dialects.postgresql import array
from sqlmodel import col

from portal.models.suppliers import AslEntry, AslStatus, ScopeKind, Supplier

SOON_DAYS = 90
# Decisions that let a supplier deliver; only these can run out.
STANDS = (AslStatus.APPROVED, AslStatus.CONDITIONAL, AslStatus.RESTRICTED)

STATUS = {
    AslStatus.PENDING: "Pending",
    AslStatus.APPROVED: "Approved",
    AslStatus.CONDITIONAL: "Conditional",
    AslStatus.RESTRICTED: "Restricted",
    AslStatus.DISQUALIFIED: "Disqualified",
}
SCOPE = {
    ScopeKind.COMMODITY: "Commodity",
    ScopeKind.PART_FAMILY: "Part family",
    ScopeKind.PROCESS: "Process",
}


def is_expired(status: AslStatus, valid_until_on: date | None, today: date) -> bool:
    """The last valid day still counts."""
    return status in STANDS and valid_until_on is not None and valid_until_on < today


def expired(today: date) -> ColumnElement[bool]:
    return and_(col(AslEntry.status).in_(STANDS), col(AslEntry.valid_until_on) < today)


def ending(today: date, days: int) -> ColumnElement[bool]:
    """Still valid, with its last day at most so many days ahead."""
    return and_(
        col(AslEntry.status).in_(STANDS),
        col(AslEntry.valid_until_on).between(today, today + timedelta(days=days)),
    )


def stands_as(status: AslStatus, today: date) -> ColumnElement[bool]:
    """Decided so, and not run out."""
    decided = col(AslEntry.status) == status
    if status not in STANDS:
        return decided
    return and_(
        decided,
        func.coalesce(col(AslEntry.valid_until_on) >= today, True),  # no last day: no end
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """All entries of one supplier, counted; ``ends_on`` is the first day on which one ends or ended."""

    entries: int
    approved: int
    limited: int  # conditional or restricted
    pending: int
    disqualified: int
    expired: int
    ends_on: date | None

    def kind(self, today: date) -> str:
        """The worst that holds: disqualified, expired, limited, pending, ending, approved or none."""
        for name in ("disqualified", "expired", "limited", "pending"):
            if getattr(self, name):
                return name
        if not self.entries:
            return "none"
        is_soon = self.ends_on is not None and self.ends_on <= today + timedelta(days=SOON_DAYS)
        return "ending" if is_soon else "approved"

    def words(self, today: date) -> str:
        """In words, with how many of how many where there are several."""
        kind = self.kind(today)
        if kind == "none":
            return "Not on the list"
        if kind == "ending" and self.ends_on is not None:
            return f"Approved, {ends_in(self.ends_on, today)}"
        word = {"limited": "Limited"}.get(kind, kind.capitalize())
        count = getattr(self, kind)
        return word if count == self.entries else f"{word}, {count} of {self.entries}"


@lru_cache(maxsize=4)
def standing_columns(today: date) -> tuple[Any, Any]:
    """Give scalar subqueries of a supplier's standing: the counts in one, in the order of Standing's fields,
    so that its entries are looked up once, and ``ends_on``.
    """
    limited = stands_as(AslStatus.CONDITIONAL, today) | stands_as(AslStatus.RESTRICTED, today)
    counts = array(
        (
            func.count(),
            func.count().filter(stands_as(AslStatus.APPROVED, today)),
            func.count().filter(limited),
            func.count().filter(stands_as(AslStatus.PENDING, today)),
            func.count().filter(stands_as(AslStatus.DISQUALIFIED, today)),
            func.count().filter(expired(today)),
        )
    )
    return _of_supplier(counts), ends_on()


def standing_of(counts: list[int], until: date | None) -> Standing:
    entries, approved, limited, pending, disqualified, gone = counts
    return Standing(entries, approved, limited, pending, disqualified, gone, until)


def ends_on() -> Any:
    """Give the first day on which a supplier's standing ends or ended, as a scalar subquery."""
    return _of_supplier(func.min(col(AslEntry.valid_until_on)).filter(col(AslEntry.status).in_(STANDS)))


def _of_supplier(value: ColumnElement[Any]) -> Any:
    return select(value).where(col(AslEntry.supplier_id) == col(Supplier.id)).scalar_subquery()


def ends_in(valid_until_on: date, today: date) -> str:
    """How far the last day is, in the words that follow "it": ends in 12 days, ended yesterday."""
    days = (valid_until_on - today).days
    near = {0: "ends today", 1: "ends tomorrow", -1: "ended yesterday"}
    if days in near:
        return near[days]
    return f"ends in {days:,} days" if days > 0 else f"ended {-days:,} days ago"

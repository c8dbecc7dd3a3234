"""Sums straight from the rows, for back-tests, what-if windows and checks: sql/from_lines.sql.

It reads no derived column and no stored sum, so it takes any policy, not only the active one.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from portal.access.principal import Principal
from portal.errors import ForbiddenError
from portal.workflows.ratings import calendars
from portal.workflows.ratings.reading import Scope, scope, sums_from
from portal.workflows.ratings.statements import parameters, with_windows
from scorecards.periods import Period
from scorecards.policy import Policy
from scorecards.sums import Sums


def rating(policy: Policy, period: Period, as_of: date, *, by_month: bool) -> tuple[str, dict[str, Any]]:
    """The statement and its named parameters; it reads the same on every engine that SQLGlot writes for."""
    given = parameters(policy.delivery) | {
        "first_day": period.first_day,
        "last_day": period.last_day,
        "first_month": period.first_month,
        "last_month": period.last_month,
        "as_of": as_of,
        "by_month": by_month,
    }
    return with_windows("from_lines", policy.delivery), given


async def rate_from_lines(
    db: AsyncSession,
    who: Principal,
    policy: Policy,
    first_month: int,
    last_month: int,
    as_of: date,
) -> dict[int, Sums]:
    """Pooled sums of the months by supplier, for whoever sees all suppliers and all plants.

    Raises:
        ForbiddenError: the principal sees only a part; the statement rates everybody.
    """
    months = await months_from_lines(db, who, policy, first_month, last_month, as_of, by_month=False)
    return {supplier: sums for supplier, by_month in months.items() for sums in by_month.values()}


async def months_from_lines(
    db: AsyncSession,
    who: Principal,
    policy: Policy,
    first_month: int,
    last_month: int,
    as_of: date,
    *,
    by_month: bool = True,
    limits: Scope | None = None,
) -> dict[int, dict[int, Sums]]:
    """The same by supplier and month; with ``limits`` of what is within them, which anybody may ask for."""
    if limits is None and scope(who) != Scope(None, None, None):
        raise ForbiddenError("Ratings from the lines are of all suppliers and plants.")
    if limits is not None and limits.is_empty:
        return {}
    period = Period(first_month, last_month - first_month + 1)
    await calendars.prepare(db, policy.delivery, period.first_day, period.last_day)
    query, given = rating(policy, period, as_of, by_month=by_month)
    if limits is not None and limits != Scope(None, None, None):
        query, given = _within(query, limits), given | limits.parameters()
    # The window's first and last day are unknown to the planner; it must see the period's.
    await db.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
    rows: Sequence[Any] = (await db.execute(text(query), given)).mappings().all()
    found: dict[int, dict[int, Sums]] = {}
    for row in rows:
        found.setdefault(row["supplier_id"], {})[row["month"]] = sums_from(row)
    return found


_TABLES = ("delivery_line", "receipt", "nonconformance", "inspection_lot", "response_stage")


def _within(query: str, limits: Scope) -> str:
    """The same statement over what is within the limits: each table's name is given to a part of it."""
    where = limits.where("true", "")
    parts = [f"{name} AS NOT MATERIALIZED (SELECT * FROM {name} WHERE {where})" for name in _TABLES]  # noqa: S608 - our own
    return query.replace("WITH dated AS (", f"WITH {', '.join(parts)}, dated AS (", 1)

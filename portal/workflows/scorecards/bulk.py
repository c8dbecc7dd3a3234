"""All suppliers rated at once by the database: the engine's twin for lists, rankings and back-tests.

The statement is made from the policy, whose numbers are all validated decimals. It follows the engine step
by step (windows, states, points, weights, bands, caps by safety) with numerics of 40 decimals, settled to
30 as there; a test compares the two on generated data. Facts from outside the sums, soft criteria and
demerits are the engine's alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from portal.access.principal import Principal
from portal.workflows.ratings import reading
from portal.workflows.scorecards import bulk_sql as sql
from scorecards import measures
from scorecards.measures import State
from scorecards.periods import Period
from scorecards.policy import Policy
from scorecards.weighting import NOT_RATED, windows_of


@dataclass(frozen=True, slots=True)
class Rated:
    """One measure of one supplier; ``window`` counts the months it was taken over."""

    state: State
    value: Decimal | None
    numerator: Decimal
    denominator: Decimal
    window: int
    points: Decimal | None


@dataclass(frozen=True, slots=True)
class Row:
    """One supplier's result; ``shown`` None and band "Not rated" where nothing had a number.

    ``is_capped`` where a safety escape keeps the band below what the score would give.
    """

    supplier_id: int
    shown: Decimal | None
    band: str
    is_capped: bool
    measures: dict[str, Rated]


async def rate_all(
    db: AsyncSession,
    who: Principal,
    policy: Policy,
    periods: Sequence[Period],
    as_of: date,
    *,
    plant_ids: Sequence[int] | None = None,
    commodity_ids: Sequence[int] | None = None,
) -> dict[Period, dict[int, Row]]:
    """Rate every supplier that the principal sees and that has anything in a period's windows.

    Several periods cost little more than one. All must have the same number of windows, as periods of the
    same length do.
    """
    limits = reading.scope(who, None, plant_ids, commodity_ids)
    found: dict[Period, dict[int, Row]] = {period: {} for period in periods}
    if limits.is_empty or not periods:
        return found
    windows = {period: windows_of(period, policy) for period in periods}
    spans = [(at, w, each) for at, period in enumerate(periods) for w, each in enumerate(windows[period], 1)]
    months = reading.period_months(*(each for _, _, each in spans))
    sources, given = reading.sums_query(limits, ("supplier", "month"), months, as_of, policy.delivery)
    given |= {
        "periods": [at for at, _, _ in spans],
        "places": [w for _, w, _ in spans],
        "firsts": [each.first_month for _, _, each in spans],
        "lasts": [each.last_month for _, _, each in spans],
    }
    rows = await db.execute(text(statement(sources, policy)), given)
    keys = policy.weighted()
    for row in rows.mappings():
        period = periods[row["period"]]
        found[period][row["supplier_id"]] = _row(row, keys, windows[period])
    return found


def _row(row: Any, keys: Sequence[str], windows: Sequence[Period]) -> Row:
    rated = {
        key: Rated(
            state=State(row[f"{key}_state"]),
            value=row[f"{key}_value"],
            numerator=row[f"{key}_top"],
            denominator=row[f"{key}_bottom"],
            window=windows[row[f"{key}_w"] - 1].months,
            points=row[f"{key}_points"],
        )
        for key in keys
        if row[f"{key}_state"] is not None
    }
    return Row(row["supplier_id"], row["shown"], row["band"] or NOT_RATED, bool(row["is_capped"]), rated)


def statement(sources: str, policy: Policy) -> str:
    """Give the whole statement over a query of sums by supplier and month.

    One row by supplier and window, then each measure over the first window with enough lines, then points,
    score and band. Parameters: ``periods``, ``places``, ``firsts`` and ``lasts``, which
    describe the windows of each period, its own first.
    """
    # Each step is materialised: folded into one another, every use of a value would compute it again.
    keys = [key for key in policy.weighted() if key in measures.COMPUTED]
    summed = ", ".join(f"coalesce(sum({name}), 0) AS {name}" for name in reading.SUMS)
    ratios = ", ".join(sql.ratio(key, policy) for key in keys)
    picked = ", ".join(sql.picked(key, policy) for key in keys)
    measured = ", ".join(sql.measured(key, policy) for key in keys)
    points = ", ".join(sql.points(key, policy.points[key]) for key in keys)
    return f"""
        WITH sums AS ({sources}),
        spans AS (
            SELECT * FROM unnest(
                CAST(:periods AS int[]), CAST(:places AS int[]),
                CAST(:firsts AS smallint[]), CAST(:lasts AS smallint[])
            ) AS span(period, w, first, last)
        ),
        windows AS MATERIALIZED (
            -- Every supplier has every window, if only with nothing in it: an empty period is not widened.
            SELECT supplier.supplier_id, period, w, {summed}
            FROM (SELECT DISTINCT supplier_id FROM sums) AS supplier
            CROSS JOIN spans
            LEFT JOIN sums ON sums.supplier_id = supplier.supplier_id AND month BETWEEN first AND last
            GROUP BY supplier.supplier_id, period, w
        ),
        judged AS MATERIALIZED (
            SELECT *,
                lines - lines_cancelled - lines_empty - lines_excused - pending - lines_on_time - lines_early
                    AS lines_late,
                lots_accepted + lots_rejected + lots_used_as_is + nonconformances + nonconformances_left_out
                    AS looked
            FROM windows
        ),
        ratios AS MATERIALIZED (SELECT supplier_id, period, w, safety_escapes, looked, {ratios} FROM judged),
        picked AS MATERIALIZED (
            SELECT supplier_id, period,
                sum(safety_escapes) FILTER (WHERE w = 1) AS safety_escapes,
                (array_agg(looked ORDER BY w DESC))[1] AS records,
                {picked}
            FROM ratios GROUP BY supplier_id, period
        ),
        measured AS MATERIALIZED (SELECT supplier_id, period, safety_escapes, records, {measured} FROM picked),
        pointed AS MATERIALIZED (SELECT *, {points} FROM measured),
        scored AS MATERIALIZED (SELECT *, {sql.score(keys, policy)} FROM pointed),
        shown AS MATERIALIZED (SELECT *, round(score, {policy.score_decimals}) AS shown FROM scored)
        SELECT *, {sql.band(policy)}, {sql.is_capped(policy)} FROM shown
    """  # noqa: S608 # made of our own constants and of a validated policy's decimals

"""All suppliers rated at once by the database: the engine's twin for lists, rankings and back-tests.

The statement is made from the policy, whose numbers are all validated decimals. It follows the engine step
by step (windows, states, points, weights, bands, caps by safety) with numerics of 40 decimals, settled to
30 as there; a test compares the two on generated data. Facts from outside the sums cap what came out of it
(``limited``). Own and soft criteria, demerits and windows other than those that lines are derived by are the
engine's alone: under such a policy it rates everybody, and the rows come out alike.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from portal.access.principal import Principal
from portal.workflows.months import frozen
from portal.workflows.ratings import reading
from portal.workflows.ratings.months import are_stored, months_for
from portal.workflows.scorecards import bulk_sql as sql
from scorecards import banding, measures
from scorecards.measures import State
from scorecards.periods import Period
from scorecards.policy import Policy
from scorecards.sums import Sums
from scorecards.weighting import NOT_RATED, Card, rate_with_trailing, windows_of

_STATES = {str(state): state for state in State}
_BY_MEASURE = ("state", "value", "top", "bottom", "w", "points")


@dataclass(frozen=True, slots=True)
class Rated:
    """One measure of one supplier; ``window`` counts the months it was taken over."""

    state: State
    value: Decimal | None
    numerator: Decimal
    denominator: Decimal
    window: int
    points: Decimal | None


class Row(NamedTuple):
    """One supplier's result; ``shown`` None and band "Not rated" where nothing had a number.

    ``is_capped`` where something keeps the band below what the score would give: a safety escape, or what
    ``cap`` names. Thousands are made
    at once and few looked into: the measures stay as they came until somebody asks.
    """

    supplier_id: int
    shown: Decimal | None
    band: str
    is_capped: bool
    windows: tuple[int, ...]
    keys: tuple[str, ...]
    values: Sequence[Any]
    cap: str = ""

    @property
    def measures(self) -> dict[str, Rated]:
        each = len(_BY_MEASURE)
        return {
            key: _rated(self.values[each * at : each * (at + 1)], self.windows)
            for at, key in enumerate(self.keys)
        }


async def rate_all(
    db: AsyncSession,
    who: Principal,
    policy: Policy,
    periods: Sequence[Period],
    as_of: date,
    *,
    supplier_ids: Sequence[int] | None = None,
    plant_ids: Sequence[int] | None = None,
    commodity_ids: Sequence[int] | None = None,
) -> dict[Period, dict[int, Row]]:
    """Rate every supplier that the principal sees and that has anything in a period's windows.

    Several periods cost little more than one, also where they differ in length.
    """
    if await _is_for_the_engine(db, policy):
        return await by_engine(
            db,
            who,
            policy,
            periods,
            as_of,
            supplier_ids=supplier_ids,
            plant_ids=plant_ids,
            commodity_ids=commodity_ids,
        )
    limits = reading.scope(who, supplier_ids, plant_ids, commodity_ids)
    keys = tuple(_keys(policy))
    wanted = ["shown", "band", "is_capped", *(f"{key}_{each}" for key in keys for each in _BY_MEASURE)]
    found: dict[Period, dict[int, Row]] = {period: {} for period in periods}
    windows = [tuple(each.months for each in windows_of(period, policy)) for period in periods]
    for supplier, at, shown, band, is_capped, *values in await _read(
        db, limits, policy, periods, as_of, wanted
    ):
        row = Row(supplier, shown, band or NOT_RATED, is_capped, windows[at], keys, values)
        found[periods[at]][supplier] = row
    return found


async def _is_for_the_engine(db: AsyncSession, policy: Policy) -> bool:
    return (
        policy.weighted() != _keys(policy) or policy.demerits is not None or not await are_stored(db, policy)
    )


async def by_engine(
    db: AsyncSession,
    who: Principal,
    policy: Policy,
    periods: Sequence[Period],
    as_of: date,
    *,
    supplier_ids: Sequence[int] | None = None,
    plant_ids: Sequence[int] | None = None,
    commodity_ids: Sequence[int] | None = None,
) -> dict[Period, dict[int, Row]]:
    """Rate by the engine, one supplier after the other."""
    if not periods:
        return {}
    months = await months_for(
        db,
        who,
        policy,
        months=reading.period_months(*(each for period in periods for each in windows_of(period, policy))),
        as_of=as_of,
        supplier_ids=supplier_ids,
        plant_ids=plant_ids,
        commodity_ids=commodity_ids,
    )
    # In a thread: thousands of cards take a while, and nobody else waits for them.
    return await asyncio.to_thread(_rated_one_by_one, months, policy, periods)


def _rated_one_by_one(
    months: Mapping[int, Mapping[int, Sums]], policy: Policy, periods: Sequence[Period]
) -> dict[Period, dict[int, Row]]:
    found: dict[Period, dict[int, Row]] = {}
    for period in periods:
        widest = windows_of(period, policy)[-1].month_numbers()
        found[period] = {
            supplier: _row(supplier, rate_with_trailing(sums, policy, period), policy)
            for supplier, sums in months.items()
            if any(month in sums for month in widest)
        }
    return found


def _row(supplier: int, card: Card, policy: Policy) -> Row:
    windows = tuple(each.months for each in windows_of(card.period, policy))
    values = [
        value
        for one in card.measures
        for value in (
            one.state.value,
            one.value,
            one.numerator,
            one.denominator,
            windows.index(one.period.months) + 1,
            one.points,
        )
    ]
    keys = tuple(one.key for one in card.measures)
    return Row(supplier, card.shown, card.band, bool(card.acting_caps), windows, keys, values)


def published_rows(results: Mapping[int, frozen.Result]) -> dict[int, Row]:
    """Give what was published as rows of a list; measures as they stand in the cards."""
    return {key: _published(key, found) for key, found in results.items()}


def _published(supplier: int, found: frozen.Result) -> Row:
    windows = tuple(sorted({int(one["period"]["months"]) for one in found.measures}))
    values = [
        value
        for one in found.measures
        for value in (
            one["state"],
            _decimal(one["value"]),
            _decimal(one["numerator"]),
            _decimal(one["denominator"]),
            windows.index(int(one["period"]["months"])) + 1,
            _decimal(one["points"]),
        )
    ]
    keys = tuple(str(one["key"]) for one in found.measures)
    return Row(supplier, found.shown, found.band, bool(found.caps), windows, keys, values, found.caps)


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def limited(rows: dict[int, Row], policy: Policy, kind: str, supplier_ids: Iterable[int]) -> None:
    """Cap the bands of suppliers of whom a fact is true today, as one supplier's card does."""
    cap = next((each for each in policy.caps if each.kind == kind), None)
    for supplier_id in supplier_ids if cap else ():
        row = rows.get(supplier_id)
        if cap and row and limited_band(row.band, policy, kind) != row.band:
            rows[supplier_id] = row._replace(band=cap.band, is_capped=True, cap=cap.title)


def limited_band(band: str, policy: Policy, kind: str) -> str:
    """Give the band that is left of one under a cap; not rated stays not rated."""
    cap = next((each.band for each in policy.caps if each.kind == kind), band)
    order = [each.band for each in banding.best_first(policy)]
    return cap if band in order and order.index(band) < order.index(cap) else band


async def bands_of(
    db: AsyncSession,
    who: Principal,
    policy: Policy,
    periods: Sequence[Period],
    as_of: date,
    *,
    plant_ids: Sequence[int] | None = None,
) -> dict[Period, dict[int, str]]:
    """Only the bands, for counting them over many periods: nothing else leaves the database."""
    if await _is_for_the_engine(db, policy):
        rated = await by_engine(db, who, policy, periods, as_of, plant_ids=plant_ids)
        return {each: {key: row.band for key, row in rows.items()} for each, rows in rated.items()}
    limits = reading.scope(who, None, plant_ids)
    found: dict[Period, dict[int, str]] = {period: {} for period in periods}
    for supplier, at, band in await _read(db, limits, policy, periods, as_of, ["band"]):
        found[periods[at]][supplier] = band or NOT_RATED
    return found


async def _read(
    db: AsyncSession,
    limits: reading.Scope,
    policy: Policy,
    periods: Sequence[Period],
    as_of: date,
    wanted: Sequence[str],
) -> Sequence[Any]:
    """Rows of (supplier's id, place of the period, wanted columns)."""
    if limits.is_empty or not periods:
        return ()
    windows = [windows_of(period, policy) for period in periods]
    most = max(len(each) for each in windows)
    totals = sql.Totals(_keys(policy), policy, most)
    months = reading.period_months(*(each for listed in windows for each in listed))
    rows, given = reading.rows_query(
        limits, ("supplier", "month"), totals.needed(), months, as_of, policy.delivery
    )
    given |= {"periods": list(range(len(periods))), "lasts": [each.last_month for each in periods]}
    for place in range(most):
        # A period with fewer windows has its widest in the places of the others.
        given[f"first_{place + 1}"] = [listed[min(place, len(listed) - 1)].first_month for listed in windows]
    found = await db.execute(text(_statement(rows, totals, policy, wanted)), given)
    return found.all()


def _keys(policy: Policy) -> list[str]:
    return [key for key in policy.weighted() if key in measures.COMPUTED]


def _rated(values: Sequence[Any], windows: Sequence[int]) -> Rated:
    state, value, top, bottom, place, points = values
    window = windows[min(place, len(windows)) - 1]
    return Rated(_STATES[state], value, Decimal(top), Decimal(bottom), window, points)


def _statement(rows: str, totals: sql.Totals, policy: Policy, wanted: Sequence[str]) -> str:
    """Give the whole statement over a query of sums by supplier and month.

    One row by supplier and period with its windows side by side, then each measure over the first window
    with enough lines, then points, score and band. Parameters: ``periods``, ``lasts`` and, for the windows
    from the narrowest, ``first_1``, ``first_2`` …
    """
    keys = _keys(policy)
    firsts = [f"first_{place}" for place in range(1, totals.windows + 1)]
    arrays = ", ".join(f"CAST(:{each} AS smallint[])" for each in ["periods", "lasts", *firsts])
    found = f"""
        SELECT supplier_id, period, {totals.added()}
        FROM (SELECT supplier_id, month, {totals.rows()} FROM ({rows}) AS source) AS summed
        JOIN unnest({arrays}) AS span(period, last, {", ".join(firsts)})
            ON month BETWEEN {firsts[-1]} AND last
        GROUP BY supplier_id, period
    """  # noqa: S608 # made of our own names
    for columns in (
        [sql.place(key, totals, policy) for key in keys],
        [sql.picked(key, totals, policy) for key in keys],
        [sql.measured(key, policy) for key in keys],
        [sql.points(key, policy.points[key]) for key in keys],
        [sql.score(keys, policy)],
        [f"round(score, {policy.score_decimals}) AS shown"],
        [sql.band(policy), sql.is_capped(policy)],
    ):
        # OFFSET keeps the steps apart: folded into one another, every use of a value would compute it again.
        found = f"SELECT *, {', '.join(columns)} FROM ({found}) AS step OFFSET 0"  # noqa: S608 # and of a validated policy's decimals
    return f"SELECT supplier_id, period, {', '.join(wanted)} FROM ({found}) AS rated"  # noqa: S608 # the same

"""The rows behind a number, as the engine's own objects: lines with arrivals, lots, nonconformances, answers.

The engine that judges them on a page is the one that a supplier runs offline; its sums over these rows are
the stored ones, by test. Plants and commodities are given by their codes, parts by their numbers.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from portal.access.principal import Principal
from portal.workflows.ratings import calendars
from portal.workflows.ratings.given import events_of, points_of
from portal.workflows.ratings.policies import active_policy
from portal.workflows.ratings.reading import Scope, scope
from portal.workflows.ratings.statements import statement
from scorecards.feeds import (
    DeliveryLine,
    Excuse,
    Fact,
    Inputs,
    Lot,
    LotResult,
    Nonconformance,
    Receipt,
    Responsibility,
    Stage,
)
from scorecards.periods import Period
from scorecards.policy import Policy
from scorecards.weighting import windows_of

_PROMISED_STORED = "line.reference_month BETWEEN :first_month AND :last_month"
_PROMISED_OTHERWISE = """
    COALESCE(
        CASE CAST(:reference AS text)
            WHEN 'requested' THEN line.requested_on WHEN 'confirmed' THEN line.confirmed_on
        END,
        line.acknowledged_on, line.confirmed_on, line.requested_on
    ) BETWEEN :first_day AND :last_day
"""
_ARRIVED = """
    line.id IN (
        SELECT delivery_line_id FROM receipt
        WHERE supplier_id = :supplier_id AND arrival_month BETWEEN :first_month AND :last_month
    )
"""


async def lines_of(
    db: AsyncSession,
    who: Principal,
    supplier_id: int,
    period: Period,
    policy: Policy | None = None,
    *,
    plant_ids: Sequence[int] | None = None,
    commodity_ids: Sequence[int] | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[DeliveryLine]:
    """Lines promised for the period with all that arrived on them, by promised day and order number."""
    policy = policy or await active_policy(db)
    where = await _promised(db, policy)
    return await _lines(
        db, scope(who, [supplier_id], plant_ids, commodity_ids), period, policy, where, limit, offset
    )


async def lots_of(
    db: AsyncSession,
    who: Principal,
    supplier_id: int,
    period: Period,
    *,
    plant_ids: Sequence[int] | None = None,
    commodity_ids: Sequence[int] | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[Lot]:
    """Lots inspected in the period, by day."""
    rows = await _rows(
        db, "rows_lots", scope(who, [supplier_id], plant_ids, commodity_ids), period, limit, offset
    )
    return [
        Lot(
            id=str(row.id),
            number=row.number,
            part=row.part,
            plant=row.plant,
            commodity=row.commodity,
            inspected_on=row.inspected_on,
            quantity=row.quantity,
            result=LotResult(row.result),
        )
        for row in rows
    ]


async def nonconformances_of(
    db: AsyncSession,
    who: Principal,
    supplier_id: int,
    period: Period,
    *,
    plant_ids: Sequence[int] | None = None,
    commodity_ids: Sequence[int] | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[Nonconformance]:
    """Nonconformances found in the period, by day; also those that don't count."""
    limits = scope(who, [supplier_id], plant_ids, commodity_ids)
    rows = await _rows(db, "rows_nonconformances", limits, period, limit, offset)
    return [
        Nonconformance(
            id=str(row.id),
            number=row.number,
            part=row.part,
            plant=row.plant,
            commodity=row.commodity,
            found_on=row.found_on,
            quantity=row.quantity,
            defects=row.defects,
            responsibility=Responsibility(row.responsibility),
            is_sample=row.is_sample,
            safety=row.is_safety,
            kind=row.kind,
        )
        for row in rows
    ]


async def stages_of(
    db: AsyncSession,
    who: Principal,
    supplier_id: int,
    period: Period,
    *,
    plant_ids: Sequence[int] | None = None,
    commodity_ids: Sequence[int] | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[Stage]:
    """Answers due in the period, by the instant they were due."""
    rows = await _rows(
        db, "rows_stages", scope(who, [supplier_id], plant_ids, commodity_ids), period, limit, offset
    )
    return [
        Stage(
            id=str(row.id),
            kind=row.kind,
            reference=row.reference,
            title=row.stage,
            due_on=row.due_on,
            due_at=row.due_at,
            answered_at=row.answered_at,
            accepted=row.accepted,
        )
        for row in rows
    ]


async def inputs_of(
    db: AsyncSession,
    who: Principal,
    supplier_id: int,
    period: Period,
    policy: Policy | None = None,
    *,
    plant_ids: Sequence[int] | None = None,
    commodity_ids: Sequence[int] | None = None,
    facts: Sequence[Fact] = (),
) -> Inputs:
    """Everything behind one window: also lines that only something arrived on in the period.

    A card that can be recomputed needs the rows of its widest window: ``card_inputs_of``.
    """
    policy = policy or await active_policy(db)
    limits = scope(who, [supplier_id], plant_ids, commodity_ids)
    where = f"({await _promised(db, policy)} OR {_ARRIVED})"
    lines = await _lines(db, limits, period, policy, where, None, 0)
    part: dict[str, Any] = {"plant_ids": plant_ids, "commodity_ids": commodity_ids}
    found: dict[str, Any] = {}
    if policy.delivery.days == "business":
        first, last = await _business_days(db, policy, period)
        found = await calendars.of_plants(db, sorted({line.plant for line in lines}), first, last)
    return Inputs(
        supplier=await _name(db, limits, supplier_id),
        lines=tuple(lines),
        lots=tuple(await lots_of(db, who, supplier_id, period, **part)),
        nonconformances=tuple(await nonconformances_of(db, who, supplier_id, period, **part)),
        stages=tuple(await stages_of(db, who, supplier_id, period, **part)),
        soft=await points_of(db, who, policy, supplier_id, period),
        events=await events_of(db, who, policy, supplier_id, period, plant_ids=plant_ids),
        facts=tuple(facts),
        calendars=found,
    )


async def card_inputs_of(
    db: AsyncSession,
    who: Principal,
    supplier_id: int,
    period: Period,
    policy: Policy | None = None,
    *,
    plant_ids: Sequence[int] | None = None,
    commodity_ids: Sequence[int] | None = None,
    facts: Sequence[Fact] = (),
) -> Inputs:
    """Everything that the card of a period is computed from, for its file: the rows of the widest window."""
    policy = policy or await active_policy(db)
    widest = max(windows_of(period, policy), key=lambda window: window.months)
    return await inputs_of(
        db,
        who,
        supplier_id,
        widest,
        policy,
        plant_ids=plant_ids,
        commodity_ids=commodity_ids,
        facts=facts,
    )


async def _promised(db: AsyncSession, policy: Policy) -> str:
    """The stored month where it was derived from the date that this policy judges by."""
    active = await active_policy(db)
    is_stored = policy.delivery.reference == active.delivery.reference
    return _PROMISED_STORED if is_stored else _PROMISED_OTHERWISE


async def _lines(
    db: AsyncSession,
    limits: Scope,
    period: Period,
    policy: Policy,
    where: str,
    limit: int | None,
    offset: int,
) -> list[DeliveryLine]:
    given = {"reference": policy.delivery.reference.value} if ":reference" in where else {}
    rows = await _rows(db, "rows_lines", limits, period, limit, offset, where=where, given=given)
    arrivals: dict[int, list[Receipt]] = defaultdict(list)
    for line_id, day, quantity, reference in await db.execute(
        text(statement("rows_receipts")), {"lines": [row.id for row in rows]}
    ):
        arrivals[line_id].append(Receipt(day, quantity, reference))
    return [_line(row, tuple(arrivals[row.id])) for row in rows]


def _line(row: Row[Any], receipts: tuple[Receipt, ...]) -> DeliveryLine:
    excuse = None
    if row.excuse_code is not None:
        excuse = Excuse(row.excuse_code, row.excuse_note, row.excused_by_name)
    return DeliveryLine(
        id=str(row.id),
        order_number=row.order_number,
        line_number=row.line_number,
        part=row.part,
        plant=row.plant,
        commodity=row.commodity,
        ordered=row.ordered,
        requested_on=row.requested_on,
        acknowledged_on=row.acknowledged_on,
        confirmed_on=row.confirmed_on,
        cancelled_on=row.cancelled_on,
        excuse=excuse,
        receipts=receipts,
        nonconforming=row.nonconforming,
        paperwork_right=row.paperwork_right,
    )


# What each statement calls the table that its rows are of.
_ALIASES = {
    "rows_lines": "line",
    "rows_lots": "lot",
    "rows_nonconformances": "found",
    "rows_stages": "stage",
}


async def _rows(
    db: AsyncSession,
    name: str,
    limits: Scope,
    period: Period,
    limit: int | None,
    offset: int,
    *,
    where: str = "",
    given: dict[str, Any] | None = None,
) -> Sequence[Row[Any]]:
    if limits.is_empty or limits.suppliers is None:
        return []
    narrower = {"plant_id": limits.plants, "commodity_id": limits.commodities}
    within = " ".join(
        f"AND {_ALIASES[name]}.{column} = ANY(CAST(:{column}s AS bigint[]))"
        for column, ids in narrower.items()
        if ids is not None
    )
    query = statement(name).format(where=where, within=within)
    parameters: dict[str, Any] = {
        "supplier_id": limits.suppliers[0],
        "first_month": period.first_month,
        "last_month": period.last_month,
        "limit": limit,
        "offset": offset,
    }
    parameters |= {f"{column}s": ids for column, ids in narrower.items() if ids is not None}
    if ":first_day" in where:
        parameters |= {"first_day": period.first_day, "last_day": period.last_day}
    return (await db.execute(text(query), parameters | (given or {}))).all()


async def _business_days(db: AsyncSession, policy: Policy, period: Period) -> tuple[Any, Any]:
    await calendars.prepare(db, policy.delivery, period.first_day, period.last_day)
    before, after = calendars.reach(policy.delivery)
    return period.first_day - timedelta(days=before), period.last_day + timedelta(days=after)


async def _name(db: AsyncSession, limits: Scope, supplier_id: int) -> str:
    if limits.is_empty:
        return ""
    found = await db.execute(
        text("SELECT name || ' (' || number || ')' FROM supplier WHERE id = :id"), {"id": supplier_id}
    )
    return str(found.scalar_one())

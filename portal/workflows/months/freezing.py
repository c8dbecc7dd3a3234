"""Cards as bytes: each supplier's inputs, policy and result, written once and never changed."""

import asyncio
import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access.principal import Principal
from portal.db import Database
from portal.models.months import MonthStatus, Scorecard, ScorecardFile, ScorecardMonth, ScorecardTotal
from portal.models.suppliers import Supplier
from portal.workflows.months import frozen, records
from portal.workflows.ratings import card_inputs_of, timeline
from portal.workflows.scorecards import bulk, limits
from portal.workflows.scorecards.everybody import limit_everybody, rate_everybody
from scorecards.canonical import load
from scorecards.cardfile import build_card_file
from scorecards.exact import CONTEXT, plain
from scorecards.feeds import Inputs
from scorecards.periods import Period
from scorecards.policy import Policy
from scorecards.weighting import Card

AT_ONCE = 25  # suppliers in one transaction: what is frozen stays when a worker dies


async def freeze(database: Database, who: Principal, month: int) -> int:
    """Freeze the cards of a month that are missing, some at a time; says how many there are now.

    Broken off, it goes on where it stopped. It stops by itself when the approval was taken back meanwhile.
    Everybody is rated to find who lacks a card, and once more at the end, not for each few of them.
    """
    left: list[int] = []
    while True:
        async with database.work(who) as db:
            row = await records.to_change(db, month)
            if row.status is not MonthStatus.APPROVED or row.as_of_on is None:
                return 0
            left = await _without_card(db, month, left) or await missing(db, who, row)
            if not left:
                return await seal(db, row)
            await freeze_some(db, who, row, left[:AT_ONCE])
            left = left[AT_ONCE:]


async def freeze_some(
    db: AsyncSession, who: Principal, month: ScorecardMonth, supplier_ids: Sequence[int]
) -> None:
    """Freeze the cards of some suppliers, each with the policy that is for it in that month."""
    assert month.as_of_on is not None  # noqa: S101 # approved months say as of when
    line = await timeline(db)
    suppliers = (await db.execute(select(Supplier).where(col(Supplier.id).in_(supplier_ids)))).scalars()
    limiting = await limits.found(db, who, today=month.as_of_on, supplier_ids=supplier_ids)
    for supplier in sorted(suppliers, key=lambda each: each.id):
        facts = limits.facts(limiting, supplier.id)
        period = Period(month.month)
        policy = line.policy_for(supplier.id, supplier.commodity_id, month.month)
        inputs = await card_inputs_of(db, who, supplier.id, period, policy, facts=facts)
        await add(
            db,
            Scorecard(
                supplier_id=supplier.id,
                month=month.month,
                as_of_on=month.as_of_on,
                policy_name=policy.name,
                policy_version=policy.version,
                band="",
                sha256="",
                policy={},
                result={},
                proposed_by_name=month.proposed_by_name,
                approved_by_name=month.approved_by_name,
            ),
            inputs,
            policy,
            month.as_of_on,
        )


async def add(db: AsyncSession, row: Scorecard, inputs: Inputs, policy: Policy, as_of: date) -> Scorecard:
    """Write a card and its file; the result, the band and the hash are those inside."""
    # In a thread: a large supplier has a year of lines to judge.
    content = await asyncio.to_thread(build_card_file, inputs, policy, Period(row.month), as_of)
    written = load(content)
    row.policy, row.result, row.sha256 = written["policy"], written["result"], written["sha256"]
    card = Card.from_dict(row.result)
    row.shown, row.band = _figure(card.shown), card.band
    await _count_in(db, row)
    db.add(row)
    await db.flush()
    db.add(ScorecardFile(scorecard_id=row.id, content=content))
    await db.flush()
    return row


async def _count_in(db: AsyncSession, row: Scorecard) -> None:
    """Add a card to its month's total, in the place of the one that it corrects."""
    query = (
        select(col(Scorecard.result))
        .where(col(Scorecard.supplier_id) == row.supplier_id, col(Scorecard.month) == row.month)
        .order_by(col(Scorecard.revision).desc())
        .limit(1)
    )
    before = (await db.execute(query)).scalar_one_or_none()
    await db.execute(insert(ScorecardTotal).values(month=row.month, sums={}).on_conflict_do_nothing())
    locked = select(ScorecardTotal).where(col(ScorecardTotal.month) == row.month).with_for_update()
    total = (await db.execute(locked.execution_options(populate_existing=True))).scalar_one()
    sums = _added(total.sums, frozen.own_sums(row.result), 1)
    total.sums = sums if before is None else _added(sums, frozen.own_sums(before), -1)
    await db.flush()


def _added(total: Any, part: Any, sign: int) -> Any:
    """Add sums as they are written in cards: objects of objects, whole numbers, and decimals as text."""
    if isinstance(part, Mapping):
        known = total or {}
        return {**known, **{key: _added(known.get(key), value, sign) for key, value in part.items()}}
    if isinstance(part, str):
        return plain(CONTEXT.fma(Decimal(part), sign, Decimal(total or 0)))
    return (total or 0) + sign * part


async def discard(db: AsyncSession, month: ScorecardMonth) -> None:
    """Remove what was frozen for a month that is not published after all."""
    rows = select(col(Scorecard.id)).where(col(Scorecard.month) == month.month)
    await db.execute(delete(ScorecardFile).where(col(ScorecardFile.scorecard_id).in_(rows)))
    await db.execute(delete(Scorecard).where(col(Scorecard.month) == month.month))
    await db.execute(delete(ScorecardTotal).where(col(ScorecardTotal.month) == month.month))
    month.cards, month.digest = 0, ""


async def counted(db: AsyncSession, month: int) -> int:
    query = select(func.count()).where(col(Scorecard.month) == month, col(Scorecard.revision) == 0)
    return (await db.execute(query)).scalar_one()


async def rated(db: AsyncSession, who: Principal, month: int, as_of: date) -> dict[int, bulk.Row]:
    """Rate all suppliers who have anything in the windows of a month: those who get a card."""
    line, period = await timeline(db), Period(month)
    rows = (await rate_everybody(db, who, line, [period], as_of))[period]
    await limit_everybody(db, who, line, period, rows, await limits.found(db, who, today=as_of))
    return rows


async def missing(db: AsyncSession, who: Principal, month: ScorecardMonth) -> list[int]:
    assert month.as_of_on is not None  # noqa: S101 # approved months say as of when
    return await _without_card(db, month.month, await rated(db, who, month.month, month.as_of_on))


async def _without_card(db: AsyncSession, month: int, supplier_ids: Collection[int]) -> list[int]:
    if not supplier_ids:
        return []
    query = select(col(Scorecard.supplier_id)).where(col(Scorecard.month) == month)
    return sorted(set(supplier_ids) - set((await db.execute(query)).scalars()))


async def seal(db: AsyncSession, month: ScorecardMonth) -> int:
    """Say that all cards of a month are there, with one hash over all of theirs."""
    query = (
        select(col(Scorecard.sha256))
        .where(col(Scorecard.month) == month.month, col(Scorecard.revision) == 0)
        .order_by(col(Scorecard.supplier_id))
    )
    hashes = list((await db.execute(query)).scalars())
    month.cards = len(hashes)
    month.digest = hashlib.sha256("\n".join(hashes).encode()).hexdigest()
    await db.flush()
    return month.cards


def _figure(shown: Decimal | None) -> Decimal | None:
    return None if shown is None else shown.quantize(Decimal("0.001"))

"""Corrections of published cards: found when what a card was made of changes, issued by two as a revision.

The database marks each supplier and month whose sums change (migration 0031), or whose mandatory certificates
were others on the day of its card (0036). A job takes the marks of one month at a time, in one transaction,
and rates the cards that they touch once more: by the policy and the day that those were frozen with, from the
rows and certificates as they are now.
"""

import asyncio
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access import scopes
from portal.access.permissions import P
from portal.access.principal import Principal
from portal.db import because
from portal.errors import NotFoundError, NotReadyError
from portal.models.months import (
    CorrectionStatus,
    MailPlan,
    MonthStatus,
    Scorecard,
    ScorecardCorrection,
    ScorecardMonth,
)
from portal.models.suppliers import Supplier
from portal.models.tasks import Side
from portal.workflows import tasks
from portal.workflows.editing import apply
from portal.workflows.months import freezing, frozen, kinds, mailing, publishing
from portal.workflows.months.words import month_words
from portal.workflows.ratings import card_inputs_of
from portal.workflows.scorecards import limits
from portal.workflows.steps import Step, Steps, advance, next_step
from scorecards.canonical import dump, load
from scorecards.feeds import DeliveryLine, Inputs
from scorecards.periods import Period
from scorecards.policy import Policy
from scorecards.weighting import rate_inputs
from scorecards.wording import number

RECHECK = "months.recheck"  # the job
WIDEST = 11  # months after its own that a month may count in: trailing windows
MOST_CHANGES = 30
_OPEN = (CorrectionStatus.OPEN, CorrectionStatus.PROPOSED)
STEPS: Steps = {
    "propose": Step((CorrectionStatus.OPEN,), CorrectionStatus.PROPOSED, P.MONTHS_RUN),
    "dismiss": Step(_OPEN, CorrectionStatus.DISMISSED, P.MONTHS_RUN),
    "issue": Step((CorrectionStatus.PROPOSED,), CorrectionStatus.ISSUED, P.MONTHS_APPROVE),
}


class Correction(NamedTuple):
    row: ScorecardCorrection
    supplier: Supplier


class _Again(NamedTuple):
    """A frozen card rated once more from the rows as they are now."""

    row: Scorecard
    policy: Policy
    inputs: Inputs
    frozen: Inputs
    result: dict[str, Any]

    @property
    def differs(self) -> bool:
        return self.result != self.row.result


async def recheck(db: AsyncSession, who: Principal) -> bool:
    """Look at the cards that the marks of one month touch; False when there are no marks left."""
    month = (await db.execute(text("SELECT min(month) FROM scorecard_touch"))).scalar_one()
    if month is None:
        return False
    # Who marks meanwhile adds rows of their own, for the next time.
    taken = await db.execute(
        text("DELETE FROM scorecard_touch WHERE month = :month RETURNING supplier_id"), {"month": month}
    )
    suppliers = sorted(set(taken.scalars()))
    query = (
        select(ScorecardMonth)
        .where(
            col(ScorecardMonth.month).between(month, month + WIDEST),
            col(ScorecardMonth.status).in_((MonthStatus.APPROVED, MonthStatus.PUBLISHED)),
        )
        .order_by(col(ScorecardMonth.month))
        .with_for_update()
    )
    for each in (await db.execute(query)).scalars().all():
        await _look(db, who, each, suppliers)
    return True


async def has_marks(db: AsyncSession) -> bool:
    return bool((await db.execute(text("SELECT EXISTS (SELECT FROM scorecard_touch)"))).scalar_one())


async def propose(db: AsyncSession, found: ScorecardCorrection, reason: str, *, by: Principal) -> None:
    """Ask for a correction to be issued; the supplier reads the reason."""
    next_step(found, STEPS, "propose", by=by)
    found.reason = reason
    found.proposed_by_id, found.proposed_by_name = by.person_id or None, by.name
    advance(found, STEPS, "propose", by=by)
    await _follow(db, found)


async def dismiss(db: AsyncSession, found: ScorecardCorrection, reason: str, *, by: Principal) -> None:
    """Leave the card as it was published, and say why."""
    next_step(found, STEPS, "dismiss", by=by)
    await because(db, reason)
    found.reason, found.decided_by_name, found.decided_at = reason, by.name, clock.now()
    advance(found, STEPS, "dismiss", by=by)
    await _follow(db, found)


async def issue(db: AsyncSession, who: Principal, found: ScorecardCorrection) -> Scorecard:
    """Freeze the corrected card as the next revision, as the second person; its supplier gets a mail.

    Raises:
        NotReadyError: it is not next, whoever proposed it would issue it, or nothing differs any more.
    """
    next_step(found, STEPS, "issue", by=who)
    if not who.person_id or who.person_id == found.proposed_by_id:
        raise NotReadyError("You proposed this correction, so somebody else has to issue it.")
    again = await _again(db, who, found.supplier_id, found.month)
    if again is None or not again.differs:
        raise NotReadyError("The records agree with the published card again: there is nothing to correct.")
    await because(db, found.reason)
    row = await freezing.add(
        db,
        Scorecard(
            supplier_id=found.supplier_id,
            month=found.month,
            revision=again.row.revision + 1,
            as_of_on=again.row.as_of_on,
            policy_name=again.policy.name,
            policy_version=again.policy.version,
            band="",
            sha256="",
            policy={},
            result={},
            reason=found.reason,
            proposed_by_name=found.proposed_by_name,
            approved_by_name=who.name,
        ),
        again.inputs,
        again.policy,
        again.row.as_of_on,
    )
    found.decided_by_name, found.decided_at = who.name, clock.now()
    advance(found, STEPS, "issue", by=who)
    await _follow(db, found)
    await mailing.plan_cards(db, found.month, MailPlan.CARD, [found.supplier_id], revision=row.revision)
    return row


async def of_month(db: AsyncSession, who: Principal, month: int) -> list[Correction]:
    query = (
        select(ScorecardCorrection, Supplier)
        .join(Supplier, col(Supplier.id) == col(ScorecardCorrection.supplier_id))
        .where(scopes.condition(who, Supplier), col(ScorecardCorrection.month) == month)
        .order_by(col(ScorecardCorrection.id))
    )
    return [Correction(row[0], row[1]) for row in await db.execute(query)]


async def to_change(db: AsyncSession, who: Principal, month: int, correction_id: int) -> Correction:
    query = (
        select(ScorecardCorrection, Supplier)
        .join(Supplier, col(Supplier.id) == col(ScorecardCorrection.supplier_id))
        .where(
            scopes.condition(who, Supplier),
            col(ScorecardCorrection.id) == correction_id,
            col(ScorecardCorrection.month) == month,
        )
        .with_for_update(of=ScorecardCorrection)
        .execution_options(populate_existing=True)
    )
    row = (await db.execute(query)).first()
    if row is None:
        raise NotFoundError
    return Correction(row[0], row[1])


async def _look(db: AsyncSession, who: Principal, month: ScorecardMonth, suppliers: Sequence[int]) -> None:
    """A card that was approved, but is not published, must be approved anew; a published one is corrected."""
    for supplier_id in suppliers:
        again = await _again(db, who, supplier_id, month.month)
        if again is None:
            continue
        if month.status is MonthStatus.PUBLISHED:
            await _note(db, again)
        elif again.differs:
            supplier = await db.get_one(Supplier, supplier_id)
            reason = f"The card of {supplier.name} has changed since it was approved. Look at it again."
            await publishing.give_back(db, month, reason, by=who)
            return


async def _again(db: AsyncSession, who: Principal, supplier_id: int, month: int) -> _Again | None:
    query = (
        select(Scorecard)
        .where(col(Scorecard.supplier_id) == supplier_id, col(Scorecard.month) == month)
        .order_by(col(Scorecard.revision).desc())
        .limit(1)
    )
    row = (await db.execute(query)).scalar_one_or_none()
    if row is None:
        return None
    opened = await frozen.opened(db, row)
    period = Period(month)
    supplier = await db.get_one(Supplier, supplier_id)
    facts = await limits.again(db, who, supplier, opened.inputs.facts, opened.as_of, row.frozen_at)
    inputs = await card_inputs_of(db, who, supplier_id, period, opened.policy, facts=facts)
    inputs = inputs.in_order()
    card = await asyncio.to_thread(rate_inputs, inputs, opened.policy, period, opened.as_of)
    result = load(dump({"result": card}))["result"]
    return _Again(row, opened.policy, inputs, opened.inputs, result)


async def _note(db: AsyncSession, again: _Again) -> None:
    """Open a correction, bring an open one up to date, or end it when the records agree again."""
    query = (
        select(ScorecardCorrection)
        .where(
            col(ScorecardCorrection.supplier_id) == again.row.supplier_id,
            col(ScorecardCorrection.month) == again.row.month,
            col(ScorecardCorrection.status).in_(_OPEN),
        )
        .with_for_update()
    )
    found = (await db.execute(query)).scalar_one_or_none()
    if not again.differs:
        if found is not None:
            await db.delete(found)
            await tasks.finish(db, _about(found), kinds.CORRECT, why="cancelled")
        return
    values: dict[str, Any] = {
        "before": _figures(again.row.result, again.policy),
        "after": _figures(again.result, again.policy),
        "changes": changes(again.frozen, again.inputs)[:MOST_CHANGES],
    }
    if found is None:
        row = again.row
        found = ScorecardCorrection(
            supplier_id=row.supplier_id, month=row.month, revision=row.revision + 1, **values
        )
        db.add(found)
    else:
        apply(found, values)
    await _follow(db, found)


def changes(before: Inputs, now: Inputs) -> list[str]:
    """Say which rows differ between two cards' inputs."""
    said = []
    for one, other, name in (
        (before.lines, now.lines, _line_name),
        (before.lots, now.lots, lambda each: f"Lot {each.number}"),
        (before.nonconformances, now.nonconformances, lambda each: each.number),
        (before.stages, now.stages, lambda each: f"{each.reference}, {each.title}"),
    ):
        said += _changed(one, other, name)
    facts = {each.kind: each.sentence for each in before.facts}
    said += [
        f"{each.kind.replace('_', ' ').capitalize()}: {each.sentence}"
        for each in now.facts
        if facts.get(each.kind) != each.sentence
    ]
    return said


def _changed(before: Iterable[Any], now: Iterable[Any], name: Any) -> list[str]:
    old, new = ({each.id: each for each in rows} for rows in (before, now))
    said = [f"{name(new[key])}: added." for key in new if key not in old]
    said += [f"{name(old[key])}: no longer there." for key in old if key not in new]
    for key, row in new.items():
        if key in old and old[key] != row:
            said.append(f"{name(row)}: {_what(old[key], row)}.")
    return said


def _what(old: Any, new: Any) -> str:
    if isinstance(new, DeliveryLine) and new.excuse is not None and old.excuse is None:
        return f"excused ({new.excuse.note or new.excuse.reason})"
    fields = [name for name in type(new).__dataclass_fields__ if getattr(old, name) != getattr(new, name)]
    return f"{', '.join(fields).replace('_', ' ')} changed"


def _line_name(line: DeliveryLine) -> str:
    return f"{line.order_number}-{line.line_number}"


def _figures(result: dict[str, Any], policy: Policy) -> dict[str, Any]:
    shown = result["shown"]
    score = None if shown is None else number(Decimal(shown), policy.score_decimals)
    return {"score": score, "band": result["band"]}


def _about(found: ScorecardCorrection) -> tasks.About:
    return tasks.About("scorecard_correction", found.id, month_words(found.month))


async def _follow(db: AsyncSession, found: ScorecardCorrection) -> None:
    await db.flush()
    if found.status not in _OPEN:
        await tasks.finish(db, _about(found), kinds.CORRECT)
        return
    supplier = await db.get_one(Supplier, found.supplier_id)
    await tasks.open_task(
        db,
        kinds.CORRECT,
        _about(found),
        Side.US,
        supplier_id=found.supplier_id,
        is_shared=False,
        facts={"month": found.month, "supplier": supplier.name},
    )

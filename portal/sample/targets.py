"""What a few suppliers agreed to: met, missed, raised by steps, declined, ended, waiting for an answer."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.models.suppliers import Contact, ProcessRole, Supplier
from portal.models.targets import Aim, SupplierTarget, TargetStatus
from portal.models.tasks import Side
from portal.sample.days import Anchor, midday
from portal.workflows.targets.kinds import ANSWER, about
from portal.workflows.tasks import open_task
from scorecards.periods import month_start

ACME, DUVAL, HAOYU, KESSLER, CARPATHIA, NAREWKA = "104417", "100610", "100701", "100942", "101932", "105120"
_YEAR = "Agreed in the yearly review: the lines in Luleå cannot wait longer than that."


@dataclass(frozen=True, slots=True)
class _Told:
    """``age`` counts the months from the beginning to the running one."""

    number: str
    aim: Aim
    value: int
    age: int
    reason: str
    status: TargetStatus = TargetStatus.AGREED
    is_recorded: bool = False
    answer: str = ""
    ended: str = ""


_STORIES = (
    _Told(ACME, Aim.DELIVERY, 90, 12, _YEAR, is_recorded=True),
    _Told(ACME, Aim.DELIVERY, 95, 5, "Four months above 93 %: the next step of what we agreed."),
    _Told(ACME, Aim.QUALITY, 500, 12, _YEAR, is_recorded=True),
    _Told(ACME, Aim.QUALITY, 350, 4, "The new moulds of SCAR work: below 400 PPM since."),
    _Told(ACME, Aim.RESPONSIVENESS, 90, 12, _YEAR, is_recorded=True),
    _Told(ACME, Aim.SCORE, 80, 12, _YEAR, is_recorded=True),
    _Told(ACME, Aim.SCORE, 85, 5, "Halfway to band A within the year."),
    _Told(
        *(ACME, Aim.QUALITY, 250, -1, "Next year’s housings are anodised: pores show at once."),
        status=TargetStatus.PROPOSED,
    ),
    _Told(DUVAL, Aim.DELIVERY, 90, 8, "The third shift was promised for spring."),
    _Told(DUVAL, Aim.QUALITY, 300, 8, "What the line in Gdańsk can sort out by itself.", is_recorded=True),
    _Told(
        *(HAOYU, Aim.DELIVERY, 95, 2, "Motors by sea came late three times in a row."),
        status=TargetStatus.DECLINED,
        answer="Not before the second line runs in spring. We could promise 90 %.",
    ),
    _Told(KESSLER, Aim.DELIVERY, 98, 14, "What Kessler does anyway, in writing.", is_recorded=True),
    _Told(KESSLER, Aim.QUALITY, 200, 14, "What Kessler does anyway, in writing.", is_recorded=True),
    _Told(CARPATHIA, Aim.SCORE, 70, 11, "First step off the ladder: band C."),
    _Told(CARPATHIA, Aim.SCORE, 80, 7, "Second step: band B."),
    _Told(CARPATHIA, Aim.SCORE, 90, 3, "Last step: band A."),
    _Told(
        *(NAREWKA, Aim.DELIVERY, 97, 16, "For the start of the new bracket."),
        status=TargetStatus.ENDED,
        is_recorded=True,
        ended="The bracket runs out; what is left of it comes when it comes.",
    ),
)


async def tell(db: AsyncSession, anchor: Anchor) -> None:
    suppliers = {
        each.number: each
        for each in await db.scalars(
            select(Supplier).where(col(Supplier.number).in_({told.number for told in _STORIES}))
        )
    }
    for told in _STORIES:
        supplier = suppliers[told.number]
        await _tell(db, anchor, supplier, told)


async def _tell(db: AsyncSession, anchor: Anchor, supplier: Supplier, told: _Told) -> None:
    from_month = anchor.running - told.age
    proposed_on = min(month_start(from_month) - timedelta(days=20), anchor.as_of - timedelta(days=3))
    is_answered = told.status is not TargetStatus.PROPOSED
    made = SupplierTarget(
        supplier_id=supplier.id,
        aim=told.aim,
        value=Decimal(told.value),
        from_month=from_month,
        until_month=anchor.running - 6 if told.ended else None,
        status=told.status,
        reason=told.reason,
        proposed_by_name="Elin Sandberg",
        proposed_at=midday(proposed_on),
        answered_by_name=await _quality_contact(db, supplier) if is_answered else "",
        answered_on=proposed_on + timedelta(days=2) if is_answered else None,
        is_recorded=told.is_recorded,
        answer=told.answer,
        ended_because=told.ended,
        ended_by_name="Karin Holm" if told.ended else "",
    )
    db.add(made)
    await db.flush()
    if told.status in {TargetStatus.PROPOSED, TargetStatus.DECLINED}:
        is_ours = told.status is TargetStatus.DECLINED
        await open_task(
            db,
            ANSWER,
            about(made),
            Side.US if is_ours else Side.SUPPLIER,
            supplier_id=supplier.id,
            facts={"aim": told.aim.value, "value": str(told.value), "number": supplier.number},
            event=f"Declined by {made.answered_by_name}" if is_ours else "Proposed by Elin Sandberg",
        )


async def _quality_contact(db: AsyncSession, supplier: Supplier) -> str:
    query = select(col(Contact.name)).where(
        col(Contact.supplier_id) == supplier.id, col(Contact.role) == ProcessRole.QUALITY
    )
    return (await db.execute(query.order_by(col(Contact.id)).limit(1))).scalar_one()

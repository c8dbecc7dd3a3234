"""A supplier on the ladder, with a plan that is under way, and what was before."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.models.escalations import Escalation, EscalationStatus, Milestone, Rung
from portal.models.suppliers import Supplier
from portal.models.tasks import Side
from portal.sample.days import Anchor
from portal.workflows.escalations.kinds import PLAN, about
from portal.workflows.tasks import open_task
from scorecards.periods import month_label

NUMBER = "100701"
_STEPS = (
    ("Second operator at the final test of motors", -40, "Both shifts since week 40", True),
    ("Test bench for noise in the line", -6, "In use, capability study attached", False),
    ("Capability of 1.67 shown on 125 motors", 24, "", False),
)


async def tell(db: AsyncSession, anchor: Anchor) -> None:
    """Two months of watching led to a plan of three steps: one confirmed, one said to be done, one open."""
    supplier = (await db.scalars(select(Supplier).where(col(Supplier.number) == NUMBER))).one()
    day, now = anchor.as_of, anchor.now
    watched = Escalation(
        supplier_id=supplier.id,
        rung=Rung.WATCH,
        status=EscalationStatus.ENDED,
        month=anchor.running - 4,
        reasons=[f"Band D in {month_label(anchor.running - 4)}."],
        proposed_at=now - timedelta(days=110),
        proposed_by_name="Portal",
        reason="Nine motors too loud, and late answers.",
        decided_at=now - timedelta(days=108),
        decided_by_name="Karin Holm",
        began_on=day - timedelta(days=108),
        clean_lots=3,
        ended_on=day - timedelta(days=60),
        ended_because="Goes on as: improvement plan. Watching changed nothing.",
        ended_by_name="Karin Holm",
    )
    planned = Escalation(
        supplier_id=supplier.id,
        rung=Rung.IMPROVEMENT_PLAN,
        status=EscalationStatus.OPEN,
        month=anchor.running - 2,
        reasons=[f"Band D in {month_label(anchor.running - 3)}, {month_label(anchor.running - 2)}."],
        proposed_at=now - timedelta(days=62),
        proposed_by_name="Portal",
        reason="Two months in band D. We agree on a plan and count lots until five in a row are clean.",
        decided_at=now - timedelta(days=60),
        decided_by_name="Karin Holm",
        began_on=day - timedelta(days=60),
        clean_lots=5,
        needs_cause=True,
    )
    db.add_all([watched, planned])
    await db.flush()
    for title, days, note, is_confirmed in _STEPS:
        done = day + timedelta(days=days - 2)
        db.add(
            Milestone(
                supplier_id=supplier.id,
                escalation_id=planned.id,
                title=title,
                due_on=day + timedelta(days=days),
                done_on=done if note else None,
                done_by_name="Lin Xiaomei" if note else "",
                note=note,
                confirmed_at=now + timedelta(days=days) if is_confirmed else None,
                confirmed_by_name="Elin Sandberg" if is_confirmed else "",
            )
        )
    await open_task(
        db,
        PLAN,
        about(planned),
        Side.US,
        supplier_id=supplier.id,
        facts={"rung": planned.rung.value},
        event="Done: Test bench for noise in the line",
    )

"""A SCAR's clocks as rows: started with the issue, stopped while it is our turn, fed to the scorecard."""

from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.models.organisation import Plant
from portal.models.ratings import ResponseStage, StageKind
from portal.models.scars import Scar, ScarPause, ScarStage, Stage
from portal.workflows.ratings import calendars
from portal.workflows.scars import allowances, record
from portal.workflows.scars.clock import Allowance, Pause, Site, due
from portal.workflows.scars.disciplines import FEED_TITLES
from portal.workflows.scars.steps import AWAITED, ENDED
from scorecards.periods import month_number

_AHEAD = timedelta(days=500)  # no stage and no extension reaches further
_BEFORE = timedelta(days=2)  # a day of the supplier's may begin before ours


async def site_of(db: AsyncSession, scar: Scar) -> Site:
    first = (scar.issued_at or clock.now()).date() - _BEFORE
    calendar = await calendars.of_country(db, scar.country, first, clock.now().date() + _AHEAD)
    return Site(scar.zone, calendar)


async def start(db: AsyncSession, scar: Scar, stages: Sequence[Stage]) -> None:
    """Give the supplier its time for these stages, from now on, in the SCAR's round."""
    site, now = await site_of(db, scar), clock.now()
    allowed_for = (await allowances.times(db))[scar.severity]
    for stage in stages:
        allowed = allowed_for[stage]
        db.add(
            ScarStage(
                scar_id=scar.id,
                supplier_id=scar.supplier_id,
                plant_id=scar.plant_id,
                round=scar.round,
                stage=stage,
                hours=allowed.hours,
                is_calendar=allowed.is_calendar,
                started_at=now,
                due_at=due(now, allowed, (), site, now=now),
            )
        )
    await db.flush()


async def current(db: AsyncSession, scar: Scar, stage: Stage) -> ScarStage:
    """The newest clock of a stage."""
    found = await db.execute(
        select(ScarStage)
        .where(col(ScarStage.scar_id) == scar.id, col(ScarStage.stage) == stage)
        .order_by(col(ScarStage.round).desc())
        .limit(1)
    )
    return found.scalar_one()


async def pauses(db: AsyncSession, scar: Scar) -> list[ScarPause]:
    found = await db.execute(
        select(ScarPause).where(col(ScarPause.scar_id) == scar.id).order_by(col(ScarPause.started_at))
    )
    return list(found.scalars())


async def stop(db: AsyncSession, scar: Scar, stage: Stage | None) -> None:
    """It is our turn from now on."""
    db.add(
        ScarPause(
            scar_id=scar.id,
            supplier_id=scar.supplier_id,
            plant_id=scar.plant_id,
            stage=stage,
            started_at=clock.now(),
        )
    )
    await db.flush()


async def go_on(db: AsyncSession, scar: Scar) -> None:
    """It is the supplier's turn again, or nobody's: what our decision took is added to what is still open."""
    now = clock.now()
    ours = await pauses(db, scar)
    for pause in ours:
        if pause.ended_at is None:
            pause.ended_at = now
    await set_due(db, scar, ours)


async def set_due(db: AsyncSession, scar: Scar, ours: Sequence[ScarPause] | None = None) -> None:
    """Work out anew the deadlines of all stages that are not accepted, and which of them counts now."""
    now, site = clock.now(), await site_of(db, scar)
    taken = ours if ours is not None else await pauses(db, scar)
    awaited = AWAITED.get(scar.status)
    scar.due_at = None
    for each in await record.stages(db, scar):
        if each.accepted is not True:
            # Only pauses since this clock began: a reopened SCAR has earlier ones.
            its = [Pause(one.started_at, one.ended_at) for one in taken if one.started_at >= each.started_at]
            allowed = Allowance(each.hours, each.is_calendar)
            each.due_at = due(each.started_at, allowed, its, site, now=now, extra_hours=each.extra_hours)
        if each.stage is awaited:
            scar.due_at = each.due_at  # of the newest round, which comes last
    scar.escalation = 0


async def feed(db: AsyncSession, scar: Scar) -> None:
    """Tell the scorecard what was due and what became of it. A SCAR taken back was never due."""
    mine = (
        col(ResponseStage.kind) == StageKind.SCAR,
        col(ResponseStage.reference) == scar.number,
        col(ResponseStage.supplier_id) == scar.supplier_id,
    )
    await db.flush()
    clocks = await record.stages(db, scar)
    if scar.status in ENDED and scar.closed_at is None:
        # Cancelled: what was answered stays, what was open is not awaited any more.
        titles = [_title(each) for each in clocks if each.submitted_at is None or scar.rejection]
        await db.execute(delete(ResponseStage).where(*mine, col(ResponseStage.stage).in_(titles)))
        clocks = [each for each in clocks if _title(each) not in titles]
    zone = ZoneInfo(
        (await db.execute(select(col(Plant.time_zone)).where(col(Plant.id) == scar.plant_id))).scalar_one()
    )
    now = clock.now()
    for each in clocks:
        due_on = each.due_at.astimezone(zone).date()
        values = {
            "plant_id": scar.plant_id,
            "commodity_id": scar.commodity_id,
            "due_at": each.due_at,
            "due_on": due_on,
            "month": month_number(due_on),
            "answered_at": each.submitted_at,
            "accepted": each.accepted,
            "updated_at": now,
        }
        statement = insert(ResponseStage).values(
            supplier_id=scar.supplier_id,
            kind=StageKind.SCAR,
            reference=scar.number,
            stage=_title(each),
            created_at=now,
            version=1,
            **values,
        )
        await db.execute(
            statement.on_conflict_do_update(
                index_elements=["supplier_id", "kind", "reference", "stage"], set_=values
            )
        )


def _title(each: ScarStage) -> str:
    title = FEED_TITLES[each.stage]
    return title if each.round == 1 else f"{title}, round {each.round}"

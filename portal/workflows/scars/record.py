"""Finding a SCAR, its answers and clocks; numbers and events."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from portal import clock
from portal.access import scopes
from portal.access.principal import Principal
from portal.errors import NotFoundError
from portal.jobs.queue import enqueue
from portal.models.scars import (
    AnswerStatus,
    Discipline,
    RunningNumber,
    Scar,
    ScarAnswer,
    ScarEvent,
    ScarStage,
    Stage,
)
from portal.workflows.scars import kinds
from portal.workflows.scars.steps import STAGE_OF
from portal.workflows.scars.words import EVENTS

Row = TypeVar("Row", bound=SQLModel)
TELL = "scars.tell"  # the job that writes the mails of an event


async def find(db: AsyncSession, who: Principal, number: str) -> Scar:
    """Give a SCAR that the principal may see.

    Raises:
        NotFoundError: it is not there, or not theirs, or a draft of ours.
    """
    return await _one(db, who, number, lock=False)


async def to_change(db: AsyncSession, who: Principal, number: str) -> Scar:
    """Give it locked: whoever else changes it waits, and then finds it changed."""
    return await _one(db, who, number, lock=True)


async def _one(db: AsyncSession, who: Principal, number: str, *, lock: bool) -> Scar:
    query = scopes.visible(who, Scar).where(col(Scar.number) == number)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    scar = (await db.execute(query)).scalar_one_or_none()
    if scar is None:
        raise NotFoundError
    return scar


async def of_scar(db: AsyncSession, who: Principal, model: type[Row], scar: Scar) -> list[Row]:
    """List rows that belong to a SCAR, as far as the principal may see them, the oldest first."""
    columns = model.__table__.c  # type: ignore[attr-defined] # every table has one
    found = await db.execute(
        scopes.visible(who, model).where(columns.scar_id == scar.id).order_by(columns.id)
    )
    return list(found.scalars())


async def next_number(db: AsyncSession, prefix: str, year: int) -> str:
    """Count on: SCAR-2026-0147. Two at once wait for each other."""
    statement = insert(RunningNumber).values(prefix=prefix, year=year, last=1)
    last = await db.execute(
        statement.on_conflict_do_update(
            index_elements=["prefix", "year"],
            set_={"last": RunningNumber.__table__.c.last + 1},  # type: ignore[attr-defined]
        ).returning(col(RunningNumber.last))
    )
    return f"{prefix}-{year}-{last.scalar_one():04}"


async def note(
    db: AsyncSession,
    scar: Scar,
    kind: str,
    *,
    by: Principal,
    words: str = "",
    stage: Stage | None = None,
    discipline: Discipline | None = None,
    is_internal: bool = False,
    tell: bool = True,
) -> ScarEvent:
    """Write down what happened, and have its mails written after the commit: each event mails once."""
    event = ScarEvent(
        scar_id=scar.id,
        supplier_id=scar.supplier_id,
        plant_id=scar.plant_id,
        at=clock.now(),
        kind=kind,
        stage=stage,
        discipline=discipline,
        person_id=by.person_id or None,
        person_name=by.name,
        is_ours=by.is_staff,
        is_internal=is_internal,
        note=words,
    )
    db.add(event)
    await db.flush()
    await kinds.follow(db, scar, EVENTS[kind][1].replace("%(step)s", discipline.value if discipline else ""))
    if tell and not is_internal:
        await enqueue(db, TELL, {"event": event.id})
    return event


@dataclass(frozen=True, slots=True)
class Answers:
    """The versions of every discipline's answer in its newest round, and what came before."""

    rounds: dict[Stage, int]
    all: tuple[ScarAnswer, ...]

    def versions(self, discipline: Discipline) -> list[ScarAnswer]:
        """The newest last; none of D8, which is ours."""
        stage = STAGE_OF.get(discipline)
        if stage is None:
            return []
        wanted = self.rounds.get(stage, 1)
        return [each for each in self.all if each.discipline is discipline and each.round == wanted]

    def newest(self, discipline: Discipline) -> ScarAnswer | None:
        found = self.versions(discipline)
        return found[-1] if found else None

    def sent(self, discipline: Discipline) -> ScarAnswer | None:
        """The newest that was sent."""
        found = [each for each in self.versions(discipline) if each.status is not AnswerStatus.DRAFT]
        return found[-1] if found else None

    def before(self, discipline: Discipline) -> ScarAnswer | None:
        """What a new version begins as: the last of this round, or of the round before."""
        found = [each for each in self.all if each.discipline is discipline]
        return found[-1] if found else None

    def status(self, discipline: Discipline) -> AnswerStatus | None:
        newest = self.newest(discipline)
        return newest.status if newest else None

    def is_open(self, discipline: Discipline) -> bool:
        """Whether it is still to be written: nothing sent, or returned."""
        sent = self.sent(discipline)
        return sent is None or sent.status is AnswerStatus.RETURNED


async def answers(db: AsyncSession, who: Principal, scar: Scar) -> Answers:
    found = await db.execute(
        scopes.visible(who, ScarAnswer)
        .where(col(ScarAnswer.scar_id) == scar.id)
        .order_by(col(ScarAnswer.round), col(ScarAnswer.discipline), col(ScarAnswer.revision))
    )
    rounds: dict[Stage, int] = {}
    for clock_ in await stages(db, scar):
        rounds[clock_.stage] = max(rounds.get(clock_.stage, 1), clock_.round)
    return Answers(rounds, tuple(found.scalars()))


async def stages(db: AsyncSession, scar: Scar) -> Sequence[ScarStage]:
    """All clocks of a SCAR that somebody has been given already, in the order of the work."""
    found = await db.execute(
        select(ScarStage)
        .where(col(ScarStage.scar_id) == scar.id)
        .order_by(col(ScarStage.round), col(ScarStage.id))
    )
    return found.scalars().all()

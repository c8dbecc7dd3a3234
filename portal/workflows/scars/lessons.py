"""Lessons: the same question asked of other parts and other suppliers, each as a task of theirs."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access import scopes
from portal.access.permissions import P, may
from portal.access.principal import Principal
from portal.errors import BadInputError, NotFoundError, NotReadyError
from portal.jobs.queue import enqueue
from portal.languages import N_, _
from portal.models.deliveries import DeliveryLine
from portal.models.organisation import Part
from portal.models.scar_lessons import ScarLesson
from portal.models.scars import Scar, ScarStatus
from portal.models.suppliers import Supplier
from portal.models.tasks import Side, Task
from portal.workflows import tasks
from portal.workflows.scars.kinds import LESSON, LESSONS

MOST = 40  # asked at once
ANSWERED = "scars.lesson_answered"  # the job that looks whether it was the last
_OFFERED = 12


class Whom(NamedTuple):
    """Whom a lesson may be for: a supplier, or another part of the SCAR's own."""

    key: str  # "supplier:12" or "part:7"
    label: str


class Told(NamedTuple):
    lesson: ScarLesson
    supplier: str
    part: str


async def offered(db: AsyncSession, who: Principal, scar: Scar) -> list[Whom]:
    """Propose other parts of the supplier, and other suppliers of the commodity, the busiest first."""
    if scar.commodity_id is None:
        return []
    lines = func.count(col(DeliveryLine.id)).desc()
    parts = await db.execute(
        select(col(Part.id), col(Part.number), col(Part.name))
        .join(DeliveryLine, col(DeliveryLine.part_id) == col(Part.id))
        .where(
            scopes.condition(who, DeliveryLine),
            col(DeliveryLine.supplier_id) == scar.supplier_id,
            col(Part.commodity_id) == scar.commodity_id,
            col(Part.id).is_distinct_from(scar.part_id),
        )
        .group_by(col(Part.id))
        .order_by(lines, col(Part.number))
        .limit(_OFFERED)
    )
    suppliers = await db.execute(
        scopes.visible(who, Supplier)
        .where(col(Supplier.commodity_id) == scar.commodity_id, col(Supplier.id) != scar.supplier_id)
        .order_by(col(Supplier.name))
        .limit(_OFFERED)
    )
    return [
        *(Whom(f"part:{id_}", f"{number} {name}".strip()) for id_, number, name in parts),
        *(Whom(f"supplier:{each.id}", each.name) for each in suppliers.scalars()),
    ]


async def of_scar(db: AsyncSession, who: Principal, scar: Scar) -> list[Told]:
    found = await db.execute(
        select(ScarLesson, col(Supplier.name), col(Part.number))
        .join(Supplier, col(Supplier.id) == col(ScarLesson.supplier_id))
        .outerjoin(Part, col(Part.id) == col(ScarLesson.part_id))
        .where(scopes.condition(who, ScarLesson), col(ScarLesson.scar_id) == scar.id)
        .order_by(col(ScarLesson.id))
    )
    return [Told(lesson, supplier, part or "") for lesson, supplier, part in found]


async def ask(
    db: AsyncSession, scar: Scar, keys: Sequence[str], words: str, due_on: date, *, by: Principal
) -> int:
    """Ask each of them once, and say how many were new.

    Raises:
        NotReadyError: the SCAR is a draft or cancelled.
        BadInputError: nobody is chosen, or somebody who was not offered.
    """
    if not may(by, P.SCARS_WRITE):
        raise NotFoundError
    if scar.status in {ScarStatus.DRAFT, ScarStatus.CANCELLED}:
        raise NotReadyError(N_("A draft and a cancelled SCAR teach nothing yet."))
    known = {each.key: each.label for each in await offered(db, by, scar)}
    if not keys or not set(keys) <= known.keys() or len(keys) > MOST:
        raise BadInputError(N_("Choose at least one part or supplier from the list."))
    asked = 0
    for key in dict.fromkeys(keys):
        kind, _sign, number = key.partition(":")
        supplier_id = int(number) if kind == "supplier" else scar.supplier_id
        row = await db.execute(
            insert(ScarLesson)
            .values(
                **ScarLesson(
                    scar_id=scar.id,
                    supplier_id=supplier_id,
                    plant_id=scar.plant_id,
                    part_id=int(number) if kind == "part" else None,
                    defect=scar.defect,
                    words=words,
                    due_on=due_on,
                    asked_by_id=by.person_id,
                ).model_dump(exclude={"id"})
            )
            .on_conflict_do_nothing()
            .returning(col(ScarLesson.id))
        )
        lesson_id = row.scalar_one_or_none()
        if lesson_id is None:
            continue
        asked += 1
        await tasks.open_task(
            db,
            LESSON,
            tasks.About("scar_lesson", lesson_id, scar.defect),
            Side.SUPPLIER,
            supplier_id=supplier_id,
            plant_id=scar.plant_id,
            facts={"defect": scar.defect, "part": known[key] if kind == "part" else ""},
            person_id=by.person_id,
            due=due_on,
            event="Lesson read across",
        )
    if asked:
        await tasks.finish(db, _about(scar), LESSONS, by=by)
    return asked


async def find(db: AsyncSession, who: Principal, lesson_id: int, *, lock: bool = False) -> ScarLesson:
    query = scopes.visible(who, ScarLesson).where(col(ScarLesson.id) == lesson_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = (await db.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFoundError
    return found


async def part_of(db: AsyncSession, lesson: ScarLesson) -> Part | None:
    return (await db.execute(select(Part).where(col(Part.id) == lesson.part_id))).scalar_one_or_none()


async def answer(db: AsyncSession, lesson: ScarLesson, *, applies: bool, words: str, by: Principal) -> None:
    """Say whether the same could happen here, and what was changed; once.

    Raises:
        NotReadyError: it is answered already.
    """
    if not may(by, P.SCARS_RESPOND):
        raise NotFoundError
    if lesson.answered_at is not None:
        raise NotReadyError(_("This is answered already."))
    lesson.applies, lesson.answer = applies, words
    lesson.answered_at, lesson.answered_by = clock.now(), by.name
    lesson.version += 1
    lesson.updated_at = clock.now()
    await tasks.finish(db, tasks.About("scar_lesson", lesson.id), LESSON, by=by)
    # A supplier sees no lesson of others: the portal looks whether this was the last.
    await enqueue(db, ANSWERED, {"scar": lesson.scar_id})


async def gathered(db: AsyncSession, scar_id: int) -> None:
    """When all who were asked have answered, let whoever asked last read what they say."""
    query = select(Scar).where(col(Scar.id) == scar_id).with_for_update()
    scar = (await db.execute(query)).scalar_one()
    lessons = select(ScarLesson).where(col(ScarLesson.scar_id) == scar_id).order_by(col(ScarLesson.id))
    asked = list((await db.execute(lessons.execution_options(populate_existing=True))).scalars())
    if not asked or any(each.answered_at is None for each in asked):
        return
    await tasks.open_task(
        db,
        LESSONS,
        _about(scar),
        Side.US,
        supplier_id=scar.supplier_id,
        plant_id=scar.plant_id,
        is_shared=False,
        facts={"title": scar.title},
        person_id=asked[-1].asked_by_id,
        event=f"{len(asked)} answered, {sum(bool(each.applies) for each in asked)} say yes",
    )


async def waits(db: AsyncSession, who: Principal, scar: Scar) -> bool:
    """Say whether nobody has looked yet at what they answered."""
    query = scopes.visible(who, Task).where(
        col(Task.kind) == LESSONS, col(Task.record_id) == scar.id, col(Task.done_at).is_(None)
    )
    return (await db.execute(query.limit(1))).first() is not None


async def read(db: AsyncSession, scar: Scar, *, by: Principal) -> None:
    if not may(by, P.SCARS_WRITE):
        raise NotFoundError
    await tasks.finish(db, _about(scar), LESSONS, by=by)


def _about(scar: Scar) -> tasks.About:
    return tasks.About("scar", scar.id, scar.number)

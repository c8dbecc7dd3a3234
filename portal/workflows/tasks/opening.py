"""Opening, moving and finishing tasks; idempotent, so that a capability may say what is so as often as it
likes.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access.principal import Principal
from portal.models.tasks import Severity, Side, Task
from portal.workflows.editing import apply
from portal.workflows.task_links import ending

KEEP: Any = object()  # a value that stays what it is


@dataclass(frozen=True, slots=True)
class About:
    """The record that a task is about; ``reference`` is what people call it."""

    table: str
    id: int
    reference: str = ""


async def open_task(
    db: AsyncSession,
    kind: str,
    about: About,
    side: Side,
    *,
    supplier_id: int | None = None,
    plant_id: int | None = None,
    is_shared: bool = True,
    facts: dict[str, Any] | None = None,
    severity: Severity | None = None,
    person_id: int | None = None,
    contact_id: int | None = None,
    due: date | datetime | None = None,
    zone: str = "UTC",
    event: str = "",
) -> Task:
    """Say that a side has something to do. One that is open already is brought up to date instead.

    Args:
        db: the transaction of the change that causes it.
        kind: a name that the registry knows.
        about: the record.
        side: whose turn it is.
        supplier_id: whose it is; None for what concerns no supplier.
        plant_id: limits which of our people see it.
        is_shared: False keeps a task of ours from the supplier whom it concerns.
        facts: what the kind's sentences speak of; JSON values.
        severity: None where there is no such thing.
        person_id: who of us follows it.
        contact_id: whom at the supplier we write to.
        due: an instant, or a day that ends in ``zone``.
        zone: of ``due`` where that is a day.
        event: what happened last, in a few words for our own people.
    """
    now = clock.now()
    due_at, due_on = _due(due, zone)
    values: dict[str, Any] = {
        "supplier_id": supplier_id,
        "plant_id": plant_id,
        "is_shared": is_shared,
        "reference": about.reference,
        "facts": facts or {},
        "severity": severity,
        "person_id": person_id,
        "contact_id": contact_id,
        "due_at": due_at,
        "due_on": due_on,
        "paused_at": None,
    }
    new = Task(
        kind=kind,
        table_name=about.table,
        record_id=about.id,
        side=side,
        **values,
        opened_at=now,
        event=event,
        event_at=now,
    )
    await db.execute(insert(Task).values(**new.model_dump(exclude={"id"})).on_conflict_do_nothing().inline())
    found = (await _open(db, about, kind, side))[0]
    # Whoever follows it, and whom we write to, may have been chosen by hand meanwhile.
    kept = {name for name in ("person_id", "contact_id") if values[name] is None}
    if apply(found, {name: value for name, value in values.items() if name not in kept}) or event:
        _happened(found, event)
    await db.flush()
    return found


async def move(
    db: AsyncSession,
    kind: str,
    about: About,
    to: Side,
    *,
    due: date | datetime | None = None,
    zone: str = "UTC",
    facts: dict[str, Any] = KEEP,
    person_id: int | None = KEEP,
    event: str = "",
) -> Task | None:
    """Pass the ball: what was open on the other side is now this side's, with a due time of its own.

    None when nothing of this kind is open. What is on that side already stays there and is brought up to
    date.
    """
    found = await _open(db, about, kind)
    there = [each for each in found if each.side is to]
    moved = there or found[:1]
    for each in found:
        if each not in moved:
            _end(each, "moved", "")
    if not moved:
        return None
    task = moved[0]
    due_at, due_on = _due(due, zone)
    values: dict[str, Any] = {"side": to, "due_at": due_at, "due_on": due_on, "paused_at": None}
    values |= {} if facts is KEEP else {"facts": facts}
    values |= {} if person_id is KEEP else {"person_id": person_id}
    await db.flush()  # the other one ends before this one takes its place
    if apply(task, values) or event:
        _happened(task, event)
    await db.flush()
    return task


async def finish(
    db: AsyncSession,
    about: About,
    kind: str = "",
    *,
    side: Side | None = None,
    by: Principal | None = None,
    why: str = "",
) -> int:
    """End what is open about a record and say how many that were; without a kind, all of it.

    Args:
        db: the transaction of the change that ends it.
        about: the record.
        kind: '' for every kind, where the record itself has come to its end.
        side: None for both.
        by: who did it; None for the portal.
        why: where it was not simply done: "cancelled".
    """
    found = await _open(db, about, kind, side)
    for each in found:
        _end(each, why, by.name if by else "")
    await db.flush()
    if found and not why:
        await ending.done(db, [each.id for each in found])
    return len(found)


async def pause(db: AsyncSession, kind: str, about: About, *, event: str = "") -> None:
    """Stop the clock: the task stays open, and needs nobody for now."""
    for each in await _open(db, about, kind):
        if each.paused_at is None and apply(each, {"paused_at": clock.now()}):
            _happened(each, event)
    await db.flush()


async def resume(
    db: AsyncSession, kind: str, about: About, *, due: date | datetime | None = KEEP, zone: str = "UTC"
) -> None:
    """Let the clock run again, with what was left of the time as the caller counts it."""
    for each in await _open(db, about, kind):
        values: dict[str, Any] = {"paused_at": None}
        if due is not KEEP:
            values["due_at"], values["due_on"] = _due(due, zone)
        apply(each, values)
    await db.flush()


async def _open(db: AsyncSession, about: About, kind: str = "", side: Side | None = None) -> list[Task]:
    """Load and lock what is open about a record."""
    query = select(Task).where(
        col(Task.table_name) == about.table, col(Task.record_id) == about.id, col(Task.done_at).is_(None)
    )
    if kind:
        query = query.where(col(Task.kind) == kind)
    if side is not None:
        query = query.where(col(Task.side) == side)
    query = query.order_by(col(Task.id)).with_for_update().execution_options(populate_existing=True)
    return list((await db.execute(query)).scalars())


def _happened(task: Task, event: str) -> None:
    task.event_at = clock.now()
    task.event = event or task.event


def _end(task: Task, why: str, by: str) -> None:
    apply(task, {"done_at": clock.now(), "ended": why, "done_by_name": by, "paused_at": None})


def _due(due: date | datetime | None, zone: str) -> tuple[datetime | None, date | None]:
    """Give the instant by which something is due, and the day where it is due on one."""
    if due is None or isinstance(due, datetime):
        return due, None
    end = datetime.combine(due + timedelta(days=1), time(), ZoneInfo(zone)) - timedelta(seconds=1)
    return end.astimezone(UTC), due

"""What a stand-in does about a task of somebody who is away is theirs, and the trail says for whom."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access import scopes
from portal.access.principal import Principal
from portal.db import on_behalf
from portal.models.people import Person
from portal.models.tasks import Task
from portal.workflows import absences
from portal.workflows.tasks import registry

_PARTS = 3  # "", "scars", "SCAR-2026-0147": a record's own address


async def note_at(db: AsyncSession, who: Principal, path: str) -> None:
    """Note for whom a change under an address is made: of the record that a task of theirs is about."""
    if who.person_id:
        names = {name for task, name in await _covered(db, who) if _is_under(path, _address(who, task))}
        await on_behalf(db, names)


async def note(db: AsyncSession, who: Principal, tasks: Sequence[Task]) -> None:
    """Note for whom tasks are changed on the worklist."""
    chosen = {task.id for task in tasks}
    await on_behalf(db, {name for task, name in await _covered(db, who) if task.id in chosen})


async def _covered(db: AsyncSession, who: Principal) -> list[tuple[Task, str]]:
    """Give the open tasks of those for whom somebody stands in, with their names."""
    now = clock.now()
    seen = select(Task).where(
        scopes.condition(who, Task), col(Task.done_at).is_(None), col(Task.kind).in_(registry.theirs(who))
    )
    if who.is_staff:
        query: Any = (
            seen.add_columns(col(Person.name))
            .join(Person, col(Person.id) == col(Task.person_id))
            .where(col(Person.id).in_(absences.away(who, now)))
        )
        return [(task, name) for task, name in await db.execute(query)]
    names = await absences.contacts_away(db, who, now)
    if not names:
        return []
    found = (await db.execute(seen.where(col(Task.contact_id).in_(names)))).scalars()
    return [(task, names[task.contact_id]) for task in found if task.contact_id]


def _address(who: Principal, task: Task) -> str:
    kind = registry.KINDS[task.kind]
    path = kind.our_path(task) if who.is_staff else kind.path(task)
    return "/".join(urlsplit(path).path.split("/")[:_PARTS])


def _is_under(path: str, address: str) -> bool:
    return path == address or path.startswith(f"{address}/")

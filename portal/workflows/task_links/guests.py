"""Somebody who came by a link: who that is, what else they are asked for, how they leave."""

from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access import scopes
from portal.access.permissions import P
from portal.access.principal import Guest, Principal
from portal.db import at_the_gate
from portal.errors import NotFoundError
from portal.models.people import Role
from portal.models.suppliers import Supplier
from portal.models.task_links import GuestSession, TaskLink
from portal.models.tasks import Side, Task
from portal.settings import Settings
from portal.workflows import tokens
from portal.workflows.tasks import registry

_ALWAYS = frozenset({P.HOME, P.GUEST})
_SEEN_EVERY = timedelta(minutes=1)


async def find(db: AsyncSession, settings: Settings, token: str) -> Principal | None:
    """Return the guest whose cookie this is; None when it is unknown, idle too long, expired or revoked."""
    now = clock.now()
    row = (
        await db.execute(
            select(GuestSession, TaskLink, col(Supplier.number), col(Supplier.name))
            .join(TaskLink, col(TaskLink.id) == col(GuestSession.link_id))
            .join(Supplier, col(Supplier.id) == col(TaskLink.supplier_id))
            .where(
                col(GuestSession.token_hash) == tokens.digest(token),
                col(GuestSession.expires_at) > now,
                col(GuestSession.last_seen_at) > settings.idle_since(now),
            )
        )
    ).first()
    if row is None:
        return None
    session, link, number, name = row
    kind = registry.KINDS.get(session.kind)
    if kind is None or kind.link is None:
        return None
    if now - session.last_seen_at > _SEEN_EVERY:
        await db.execute(
            update(GuestSession)
            .where(col(GuestSession.token_hash) == session.token_hash)
            .values(last_seen_at=now)
        )
    return Principal(
        person_id=0,
        name=link.name,
        role=Role.SUPPLIER_MEMBER,
        email=link.email,
        supplier_id=link.supplier_id,
        supplier_name=name,
        supplier_number=number,
        time_zone=link.time_zone,
        language=link.language,
        csrf_token=session.csrf_secret,
        session_hash=session.token_hash,
        guest=Guest(
            link_id=link.id,
            contact_id=link.contact_id,
            task_id=session.task_id,
            table=session.table_name,
            record_id=session.record_id,
            permissions=_ALWAYS | kind.link.permissions,
            reads=kind.link.reads,
        ),
    )


async def turn_to(db: AsyncSession, who: Principal, task_id: int) -> Task:
    """Let a guest's session reach another of their own tasks instead of the one before.

    Raises:
        NotFoundError: it is not theirs, is done, or needs an account.
    """
    query = select(Task).where(
        scopes.tasks_of_contact(who),
        col(Task.id) == task_id,
        col(Task.done_at).is_(None),
        col(Task.kind).in_(registry.theirs(who)),
    )
    task: Task | None = (await db.execute(query)).scalar_one_or_none()
    if task is None:
        raise NotFoundError
    turned = (
        update(GuestSession)
        .where(col(GuestSession.token_hash) == who.session_hash)
        .values(task_id=task.id, kind=task.kind, table_name=task.table_name, record_id=task.record_id)
    )
    async with at_the_gate(db):
        await db.execute(turned)
    return task


async def has_answered(db: AsyncSession, who: Principal) -> bool:
    """Say whether what the guest came for is no longer theirs to do."""
    query = scopes.visible(who, Task).where(
        col(Task.done_at).is_(None), col(Task.side) == Side.SUPPLIER, col(Task.paused_at).is_(None)
    )
    return (await db.execute(query)).first() is None


async def leave(db: AsyncSession, session_hash: str) -> None:
    await db.execute(delete(GuestSession).where(col(GuestSession.token_hash) == session_hash))

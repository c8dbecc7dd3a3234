"""When a link ends before its time: a newer one was sent, somebody took it back, the address is another's."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access import scopes
from portal.access.principal import Principal
from portal.errors import NotFoundError
from portal.models.suppliers import Contact, Supplier
from portal.models.task_links import GuestSession, TaskCode, TaskLink


async def end(db: AsyncSession, which: ColumnElement[bool]) -> None:
    """End links that still work. Whoever is in by one stays until the session ends."""
    await db.execute(
        update(TaskLink).where(which, col(TaskLink.ended_at).is_(None)).values(ended_at=clock.now())
    )


async def done(db: AsyncSession, task_ids: Sequence[int]) -> None:
    """Let every link to tasks say that they are done, also those that a newer mail had ended."""
    theirs = update(TaskLink).where(col(TaskLink.task_id).in_(task_ids), col(TaskLink.done_at).is_(None))
    await db.execute(theirs.values(done_at=clock.now()).execution_options(synchronize_session=False))


async def address_changed(db: AsyncSession, who: Principal, contact: Contact) -> None:
    """End what went to an address that is no longer the contact's; a guest who changes it finishes first."""
    mine = who.guest.link_id if who.guest is not None else 0
    links = select(col(TaskLink.id)).where(col(TaskLink.contact_id) == contact.id, col(TaskLink.id) != mine)
    await end(db, col(TaskLink.contact_id) == contact.id)
    theirs = delete(GuestSession).where(col(GuestSession.link_id).in_(links))
    # Nobody who is signed in reads which sessions those were.
    await db.execute(theirs.execution_options(synchronize_session=False))


async def revoke(db: AsyncSession, who: Principal, supplier: Supplier, link_id: int) -> TaskLink:
    """Take a link back: it opens nothing any more, and whoever is in by it is out."""
    query = (
        scopes.visible(who, TaskLink)
        .where(col(TaskLink.id) == link_id, col(TaskLink.supplier_id) == supplier.id)
        .with_for_update()
    )
    link: TaskLink | None = (await db.execute(query)).scalar_one_or_none()
    if link is None:
        raise NotFoundError
    link.ended_at = link.ended_at or clock.now()
    await db.execute(delete(GuestSession).where(col(GuestSession.link_id) == link.id))
    await db.execute(delete(TaskCode).where(col(TaskCode.link_id) == link.id))
    await db.flush()
    return link

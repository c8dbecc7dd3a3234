"""Write a contact the link to a task; a newer mail ends the link of the older one."""

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock, languages
from portal.access.principal import Principal
from portal.jobs.queue import enqueue
from portal.mail import messages, outbox
from portal.mail.message import Letterhead, Recipient
from portal.models.suppliers import Contact, Supplier, SupplierSite
from portal.models.task_links import TaskLink
from portal.models.tasks import Side, Task
from portal.settings import Settings
from portal.workflows import absences, tokens
from portal.workflows.task_links import ending
from portal.workflows.tasks import registry

SEND = "task_links.send"  # the job
VALID = timedelta(days=14)


async def send_soon(db: AsyncSession, task: Task, *, by: Principal) -> None:
    """Have a job write to the task's contact: many mails do not keep a page waiting."""
    await enqueue(db, SEND, {"task_id": task.id, "by": by.name}, by=by)


async def send(db: AsyncSession, settings: Settings, task_id: int, by: str) -> TaskLink | None:
    """Mail the link; None when nobody has to be written to any more.

    Args:
        db: the transaction.
        settings: for the letterhead.
        task_id: a task that is the supplier's to do and has a contact.
        by: who asks, as the mail says it; '' for the organisation.
    """
    # Two at once: the second waits here and then replaces the first.
    query = select(Task).where(col(Task.id) == task_id).with_for_update(key_share=True)
    task = (await db.execute(query)).scalar_one_or_none()
    if task is None or task.done_at is not None or task.side is not Side.SUPPLIER:
        return None
    kind = registry.KINDS.get(task.kind)
    if kind is None or kind.link is None or task.contact_id is None:
        return None
    made, token = await link_for(db, task, task.contact_id, by=by)
    house = await outbox.letterhead(db, settings)
    message = messages.task_link(
        house,
        Recipient(
            address=made.email,
            name=made.name,
            language=made.language,
            time_zone=made.time_zone,
            contact_id=made.contact_id,
            supplier_id=made.supplier_id,
        ),
        path=path_of(token),
        key=str(made.id),
        task=made.title,
        asked_by=by or house.short_name,
        supplier_name=made.supplier_name,
        expires_at=made.expires_at,
        due=task.due_on or task.due_at,
    )
    await outbox.queue(db, message)
    await _tell_stand_ins(db, house, task, made)
    return made


async def link_for(
    db: AsyncSession, task: Task, contact_id: int, *, by: str = "", valid: timedelta = VALID
) -> tuple[TaskLink, str]:
    """Make a contact's link to a task, which ends the one before; its token is for one mail and kept nowhere.

    Args:
        db: the transaction in which the mail is queued.
        task: open, of a kind that has links, and the supplier's to do.
        contact_id: of that supplier.
        by: who asks; '' for the organisation.
        valid: for how long it works.
    """
    kind = registry.KINDS[task.kind]
    contact, supplier, zone = await _contact(db, contact_id)
    await ending.end(db, (col(TaskLink.contact_id) == contact.id) & (col(TaskLink.task_id) == task.id))
    with languages.speaking(contact.language):
        title = kind.title(task)
    token = tokens.new()
    made = TaskLink(
        token_hash=tokens.digest(token),
        supplier_id=supplier.id,
        contact_id=contact.id,
        task_id=task.id,
        kind=task.kind,
        table_name=task.table_name,
        record_id=task.record_id,
        email=contact.email,
        name=contact.name,
        language=contact.language,
        time_zone=zone,
        supplier_name=supplier.name,
        title=title[:300],
        path=kind.path(task),
        sent_by_name=by,
        expires_at=clock.now() + valid,
    )
    db.add(made)
    await db.flush()
    return made, token


def path_of(token: str) -> str:
    return f"/task?token={token}"


async def _tell_stand_ins(db: AsyncSession, house: Letterhead, task: Task, link: TaskLink) -> None:
    """Write as well to whoever stands in for the contact: they have an account, and need no link."""
    asked = Recipient(address=link.email, contact_id=link.contact_id)
    for each in await absences.stand_ins(db, [asked], Task, task.id):
        to = Recipient.person(each.person, stands_in_for=each.stands_in_for)
        with languages.speaking(to.language):
            title = registry.KINDS[task.kind].title(task)
        message = messages.task_told(
            house,
            to,
            path=link.path,
            key=f"{link.id}-{each.person.id}",
            task=title,
            asked_by=link.sent_by_name or house.short_name,
            supplier_name=link.supplier_name,
            due=task.due_on or task.due_at,
        )
        await outbox.queue(db, message)


async def _contact(db: AsyncSession, contact_id: int) -> tuple[Contact, Supplier, str]:
    """Give a contact, its supplier, and the zone of its site or else of the supplier."""
    zone = func.coalesce(col(SupplierSite.time_zone), col(Supplier.time_zone))
    query = (
        select(Contact, Supplier, zone)
        .join(Supplier, col(Supplier.id) == col(Contact.supplier_id))
        .outerjoin(SupplierSite, col(SupplierSite.id) == col(Contact.site_id))
        .where(col(Contact.id) == contact_id)
    )
    contact, supplier, found = (await db.execute(query)).one()
    return contact, supplier, found

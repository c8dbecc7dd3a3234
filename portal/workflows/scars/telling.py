"""Who gets a mail about what happened: the other side, and when it is late, one more each time."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.languages import _, speaking
from portal.mail import messages, outbox
from portal.mail.message import Recipient
from portal.models.people import Person, Role
from portal.models.scars import Scar, ScarEvent
from portal.models.suppliers import Contact, ProcessRole, Supplier
from portal.models.tasks import Task
from portal.settings import Settings
from portal.workflows import absences
from portal.workflows.scars import kinds, words
from portal.workflows.scars.steps import AWAITED, STAGES
from portal.workflows.task_links import sending

# What the supplier sends or asks: our engineer is told. All else is ours, and the supplier is told.
_FOR_US = {
    *("reject_responsibility", "send_containment", "send_root_cause", "send_actions"),
    *("send_implementation", "send_prevention", "extension_asked", "cost_accepted", "cost_rejected"),
}
# What the other side need not be told at once.
_QUIET = {"acknowledge", "earlier_named", "planned", "found_effective", "reassigned"}


async def tell(db: AsyncSession, settings: Settings, event_id: int) -> None:
    """Queue the mails of an event; the same event queues each of them once."""
    found = await db.execute(
        select(ScarEvent, Scar, Supplier)
        .join(Scar, col(Scar.id) == col(ScarEvent.scar_id))
        .join(Supplier, col(Supplier.id) == col(ScarEvent.supplier_id))
        .where(col(ScarEvent.id) == event_id)
    )
    row = found.first()
    if row is None or row[0].kind in _QUIET:
        return
    event, scar, supplier = row
    house = await outbox.letterhead(db, settings)
    linked = False
    for to in await absences.also(db, await _recipients(db, event, scar, supplier), Scar, scar.id):
        if to.contact_id is not None and not linked and scar.status in AWAITED:
            # Nobody there can sign in: a link leads this one to the SCAR itself.
            linked = await _link(db, settings, scar, to.contact_id, event)
            if linked:
                continue
        with speaking(to.language):
            message = messages.scar_told(
                house,
                to,
                path=f"/scars/{scar.number}",
                key=f"{event.id}-{to.person_id or ''}-{to.contact_id or ''}",
                number=scar.number,
                title=scar.title,
                what=words.happened(event),
                by=event.person_name,
                note="" if event.kind == "escalated" else _(event.note),
                steps=_steps(scar),
                due=scar.due_at,
                is_late=event.kind == "escalated",
                supplier_name=supplier.name,
            )
        await outbox.queue(db, message)


async def _link(db: AsyncSession, settings: Settings, scar: Scar, contact_id: int, event: ScarEvent) -> bool:
    query = select(Task).where(
        col(Task.kind) == kinds.ANSWER,
        col(Task.table_name) == "scar",
        col(Task.record_id) == scar.id,
        col(Task.done_at).is_(None),
    )
    task = (await db.execute(query.with_for_update())).scalar_one_or_none()
    if task is None:
        return False
    task.contact_id = contact_id
    await db.flush()
    return await sending.send(db, settings, task.id, event.person_name if event.is_ours else "") is not None


def _steps(scar: Scar) -> str:
    """What is awaited from the supplier now: "D4–D5", '' when nothing is."""
    if scar.status not in AWAITED:
        return ""
    names = [each.value for each in STAGES[AWAITED[scar.status]]]
    return names[0] if len(names) == 1 else f"{names[0]}–{names[-1]}"


async def _recipients(db: AsyncSession, event: ScarEvent, scar: Scar, supplier: Supplier) -> list[Recipient]:
    if event.kind == "escalated":
        return await _escalated(db, event.note, scar, supplier)
    if event.kind in _FOR_US or (not event.is_ours and event.kind != "handed_over"):
        return await _people(db, [scar.owner_id])
    if scar.assignee_id is not None:
        return await _people(db, [scar.assignee_id])
    return await _at_supplier(db, supplier)


async def _at_supplier(db: AsyncSession, supplier: Supplier) -> list[Recipient]:
    """Everybody there who can sign in; where nobody can, whom we have on file for quality."""
    people = await db.execute(
        select(Person).where(col(Person.supplier_id) == supplier.id, col(Person.is_active))
    )
    found = [Recipient.person(each) for each in people.scalars()]
    return found or await _contacts(db, supplier, ProcessRole.QUALITY)


async def _escalated(db: AsyncSession, step: str, scar: Scar, supplier: Supplier) -> list[Recipient]:
    """First the supplier's manager, then our buyer, then our quality manager."""
    if step == "1":
        managers = await _contacts(db, supplier, ProcessRole.MANAGEMENT)
        return (
            managers
            or await _with_role(db, Role.SUPPLIER_ADMINISTRATOR, supplier.id)
            or await _at_supplier(db, supplier)
        )
    if step == "2":
        named = await _people(db, [scar.buyer_id] if scar.buyer_id else [])
        return named or await _with_role(db, Role.BUYER, None)
    return await _with_role(db, Role.QUALITY_MANAGER, None)


async def _people(db: AsyncSession, ids: Sequence[int]) -> list[Recipient]:
    found = await db.execute(select(Person).where(col(Person.id).in_(ids), col(Person.is_active)))
    return [Recipient.person(each) for each in found.scalars()]


async def _with_role(db: AsyncSession, role: Role, supplier_id: int | None) -> list[Recipient]:
    query = select(Person).where(col(Person.role) == role, col(Person.is_active))
    query = query.where(col(Person.supplier_id) == supplier_id) if supplier_id else query
    return [Recipient.person(each) for each in (await db.execute(query)).scalars()]


async def _contacts(db: AsyncSession, supplier: Supplier, role: ProcessRole) -> list[Recipient]:
    found = await db.execute(
        select(Contact).where(col(Contact.supplier_id) == supplier.id, col(Contact.role) == role)
    )
    return [Recipient.contact(each, supplier.time_zone) for each in found.scalars()]

"""The ladder of reminders: 90, 60, 30, 14, 7 and 0 days before a certificate ends, then every week.

Each step of each certificate is a row, written with the mails that it queues: however many workers look, and
however often one dies, it is sent once. While a newer certificate waits for review nobody is reminded; when
it is returned, the ladder goes on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access import scopes
from portal.access.principal import Principal
from portal.mail import certificates as mails
from portal.mail import outbox
from portal.mail.message import Recipient
from portal.models.certificates import Certificate, CertificateReminder, CertificateType
from portal.models.people import Person
from portal.models.suppliers import Contact, ProcessRole, Supplier, SupplierSite
from portal.models.tasks import Task
from portal.settings import Settings
from portal.workflows import absences, invitations
from portal.workflows.certificates import following
from portal.workflows.certificates.records import Record
from portal.workflows.certificates.states import SOON, State, standing
from portal.workflows.task_links import sending

LADDER = (90, 60, 30, 14, 7, 0)
WEEK = 7
LINK_VALID = timedelta(days=31)  # the longest that the next step, with a link of its own, is away
FROM = time(7)  # at the supplier: a reminder comes in the morning
_ASKED = (ProcessRole.QUALITY, ProcessRole.MANAGEMENT)  # the first of them that there is
_REMINDED_IN = (State.EXPIRING.value, State.EXPIRED.value, State.REJECTED.value)


@dataclass(frozen=True, slots=True)
class Sent:
    """One step that was taken."""

    certificate_id: int
    step: int
    recipients: int


def step_on(day: date, ends_on: date) -> int | None:
    """Give the step that is due on a day: the last one reached; None before the first.

    A step that no worker was there for is not made up for once the next one is reached: nobody needs two.
    """
    left = (ends_on - day).days
    if left < 0:
        return -(-left // WEEK) * WEEK
    return min((step for step in LADDER if step >= left), default=None)


async def send_due(db: AsyncSession, settings: Settings, who: Principal, certificate_id: int) -> Sent | None:
    """Take the step that is due for one certificate, unless it was taken."""
    row = (
        await db.execute(
            select(Certificate, Supplier, CertificateType)
            .join(Supplier, col(Supplier.id) == col(Certificate.supplier_id))
            .join(CertificateType, col(CertificateType.id) == col(Certificate.type_id))
            .where(col(Certificate.id) == certificate_id)
        )
    ).one()
    record = Record(*row)
    until = record.certificate.valid_until_on
    if until is None:
        return None
    today = _morning(record.supplier.time_zone)
    step = step_on(today, until)
    if step is None or not await _take(db, record, step):
        return None
    recipients = await recipients_of(db, who, record.supplier)
    event = f"Reminded: {step} days" if step >= 0 else "Reminded: expired"
    contact_id = recipients[0].contact_id if recipients else None
    task = await following.due(db, record, contact_id=contact_id, event=event)
    house = await outbox.letterhead(db, settings)
    for recipient in await absences.also(db, recipients, Certificate, record.certificate.id):
        link = await _link(db, task, recipient)
        message = mails.certificate_reminder(
            house,
            recipient,
            path=link[1] if link else f"/certificates/{record.certificate.id}/renewal",
            key=f"{record.certificate.id}/{step}/{recipient.address}"[:200],
            type_code=record.code,
            number=record.certificate.number,
            until=until,
            days=(until - today).days,
            supplier_name=record.supplier.name,
            link_until=link[0] if link else None,
        )
        await outbox.queue(db, message)
    return Sent(record.certificate.id, step, len(recipients))


async def _link(db: AsyncSession, task: Task, to: Recipient) -> tuple[datetime, str] | None:
    """Make the link by which a contact without an account renews, until when it works and where it leads."""
    if to.contact_id is None or await invitations.has_account(db, to.address):
        return None
    made, token = await sending.link_for(db, task, to.contact_id, valid=LINK_VALID)
    return made.expires_at, sending.path_of(token)


async def due(db: AsyncSession, who: Principal) -> list[int]:
    """Name the certificates of which a step may be due, by the day it is anywhere on earth."""
    latest = clock.today("Pacific/Kiritimati")
    all_of = standing(who, clock.today())
    query = (
        select(all_of.c.last_id)
        .where(
            all_of.c.last_id.is_not(None),
            all_of.c.last_until_on <= latest + SOON,
            all_of.c.state.in_(_REMINDED_IN),
        )
        .order_by(all_of.c.last_id)
    )
    return list((await db.execute(query)).scalars())


async def steps_of(db: AsyncSession, who: Principal, certificate_ids: Sequence[int]) -> dict[int, list[int]]:
    """Give the steps that were taken, by certificate, in their order."""
    query = (
        scopes.visible(who, CertificateReminder)
        .where(col(CertificateReminder.certificate_id).in_(certificate_ids))
        .order_by(col(CertificateReminder.sent_at), col(CertificateReminder.step).desc())
    )
    found: dict[int, list[int]] = {}
    for row in (await db.execute(query)).scalars():
        found.setdefault(row.certificate_id, []).append(row.step)
    return found


async def recipients_of(db: AsyncSession, who: Principal, supplier: Supplier) -> list[Recipient]:
    """Whom we write to about certificates: the quality contacts, else whoever of the supplier signs in."""
    contacts = await db.execute(
        select(Contact, col(SupplierSite.time_zone))
        .outerjoin(SupplierSite, col(SupplierSite.id) == col(Contact.site_id))
        .where(
            scopes.condition(who, Contact),
            col(Contact.supplier_id) == supplier.id,
            col(Contact.role).in_(_ASKED),
        )
        .order_by(col(Contact.id))
    )
    by_role: dict[ProcessRole, list[Recipient]] = {}
    for contact, zone in contacts:
        recipient = Recipient.contact(contact, zone or supplier.time_zone)
        by_role.setdefault(contact.role, []).append(recipient)
    found = next((by_role[role] for role in _ASKED if role in by_role), [])
    if not found:
        people = scopes.visible(who, Person).where(
            col(Person.supplier_id) == supplier.id, col(Person.is_active)
        )
        found = [Recipient.person(each) for each in (await db.execute(people)).scalars()]
    return list({each.address.casefold(): each for each in found}.values())


async def _take(db: AsyncSession, record: Record, step: int) -> bool:
    """Claim a step for ever; False when it was taken, also by a worker that is about to commit it."""
    taken = await db.execute(
        insert(CertificateReminder)
        .values(
            supplier_id=record.supplier.id,
            certificate_id=record.certificate.id,
            step=step,
            sent_at=clock.now(),
            recipients=0,
        )
        .on_conflict_do_nothing()
        .returning(col(CertificateReminder.id))
    )
    return taken.first() is not None


def _morning(zone: str) -> date:
    """Give the day it is in a place, once its morning has come."""
    local = clock.now().astimezone(ZoneInfo(zone))
    return local.date() if local.time() >= FROM else local.date() - timedelta(days=1)

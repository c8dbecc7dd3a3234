"""What staff see of the mails that the portal writes: how each ended, and who can't be reached.

Their texts are not shown: a link in one lets somebody in who is not the reader.
"""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access import scopes
from portal.access.principal import Principal
from portal.errors import NotFoundError
from portal.models.outbox import MailStatus, OutgoingMail, UndeliverableAddress
from portal.models.people import Person
from portal.models.suppliers import Contact, Supplier
from portal.settings import Settings
from portal.workflows import lists
from portal.workflows.lists import Listed, Query, Wanted

LONG = timedelta(hours=1)  # that a mail waits before it is trouble

SORTS: lists.Sorts = {
    "written": col(OutgoingMail.created_at),
    "to": func.lower(col(OutgoingMail.name)),
    "supplier": func.lower(col(Supplier.name)),
    "subject": func.lower(col(OutgoingMail.subject)),
    "status": col(OutgoingMail.status),
}


class MailRow(NamedTuple):
    id: int
    kind: str
    status: MailStatus
    name: str
    address: str
    subject: str
    supplier_number: str | None
    supplier_name: str | None
    created_at: datetime
    ended_at: datetime | None
    next_try_at: datetime
    tries: int
    problem: str
    has_text: bool
    expires_at: datetime | None

    @property
    def can_be_tried(self) -> bool:
        """Whether it failed and what it says is still true; ``outbox.queue_again`` has the last word."""
        over = self.expires_at is not None and self.expires_at <= clock.now()
        return self.status in {MailStatus.FAILED, MailStatus.BOUNCED} and self.has_text and not over


class Unreachable(NamedTuple):
    """Somebody on file whose address a mail server refuses; supplier '' for our own people."""

    name: str
    address: str
    supplier_number: str
    supplier_name: str
    reason: str
    since: datetime


async def listed(db: AsyncSession, who: Principal, wanted: Wanted) -> Listed[MailRow]:
    return await lists.first(db, _query(who, wanted), wanted, SORTS, col(OutgoingMail.id), MailRow)


def every(db: AsyncSession, who: Principal, wanted: Wanted) -> AsyncIterator[MailRow]:
    return lists.every(db, _query(who, wanted), wanted, SORTS, col(OutgoingMail.id), MailRow)


async def counts(db: AsyncSession, who: Principal) -> dict[MailStatus, int]:
    found = await db.execute(
        select(col(OutgoingMail.status), func.count())
        .where(scopes.condition(who, OutgoingMail))
        .group_by(col(OutgoingMail.status))
    )
    return {status: count for status, count in found}  # noqa: C416 # rows are no pairs to the type checker


async def undeliverable(db: AsyncSession, who: Principal) -> list[Unreachable]:
    """List contacts and people whom the principal may see and no mail reaches, the latest first.

    Who has another address by now is not among them.
    """
    contacts = (
        select(
            col(Contact.name),
            col(Contact.email),
            col(Supplier.number),
            col(Supplier.name),
            col(UndeliverableAddress.reason),
            col(UndeliverableAddress.first_at),
        )
        .join(Supplier, col(Supplier.id) == col(Contact.supplier_id))
        .join(UndeliverableAddress, col(UndeliverableAddress.address) == func.lower(col(Contact.email)))
        .where(scopes.condition(who, Contact))
    )
    people = (
        select(
            col(Person.name),
            col(Person.email),
            func.coalesce(col(Supplier.number), literal("")),
            func.coalesce(col(Supplier.name), literal("")),
            col(UndeliverableAddress.reason),
            col(UndeliverableAddress.first_at),
        )
        .outerjoin(Supplier, col(Supplier.id) == col(Person.supplier_id))
        .join(UndeliverableAddress, col(UndeliverableAddress.address) == func.lower(col(Person.email)))
        .where(scopes.condition(who, Person), col(Person.is_active))
    )
    found = await db.execute(union_all(contacts, people))
    # A contact may be on file for several processes, and sign in as well.
    once: dict[tuple[str, str], Unreachable] = {}
    for row in found:
        one = Unreachable(*row)
        once.setdefault((one.address.lower(), one.supplier_number), one)
    return sorted(once.values(), key=lambda one: one.since, reverse=True)


async def refused(db: AsyncSession, who: Principal, supplier_id: int) -> dict[str, str]:
    """Give the addresses of a supplier's contacts that no mail reaches, each with what a server said."""
    query = (
        select(col(UndeliverableAddress.address), col(UndeliverableAddress.reason))
        .join(Contact, func.lower(col(Contact.email)) == col(UndeliverableAddress.address))
        .where(col(Contact.supplier_id) == supplier_id, scopes.condition(who, Contact))
    )
    return {address: reason for address, reason in await db.execute(query)}  # noqa: C416 # as above


async def to_try_again(db: AsyncSession, who: Principal, mail_id: int) -> OutgoingMail:
    """Give a mail to queue again, locked; NotFoundError when it is not there for this principal."""
    query = scopes.visible(who, OutgoingMail).where(col(OutgoingMail.id) == mail_id)
    mail = (await db.execute(query.with_for_update(key_share=True))).scalar_one_or_none()
    if mail is None:
        raise NotFoundError
    return mail


async def trouble(db: AsyncSession, settings: Settings) -> str:
    """Say in a sentence what keeps mail from leaving; '' when nothing does."""
    waiting = col(OutgoingMail.status) == MailStatus.QUEUED
    query = select(func.count(), func.min(col(OutgoingMail.queued_at))).where(waiting)
    count, oldest = (await db.execute(query)).one()
    mails = "1 mail waits" if count == 1 else f"{count:,} mails wait"
    if settings.smtp is None:
        if settings.development:
            return ""
        return f"No mail server is set: {mails}. Set ASSAY_SMTP_URL and ASSAY_MAIL_FROM."
    if not count or clock.now() - oldest < LONG:
        return ""
    latest = (
        select(col(OutgoingMail.problem))
        .where(waiting, col(OutgoingMail.problem) != "")
        .order_by(col(OutgoingMail.next_try_at).desc())
        .limit(1)
    )
    problem = (await db.execute(latest)).scalar_one_or_none()
    said = f"The mail server said last: {problem}" if problem else "No worker has tried: is one running?"
    return f"{mails}, the oldest since {oldest:%Y-%m-%d %H:%M} UTC. {said}"


def _query(who: Principal, wanted: Wanted) -> Query:
    query = (
        select(
            col(OutgoingMail.id),
            col(OutgoingMail.kind),
            col(OutgoingMail.status),
            col(OutgoingMail.name),
            col(OutgoingMail.address),
            col(OutgoingMail.subject),
            col(Supplier.number),
            col(Supplier.name),
            col(OutgoingMail.created_at),
            col(OutgoingMail.ended_at),
            col(OutgoingMail.next_try_at),
            col(OutgoingMail.tries),
            col(OutgoingMail.problem),
            col(OutgoingMail.body_text) != "",
            col(OutgoingMail.expires_at),
        )
        .outerjoin(Supplier, col(Supplier.id) == col(OutgoingMail.supplier_id))
        .where(scopes.condition(who, OutgoingMail))
    )
    if wanted.q:
        fields = (OutgoingMail.name, OutgoingMail.address, OutgoingMail.subject, Supplier.name)
        query = query.where(lists.contains(wanted.q, *(col(field) for field in fields)))
    if statuses := wanted.options("status", MailStatus):
        query = query.where(col(OutgoingMail.status).in_(statuses))
    if kinds := wanted.chosen("kind"):
        query = query.where(col(OutgoingMail.kind).in_(kinds))
    return query

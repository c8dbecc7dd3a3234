"""Scorecards by mail: planned for each recipient when a month is published, written at six in their morning.

A row for each recipient and event is made with the publication, so nobody is forgotten and nobody is written
to twice; what became of the mail stands at the mail itself.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access.principal import Principal
from portal.errors import NotFoundError, NotReadyError
from portal.jobs.queue import enqueue
from portal.mail import outbox
from portal.models.months import (
    MailPlan,
    MonthStatus,
    PlanStatus,
    ScorecardMail,
    ScorecardMailStop,
    ScorecardMonth,
)
from portal.models.outbox import MailStatus, OutgoingMail
from portal.models.people import Person, Role
from portal.models.suppliers import Contact, ProcessRole, Supplier, SupplierSite
from portal.workflows.months import plan

WRITE = "months.mail"  # the job; its payload names the planned mail
AT_ONCE = 1000  # rows of one statement
_WHO_GETS_CARDS = (ProcessRole.QUALITY, ProcessRole.MANAGEMENT)
_WHO_GETS_DIGESTS = (Role.BUYER, Role.QUALITY_MANAGER, Role.TOP_MANAGEMENT)


class Planned(NamedTuple):
    """A planned mail with what became of it."""

    row: ScorecardMail
    supplier_number: str | None
    supplier_name: str | None
    name: str
    mail: OutgoingMail | None

    @property
    def state(self) -> str:
        """planned, skipped, queued, sent, kept, bounced or failed."""
        if self.row.status is not PlanStatus.WRITTEN:
            return str(self.row.status)
        return str(self.mail.status) if self.mail else "failed"

    @property
    def can_be_sent_again(self) -> bool:
        return self.state in {"sent", "kept", "bounced", "failed"}


async def plan_cards(
    db: AsyncSession, month: int, kind: MailPlan, supplier_ids: Iterable[int], *, revision: int = 0
) -> int:
    """Plan a mail to each quality and management contact of some suppliers; says how many are new.

    Whoever has an account at the same address gets it in the language and the zone of that account.
    """
    query = (
        select(
            col(Contact.id),
            col(Contact.supplier_id),
            func.lower(col(Contact.email)),
            func.coalesce(col(SupplierSite.time_zone), col(Supplier.time_zone)),
            col(Person.id),
            col(Person.time_zone),
        )
        .join(Supplier, col(Supplier.id) == col(Contact.supplier_id))
        .outerjoin(SupplierSite, col(SupplierSite.id) == col(Contact.site_id))
        .outerjoin(
            Person,
            (func.lower(col(Person.email)) == func.lower(col(Contact.email)))
            & (col(Person.supplier_id) == col(Contact.supplier_id))
            & col(Person.is_active),
        )
        .where(col(Contact.supplier_id).in_(list(supplier_ids)), col(Contact.role).in_(_WHO_GETS_CARDS))
        .order_by(col(Contact.supplier_id), col(Contact.id))
    )
    hour = (await plan.rules(db)).mail_hour
    rows: dict[tuple[int, str], dict[str, object]] = {}
    for contact_id, supplier_id, address, zone, person_id, own_zone in await db.execute(query):
        rows.setdefault(
            (supplier_id, address),
            {
                "supplier_id": supplier_id,
                "contact_id": contact_id,
                "person_id": person_id,
                "address": address,
                "due_at": next_morning(clock.now(), own_zone or zone, hour),
            },
        )
    return await _plan(db, month, kind, revision, list(rows.values()))


async def plan_digest(db: AsyncSession, month: int) -> int:
    """Plan the digest for our buyers and managers; each gets what they may see."""
    query = select(col(Person.id), func.lower(col(Person.email)), col(Person.time_zone)).where(
        col(Person.role).in_(_WHO_GETS_DIGESTS),
        col(Person.is_active),
    )
    hour = (await plan.rules(db)).mail_hour
    rows: list[dict[str, object]] = [
        {
            "supplier_id": None,
            "contact_id": None,
            "person_id": person_id,
            "address": address,
            "due_at": next_morning(clock.now(), zone, hour),
        }
        for person_id, address, zone in await db.execute(query)
    ]
    return await _plan(db, month, MailPlan.DIGEST, 0, rows)


async def enqueue_due(db: AsyncSession) -> int:
    """Queue the writing of what is due; one that is queued twice is written once."""
    is_published = select(1).where(
        col(ScorecardMonth.month) == col(ScorecardMail.month),
        col(ScorecardMonth.status) == MonthStatus.PUBLISHED,
    )
    query = select(col(ScorecardMail.id)).where(
        col(ScorecardMail.status) == PlanStatus.PLANNED,
        col(ScorecardMail.due_at) <= clock.now(),
        (col(ScorecardMail.kind) == MailPlan.PREVIEW) | is_published.exists(),
    )
    ids = list((await db.execute(query.order_by(col(ScorecardMail.due_at), col(ScorecardMail.id)))).scalars())
    for planned in ids:
        await enqueue(db, WRITE, {"planned": planned})
    return len(ids)


async def to_write(db: AsyncSession, planned_id: int) -> ScorecardMail | None:
    """Lock a planned mail; None when it was written, or another worker is at it."""
    query = (
        select(ScorecardMail)
        .where(col(ScorecardMail.id) == planned_id, col(ScorecardMail.status) == PlanStatus.PLANNED)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return (await db.execute(query)).scalar_one_or_none()


async def stopped(db: AsyncSession, supplier_id: int) -> ScorecardMailStop | None:
    """Give why no scorecards are mailed to a supplier; None where they are."""
    return await db.get(ScorecardMailStop, supplier_id)


async def stop(db: AsyncSession, supplier: Supplier, reason: str, *, by: Principal) -> None:
    """Mail no more scorecards to a supplier; what is planned is not written."""
    if await db.get(ScorecardMailStop, supplier.id) is None:
        db.add(ScorecardMailStop(supplier_id=supplier.id, reason=reason, by_name=by.name))
        await db.flush()


async def go_on(db: AsyncSession, supplier: Supplier) -> None:
    found = await db.get(ScorecardMailStop, supplier.id)
    if found is not None:
        await db.delete(found)
        await db.flush()


async def of_month(db: AsyncSession, month: int) -> list[Planned]:
    """List the mails of a month with what became of them."""
    query = (
        select(
            ScorecardMail,
            col(Supplier.number),
            col(Supplier.name),
            func.coalesce(col(Person.name), col(Contact.name), ""),
            OutgoingMail,
        )
        .outerjoin(Supplier, col(Supplier.id) == col(ScorecardMail.supplier_id))
        .outerjoin(Person, col(Person.id) == col(ScorecardMail.person_id))
        .outerjoin(Contact, col(Contact.id) == col(ScorecardMail.contact_id))
        .outerjoin(OutgoingMail, col(OutgoingMail.id) == col(ScorecardMail.mail_id))
        .where(col(ScorecardMail.month) == month)
        .order_by(col(Supplier.name).nulls_last(), col(ScorecardMail.address), col(ScorecardMail.id))
    )
    return [Planned(*row) for row in await db.execute(query)]


async def send_again(db: AsyncSession, month: int, planned_id: int) -> None:
    """Send a mail once more: one that failed as it is, one that arrived as a new one.

    Raises:
        NotFoundError: there is no such mail of this month.
        NotReadyError: it was not sent yet.
    """
    row = await db.get(ScorecardMail, planned_id, with_for_update=True)
    if row is None or row.month != month:
        raise NotFoundError
    mail = await db.get(OutgoingMail, row.mail_id) if row.mail_id else None
    if mail is None or mail.status is MailStatus.QUEUED:
        raise NotReadyError("This mail is still on its way.")
    if mail.status in {MailStatus.BOUNCED, MailStatus.FAILED} and mail.body_text:
        await outbox.queue_again(db, mail)
        return
    row.again += 1
    row.status, row.mail_id, row.due_at = PlanStatus.PLANNED, None, clock.now()
    await db.flush()
    await enqueue(db, WRITE, {"planned": row.id})


def next_morning(now: datetime, zone_name: str, hour: int) -> datetime:
    """Give the next instant at which it is so many o'clock somewhere."""
    try:
        zone = ZoneInfo(zone_name)
    except (KeyError, ValueError):
        zone = ZoneInfo("UTC")
    day = now.astimezone(zone).date()
    first = datetime.combine(day, time(hour), zone).astimezone(UTC)
    if first < now:
        first = datetime.combine(day + timedelta(days=1), time(hour), zone).astimezone(UTC)
    return first


async def _plan(
    db: AsyncSession, month: int, kind: MailPlan, revision: int, rows: list[dict[str, object]]
) -> int:
    if not rows:
        return 0
    common = {
        "month": month,
        "kind": kind,
        "revision": revision,
        "status": PlanStatus.PLANNED,
        "note": "",
        "again": 0,
        "planned_at": clock.now(),
    }
    count = 0
    for at in range(0, len(rows), AT_ONCE):
        values = [{**common, **row} for row in rows[at : at + AT_ONCE]]
        written = await db.execute(insert(ScorecardMail).values(values).on_conflict_do_nothing())
        count += written.rowcount  # type: ignore[attr-defined] # what an INSERT gives has one
    return count

"""Months of the scorecards in the sample.

One is approved: the worker freezes and publishes it as soon as it runs. The newest is in preview, with two
disputes of Acme's.
"""

from datetime import UTC, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access.principal import Principal, of_person, system
from portal.models.deliveries import DeliveryLine
from portal.models.months import MailPlan, MonthStatus, ScorecardMonth
from portal.models.people import Person
from portal.models.suppliers import Supplier
from portal.sample.days import Anchor
from portal.sample.scars import ELIN, KARIN, TOMASZ
from portal.settings import Settings
from portal.workflows.months import deciding, disputes, mailing, plan, publishing
from portal.workflows.months.steps import STEPS
from portal.workflows.steps import advance
from portal.workflows.timetable import Place
from scorecards.periods import month_start

ACME = "104417"
PUBLISHED = 1  # months: the worker takes some seconds of a first start for each
_WHO = system("sample data")
_GATE_BOOK = (
    "Our truck was at your gate on the promised day, 14:20. Your gate gave us a slot four days later. The"
    " signed consignment note shows both."
)
_TOO_EARLY = "The forwarder had space a week earlier, and nobody told us that you would not take it."
_NO_ROOM = (
    "Deliveries before the window need our word first, because the store in Luleå has no room. We have no"
    " such word on file."
)


async def publish(db: AsyncSession, settings: Settings, anchor: Anchor) -> None:
    """Approve the months before the newest complete one, and let that one be in preview."""
    people = {each.id: each for each in (await db.execute(select(Person))).scalars()}
    newest = anchor.running - 1
    for month in range(newest - PUBLISHED, newest):
        await _approved(db, month, people)
    await _in_preview(db, settings, anchor, newest, people)


async def _approved(db: AsyncSession, number: int, people: dict[int, Person]) -> None:
    found = plan.plan_of(await plan.rules(db), number, await plan.place(db, number))
    month = ScorecardMonth(
        month=number,
        computed_at=found.compute_at,
        preview_until_at=found.preview_until_at,
        publish_at=found.publish_at,
    )
    db.add(month)
    await db.flush()
    for step, at in (("open", found.compute_at), ("close", found.preview_until_at)):
        with clock.fixed(at):
            advance(month, STEPS, step, by=_WHO)
    await db.flush()
    with clock.fixed(found.preview_until_at + timedelta(hours=15)):
        await publishing.propose(db, month, by=_ours(people[ELIN]))
    with clock.fixed(found.preview_until_at + timedelta(hours=17)):
        await publishing.approve(db, month, by=_ours(people[KARIN]))
    # Acme's are due at once, for a look into the mailbox; those of others are planned with the publication.
    acme = select(col(Supplier.id)).where(col(Supplier.number) == ACME)
    with clock.fixed(found.publish_at):
        await mailing.plan_cards(db, number, MailPlan.CARD, (await db.execute(acme)).scalars().all())
        await mailing.plan_digest(db, number)


async def _in_preview(
    db: AsyncSession, settings: Settings, anchor: Anchor, number: int, people: dict[int, Person]
) -> None:
    """Whatever day the sample is made for, there are some days left to dispute."""
    where = await plan.place(db, number)
    ends = plan.later(_at(anchor, 16, zone=where), 4, where)
    month = ScorecardMonth(
        month=number,
        status=MonthStatus.PREVIEW,
        computed_at=max(_at(anchor, 5, zone=where) - timedelta(days=6), _first(number, where)),
        preview_until_at=ends,
        publish_at=plan.later(ends, 2, where),
    )
    db.add(month)
    await db.flush()
    acme = (await db.execute(select(Supplier).where(col(Supplier.number) == ACME))).scalar_one()
    tomasz = of_person(people[TOMASZ], acme.name, acme.number)
    with clock.fixed(anchor.now - timedelta(days=2) + timedelta(hours=11)):
        early = await _line(db, "4500118790", "20")
        if early is not None:
            dispute = await disputes.begin(db, tomasz, early, _TOO_EARLY, [])
            with clock.fixed(anchor.now - timedelta(days=1) + timedelta(hours=9)):
                found = await disputes.to_change(db, _ours(people[ELIN]), dispute.id)
                await deciding.reject(db, settings, found, dispute.version, _NO_ROOM, by=_ours(people[ELIN]))
    with clock.fixed(anchor.now - timedelta(days=1) + timedelta(hours=11, minutes=20)):
        late = await _line(db, "4500118732", "10")
        if late is not None:
            await disputes.begin(db, tomasz, late, _GATE_BOOK, [])


async def _line(db: AsyncSession, order: str, line: str) -> disputes.Subject | None:
    query = select(col(DeliveryLine.id)).where(
        col(DeliveryLine.order_number) == order, col(DeliveryLine.line_number) == line
    )
    found = (await db.execute(query)).scalar_one_or_none()
    return await disputes.line(db, _WHO, found) if found is not None else None


def _ours(person: Person) -> Principal:
    return of_person(person, None, None)


def _at(anchor: Anchor, hour: int, *, zone: Place) -> datetime:
    return datetime.combine(anchor.as_of, time(hour), zone.zone).astimezone(UTC)


def _first(number: int, where: Place) -> datetime:
    return datetime.combine(month_start(number + 1), time(), where.zone).astimezone(UTC)

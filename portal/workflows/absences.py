"""Being away: somebody says from when until when and who stands in, and the stand-in sees what is theirs.

A stand-in acts as themselves, with their own role and scope: nothing is lent but the list and the mails. What
one may not approve oneself one may not approve for another either.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, ColumnElement, ScalarSelect, Select, Text, cast, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import SQLModel, col

from portal import clock
from portal.access import scopes
from portal.access.permissions import GRANTS, P, may
from portal.access.principal import Principal, of_person
from portal.errors import BadInputError, NotFoundError
from portal.languages import N_
from portal.mail import messages, outbox
from portal.mail.message import Recipient
from portal.models.absences import Absence
from portal.models.people import Person, Role
from portal.models.suppliers import Contact
from portal.models.tasks import Task
from portal.settings import Settings

LONGEST = timedelta(days=366)
NOBODY = N_("Choose a colleague from the list.")
ALSO_AWAY = N_("That colleague is away then too. Choose somebody else.")
PAST = N_("Choose a first day from today on.")
BACKWARDS = N_("The last day is before the first one.")
TOO_LONG = N_("Choose a last day within a year of the first one.")


@dataclass(frozen=True, slots=True)
class Away:
    """One absence that is on or still to come, with the names that people read."""

    absence: Absence
    person: str
    stand_in: str

    def is_on(self, now: datetime) -> bool:
        return self.absence.starts_at <= now < self.absence.ends_at


class StandIn(NamedTuple):
    person: Person
    stands_in_for: str


def may_say(who: Principal) -> bool:
    """Say whether somebody has a list at all that another could look after."""
    return who.is_supplier or may(who, P.TASKS_READ)


async def candidates(db: AsyncSession, who: Principal) -> list[tuple[str, str]]:
    """Give who can stand in: colleagues of one's own house who have such a list."""
    roles = [role for role in Role if role.is_supplier or P.TASKS_READ in GRANTS[role]]
    query = (
        scopes.visible(who, Person)
        .where(
            col(Person.supplier_id).is_not_distinct_from(who.supplier_id),
            col(Person.role).in_(roles),
            col(Person.is_active),
            col(Person.id) != who.person_id,
        )
        .order_by(func.lower(col(Person.name)), col(Person.id))
    )
    return [(str(each.id), each.name) for each in (await db.execute(query)).scalars()]


async def say(
    db: AsyncSession, who: Principal, person: Person, stand_in_id: int, from_on: date, until_on: date
) -> Absence:
    """Say that a person, loaded for a change, is away. What they had said before no longer counts.

    Raises:
        BadInputError: the days make no sense, or that colleague can't stand in.
    """
    now, zone = clock.now(), ZoneInfo(person.time_zone)
    if from_on < clock.today(person.time_zone):
        raise BadInputError(PAST)
    if until_on < from_on:
        raise BadInputError(BACKWARDS)
    if until_on - from_on > LONGEST:
        raise BadInputError(TOO_LONG)
    if str(stand_in_id) not in {value for value, _name in await candidates(db, who)}:
        raise BadInputError(NOBODY)
    starts_at, ends_at = _midnight(from_on, zone), _midnight(until_on + timedelta(days=1), zone)
    if await _is_away(db, stand_in_id, starts_at, ends_at):
        raise BadInputError(ALSO_AWAY)
    for earlier in await _open(db, person.id):
        # One that has run out ended then, not now.
        earlier.ended_at = min(now, earlier.ends_at)
        earlier.ended_by_name = who.name if earlier.ends_at > now else ""
    await db.flush()
    made = Absence(
        supplier_id=person.supplier_id,
        person_id=person.id,
        stand_in_id=stand_in_id,
        from_on=from_on,
        until_on=until_on,
        starts_at=starts_at,
        ends_at=ends_at,
    )
    db.add(made)
    await db.flush()
    return made


async def tell(db: AsyncSession, settings: Settings, made: Absence) -> None:
    """Write to the stand-in that they are one."""
    person = await db.get_one(Person, made.person_id)
    message = messages.stand_in(
        await outbox.letterhead(db, settings),
        Recipient.person(await db.get_one(Person, made.stand_in_id)),
        key=str(made.id),
        person=person.name,
        from_on=made.from_on,
        until_on=made.until_on,
    )
    await outbox.queue(db, message)


async def end(db: AsyncSession, who: Principal, person: Person) -> None:
    """Let a person, loaded for a change, be back: their stand-in sees nothing of theirs from now on."""
    open_ = [each for each in await _open(db, person.id) if each.ends_at > clock.now()]
    if not open_:
        raise NotFoundError
    for each in open_:
        each.ended_at, each.ended_by_name = clock.now(), who.name
    await db.flush()


async def of(db: AsyncSession, who: Principal, person_id: int) -> Away | None:
    """Give a person's absence that is on or still to come."""
    found = await _listed(db, who, col(Absence.person_id) == person_id)
    return found[0] if found else None


def of_each(now: datetime) -> ScalarSelect[str]:
    """Give, beside each person of a query, the absence that is on or still to come, in words."""
    stand_in: Any = aliased(Person)
    words = func.concat(
        cast(col(Absence.from_on), Text), " to ", cast(col(Absence.until_on), Text), ": ", stand_in.name
    )
    return (
        select(words)
        .select_from(Absence)
        .join(stand_in, stand_in.id == col(Absence.stand_in_id))
        .where(
            col(Absence.person_id) == col(Person.id),
            col(Absence.ended_at).is_(None),
            col(Absence.ends_at) > now,
        )
        .correlate(Person)
        .scalar_subquery()
    )


async def stood_in_for(db: AsyncSession, who: Principal) -> list[Away]:
    """Give whom somebody stands in for, now or later, the earliest first."""
    return await _listed(db, who, col(Absence.stand_in_id) == who.person_id)


def is_on(now: datetime) -> ColumnElement[bool]:
    return col(Absence.ended_at).is_(None) & (col(Absence.starts_at) <= now) & (col(Absence.ends_at) > now)


def away(who: Principal, now: datetime) -> Select[int]:
    """Select the people for whom somebody stands in at this moment."""
    return select(col(Absence.person_id)).where(col(Absence.stand_in_id) == who.person_id, is_on(now))


def followed(who: Principal, now: datetime) -> ColumnElement[bool]:
    """Give the WHERE for the tasks that one of us follows, for themselves or for somebody who is away."""
    mine = select(literal(who.person_id, BigInteger)).union_all(away(who, now))
    return col(Task.person_id).in_(mine)


async def contacts_away(db: AsyncSession, who: Principal, now: datetime) -> dict[int, str]:
    """Give the contacts, with their names, of those colleagues for whom a supplier's person stands in."""
    query = (
        select(col(Contact.id), col(Person.name))
        .join(Person, _same(Contact, Person))
        .where(col(Person.id).in_(away(who, now)), scopes.condition(who, Contact))
    )
    return {contact_id: name for contact_id, name in await db.execute(query)}  # noqa: C416 # rows are no pairs to the type checker


async def stand_ins(
    db: AsyncSession, found: Sequence[Recipient], model: type[SQLModel], record_id: int
) -> list[StandIn]:
    """Give who stands in for those who are written to about a record, if they may see it themselves."""
    ids = {each.person_id for each in found if each.person_id}
    contacts = {each.contact_id for each in found if each.contact_id}
    named: Any = aliased(Person)
    query = (
        select(Person, named.name)
        .join(Absence, col(Absence.stand_in_id) == col(Person.id))
        .join(named, named.id == col(Absence.person_id))
        .where(
            is_on(clock.now()),
            col(Person.is_active),
            named.id.in_(ids)
            | named.id.in_(
                select(col(Person.id))
                .join(Contact, _same(Contact, Person))
                .where(col(Contact.id).in_(contacts))
            ),
        )
        .order_by(col(Person.id), named.id)
    )
    columns: Any = model
    allowed = {}
    for person, name in await db.execute(query):
        if person.id in ids or person.id in allowed:
            continue
        sees = select(columns.id).where(
            scopes.condition(of_person(person, None, None), model), columns.id == record_id
        )
        if (await db.execute(sees)).first() is not None:
            allowed[person.id] = StandIn(person, name)
    return list(allowed.values())


async def also(
    db: AsyncSession, found: Sequence[Recipient], model: type[SQLModel], record_id: int
) -> list[Recipient]:
    """Give whom to write to about a record, and with them whoever stands in for one of them."""
    more = await stand_ins(db, found, model, record_id)
    return [*found, *(Recipient.person(each.person, stands_in_for=each.stands_in_for) for each in more)]


async def _listed(db: AsyncSession, who: Principal, which: ColumnElement[bool]) -> list[Away]:
    person, stand_in = aliased(Person), aliased(Person)
    query = (
        select(Absence, col(person.name), col(stand_in.name))
        .join(person, col(person.id) == col(Absence.person_id))
        .join(stand_in, col(stand_in.id) == col(Absence.stand_in_id))
        .where(
            which,
            scopes.condition(who, Absence),
            col(Absence.ended_at).is_(None),
            col(Absence.ends_at) > clock.now(),
        )
        .order_by(col(Absence.starts_at), col(Absence.id))
    )
    return [Away(*row) for row in await db.execute(query)]


async def _open(db: AsyncSession, person_id: int) -> Sequence[Absence]:
    query = select(Absence).where(col(Absence.person_id) == person_id, col(Absence.ended_at).is_(None))
    return (await db.execute(query.with_for_update())).scalars().all()


async def _is_away(db: AsyncSession, person_id: int, starts_at: datetime, ends_at: datetime) -> bool:
    query = select(col(Absence.id)).where(
        col(Absence.person_id) == person_id,
        col(Absence.ended_at).is_(None),
        col(Absence.starts_at) < ends_at,
        col(Absence.ends_at) > starts_at,
    )
    return (await db.execute(query)).first() is not None


def _same(contact: type[Contact], person: type[Person]) -> ColumnElement[bool]:
    """A contact is the person of its company who has its address."""
    return (func.lower(col(contact.email)) == func.lower(col(person.email))) & (
        col(contact.supplier_id) == col(person.supplier_id)
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)

"""The days on which certificates end, as a calendar that other programs subscribe to.

The address holds a token of its own: whoever has it sees this calendar and nothing else, until it is revoked
or its owner may no longer sign in. Only the token's hash is kept.
"""

from datetime import UTC, date, timedelta
from urllib.parse import urlsplit

from icalendar import Alarm, Calendar, Event
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access import scopes
from portal.access.permissions import P, may
from portal.access.principal import Principal, of_person
from portal.errors import NotFoundError
from portal.languages import _, speaking
from portal.models.certificates import CalendarFeed, Certificate, CertificateStatus, CertificateType
from portal.models.people import Person
from portal.models.suppliers import Supplier
from portal.workflows import tokens

_PAST = timedelta(days=366)
_MOST = 5000
_REMIND = (timedelta(days=-30), timedelta(days=-7))


async def subscribe(db: AsyncSession, who: Principal) -> str:
    """Make a token for somebody's calendar; the one before ends. It is shown once."""
    token = tokens.new()
    # Its values, not those of the row that was refused: reading that one's hash is the gate's alone.
    made = {"token_hash": tokens.digest(token), "created_at": clock.now()}
    statement = insert(CalendarFeed).values(person_id=who.person_id, **made)
    await db.execute(statement.on_conflict_do_update(index_elements=["person_id"], set_=made).inline())
    return token


async def subscription(db: AsyncSession, who: Principal) -> CalendarFeed | None:
    query = select(CalendarFeed).where(col(CalendarFeed.person_id) == who.person_id)
    return (await db.execute(query)).scalar_one_or_none()


async def revoke(db: AsyncSession, who: Principal) -> None:
    found = await subscription(db, who)
    if found is not None:
        await db.delete(found)
        await db.flush()


async def owner_of(db: AsyncSession, token: str) -> Principal:
    """Give whose calendar a token opens.

    Raises:
        NotFoundError: nobody's: it was never one, was revoked, or its owner may no longer sign in.
    """
    query = (
        select(Person, col(Supplier.name), col(Supplier.number))
        .join(CalendarFeed, col(CalendarFeed.person_id) == col(Person.id))
        .outerjoin(Supplier, col(Supplier.id) == col(Person.supplier_id))
        .where(col(CalendarFeed.token_hash) == tokens.digest(token), col(Person.is_active))
    )
    row = (await db.execute(query)).one_or_none()
    who = of_person(*row) if row else None
    if who is None or not may(who, P.CERTIFICATES_READ):
        raise NotFoundError
    return who


async def calendar(db: AsyncSession, who: Principal, base_url: str) -> bytes:
    """Write the calendar of what somebody may see: the past year, and whatever ends from now on."""
    query = (
        select(Certificate, col(CertificateType.code), col(Supplier.name))
        .join(CertificateType, col(CertificateType.id) == col(Certificate.type_id))
        .join(Supplier, col(Supplier.id) == col(Certificate.supplier_id))
        .where(
            scopes.condition(who, Certificate),
            col(Certificate.status).in_((CertificateStatus.ACCEPTED, CertificateStatus.EXPIRED)),
            col(Certificate.valid_until_on) >= clock.today(who.time_zone) - _PAST,
        )
        .order_by(col(Certificate.valid_until_on), col(Certificate.id))
        .limit(_MOST)
    )
    made = Calendar()
    made.add("prodid", "-//Assay//Certificates//EN")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    with speaking(who.language):
        made.add("x-wr-calname", _("Certificates"))
        for certificate, code, supplier in await db.execute(query):
            made.add_component(_event(certificate, code, supplier, who, base_url))
    return bytes(made.to_ical())


def _event(certificate: Certificate, code: str, supplier: str, who: Principal, base_url: str) -> Event:
    day: date = certificate.valid_until_on or date.max
    ends = _("%(type)s ends", type=code)
    event = Event()
    event.add("uid", f"certificate-{certificate.id}@{urlsplit(base_url).hostname}")
    event.add("dtstamp", certificate.updated_at.astimezone(UTC))
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("summary", ends if who.is_supplier else f"{supplier}: {ends}")
    event.add("description", f"{certificate.number}\n{certificate.issuing_body}".strip())
    event.add("url", f"{base_url}/certificates/{certificate.id}")
    event.add("transp", "TRANSPARENT")
    for before in _REMIND:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", ends)
        alarm.add("trigger", before)
        event.add_component(alarm)
    return event

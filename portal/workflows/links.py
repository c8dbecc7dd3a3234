"""Links to somebody who has an account: a new password, a new address. Each works once and ends the older.

Asking for a new password only queues a job, whoever the address belongs to: what the browser gets says
nothing about who has an account, neither by its words nor by its time.
"""

from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.errors import BadInputError, NotReadyError, TooManyError
from portal.jobs.queue import enqueue
from portal.languages import N_
from portal.mail import messages, outbox
from portal.mail.message import Recipient
from portal.mail.messages import AccountChange
from portal.models.identity import LinkKind, SingleUseLink
from portal.models.people import Person
from portal.settings import Settings
from portal.workflows import account, invitations, notices, sessions, sign_in, tokens
from portal.workflows.editing import apply

RESET = "account.password_reset"  # the job
PER_ACCOUNT = 5  # requests in a quarter of an hour
VALID = {LinkKind.PASSWORD_RESET: timedelta(hours=1), LinkKind.EMAIL_CHANGE: timedelta(days=1)}
OVER = N_("This link no longer works: it was used, has expired, or a newer one was sent. Ask for a new one.")


async def ask_for_reset(db: AsyncSession, email: str, address: str) -> None:
    """Have a job write to this address, if it is somebody's. After a few requests nothing more is sent.

    Raises:
        TooManyError: too many requests from this network address, whatever they asked for.
    """
    key = f"reset:{email}"
    try:
        await sign_in.refuse_when_too_many(db, key, address, most=PER_ACCOUNT)
    except TooManyError:
        # The count of one account must not tell that somebody else asks for it as well.
        await sign_in.refuse_when_too_many(db, "", address)
        return
    await sign_in.failed(db, key, address)
    await enqueue(db, RESET, {"email": email})


async def write_reset(db: AsyncSession, settings: Settings, email: str) -> None:
    """Mail a link to whoever has this address; nobody, nothing."""
    query = select(Person).where(func.lower(col(Person.email)) == email.lower(), col(Person.is_active))
    person = (await db.execute(query)).scalar_one_or_none()
    if person is None:
        return
    link, token = await _new(db, person, LinkKind.PASSWORD_RESET, person.email)
    message = messages.password_reset(
        await outbox.letterhead(db, settings),
        Recipient.person(person),
        path=f"/password-reset/new?token={token}",
        key=str(link.id),
        expires_at=link.expires_at,
    )
    await outbox.queue(db, message)


async def ask_for_email(db: AsyncSession, settings: Settings, person: Person, email: str) -> None:
    """Ask at a new address whether it is this person's; it may be anybody's, and nobody is told whose.

    Raises:
        BadInputError: it is the address they have.
    """
    if email.lower() == person.email.lower():
        raise BadInputError(N_("This is the address you have now."))
    link, token = await _new(db, person, LinkKind.EMAIL_CHANGE, email)
    message = messages.email_change(
        await outbox.letterhead(db, settings),
        Recipient(
            address=email,
            name=person.name,
            language=person.language,
            time_zone=person.time_zone,
            person_id=person.id,
            supplier_id=person.supplier_id,
        ),
        path=f"/email-change?token={token}",
        key=str(link.id),
        old_address=person.email,
        expires_at=link.expires_at,
    )
    await outbox.queue(db, message)


async def look(db: AsyncSession, token: str, kind: LinkKind) -> tuple[SingleUseLink, Person]:
    """Find whose link it is without using it up.

    Raises:
        NotReadyError: it was used or replaced, has expired or never was one.
    """
    return await _open(db, token, kind, lock=False)


async def reset_password(db: AsyncSession, settings: Settings, token: str, password: str) -> Person:
    """Set the password and end every session; the second factor stays what it was.

    Raises:
        NotReadyError: the link no longer works.
        BadInputError: the password must not stand alone.
    """
    link, person = await _open(db, token, LinkKind.PASSWORD_RESET, lock=True)
    await account.set_password(db, person, password)
    link.used_at = clock.now()
    await notices.tell(db, settings, person, AccountChange.PASSWORD)
    return person


async def change_email(db: AsyncSession, settings: Settings, token: str) -> Person:
    """Use the address that was confirmed, tell the old one, and end every session.

    Raises:
        NotReadyError: the link no longer works, or the address is somebody's meanwhile.
    """
    link, person = await _open(db, token, LinkKind.EMAIL_CHANGE, lock=True)
    await invitations.lock(db)
    if await invitations.has_account(db, link.email):
        raise NotReadyError(invitations.HAS_ACCOUNT)
    before = Recipient.person(person)
    apply(person, {"email": link.email})
    link.used_at = clock.now()
    # A link that went to the old address must not open the account any more.
    await db.execute(
        delete(SingleUseLink).where(
            col(SingleUseLink.person_id) == person.id, col(SingleUseLink.kind) == LinkKind.PASSWORD_RESET
        )
    )
    await sessions.end_all(db, person.id)
    await notices.tell(db, settings, person, AccountChange.EMAIL, detail=link.email, to=before)
    return person


async def _new(db: AsyncSession, person: Person, kind: LinkKind, email: str) -> tuple[SingleUseLink, str]:
    # Two requests at once: the second waits here and then replaces the first.
    await db.execute(select(col(Person.id)).where(col(Person.id) == person.id).with_for_update())
    await db.execute(
        delete(SingleUseLink).where(
            col(SingleUseLink.person_id) == person.id, col(SingleUseLink.kind) == kind
        )
    )
    token = tokens.new()
    made = SingleUseLink(
        token_hash=tokens.digest(token),
        kind=kind,
        person_id=person.id,
        email=email,
        expires_at=clock.now() + VALID[kind],
    )
    db.add(made)
    await db.flush()
    return made, token


async def _open(db: AsyncSession, token: str, kind: LinkKind, *, lock: bool) -> tuple[SingleUseLink, Person]:
    query = (
        select(SingleUseLink, Person)
        .join(Person, col(Person.id) == col(SingleUseLink.person_id))
        .where(
            col(SingleUseLink.token_hash) == tokens.digest(token[: tokens.LONGEST]),
            col(SingleUseLink.kind) == kind,
            col(SingleUseLink.used_at).is_(None),
            col(SingleUseLink.expires_at) > clock.now(),
            col(Person.is_active),
        )
    )
    row = (await db.execute(query.with_for_update() if lock else query)).first()
    if row is None:
        raise NotReadyError(OVER)
    return row[0], row[1]

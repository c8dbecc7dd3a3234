"""Inviting people. What an account will be, and whose, is fixed when it is offered; its link works once.

An address that already has an account elsewhere gets an invitation like any other: whoever invites never
learns from the portal who else is in it. The owner of the address learns it when they open the link.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access import scopes
from portal.access.principal import Principal
from portal.errors import BadInputError, NotFoundError, NotReadyError
from portal.languages import N_
from portal.mail import messages, outbox
from portal.mail.message import Recipient
from portal.models.identity import Invitation
from portal.models.organisation import Organisation
from portal.models.people import Person, Role
from portal.models.suppliers import Supplier
from portal.settings import Settings
from portal.workflows import passkeys, passwords, people, sign_in, tokens
from portal.workflows.editing import TakenError

VALID = timedelta(days=7)
OVER = N_(
    "This invitation no longer works: it was used, has ended, or a newer one was sent."
    " Look for a newer mail, or ask whoever invited you to send it again."
)
HAS_ACCOUNT = N_(
    "This address already has an account here. Sign in with it, or ask to be invited under another address."
)


@dataclass(frozen=True, slots=True)
class Offer:
    """What somebody is invited to be."""

    email: str
    name: str
    role: Role
    title: str = ""
    supplier_id: int | None = None
    plant_ids: list[int] | None = None
    commodity_ids: list[int] | None = None


async def waiting(db: AsyncSession, who: Principal) -> list[tuple[Invitation, str]]:
    """List what is still open and visible, with the supplier's name ('' for staff)."""
    rows = await db.execute(
        select(Invitation, func.coalesce(col(Supplier.name), ""))
        .outerjoin(Supplier, col(Supplier.id) == col(Invitation.supplier_id))
        .where(scopes.condition(who, Invitation), col(Invitation.ended_at).is_(None))
        .order_by(col(Invitation.created_at).desc())
    )
    return [(invitation, name) for invitation, name in rows]


async def to_change(db: AsyncSession, who: Principal, invitation_id: int) -> Invitation:
    query = scopes.visible(who, Invitation).where(
        col(Invitation.id) == invitation_id, col(Invitation.ended_at).is_(None)
    )
    found = (await db.execute(query.with_for_update())).scalar_one_or_none()
    if found is None:
        raise NotFoundError
    return found


async def invite(
    db: AsyncSession, settings: Settings, who: Principal, offer: Offer, *, by_mail: bool = True
) -> tuple[Invitation, str]:
    """Invite somebody and return the invitation with its token; an open one for the same is replaced.

    Raises:
        BadInputError: the role is not one that the principal may give there.
        TakenError: somebody whom the principal sees has this address.
    """
    if offer.role not in people.roles_for(who, of_supplier=offer.supplier_id is not None):
        raise BadInputError(N_("Choose a role from the list."))
    mine = scopes.visible(who, Person).where(func.lower(col(Person.email)) == offer.email.lower())
    if known := (await db.execute(mine)).scalar_one_or_none():
        raise TakenError("email", f"{known.name} already has an account with this address.")
    made, token = await _made(db, who, offer)
    if by_mail:
        await _write(db, settings, who, made, token)
    return made, token


async def invite_guest(db: AsyncSession, who: Principal) -> str:
    """Offer an account to somebody who came by the link of a mail, and return its token.

    Its address is the one that the code went to, its company the guest's: both have just been shown.

    Raises:
        NotReadyError: the address has an account.
    """
    if who.guest is None or await has_account(db, who.email):
        raise NotReadyError(HAS_ACCOUNT)
    offer = Offer(who.email, who.name, Role.SUPPLIER_MEMBER, supplier_id=who.supplier_id)
    return (await _made(db, who, offer))[1]


async def _made(db: AsyncSession, who: Principal, offer: Offer) -> tuple[Invitation, str]:
    await lock(db)
    await db.execute(
        update(Invitation)
        .where(
            func.lower(col(Invitation.email)) == offer.email.lower(),
            col(Invitation.supplier_id).is_not_distinct_from(offer.supplier_id),
            col(Invitation.ended_at).is_(None),
        )
        .values(ended_at=clock.now())
    )
    token = tokens.new()
    made = Invitation(
        token_hash=tokens.digest(token),
        email=offer.email,
        name=offer.name,
        role=offer.role,
        title=offer.title,
        supplier_id=offer.supplier_id,
        plant_ids=offer.plant_ids,
        commodity_ids=offer.commodity_ids,
        invited_by_id=who.person_id or None,
        expires_at=clock.now() + VALID,
    )
    db.add(made)
    await db.flush()
    return made, token


async def resend(db: AsyncSession, settings: Settings, who: Principal, old: Invitation) -> Invitation:
    """Send a new link; the one in the older mail ends."""
    offer = Offer(
        email=old.email,
        name=old.name,
        role=old.role,
        title=old.title,
        supplier_id=old.supplier_id,
        plant_ids=old.plant_ids,
        commodity_ids=old.commodity_ids,
    )
    return (await invite(db, settings, who, offer))[0]


async def withdraw(db: AsyncSession, invitation: Invitation) -> None:
    invitation.ended_at = clock.now()
    await db.flush()


async def look(db: AsyncSession, token: str) -> Invitation:
    """Find the invitation of a link without using it up.

    Raises:
        NotReadyError: it was used, replaced, withdrawn, has expired or never was one.
    """
    return await _open(db, col(Invitation.token_hash) == _digest(token), lock=False)


async def accept(db: AsyncSession, token: str, name: str, password: str) -> Person:
    """Open the account that was offered. Its address, role and supplier are those of the invitation.

    Raises:
        NotReadyError: the link no longer works, or the address has an account meanwhile.
        BadInputError: the password must not stand alone.
    """
    invitation = await _open(db, col(Invitation.token_hash) == _digest(token), lock=True)
    company = (
        await db.execute(
            select(col(Supplier.name), col(Supplier.number)).where(col(Supplier.id) == invitation.supplier_id)
        )
    ).first()
    passwords.check(password, [name, invitation.email, *(company or ())])
    return await _become(db, invitation, name, await sign_in.hash_password(password))


async def accept_without_password(db: AsyncSession, invitation_id: int) -> Person:
    """Open the account that was offered for somebody who signs in with the company's account.

    Raises:
        NotReadyError: the invitation is over, or for a supplier, or the address has an account meanwhile.
    """
    invitation = await _open(db, col(Invitation.id) == invitation_id, lock=True)
    if invitation.role.is_supplier:
        raise NotReadyError(OVER)
    return await _become(db, invitation, invitation.name, "")


async def accept_with_passkey(
    db: AsyncSession, where: passkeys.Place, token: str, answer: str, device: str
) -> Person:
    """Open the account that was offered to a supplier's person, who signs in with this passkey.

    Raises:
        NotReadyError: the link no longer works, is for one of ours, or the address has an account meanwhile.
        BadInputError: the passkey is not one that was made for our pages just now.
    """
    invitation = await _open(db, col(Invitation.token_hash) == _digest(token), lock=True)
    if not invitation.role.is_supplier:
        raise NotReadyError(OVER)
    verified = await passkeys.verify(db, where, answer)
    async with db.begin_nested():
        person = await _become(db, invitation, invitation.name, "")
        await passkeys.keep(db, person, verified, device, passkeys.handle(invitation))
    return person


async def _become(db: AsyncSession, invitation: Invitation, name: str, password_hash: str) -> Person:
    await lock(db)
    if await has_account(db, invitation.email):
        raise NotReadyError(HAS_ACCOUNT)
    person = Person(
        email=invitation.email,
        name=name,
        role=invitation.role,
        title=invitation.title,
        supplier_id=invitation.supplier_id,
        plant_ids=invitation.plant_ids,
        commodity_ids=invitation.commodity_ids,
        time_zone=await _zone(db, invitation.supplier_id),
        password_hash=password_hash,
    )
    db.add(person)
    await db.flush()
    invitation.ended_at, invitation.person_id = clock.now(), person.id
    await db.flush()
    return person


async def lock(db: AsyncSession) -> None:
    """Let one transaction at a time decide whether an address is free."""
    await db.execute(text("SELECT pg_advisory_xact_lock(hashtext('assay.people'))"))


async def has_account(db: AsyncSession, email: str) -> bool:
    query = select(col(Person.id)).where(func.lower(col(Person.email)) == email.lower())
    return (await db.execute(query)).first() is not None


def is_over(invitation: Invitation, now: datetime) -> bool:
    return invitation.ended_at is not None or invitation.expires_at <= now


def _digest(token: str) -> str:
    return tokens.digest(token[: tokens.LONGEST])


async def _open(db: AsyncSession, which: ColumnElement[bool], *, lock: bool) -> Invitation:
    query = select(Invitation).where(which)
    found = (await db.execute(query.with_for_update() if lock else query)).scalar_one_or_none()
    if found is None or is_over(found, clock.now()):
        raise NotReadyError(OVER)
    return found


async def _zone(db: AsyncSession, supplier_id: int | None) -> str:
    """Give the time zone that somebody starts with: their company's, or ours."""
    query = select(col(Organisation.time_zone))
    if supplier_id is not None:
        query = select(col(Supplier.time_zone)).where(col(Supplier.id) == supplier_id)
    return (await db.execute(query)).scalars().first() or "UTC"


async def _write(db: AsyncSession, settings: Settings, who: Principal, made: Invitation, token: str) -> None:
    """The link goes into the mail and nowhere else."""
    company = select(col(Supplier.name)).where(col(Supplier.id) == made.supplier_id)
    message = messages.invitation(
        await outbox.letterhead(db, settings),
        Recipient(
            address=made.email,
            name=made.name,
            time_zone=await _zone(db, made.supplier_id),
            supplier_id=made.supplier_id,
        ),
        path=f"/invitation?token={token}",
        key=str(made.id),
        invited_by=who.name,
        expires_at=made.expires_at,
        supplier_name=(await db.execute(company)).scalar_one_or_none() or "",
    )
    await outbox.queue(db, message)

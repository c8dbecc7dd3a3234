"""Whose company account it is. Known by issuer and subject, never by an address: addresses change hands.

A company account gets in only where somebody let it: its owner, from their own account; an invitation; or an
administrator, who lets one person's confirmed address connect itself once within some days.
"""

from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.errors import NotReadyError
from portal.models.identity import ExternalIdentity, Passkey
from portal.models.people import Person
from portal.workflows import sign_in
from portal.workflows.company.provider import Claims
from portal.workflows.editing import apply

PERMITTED = timedelta(days=7)
UNKNOWN = (
    "This company account opens nothing here. If you have an account, sign in another way and connect it"
    " under Your account; if not, ask an administrator to invite you."
)
TAKEN = (
    "This company account is connected with somebody else's account here. Sign out there, and use your own."
)
HAS_ONE = "A company account is connected already. Disconnect it before you connect another one."
LAST_WAY = (
    "This is your only way in. Choose a password or add a passkey, then disconnect the company account."
)


async def of(db: AsyncSession, person_id: int, issuer: str) -> ExternalIdentity | None:
    query = select(ExternalIdentity).where(
        col(ExternalIdentity.person_id) == person_id, col(ExternalIdentity.issuer) == issuer
    )
    return (await db.execute(query)).scalar_one_or_none()


async def enter(db: AsyncSession, said: Claims) -> Person | None:
    """Find whom this company account signs in, connecting it where an administrator let it; None: nobody.

    Only active people of ours: somebody deactivated and somebody unknown are the same.
    """
    query = (
        select(ExternalIdentity, Person)
        .join(Person, col(Person.id) == col(ExternalIdentity.person_id))
        .where(col(ExternalIdentity.issuer) == said.issuer, col(ExternalIdentity.subject) == said.subject)
        .with_for_update(of=ExternalIdentity)
    )
    row = (await db.execute(query)).first()
    if row is None:
        return await _matched(db, said)
    identity, person = row[0], row[1]
    if not person.is_active or person.role.is_supplier:
        return None
    identity.last_used_at = clock.now()
    await db.flush()
    found: Person = person
    return found


async def connect(db: AsyncSession, person: Person, said: Claims) -> ExternalIdentity:
    """Let a company account sign this person in.

    Raises:
        NotReadyError: it is somebody else's, or the person has another one; suppliers never have one.
    """
    if person.role.is_supplier or not person.is_active:
        raise NotReadyError(UNKNOWN)
    taken = select(col(ExternalIdentity.person_id)).where(
        col(ExternalIdentity.issuer) == said.issuer, col(ExternalIdentity.subject) == said.subject
    )
    # Two at once: the second waits for the first.
    await db.execute(select(func.pg_advisory_xact_lock(func.hashtext("assay.external_identity"))))
    if await of(db, person.id, said.issuer):
        raise NotReadyError(HAS_ONE)
    if (await db.execute(taken)).first():
        raise NotReadyError(TAKEN)
    made = ExternalIdentity(
        person_id=person.id,
        issuer=said.issuer,
        subject=said.subject,
        account=said.account,
        last_used_at=clock.now(),
    )
    db.add(made)
    if person.company_match_until_at is not None:
        apply(person, {"company_match_until_at": None})
    await db.flush()
    return made


async def disconnect(db: AsyncSession, person: Person, *, keep_a_way: bool) -> bool:
    """Forget the company account and say whether there was one.

    Raises:
        NotReadyError: ``keep_a_way``, and the person could not sign in any more.
    """
    if keep_a_way and not await sign_in.password_hash(db, person.id):
        keys = select(func.count()).where(col(Passkey.person_id) == person.id)
        if not (await db.execute(keys)).scalar_one():
            raise NotReadyError(LAST_WAY)
    gone = await db.execute(
        delete(ExternalIdentity)
        .where(col(ExternalIdentity.person_id) == person.id)
        .returning(col(ExternalIdentity.id))
    )
    return bool(gone.all())


async def permit(db: AsyncSession, person: Person) -> None:
    """Let the company account with this person's address, confirmed by the provider, connect itself once.

    Raises:
        NotReadyError: a supplier's person, or one who was deactivated.
    """
    if person.role.is_supplier or not person.is_active:
        raise NotReadyError("Only active people of our own sign in with a company account.")
    apply(person, {"company_match_until_at": clock.now() + PERMITTED})
    await db.flush()


async def _matched(db: AsyncSession, said: Claims) -> Person | None:
    if not said.email:
        return None
    query = (
        select(Person)
        .where(
            func.lower(col(Person.email)) == said.email.lower(),
            col(Person.is_active),
            col(Person.supplier_id).is_(None),
            col(Person.company_match_until_at) > clock.now(),
        )
        .with_for_update()
    )
    person = (await db.execute(query)).scalar_one_or_none()
    if person is None:
        return None
    try:
        await connect(db, person, said)
    except NotReadyError:
        return None
    return person

"""What people change about their own account; whoever does it proves anew that it is theirs."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access.principal import Principal
from portal.errors import BadInputError, SignInError
from portal.languages import N_
from portal.models.people import Person
from portal.models.suppliers import Supplier
from portal.workflows import passwords, second_factor, sessions, sign_in
from portal.workflows.editing import apply, touch
from portal.workflows.keyring import Keyring

NOT_THIS = N_("This is not your present password. Check it and try again.")
SAME = N_("This is the password you have now. Choose another one.")


async def mine(db: AsyncSession, who: Principal) -> Person:
    """Return the person who asks, locked for a change."""
    found = await db.execute(select(Person).where(col(Person.id) == who.person_id).with_for_update())
    person = found.scalar_one_or_none()
    if person is None:
        raise SignInError(N_("Sign in to go on."))
    return person


async def prove(db: AsyncSession, person: Person, password: str, *, address: str) -> bool:
    """Say whether this is the person's password; a wrong one counts as a failed attempt.

    Raises:
        TooManyError: too many attempts for the account or from the address.
    """
    await sign_in.refuse_when_too_many(db, person.email, address)
    if await sign_in.is_password(await sign_in.password_hash(db, person.id), password):
        return True
    await sign_in.failed(db, person.email, address)
    return False


async def prove_fully(
    db: AsyncSession, keyring: Keyring, person: Person, password: str, code: str, *, address: str
) -> dict[str, str]:
    """Check the password, and a code where there is an app; say per field what is wrong.

    Raises:
        TooManyError: too many attempts for the account or from the address.
    """
    key = sign_in.code_key(person)
    await sign_in.refuse_when_too_many(db, key, address, most=second_factor.PER_ACCOUNT)
    if not await prove(db, person, password, address=address):
        return {"password": NOT_THIS if password else N_("Enter your password.")}
    if not (await second_factor.state(db, person.id)).has_app:
        return {}
    if not code:
        return {"code": N_("Enter the code that your app shows now.")}
    if await second_factor.take(db, keyring, person.id, code):
        return {}
    await sign_in.failed(db, key, address)
    return {"code": second_factor.WRONG}


async def set_language(db: AsyncSession, person: Person, language: str, time_zone: str) -> None:
    """Keep how a person reads: pages and mails follow at once."""
    apply(person, {"language": language, "time_zone": time_zone})
    await db.flush()


async def personal_words(db: AsyncSession, person: Person) -> list[str]:
    """What others know of a person, so that no password is made of it."""
    found = await db.execute(
        select(col(Supplier.name), col(Supplier.number)).where(col(Supplier.id) == person.supplier_id)
    )
    return [person.name, person.email, *(word for row in found for word in row)]


async def company(db: AsyncSession, supplier_id: int | None) -> str:
    """Give the name of a supplier; '' for our own people."""
    if supplier_id is None:
        return ""
    query = select(col(Supplier.name)).where(col(Supplier.id) == supplier_id)
    return (await db.execute(query)).scalar_one()


async def set_password(db: AsyncSession, person: Person, password: str, *, keep: str = "") -> None:
    """Give a person a password, and end their sessions but for the one with the hash ``keep``.

    Raises:
        BadInputError: the password must not stand alone.
    """
    passwords.check(password, await personal_words(db, person))
    if await sign_in.is_password(await sign_in.password_hash(db, person.id), password):
        raise BadInputError(SAME)
    person.password_hash = await sign_in.hash_password(password)
    touch(person)
    await sessions.end_all(db, person.id, but=keep)
    await db.flush()

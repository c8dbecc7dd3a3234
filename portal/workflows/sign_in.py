"""Signing in with a password: one answer for every kind of failure, attempts counted in the database."""

import asyncio
import hashlib
import secrets
from datetime import timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.db import at_the_gate
from portal.errors import TooManyError
from portal.languages import N_, _
from portal.models.people import Person, SignInAttempt
from portal.workflows.passwords import same_form

WINDOW = timedelta(minutes=15)
PER_ACCOUNT = 10
PER_ADDRESS = 50
WRONG = N_("This e-mail address and password do not match. Check both and try again.")

_hasher = PasswordHasher()


@cache
def _of_nobody() -> str:
    """What is verified when there is no such person, so that both answers take the same time."""
    return _hasher.hash(secrets.token_urlsafe(24))


async def hash_password(password: str) -> str:
    """Hash with argon2id in a thread: it takes tens of milliseconds, on purpose."""
    return await asyncio.to_thread(_hasher.hash, same_form(password))


async def is_password(stored: str, password: str) -> bool:
    """Compare in a thread; a person without a password takes as long as one with another."""
    try:
        await asyncio.to_thread(_verify, stored, same_form(password))
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False
    return bool(stored)


def _verify(stored: str, password: str) -> None:
    nobody = _of_nobody()  # made by whoever comes first, whether or not there is such a person
    _hasher.verify(stored or nobody, password)


async def refuse_when_too_many(
    db: AsyncSession, email: str, address: str, *, most: int = PER_ACCOUNT
) -> None:
    """Raise TooManyError after too many failures for the account or from the address.

    Codes, proofs and requests for links are counted the same way, under a word before the address.
    """
    since = clock.now() - WINDOW
    attempt = col(SignInAttempt.at) > since
    counts = select(
        func.count().filter(col(SignInAttempt.email_hash) == _digest(email)),
        func.count().filter(col(SignInAttempt.address) == address),
    ).where(
        attempt, (col(SignInAttempt.email_hash) == _digest(email)) | (col(SignInAttempt.address) == address)
    )
    for_account, from_address = (await db.execute(counts)).one()
    if for_account >= most or from_address >= PER_ADDRESS:
        minutes = int(WINDOW.total_seconds() // 60)
        raise TooManyError(
            _("Too many failed attempts. Wait %(minutes)s minutes, then try again.", minutes=minutes),
            retry_after=int(WINDOW.total_seconds()),
        )


async def verify(db: AsyncSession, email: str, password: str) -> Person | None:
    """Return the active person whose password this is, else None; takes the same time for both."""
    row = (
        await db.execute(
            select(Person, col(Person.password_hash)).where(
                func.lower(col(Person.email)) == email.lower(), col(Person.is_active)
            )
        )
    ).one_or_none()
    person, stored = row if row is not None else (None, "")
    return person if await is_password(stored, password) else None


async def password_hash(db: AsyncSession, person_id: int) -> str:
    """Return what is kept of a person's password; '' when they have none."""
    async with at_the_gate(db):
        found = await db.execute(select(col(Person.password_hash)).where(col(Person.id) == person_id))
    return found.scalar_one()


async def succeeded(db: AsyncSession, person: Person) -> None:
    """Forget the account's failures and note the time."""
    await forget(db, person.email, code_key(person))
    await db.execute(update(Person).where(col(Person.id) == person.id).values(last_signed_in_at=clock.now()))


async def failed(db: AsyncSession, email: str, address: str) -> None:
    db.add(SignInAttempt(email_hash=_digest(email), address=address))
    await db.flush()


async def forget(db: AsyncSession, *keys: str) -> None:
    """Count what was done right: the failures before it are over."""
    wanted = [_digest(key) for key in keys]
    await db.execute(delete(SignInAttempt).where(col(SignInAttempt.email_hash).in_(wanted)))


def code_key(person: Person) -> str:
    """Under which wrong codes are counted."""
    return f"code:{person.email}"


def _digest(email: str) -> str:
    return hashlib.sha256(email.strip().lower().encode()).hexdigest()

"""Between the first factor and the second: somebody waits, and may do nothing else."""

import base64
import hmac
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.models.identity import HalfSignIn
from portal.models.people import Person, SignInMethod
from portal.workflows import tokens

VALID = timedelta(minutes=10)


async def begin(db: AsyncSession, person_id: int, target: str, first: SignInMethod) -> str:
    """Remember who waits, what they have shown and where they wanted to go; return their cookie's token."""
    token = tokens.new()
    await db.execute(delete(HalfSignIn).where(col(HalfSignIn.expires_at) < clock.now()))
    db.add(
        HalfSignIn(
            token_hash=tokens.digest(token),
            person_id=person_id,
            target=target[:2000],
            first=first,
            expires_at=clock.now() + VALID,
        )
    )
    await db.flush()
    return token


async def find(db: AsyncSession, token: str | None) -> tuple[HalfSignIn, Person] | None:
    """Return who waits, locked so that a code that is sent twice is taken once; None when nobody does."""
    if not token or len(token) > tokens.LONGEST:
        return None
    found = await db.execute(
        select(HalfSignIn, Person)
        .join(Person, col(Person.id) == col(HalfSignIn.person_id))
        .where(
            col(HalfSignIn.token_hash) == tokens.digest(token),
            col(HalfSignIn.expires_at) > clock.now(),
            col(Person.is_active),
        )
        .with_for_update(of=HalfSignIn)
    )
    row = found.first()
    return (row[0], row[1]) if row else None


async def end(db: AsyncSession, person_id: int) -> None:
    await db.execute(delete(HalfSignIn).where(col(HalfSignIn.person_id) == person_id))


def app_secret(token: str) -> str:
    """Give the key of the app that somebody sets up meanwhile: it follows from their cookie alone."""
    return base64.b32encode(hmac.digest(token.encode(), b"assay app secret", "sha256")[:20]).decode()


def with_code(half: HalfSignIn) -> SignInMethod:
    """Name how somebody signs in who has added a code to what they showed before."""
    if half.first is SignInMethod.COMPANY:
        return SignInMethod.COMPANY_AND_CODE
    return SignInMethod.PASSWORD_AND_CODE

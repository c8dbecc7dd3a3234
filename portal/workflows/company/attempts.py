"""The way to the company's sign-in and back, bound to one browser and taken once.

The browser keeps a token in a cookie. State, nonce and the verifier of PKCE are worked out from it, so that
nothing that could finish somebody's sign-in lies in the database.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.models.identity import CompanyPurpose, CompanySignIn
from portal.workflows import tokens

VALID = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Bound:
    """What ties the provider's answer to the browser that asked."""

    state: str
    nonce: str
    verifier: str

    @property
    def challenge(self) -> str:
        return _unpadded(hashlib.sha256(self.verifier.encode()).digest())


def bound(token: str) -> Bound:
    return Bound(*(_unpadded(_derived(token, use)) for use in ("state", "nonce", "verifier")))


async def begin(
    db: AsyncSession,
    token: str,
    purpose: CompanyPurpose,
    *,
    target: str = "/",
    person_id: int | None = None,
    invitation_id: int | None = None,
) -> None:
    """Remember what the browser with this token sets out for."""
    await db.execute(delete(CompanySignIn).where(col(CompanySignIn.expires_at) < clock.now()))
    db.add(
        CompanySignIn(
            token_hash=tokens.digest(token),
            purpose=purpose,
            person_id=person_id,
            invitation_id=invitation_id,
            target=target[:2000],
            expires_at=clock.now() + VALID,
        )
    )
    await db.flush()


async def take(db: AsyncSession, token: str, state: str) -> CompanySignIn | None:
    """Use up what this browser set out for; None when it did not, took too long or has come back before.

    An answer with another state leaves it as it is: somebody else's link must not spoil one's own sign-in.
    """
    if not 0 < len(token) <= tokens.LONGEST or not secrets.compare_digest(
        bound(token).state.encode(), state.encode("utf-8", "replace")
    ):
        return None
    gone = await db.execute(
        delete(CompanySignIn)
        .where(
            col(CompanySignIn.token_hash) == tokens.digest(token), col(CompanySignIn.expires_at) > clock.now()
        )
        .returning(CompanySignIn)
    )
    return gone.scalar_one_or_none()


def _derived(token: str, use: str) -> bytes:
    return hmac.digest(token.encode("utf-8", "replace"), f"assay company sign-in {use}".encode(), "sha256")


def _unpadded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()

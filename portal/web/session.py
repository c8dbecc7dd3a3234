"""Who is signed in: a random token in a cookie, its hash in a row, nothing else.

Litestar's own server-side session adopts an identifier that the client sends; here an id is made by
us at sign-in, and a new one at every sign-in.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access.principal import Principal, of_person
from portal.db import at_the_gate
from portal.models.people import Person, Session, SignInMethod
from portal.models.suppliers import Supplier
from portal.settings import Settings
from portal.workflows import shares
from portal.workflows.task_links import guests

_SEEN_EVERY = timedelta(minutes=1)  # a page view is not worth a write


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def start(
    db: AsyncSession,
    settings: Settings,
    person_id: int,
    *,
    address: str,
    agent: str,
    method: SignInMethod = SignInMethod.PASSWORD,
    proved_at: datetime | None = None,
) -> str:
    """Sign a person in and return the new token. The caller sets it as the cookie."""
    token = secrets.token_urlsafe(32)
    now = clock.now()
    db.add(
        Session(
            token_hash=digest(token),
            person_id=person_id,
            csrf_secret=secrets.token_urlsafe(32),
            created_at=now,
            last_seen_at=now,
            expires_at=now + timedelta(days=settings.session_days),
            proved_at=min(proved_at or now, now),
            method=method,
            address=address[:64],
            user_agent=agent[:400],
        )
    )
    await db.flush()
    return token


async def renew(db: AsyncSession, session_hash: str) -> str:
    """Give a session whose person has just shown who they are a new token, and return it.

    Whoever had the old one is out. The session keeps its end.
    """
    token = secrets.token_urlsafe(32)
    now = clock.now()
    renewed = (
        update(Session)
        .where(col(Session.token_hash) == session_hash)
        .values(
            token_hash=digest(token),
            csrf_secret=secrets.token_urlsafe(32),
            last_seen_at=now,
            proved_at=now,
        )
    )
    async with at_the_gate(db):
        await db.execute(renewed)
    return token


async def end(db: AsyncSession, session_hash: str) -> None:
    async with at_the_gate(db):
        await db.execute(delete(Session).where(col(Session.token_hash) == session_hash))
        await guests.leave(db, session_hash)


async def find(db: AsyncSession, settings: Settings, token: str) -> Principal | None:
    """Return who the token belongs to, or None when it is unknown, idle too long or expired."""
    return await find_by_hash(db, settings, digest(token)) or await guests.find(db, settings, token)


async def find_by_hash(db: AsyncSession, settings: Settings, token_hash: str) -> Principal | None:
    """Return whose session this is, for what the session itself has signed; a hash alone signs nobody in."""
    now = clock.now()
    row = (
        await db.execute(
            select(Session, Person, col(Supplier.number), col(Supplier.name))
            .join(Person, col(Person.id) == col(Session.person_id))
            .outerjoin(Supplier, col(Supplier.id) == col(Person.supplier_id))
            .where(
                col(Session.token_hash) == token_hash,
                col(Session.expires_at) > now,
                col(Session.last_seen_at) > settings.idle_since(now),
                col(Person.is_active),
            )
        )
    ).first()
    if row is None:
        return None
    session, person, supplier_number, supplier_name = row
    if now - session.last_seen_at > _SEEN_EVERY:
        await db.execute(
            update(Session).where(col(Session.token_hash) == session.token_hash).values(last_seen_at=now)
        )
    return of_person(
        person,
        supplier_name,
        supplier_number,
        csrf_token=session.csrf_secret,
        session_hash=session.token_hash,
        proved_at=session.proved_at,
        shared_supplier_ids=await shares.supplier_ids(db, person),
    )


def cookie(settings: Settings, token: str) -> Cookie:
    return _cookie(settings, settings.cookie_name, token, settings.session_days * 86_400)


def no_cookie(settings: Settings) -> Cookie:
    return _cookie(settings, settings.cookie_name, "", 0)


def half_cookie(settings: Settings, token: str, seconds: int) -> Cookie:
    """Hold the token of a sign-in that waits for its second factor."""
    return _cookie(settings, half_name(settings), token, seconds)


def half_name(settings: Settings) -> str:
    return f"{settings.cookie_name}_half"


def company_cookie(settings: Settings, token: str, seconds: int) -> Cookie:
    """Hold what ties the company's answer to this browser."""
    return _cookie(settings, company_name(settings), token, seconds)


def company_name(settings: Settings) -> str:
    return f"{settings.cookie_name}_company"


def _cookie(settings: Settings, name: str, value: str, seconds: int) -> Cookie:
    return Cookie(
        key=name,
        value=value,
        path="/",
        secure=settings.is_https,
        httponly=True,
        samesite="lax",
        max_age=seconds,
    )


def client_address(connection: ASGIConnection[Any, Any, Any, Any], settings: Settings) -> str:
    """Give the caller's address. X-Forwarded-For counts only from a configured proxy."""
    peer = connection.client.host if connection.client else ""
    if peer in settings.trusted_proxies:
        forwarded = [part.strip() for part in connection.headers.get("x-forwarded-for", "").split(",")]
        # The proxy appends what it saw; further left is whatever the client claimed.
        for address in reversed(forwarded):
            if address and address not in settings.trusted_proxies:
                return address[:64]
    return peer[:64]

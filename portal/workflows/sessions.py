"""A person's signed-in browsers: which there are, and ending them. The next request of an ended one is
refused by every replica, because a session is only ever looked up in the database.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.db import at_the_gate
from portal.errors import NotFoundError
from portal.languages import _
from portal.models.people import Session
from portal.settings import Settings

_SHORT = 16  # letters of the hash that stand for a session in an address

# The first that matches counts: Edge and Opera call themselves Chrome, Chrome calls itself Safari.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("Chrome", "Chrome"),
    ("CriOS", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "an iPhone"),
    ("iPad", "an iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "a Mac"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class Device:
    """One signed-in browser as its owner reads it; ``id`` stands for it in an address."""

    id: str
    words: str
    address: str
    signed_in_at: datetime
    last_seen_at: datetime
    is_this: bool


async def of(db: AsyncSession, settings: Settings, person_id: int, *, here: str = "") -> list[Device]:
    """List the sessions that still let somebody in, this browser's first, then the last used.

    Args:
        db: the transaction.
        settings: say how long a session lasts.
        person_id: whose.
        here: the hash of the session that asks.
    """
    query = (
        select(Session)
        .where(
            col(Session.person_id) == person_id,
            col(Session.expires_at) > clock.now(),
            col(Session.last_seen_at) > settings.idle_since(clock.now()),
        )
        .order_by(col(Session.last_seen_at).desc(), col(Session.token_hash))
    )
    async with at_the_gate(db):
        rows = await db.execute(query)
    found = [
        Device(
            id=row.token_hash[:_SHORT],
            words=device(row.user_agent),
            address=row.address,
            signed_in_at=row.created_at,
            last_seen_at=row.last_seen_at,
            is_this=row.token_hash == here,
        )
        for row in rows.scalars()
    ]
    return sorted(found, key=lambda each: not each.is_this)


async def end_one(db: AsyncSession, person_id: int, short: str) -> None:
    """End one session of this person; NotFoundError when it is not theirs, or has ended meanwhile."""
    if not re.fullmatch(rf"[0-9a-f]{{{_SHORT}}}", short):
        raise NotFoundError
    mine = (col(Session.person_id) == person_id) & col(Session.token_hash).startswith(short)
    async with at_the_gate(db):
        gone = await db.execute(delete(Session).where(mine).returning(col(Session.token_hash)))
    if not gone.all():
        raise NotFoundError


async def end_all(db: AsyncSession, person_id: int, *, but: str = "") -> int:
    """End every session of a person, but for one hash; return how many."""
    theirs = delete(Session).where(col(Session.person_id) == person_id, col(Session.token_hash) != but)
    async with at_the_gate(db):
        gone = await db.execute(theirs.returning(col(Session.token_hash)))
    return len(gone.all())


def device(user_agent: str) -> str:
    """Put what a browser calls itself into words: Firefox on Windows."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or (
        _("A browser on %(system)s", system=system) if system else _("A browser we do not know")
    )

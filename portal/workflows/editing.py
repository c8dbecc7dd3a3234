"""Changing records that several people may have open: stale versions, taken numbers."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from portal import clock
from portal.errors import RefusalError, StaleError
from portal.models.base import Stamped

_UNIQUE_VIOLATION = "23505"
_FOREIGN_KEY_VIOLATION = "23503"


class TakenError(RefusalError):
    """Another record already has what must be unique; ``field`` is the form's name for it."""

    status = 422

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class InUseError(RefusalError):
    """Other records point to this one, so it stays."""

    status = 409


def refuse_stale(record: Stamped, version: int) -> None:
    """Raise StaleError when the record is no longer the version that somebody saw."""
    if record.version != version:
        raise StaleError("Somebody else changed this since you opened it.")


def apply(record: Stamped, values: Mapping[str, Any]) -> bool:
    """Put values into a record; one that differs afterwards gets the next version. Say whether it did."""
    changed = {name: value for name, value in values.items() if getattr(record, name) != value}
    for name, value in changed.items():
        setattr(record, name, value)
    if changed:
        touch(record)
    return bool(changed)


def touch(record: Stamped) -> None:
    """Give a record that was changed the next version."""
    record.version += 1
    record.updated_at = clock.now()


@asynccontextmanager
async def unless_taken(db: AsyncSession, record: Stamped, field: str, sentence: str) -> AsyncIterator[None]:
    """Save what is done inside, or take it back and raise TakenError when it breaks a unique rule."""
    is_new = record not in db
    try:
        async with db.begin_nested():
            yield
            await db.flush()
    except IntegrityError as error:
        if getattr(error.orig, "sqlstate", None) != _UNIQUE_VIOLATION:
            raise
        if not is_new:
            await db.refresh(record)
        raise TakenError(field, sentence) from None


@asynccontextmanager
async def unless_used(db: AsyncSession, record: Stamped, sentence: str) -> AsyncIterator[None]:
    """Remove what is removed inside, or raise InUseError when something still points to it."""
    try:
        async with db.begin_nested():
            yield
            await db.flush()
    except IntegrityError as error:
        if getattr(error.orig, "sqlstate", None) != _FOREIGN_KEY_VIOLATION:
            raise
        await db.refresh(record)
        raise InUseError(sentence) from None

"""A request that comes twice with the same key: the second gets the first one's answer, and does nothing.

The key is locked for the length of the transaction, and the answer is written in it: it is kept exactly when
what the request did is. What was refused leaves nothing behind and may be tried again with the same key.
"""

from dataclasses import asdict, dataclass
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access.principal import Principal
from portal.errors import NotReadyError
from portal.languages import N_
from portal.models.given_answers import GivenAnswer

KEPT = timedelta(days=1)
_LOCK_SPACE = 7203  # advisory locks of this kind: (this, a hash of whose key it is)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What a request was answered: where the browser goes, or a body for a machine."""

    status: int = 303
    place: str = ""
    note: str = ""
    media_type: str = ""
    body: str = ""


async def earlier(db: AsyncSession, who: Principal, request_key: str, *, waits: bool) -> GivenAnswer | None:
    """Take the key for this transaction, and give what a request with it was answered before.

    Args:
        db: its transaction does what the request asks for.
        who: keys of others are others' keys.
        request_key: chosen by whoever sends the request, or by the page that holds the form.
        waits: let a request that came at the same time end first. A browser has shown its person nothing
            yet, so it waits; a machine is told and comes again.

    Raises:
        NotReadyError: the same request is being answered at this moment, and this one does not wait.
    """
    lock = (_LOCK_SPACE, func.hashtext(f"{_asker(who)} {request_key}"))
    if waits:
        await db.execute(select(func.pg_advisory_xact_lock(*lock)))
    elif not (await db.execute(select(func.pg_try_advisory_xact_lock(*lock)))).scalar_one():
        raise NotReadyError(N_("The same request is being answered at this moment."), retry_after=1)
    query = select(GivenAnswer).where(
        col(GivenAnswer.asker) == _asker(who), col(GivenAnswer.request_key) == request_key
    )
    found = (await db.execute(query)).scalar_one_or_none()
    if found is not None and found.created_at < clock.now() - KEPT:
        await db.delete(found)
        return None
    return found


def keep(db: AsyncSession, who: Principal, request_key: str, digest: str, made: Made) -> None:
    db.add(
        GivenAnswer(
            supplier_id=who.supplier_id,
            asker=_asker(who),
            request_key=request_key,
            digest=digest,
            **asdict(made),
        )
    )


async def clear(db: AsyncSession) -> None:
    """Forget answers that nobody will ask for again."""
    await db.execute(delete(GivenAnswer).where(col(GivenAnswer.created_at) < clock.now() - KEPT))


def _asker(who: Principal) -> str:
    return f"person {who.person_id}" if who.guest is None else f"contact {who.guest.contact_id}"

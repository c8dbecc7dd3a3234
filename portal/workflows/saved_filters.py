"""A person's own saved filters: a name for what a list shows. Nobody else sees them."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access.principal import Principal
from portal.errors import BadInputError, NotFoundError
from portal.languages import N_
from portal.models.saved_filters import SavedFilter

MOST = 12  # of one list: more are no shortcut any more
TOO_MANY = N_("These are twelve already. Remove one that you no longer need, then save this one.")


async def of(db: AsyncSession, who: Principal, path: str) -> Sequence[SavedFilter]:
    """List the person's own of one list, in the order in which they were saved."""
    query = select(SavedFilter).where(
        col(SavedFilter.person_id) == who.person_id, col(SavedFilter.path) == path
    )
    return (await db.scalars(query.order_by(col(SavedFilter.id)))).all()


async def save(db: AsyncSession, who: Principal, path: str, name: str, query: str) -> None:
    """Give what a list shows a name; one that the person has used already means this from now on.

    Raises:
        BadInputError: there are as many as a list takes.
    """
    mine = col(SavedFilter.person_id) == who.person_id, col(SavedFilter.path) == path
    others = select(func.count()).where(*mine, col(SavedFilter.name) != name)
    if (await db.execute(others)).scalar_one() >= MOST:
        raise BadInputError(TOO_MANY)
    made = insert(SavedFilter).values(
        person_id=who.person_id, path=path, name=name, query=query, created_at=clock.now()
    )
    await db.execute(
        made.on_conflict_do_update(
            index_elements=["person_id", "path", "name"], set_={"query": made.excluded.query}
        )
    )


async def remove(db: AsyncSession, who: Principal, number: int) -> SavedFilter:
    """Forget one of the person's own, and give what it was.

    Raises:
        NotFoundError: there is none, or it is somebody else's.
    """
    query = select(SavedFilter).where(
        col(SavedFilter.id) == number, col(SavedFilter.person_id) == who.person_id
    )
    found = (await db.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFoundError
    await db.delete(found)
    await db.flush()
    return found

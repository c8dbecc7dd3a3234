"""A record's thread on its page."""

from typing import Any

from litestar import Request
from sqlalchemy.ext.asyncio import AsyncSession

from portal.access.principal import Principal
from portal.workflows.counts import counts
from portal.workflows.threads import reading
from portal.workflows.threads.subjects import Record


async def thread_on(
    request: Request[Any, Any, Any], db: AsyncSession, who: Principal, record: Record
) -> reading.ThreadView:
    """Give the thread to be shown: the navigation of the same page no longer counts what is new in it."""
    thread = await reading.thread_of(db, who, record)
    state = request.scope["state"]
    if thread.unread and "counts" in state:
        state["counts"] = await counts(db, who)
    return thread

"""What a job is given, and what it promises.

A job is a function of a context and its payload. It may be called again after a crash, so it must
be idempotent in whatever lies outside ``context.db``: what it writes there is committed together with
the end of the job, or not at all. It raises a RefusalError when it can never succeed: then it is held
for somebody to look. BusyError, or a database that is away, means again later.

Blocking work belongs into a thread: a loop that stands still looks like a worker that has died.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from portal.access.principal import Principal
from portal.db import Database
from portal.settings import Settings
from portal.storage import DocumentStore


@dataclass(frozen=True, slots=True)
class JobContext:
    """The transaction that ends with the job, for whom it acts (registry.py), and what else it may need.

    ``database`` is for what others should see while the job still runs, such as its progress.
    """

    db: AsyncSession
    who: Principal
    database: Database
    store: DocumentStore
    settings: Settings
    attempt: int = 1


Job = Callable[[JobContext, dict[str, Any]], Awaitable[None]]

WhenHeld = Callable[[JobContext, dict[str, Any], Exception], Awaitable[None]]
"""Called, in a transaction of its own, when a job is given up: also after the last of many attempts and when
its workers kept dying, where the job itself has no say. It puts right what others see, such as a status.
"""

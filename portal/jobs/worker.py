"""The process that runs jobs: takes them from the queue, follows the timetable, shows that it lives."""

import asyncio
import logging
import os
import socket
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import asyncpg
import structlog
from pgqueuer import AsyncpgDriver, QueueManager
from pgqueuer.domain.errors import FailingListenerError
from sqlalchemy import text

from portal.db import Database, is_unreachable
from portal.jobs import schedule
from portal.jobs.job import Job, WhenHeld
from portal.jobs.queue import NAMES, queries
from portal.jobs.registry import JOBS, OURS, WHEN_HELD
from portal.jobs.runner import Runner, is_passing
from portal.migrations import version
from portal.settings import Settings
from portal.storage import DocumentStore
from portal.workflows.timetable import TIMETABLE, Line

LAST_WORDS = 30.0  # seconds for abandoned jobs to go back into the queue; else they fall silent there

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pace:
    """How a worker spends its time.

    A worker that has not been heard of for ``silence`` has its jobs given to another. New jobs announce
    themselves; ``poll`` is for those whose word was lost. ``grace`` is what running jobs get to finish in
    when the worker is told to stop, before they go back into the queue. ``at_once`` is 2 or more.
    """

    at_once: int = 4
    silence: timedelta = timedelta(seconds=30)
    poll: timedelta = timedelta(seconds=15)
    grace: timedelta = timedelta(seconds=60)
    tick: timedelta = timedelta(seconds=15)
    away: timedelta = timedelta(seconds=2)


class Worker:
    """``run()`` until ``stop()``; several of them share the work."""

    def __init__(
        self,
        database: Database,
        store: DocumentStore,
        settings: Settings,
        *,
        jobs: Mapping[str, Job] = JOBS,
        ours: Collection[str] = OURS,
        when_held: Mapping[str, WhenHeld] = WHEN_HELD,
        timetable: Sequence[Line] = TIMETABLE,
        pace: Pace | None = None,
    ) -> None:
        self.id = uuid.uuid4()
        self._database = database
        self._jobs = jobs
        self._timetable = timetable
        self._pace = pace or Pace()
        self._stopping = asyncio.Event()
        self._hurry = asyncio.Event()
        self._new_runner = partial(Runner, jobs, ours, when_held, database, store, settings)

    def stop(self) -> None:
        """Take nothing new and finish what runs; told again, finish at once."""
        if self._stopping.is_set():
            self._hurry.set()
        log.info("worker.stopping", worker=str(self.id))
        self._stopping.set()

    async def run(self) -> None:
        """Work, through restarts of the database, until told to stop."""
        forward_log()
        log.info("worker.started", worker=str(self.id), pid=os.getpid(), jobs=sorted(self._jobs))
        await self._until_migrated()
        beside = [
            asyncio.create_task(self._again_and_again(self._follow_timetable)),
            asyncio.create_task(self._again_and_again(self._show)),
        ]
        try:
            await self._take_jobs(beside)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
        await self._leave()
        log.info("worker.stopped", worker=str(self.id))

    async def _until_migrated(self) -> None:
        told = None
        while not self._stopping.is_set():
            try:
                found = await version.of(self._database)
            except Exception as error:
                if not _is_away(error):
                    raise
                log.warning("worker.database_away", reason=str(error))
            else:
                if found.is_right:
                    return
                if found != told:
                    log.warning("worker.waits_for_migration", found=found.found, wanted=found.wanted)
                    told = found
            await self._pause(self._pace.away)

    async def _take_jobs(self, beside: Sequence["asyncio.Task[None]"]) -> None:
        while not self._stopping.is_set():
            try:
                async with self._connected() as connection:
                    await self._serve(connection, beside)
            except Exception as error:
                if not _is_away(error):
                    raise
                log.warning("worker.database_away", reason=str(error))
                await self._pause(self._pace.away)

    async def _serve(
        self, connection: "asyncpg.Connection[asyncpg.Record]", beside: Sequence["asyncio.Task[None]"]
    ) -> None:
        """Run jobs until told to stop or cut off; what runs then gets its grace.

        PgQueuer is never cancelled: it would take the jobs that run for finished ones.
        """
        runner = self._new_runner()
        manager = QueueManager(queries(AsyncpgDriver(connection)), NAMES.channel)
        for name in self._jobs:
            manager.entrypoint(name, on_failure="hold", accepts_context=False)(runner.run)
        working = asyncio.create_task(
            manager.run(
                dequeue_timeout=self._pace.poll,
                batch_size=self._pace.at_once // 2,
                max_concurrent_tasks=self._pace.at_once,
                shutdown_on_listener_failure=True,
                heartbeat_timeout=self._pace.silence,
                log_aggregation_interval=timedelta(0),  # nobody reads these statistics
            )
        )
        cut_off = asyncio.Event()
        connection.add_termination_listener(lambda _connection: cut_off.set())
        await _first(working, self._stopping.wait(), cut_off.wait(), *beside)
        manager.shutdown.set()
        await _first(working, self._hurry.wait(), seconds=self._pace.grace.total_seconds())
        runner.abandon.set()
        await _first(working, seconds=LAST_WORDS)
        for task in (working, *beside):
            if task.done():
                task.result()
        if cut_off.is_set() and not self._stopping.is_set():
            raise ConnectionError("The connection was lost.")

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
        """Give the queue a connection of its own.

        When that is lost, PgQueuer can no longer say how its jobs ended; they fall silent and are begun
        again. A pool would reconnect, and hold jobs for good that only met a restart.
        """
        url = self._database.url.set(drivername="postgresql").render_as_string(hide_password=False)
        connection = await asyncpg.connect(
            url,
            timeout=5,
            command_timeout=30,
            server_settings={"application_name": "assay worker", "timezone": "UTC"},
        )
        try:
            yield connection
        finally:
            connection.terminate()

    async def _again_and_again(self, step: Callable[[], Awaitable[None]]) -> None:
        """Repeat a step beside the jobs; a database that is away is met again at the next tick."""
        while True:
            try:
                await step()
            except Exception as error:
                if not _is_away(error):
                    raise
            await asyncio.sleep(self._pace.tick.total_seconds())

    async def _follow_timetable(self) -> None:
        if not self._stopping.is_set():
            for name in await schedule.follow(self._database, self._timetable):
                log.info("timetable.queued", job=name)

    async def _show(self) -> None:
        async with self._database.connection() as connection:
            await connection.execute(
                text(
                    "INSERT INTO job_queue.worker (id, host, pid) VALUES (:id, :host, :pid)"
                    " ON CONFLICT (id) DO UPDATE SET seen_at = now()"
                ),
                {"id": self.id, "host": socket.gethostname(), "pid": os.getpid()},
            )
            await connection.execute(
                text("DELETE FROM job_queue.worker WHERE seen_at < now() - interval '1 day'")
            )

    async def _leave(self) -> None:
        try:
            async with self._database.connection() as connection:
                await connection.execute(text("DELETE FROM job_queue.worker WHERE id = :id"), {"id": self.id})
        except Exception as error:
            if not _is_away(error):
                raise

    async def _pause(self, length: timedelta) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), length.total_seconds())
        except TimeoutError:
            return


async def _first(
    *things: "asyncio.Task[None] | Coroutine[Any, Any, object]", seconds: float | None = None
) -> None:
    """Wait for the first of some tasks and events, or for a time; only the waiting for events is ended."""
    tasks = [thing if isinstance(thing, asyncio.Task) else asyncio.create_task(thing) for thing in things]
    await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for task, thing in zip(tasks, things, strict=True):
        if task is not thing:
            task.cancel()


def _is_away(error: BaseException) -> bool:
    return (
        is_passing(error)
        or is_unreachable(error)
        or isinstance(error, FailingListenerError | asyncpg.InterfaceError)
    )


class _IntoOurLog(logging.Handler):
    """PgQueuer's own messages, as lines of our log."""

    def emit(self, record: logging.LogRecord) -> None:
        log.warning("worker.queue", message=record.getMessage(), exc_info=record.exc_info)


def forward_log() -> None:
    logger = logging.getLogger("pgqueuer")
    logger.handlers = [_IntoOurLog(logging.WARNING)]
    logger.propagate = False

import argparse
import asyncio
import signal
from contextlib import AsyncExitStack
from dataclasses import replace

from portal.access.principal import system
from portal.commands.database import connected, database_url
from portal.errors import BadInputError
from portal.jobs import queue, receiver
from portal.jobs.worker import Pace, Worker
from portal.settings import Settings
from portal.storage import make_store

_WHO = system("command worker")
STATEMENT_SECONDS = 3600  # an import or a recount is longer than any request may be


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--at-once", type=int, default=4, help="jobs at the same time, 2 or more (default: 4)"
    )
    parser.add_argument("--held", action="store_true", help="only list the jobs that failed for good")
    parser.add_argument(
        "--release-held",
        action="store_true",
        help="only put the jobs that failed for good into the queue again",
    )


def run(given: argparse.Namespace, config: Settings) -> int:
    if given.at_once < 2:
        raise BadInputError("--at-once: give 2 or more.")
    with database_url(config) as url:
        if given.held or given.release_held:
            asyncio.run(held(config, url, release=given.release_held))
            return 0
        asyncio.run(work(config, url, Pace(at_once=given.at_once)))
    return 0


async def work(config: Settings, url: str, pace: Pace) -> None:
    """Run jobs until a signal; the second one is less patient."""
    patient = replace(config, statement_timeout=STATEMENT_SECONDS)
    # Each job may hold a second connection for its progress; the worker itself needs one or two.
    async with connected(patient, url, pool_size=2 * pace.at_once + 2) as database:
        store = make_store(config)
        worker = Worker(database, store, config, pace=pace)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, worker.stop)
        async with AsyncExitStack() as stack:
            if config.inbound_listen:
                await stack.enter_async_context(receiver.listening(database, store, config))
            await worker.run()


async def held(config: Settings, url: str, *, release: bool) -> None:
    async with connected(config, url, pool_size=1) as database, database.work(_WHO) as db:
        found = await queue.held(db)
        if release:
            await queue.release(db, [job.id for job in found])
    for job in found:
        print(f"{job.id}  {job.name}  {job.held_at:%Y-%m-%d %H:%M} UTC  {job.problem}")
    print(f"{len(found)} held {'job' if len(found) == 1 else 'jobs'}{', released' if release else ''}.")

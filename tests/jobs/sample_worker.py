"""A worker as `assay worker` runs it, with jobs made for tests and less patience."""

import asyncio
import os
import signal
import sys
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from portal import logs
from portal.db import Database
from portal.errors import BadInputError, BusyError
from portal.jobs.worker import Pace, Worker
from portal.settings import Settings
from portal.storage import make_store


async def note(context, payload):
    """Write a word, and what is worth knowing about whoever wrote it."""
    await context.db.execute(
        text("INSERT INTO effect (word, pid) VALUES (:word, :pid)"),
        {"word": payload["word"], "pid": os.getpid()},
    )


async def outside(context, word):
    """Write what others see at once, whatever becomes of the job."""
    async with context.database.work(context.who) as db:
        await db.execute(
            text("INSERT INTO effect (word, pid) VALUES (:word, :pid)"), {"word": word, "pid": os.getpid()}
        )


def is_open(payload):
    return Path(payload["gate"]).exists()


async def slow(context, payload):
    """Take until the test opens the gate."""
    await note(context, payload)
    await outside(context, "begun")
    while not is_open(payload):  # noqa: ASYNC110 - the gate is opened by another process
        await asyncio.sleep(0.02)


async def deadly(context, payload):
    await outside(context, "begun")
    os.kill(os.getpid(), signal.SIGKILL)


async def hopeless(context, payload):
    await note(context, payload)
    raise BadInputError("There is no such month.")


async def broken(context, payload):
    await note(context, payload)
    raise ZeroDivisionError("a bug")


async def busy(context, payload):
    """Fail as long as the attempts are few."""
    await note(context, {"word": f"attempt {context.attempt}"})
    if context.attempt <= payload["times"]:
        raise BusyError("The store is away.")


async def standstill(context, payload):
    """Keep the loop from turning, so that the worker looks dead."""
    await note(context, payload)
    await outside(context, "begun")
    while not is_open(payload):
        time.sleep(0.02)  # noqa: ASYNC251 - standing still is the point


async def who(context, payload):
    """Write under the trail as well, as whoever the job acts for."""
    await note(context, {"word": f"{context.who.name} / {context.who.supplier_id}"})
    if context.who.is_staff:
        await context.db.execute(text("UPDATE organisation SET short_name = :word"), payload)


async def put_right(context, payload, error):
    await note(context, {"word": f"put right: {type(error).__name__}"})


JOBS = {
    "note": note,
    "slow": slow,
    "deadly": deadly,
    "hopeless": hopeless,
    "broken": broken,
    "busy": busy,
    "standstill": standstill,
    "who": who,
    "who_of_ours": who,
}


async def main(url, data_dir, pace):
    settings = Settings(data_dir=Path(data_dir), statement_timeout=60)
    database = Database(url, settings, pool_size=10)
    quick = {"silence": 2.0, "poll": 0.5, "grace": 20.0, "tick": 0.5, "away": 0.2} | pace
    worker = Worker(
        database,
        make_store(settings),
        settings,
        jobs=JOBS,
        ours=set(JOBS) - {"who"},
        when_held={"hopeless": put_right, "busy": put_right, "deadly": put_right},
        timetable=(),
        pace=Pace(at_once=4, **{name: timedelta(seconds=value) for name, value in quick.items()}),
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, worker.stop)
    await worker.run()
    await database.close()


if __name__ == "__main__":
    logs.configure()
    given = dict(word.split("=") for word in sys.argv[3:])
    asyncio.run(main(sys.argv[1], sys.argv[2], {name: float(value) for name, value in given.items()}))

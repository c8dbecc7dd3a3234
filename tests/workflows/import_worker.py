"""A worker as `assay worker` runs it, with little patience, for tests that kill it in an import."""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

from portal import logs
from portal.db import Database
from portal.jobs.imports import JOBS
from portal.jobs.worker import Pace, Worker
from portal.settings import Settings
from portal.storage import make_store


async def main(url, data_dir):
    settings = Settings(data_dir=Path(data_dir), statement_timeout=60)
    database = Database(url, settings, pool_size=10)
    pace = Pace(
        at_once=2,
        silence=timedelta(seconds=2),
        poll=timedelta(seconds=0.5),
        tick=timedelta(seconds=0.5),
        away=timedelta(seconds=0.2),
    )
    await Worker(database, make_store(settings), settings, jobs=JOBS, timetable=(), pace=pace).run()


if __name__ == "__main__":
    logs.configure()
    asyncio.run(main(*sys.argv[1:]))

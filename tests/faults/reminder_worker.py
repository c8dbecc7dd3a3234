"""A worker as `assay worker` runs it, in whose world it is as late as a file says."""

import asyncio
import sys
from datetime import datetime, timedelta
from pathlib import Path

from portal import clock, logs
from portal.db import Database
from portal.jobs.worker import Pace, Worker
from portal.settings import Settings
from portal.storage import make_store


async def main(url, data_dir, time_file):
    clock.now = lambda: datetime.fromisoformat(Path(time_file).read_text())
    settings = Settings(data_dir=Path(data_dir), statement_timeout=60)
    database = Database(url, settings, pool_size=6)
    quick = {"silence": 2.0, "poll": 0.3, "grace": 5.0, "tick": 60.0, "away": 0.2}
    pace = Pace(at_once=3, **{name: timedelta(seconds=value) for name, value in quick.items()})
    worker = Worker(database, make_store(settings), settings, timetable=(), pace=pace)
    await worker.run()


if __name__ == "__main__":
    logs.configure()
    asyncio.run(main(*sys.argv[1:4]))

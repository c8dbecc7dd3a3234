"""A worker as `assay worker` runs it, with less patience: for a test to kill."""

import asyncio
import signal
import sys
from datetime import timedelta
from pathlib import Path

from portal import logs
from portal.db import Database
from portal.jobs.worker import Pace, Worker
from portal.mail import delivery, sender
from portal.settings import Settings, Smtp
from portal.storage import make_store


async def main(url: str, data_dir: str, port: str, retry: str = "") -> None:
    """``retry``: seconds before the second try of a mail; without it, one that gives up on a server soon."""
    if retry:
        delivery.FIRST_DELAY = timedelta(seconds=float(retry))
    else:
        sender.TO_CONNECT = 1.0
    settings = Settings(
        base_url="http://portal.test",
        data_dir=Path(data_dir),
        smtp=Smtp("127.0.0.1", int(port), tls="never"),
        mail_from="suppliers@norrland.example",
    )
    database = Database(url, settings)
    pace = Pace(
        silence=timedelta(seconds=2), poll=timedelta(seconds=0.3), tick=timedelta(seconds=0.5), at_once=4
    )
    worker = Worker(database, make_store(settings), settings, timetable=(), pace=pace)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stop)
    await worker.run()
    await database.close()


if __name__ == "__main__":
    logs.configure()
    asyncio.run(main(*sys.argv[1:]))

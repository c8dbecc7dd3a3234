"""A month's scorecards mailed to a thousand suppliers: 20 of 100 tries put off, 2 of 100 addresses refused for
good, and both workers killed with SIGKILL in the middle, before the server's answer to one of them.

    PYTHONPATH=. python benchmarks/mailing.py [--suppliers 1000]

The mail server, the workers, the PDFs and the pictures are real; see tests/faults/mass_mail.py.
"""

import argparse
import asyncio
import logging
import os
import tempfile
import time
from collections import Counter
from pathlib import Path

from bench import Table

from portal import embedded, logs
from portal.db import Database
from portal.migrations.run import migrate
from portal.settings import Settings
from tests.faults import mass_mail
from tests.mail.servers import listening
from tests.nursery import Nursery

WORKER = Path(mass_mail.__file__).with_name("mail_worker.py")


async def measure(count: int, table: Table) -> None:
    print(f"Scorecards by mail, to {count:,} suppliers", flush=True)
    nursery = Nursery()
    with embedded.temporary() as server, tempfile.TemporaryDirectory() as name:
        folder, url = Path(name), server.url("assay")
        database = Database(url, Settings(data_dir=folder / "data", statement_timeout=600))
        await migrate(database)
        began = time.perf_counter()
        await mass_mail.published(database, count)
        table.note("cards frozen and published", f"{time.perf_counter() - began:.0f} s")
        box = mass_mail.Unwilling(count // 2)
        async with listening(box) as smtp:

            async def start():  # noqa: ANN202 # a child of the nursery
                return await nursery.start(
                    str(WORKER),
                    url,
                    str(folder / "data"),
                    str(smtp.port),
                    str(mass_mail.RETRY),
                    env=dict(os.environ),
                    err=folder / "workers.log",
                )

            began = time.perf_counter()
            found = await mass_mail.mailed(database, box, start)
            took = time.perf_counter() - began
        await database.close()
    nursery.close()
    told(found, table, took)


def told(found: mass_mail.Mailed, table: Table, took: float) -> None:
    times = Counter(found.accepted.values())
    states = ", ".join(f"{len(addresses):,} {state}" for state, addresses in sorted(found.states.items()))
    table.note("mails planned, with the digests of our people", f"{sum(map(len, found.states.values())):,}")
    table.note("what became of them", states, "sent or listed as failed")
    table.note("tries that the server put off", f"{found.put_off:,}")
    table.note("accepted when the workers were killed", f"{found.killed_at:,}")
    table.note("contents under way at that moment", f"{found.under_way}")
    table.note("mails accepted once", f"{times[1]:,}")
    table.note("accepted twice, with the same Message-ID", f"{times[2]}", "≤ those under way")
    table.note("accepted more often", f"{sum(n for t, n in times.items() if t > 2)}", "0")
    missing = [
        a
        for state, each in found.states.items()
        if state != "bounced"
        for a in each
        if not found.accepted.get(a)
    ]
    table.note("neither accepted nor listed as failed", f"{len(missing)}", "0")
    table.note("from the first worker's start to the last mail", f"{took:.0f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--suppliers", type=int, default=1000)
    logs.configure("console", level=logging.ERROR)
    table = Table()
    try:
        asyncio.run(measure(parser.parse_args().suppliers, table))
    finally:
        table.show()

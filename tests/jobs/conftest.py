"""Workers as they run: processes of their own, on a database of their own."""

import asyncio
import itertools
import os
import signal
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.people import TESTER

ROOT = Path(__file__).resolve().parents[2]


class WorkerProcess:
    """A worker with the jobs of ``sample_worker.py``, in a process that a test may stop or kill."""

    def __init__(self, process, log):
        self.process = process
        self.log = log

    @property
    def pid(self):
        return self.process.pid

    async def stop(self, number=signal.SIGTERM):
        """Send a signal and return the exit status."""
        self.process.send_signal(number)
        return await self.end()

    async def end(self):
        return await asyncio.wait_for(self.process.wait(), 60)

    def said(self):
        return self.log.read_text()


@pytest.fixture
async def effects(fresh, owner):
    """A table that the jobs write to, in a database of its own."""
    await make_effects(owner)
    return fresh


async def make_effects(owner):
    async with owner.connection() as connection:
        await connection.execute(text("CREATE TABLE effect (id serial, word text, pid int)"))
        await connection.execute(text("GRANT ALL ON effect, effect_id_seq TO assay_staff, assay_supplier"))


class Gate:
    """What the slow jobs wait for."""

    def __init__(self, path):
        self.path = path

    def open(self):
        self.path.touch()

    def __str__(self):
        return str(self.path)


@pytest.fixture
def gate(tmp_path):
    return Gate(tmp_path / "gate")


@pytest.fixture
async def workers(effects, nursery, tmp_path):
    """Processes: call it for one more; what still runs at the end is killed."""
    running = []
    numbers = itertools.count()  # several may be started at once

    async def start(**pace):
        log = tmp_path / f"worker-{next(numbers)}.log"
        process = await nursery.start(
            str(ROOT / "tests" / "jobs" / "sample_worker.py"),
            effects.url.render_as_string(hide_password=False),
            str(tmp_path / "assay"),
            *[f"{name}={value}" for name, value in pace.items()],
            env=dict(os.environ),
            err=log,
        )
        running.append(WorkerProcess(process, log))
        return running[-1]

    yield start
    for worker in running:
        if worker.process.returncode is None:
            worker.process.kill()
            await worker.process.wait()


async def rows(database, statement, **values):
    async with database.work(TESTER) as db:
        return (await db.execute(text(statement), values)).all()


async def words(database):
    return [row.word for row in await rows(database, "SELECT word FROM effect ORDER BY id")]


async def until(question, patience=180.0):
    """Ask until the answer is true; return it."""
    deadline = asyncio.get_running_loop().time() + patience
    while not (answer := await question()):
        if asyncio.get_running_loop().time() > deadline:
            pytest.fail(f"waited {patience} seconds for {question}")
        await asyncio.sleep(0.05)
    return answer

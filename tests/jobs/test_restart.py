"""A database that is shut down and started again under a worker in the middle of a job."""

from pathlib import Path

import pytest
from sqlalchemy import text

from portal import embedded
from portal.db import Database
from portal.jobs import queue
from portal.migrations import version
from portal.migrations.run import migrate
from portal.settings import Settings
from tests.jobs.conftest import make_effects, until, words
from tests.people import TESTER

pytestmark = pytest.mark.faults


@pytest.fixture
def folder(tmp_path_factory):
    return Path(tmp_path_factory.mktemp("restarted"))


@pytest.fixture
async def effects(folder):
    """Stands in for the shared server: this one can be stopped."""
    server = embedded.start(folder, for_tests=True)
    owner = Database(server.url(), Settings(), pool_size=1)
    database = Database(server.url(role="assay_app"), Settings(), pool_size=4)
    database.server, database.owner = server, owner
    await migrate(owner, app=database.url)
    await make_effects(owner)
    yield database
    await owner.close()
    await database.close()
    database.server.stop()


async def test_the_worker_goes_on_where_it_was(effects, workers, folder, gate):
    worker = await workers()
    async with effects.work(TESTER) as db:
        await queue.enqueue(db, "slow", {"word": "done", "gate": str(gate)})
    await until(lambda: words(effects))
    effects.server.stop()
    gate.open()

    async def has_noticed():
        return "worker.database_away" in worker.said()

    await until(has_noticed)
    effects.server = embedded.start(folder, for_tests=True)

    async def is_done():
        return "done" in await words(effects)

    await until(is_done)
    assert worker.process.returncode is None
    assert sorted(await words(effects)) == ["begun", "begun", "done"]
    async with effects.work(TESTER) as db:
        assert await queue.held(db) == []


async def test_a_worker_waits_for_the_migration(effects, workers):
    await stamp(effects.owner, "0000")
    async with effects.work(TESTER) as db:
        await queue.enqueue(db, "note", {"word": "done"})
    worker = await workers()

    async def waits():
        return "worker.waits_for_migration" in worker.said()

    await until(waits)
    assert await words(effects) == []
    await stamp(effects.owner, (await version.of(effects)).wanted)
    assert await until(lambda: words(effects)) == ["done"]


async def stamp(database, name):
    async with database.connection() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = :name"), {"name": name})

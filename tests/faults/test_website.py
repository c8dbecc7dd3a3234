"""The website while its database is full, away and back, and when it is told to stop."""

import asyncio
import os
import signal
import socket
import sys
from contextlib import AsyncExitStack
from dataclasses import replace

import httpx
import pytest
from sqlalchemy import text

from portal import embedded
from portal.db import Database
from portal.migrations.run import migrate
from tests.conftest import visits
from tests.faults.processes import HERE
from tests.jobs.conftest import until
from tests.people import TESTER, invite_everybody

WAITING = "SELECT count(*) FROM pg_locks WHERE relation = 'organisation'::regclass AND NOT granted"

pytestmark = pytest.mark.faults


@pytest.fixture
async def open_site():
    """Gives a browser for a person on a database."""
    async with AsyncExitStack() as stack:

        async def visit(database, settings, person):
            return await (await visits(stack, database, settings))(person)

        yield visit


async def test_overload_a_full_pool_answers_at_once_that_it_is_full(fresh, settings, open_site):
    async with fresh.work(TESTER) as db:
        cast = await invite_everybody(db)
    tight = replace(settings, pool_size=1, pool_timeout=0.2)
    database = Database(fresh.url.render_as_string(hide_password=False), tight)
    elin = await open_site(database, tight, cast.elin)
    async with database.connection() as taken:
        await taken.execute(text("SELECT 1"))
        answers = await asyncio.gather(*(elin.get("/suppliers") for _ in range(5)))
        assert [answer.status_code for answer in answers] == [503] * 5
        assert all(int(answer.headers["retry-after"]) > 0 for answer in answers)
        assert (await elin.get("/health/live")).status_code == 200
    assert (await elin.get("/suppliers")).status_code == 200
    await database.close()


async def test_postgres_restart_the_site_says_so_meanwhile_and_reconnects_by_itself(
    made, settings, open_site
):
    server = embedded.start(made)
    database = Database(server.url(), settings)
    try:
        await migrate(database)
        async with database.work(TESTER) as db:
            cast = await invite_everybody(db)
        elin = await open_site(database, settings, cast.elin)
        assert (await elin.get("/suppliers")).status_code == 200
        server.stop()
        for _ in range(3):
            answer = await elin.get("/suppliers")
            assert answer.status_code == 503
            assert int(answer.headers["retry-after"]) > 0
            assert "cannot reach its database" in answer.text
        assert (await elin.get("/health/ready")).status_code == 503
        server = embedded.start(made)
        assert (await elin.get("/suppliers")).status_code == 200
        assert (await elin.get("/health/ready")).status_code == 200
    finally:
        await database.close()
        server.stop()


async def test_shutdown_finishes_what_is_in_flight(fresh, owner, tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = (tmp_path / "serve.log").open("wb")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "portal.cli", "serve", "--port", str(port)),
        cwd=HERE.parent.parent,
        env={
            **os.environ,
            "DATABASE_URL": fresh.url.set(drivername="postgresql").render_as_string(hide_password=False),
            "ASSAY_DATA_DIR": str(tmp_path / "assay"),
        },
        stderr=log,
        stdout=log,
    )
    log.close()
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as browser:

            async def is_up():
                try:
                    return (await browser.get("/health/live")).status_code == 200
                except httpx.TransportError:
                    return False

            await until(is_up)
            async with owner.connection() as blocking:
                # A first page reads the organisation, and has to wait for it here.
                await blocking.execute(text("LOCK TABLE organisation IN ACCESS EXCLUSIVE MODE"))
                page = asyncio.create_task(browser.get("/sign-in"))

                async def waits():
                    async with owner.connection() as looking:
                        return (await looking.execute(text(WAITING))).scalar_one()

                await until(waits)
                process.send_signal(signal.SIGTERM)
                await asyncio.sleep(0.5)
                assert process.returncode is None
            answer = await page
        assert answer.status_code == 200
        assert await asyncio.wait_for(process.wait(), 60) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()

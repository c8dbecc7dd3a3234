"""The life of a SCAR against a model of it: anybody tries anything at any time, and some of it fails.

Illegal steps never succeed, deadlines carry exactly the time that was ours, and the trail, replayed, ends in
the same state.
"""

import asyncio

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from portal.db import Database
from portal.settings import Settings
from tests.people import TESTER, invite_everybody
from tests.workflows.scar_life import (
    Life,
)


async def test_the_life_of_a_scar_against_a_model_of_it(fresh, server):
    async with fresh.work(TESTER) as db:
        cast = await invite_everybody(db)

    def lives():
        loop = asyncio.new_event_loop()
        database = Database(
            server.address(str(fresh.url.database)), Settings(statement_timeout=60), pool_size=1
        )
        machine = type("Life", (Life,), {"loop": loop, "database": database, "cast": cast})
        try:
            run_state_machine_as_test(
                machine,
                settings=settings(
                    max_examples=6,
                    stateful_step_count=30,
                    deadline=None,
                    database=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            loop.run_until_complete(database.close())
            loop.run_until_complete(asyncio.sleep(0.1))  # its sockets end after it has said so
            loop.close()

    await asyncio.to_thread(lives)

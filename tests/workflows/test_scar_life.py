"""The life of a SCAR against a model of it: anybody tries anything at any time, and some of it fails.

Illegal steps never succeed, deadlines carry exactly the time that was ours, and the trail, replayed, ends in
the same state.
"""

import asyncio

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import select, text
from sqlmodel import col

from portal.db import Database
from portal.errors import RefusalError
from portal.models.scars import (
    ScarEvent,
    Stage,
)
from portal.settings import Settings
from portal.workflows.scars import (
    record,
    reviewing,
)
from portal.workflows.scars.reviewing import Decision
from portal.workflows.scars.steps import STAGES
from tests.factories import scars
from tests.people import TESTER, invite_everybody, principal_of
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


async def test_race(fresh, server):
    """Twenty at once decide on the same answer: one does, for the others it is over; one event, one mail."""
    async with fresh.work(TESTER) as db:
        cast = await invite_everybody(db)
        scar = await scars.issued(db, cast)
        await scars.bring_to(db, scar, Stage.CONTAINMENT, cast)
        await scars.send(db, scar, Stage.CONTAINMENT, principal_of(cast.tomasz))
        await db.execute(text("DELETE FROM job_queue.pgqueuer"))
    karin = principal_of(cast.karin)
    yes = dict.fromkeys(STAGES[Stage.CONTAINMENT], Decision(accepted=True))

    async def decide():
        async with fresh.work(karin) as db:
            locked = await record.to_change(db, karin, scar.number)
            await reviewing.decide(db, locked, await record.answers(db, karin, locked), yes, by=karin)

    done = await asyncio.gather(*(decide() for _ in range(20)), return_exceptions=True)
    refused = [each for each in done if isinstance(each, RefusalError)]
    assert (len(refused), {each.status for each in refused}, done.count(None)) == (19, {409}, 1)
    async with fresh.work(TESTER) as db:
        events = await db.execute(select(ScarEvent).where(col(ScarEvent.kind) == "accept_containment"))
        assert len(list(events)) == 1
        mails = await db.execute(
            text("SELECT count(*) FROM job_queue.pgqueuer WHERE entrypoint = 'scars.tell'")
        )
        assert mails.scalar_one() == 1
        changes = await db.execute(
            text(
                "SELECT count(*) FROM trail_change AS c JOIN trail_act AS a ON a.id = c.act_id"
                " WHERE a.table_name = 'scar' AND c.new::text LIKE '%containment_accepted%'"
            )
        )
        assert changes.scalar_one() == 1

"""`race`: many decide on the same SCAR at the same moment; one does, and the others read what happened."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest
from sqlalchemy import func, select, text

from portal.db import Database
from portal.models.scars import ScarEvent, ScarStage, ScarStatus, Stage
from portal.workflows.scars import closure, extensions
from portal.workflows.scars.steps import STAGES, STEPS
from tests.conftest import visits
from tests.factories import scars
from tests.people import TESTER, invite_everybody, principal_of

MANY = 50
D3 = {f"decide-{each}": "accept" for each in STAGES[Stage.CONTAINMENT]}
RETURNED = D3 | {"decide-D3": "return", "reason-D3": "Which lots?"}


@pytest.fixture
async def patient(fresh, settings):
    """Over few connections, for which everybody waits as long as it takes: being too busy is no race."""
    database = Database(fresh.url.render_as_string(hide_password=False), replace(settings, pool_timeout=120))
    yield database
    await database.close()


@pytest.fixture
async def story(fresh, patient, settings):
    """One that waits for a decision, one to close, one to issue, one that wants time; and two who may."""
    async with fresh.work(TESTER) as db:
        cast = await invite_everybody(db)
        waiting = await scars.issued(db, cast)
        await scars.bring_to(db, waiting, Stage.CONTAINMENT, cast)
        await scars.send(db, waiting, Stage.CONTAINMENT, principal_of(cast.tomasz))
        ready = await scars.issued(db, cast)
        await scars.bring_to(db, ready, Stage.PREVENTION, cast)
        await scars.send(db, ready, Stage.PREVENTION, principal_of(cast.tomasz))
        await scars.accept(db, ready, principal_of(cast.elin))
        await closure.plan(db, ready, "5 lots", None, by=principal_of(cast.elin))
        await closure.check(db, ready, is_effective=True, words="0 of 5", by=principal_of(cast.karin))
        late = await scars.issued(db, cast)
        await extensions.ask(db, late, 2, "Holidays", by=principal_of(cast.tomasz))
        numbers = [each.number for each in (waiting, ready, await scars.drafted(db, cast), late)]
    async with AsyncExitStack() as stack:
        visit = await visits(stack, patient, settings)
        yield [f"/scars/{number}" for number in numbers], [await visit(cast.karin), await visit(cast.elin)]


async def steps_of(database, here):
    """The changes of state of a SCAR, as the trail has them."""
    async with database.work(TESTER) as db:
        rows = await db.execute(
            text(
                "SELECT c.old::jsonb ->> 'status' AS before, c.new::jsonb ->> 'status' AS after"
                " FROM trail_change AS c JOIN trail_act AS a ON a.id = c.act_id"
                " JOIN scar AS s ON s.id = c.row_id"
                " WHERE a.table_name = 'scar' AND a.action = 'update' AND s.number = :number"
                " AND c.new LIKE '%\"status\"%' ORDER BY c.act_id"
            ),
            {"number": here.rpartition("/")[2]},
        )
        return [(ScarStatus(row.before), ScarStatus(row.after)) for row in rows]


async def events_and_mails(database):
    """How many events there are, and jobs that write their mails."""
    async with database.work(TESTER) as db:
        jobs = "SELECT count(*) FROM job_queue.pgqueuer WHERE entrypoint = 'scars.tell'"
        return (
            (await db.execute(select(func.count()).select_from(ScarEvent))).scalar_one(),
            (await db.execute(text(jobs))).scalar_one(),
        )


async def test_race_of_fifty_deciders(fresh, story):
    """Half of them accept, half return it: one decision, one event, one mail, one row of the trail."""
    (here, *_), browsers = story
    before, (events, mails) = await steps_of(fresh, here), await events_and_mails(fresh)
    answers = await asyncio.gather(
        *(browsers[n % 2].post(f"{here}/review", data=RETURNED if n % 4 < 2 else D3) for n in range(MANY))
    )
    assert Counter(each.status_code for each in answers) == {303: 1, 409: MANY - 1}
    told = [each.text for each in answers if each.status_code == 409]
    assert all(
        "Nothing waits for a decision here. Somebody may have decided a moment ago." in each for each in told
    )
    assert len(await steps_of(fresh, here)) == len(before) + 1
    assert await events_and_mails(fresh) == (events + 1, mails + 1)


async def test_race_of_two_who_decide_on_more_time(fresh, story):
    """One grants, the other refuses, five times each: one answer to the supplier, time given once."""
    (*_, here), (karin, elin) = story
    events, mails = await events_and_mails(fresh)
    answers = await asyncio.gather(
        *(
            browser.post(f"{here}/extension-decision", data=data)
            for browser, data in [
                (karin, {"grant": "1", "note": ""}),
                (elin, {"note": "It ships on Monday."}),
            ]
            * 5
        )
    )
    assert Counter(each.status_code for each in answers) == {303: 1, 409: 9}
    assert await events_and_mails(fresh) == (events + 1, mails + 1)
    granted = next(at for at, each in enumerate(answers) if each.status_code == 303) % 2 == 0
    async with fresh.work(TESTER) as db:
        extra = await db.execute(select(func.sum(ScarStage.extra_hours)))
        assert extra.scalar_one() == (48 if granted else 0)


async def test_race_of_different_verbs(fresh, story):
    """Closing, cancelling, issuing, reopening at once: whoever is told that it is done has done one step."""
    (_, ready, draft, _), browsers = story
    verbs = {
        ready: [("closure", {"words": "Thanks."}), ("cancellation", {"reason": "Ours."}), ("closure", {})],
        draft: [("issue", {}), ("cancellation", {"reason": "Twice."}), ("issue", {})],
    }
    for here, forms in verbs.items():
        before = len(await steps_of(fresh, here))
        answers = await asyncio.gather(
            *(browsers[0].post(f"{here}/{form}", data=data) for form, data in forms * 4)
        )
        codes = Counter(each.status_code for each in answers)
        steps = (await steps_of(fresh, here))[before:]
        assert codes == {303: len(steps), 409: len(answers) - len(steps)}
        legal = {(state, step.after) for step in STEPS.values() for state in step.before}
        assert set(steps) <= legal
        assert 1 <= len(steps) <= 2, "a draft that was issued may still be cancelled, once"
        told = [each.text for each in answers if each.status_code == 409]
        assert all("This has moved on since you opened it." in each for each in told)

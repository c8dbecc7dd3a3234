"""Who has to do what: opened, passed on, finished, and never twice."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal import clock
from portal.access import scopes
from portal.models.tasks import Severity, Side, Task
from portal.workflows import tasks
from portal.workflows.tasks import About
from tests.people import principal_of

NOON = datetime(2026, 11, 12, 12, tzinfo=UTC)
SCAR = About("nonconformance", 17, "NC-2026-0017")


async def asked(db, cast, **given):
    fields = {"supplier_id": cast.acme.id, "plant_id": cast.lulea.id, "person_id": cast.elin.id, **given}
    return await tasks.open_task(db, "test.explain", SCAR, Side.SUPPLIER, **fields)


async def all_of(db):
    query = select(Task).order_by(Task.id).execution_options(populate_existing=True)
    return list((await db.execute(query)).scalars())


async def seen_by(db, person):
    return len((await db.execute(scopes.visible(principal_of(person), Task))).all())


async def test_asking_twice_is_asking_once_and_the_newer_word_counts(db, cast):
    with clock.fixed(NOON):
        first = await asked(db, cast, due=date(2026, 11, 20), zone="Europe/Warsaw", severity=Severity.MINOR)
        second = await asked(db, cast, due=date(2026, 11, 18), zone="Europe/Warsaw", severity=Severity.MAJOR)
    assert first.id == second.id
    (task,) = await all_of(db)
    assert (task.due_on, task.severity) == (date(2026, 11, 18), Severity.MAJOR)
    # The day ends in Warsaw, an hour before it ends in London.
    assert task.due_at == datetime(2026, 11, 18, 22, 59, 59, tzinfo=UTC)


async def test_whoever_was_given_a_task_by_hand_keeps_it(db, cast):
    task = await asked(db, cast)
    task.person_id = cast.olle.id
    await asked(db, cast, person_id=None)
    assert (await all_of(db))[0].person_id == cast.olle.id


async def test_the_ball_goes_to_and_fro(db, cast):
    await asked(db, cast, due=NOON)
    await tasks.move(db, "test.explain", SCAR, Side.US, event="D3 sent")
    (task,) = await all_of(db)
    assert (task.side, task.due_at, task.event) == (Side.US, None, "D3 sent")
    await tasks.move(db, "test.explain", SCAR, Side.SUPPLIER, due=NOON)
    await tasks.move(db, "test.explain", SCAR, Side.SUPPLIER, due=NOON)
    (task,) = await all_of(db)
    assert (task.side, task.due_at, task.done_at) == (Side.SUPPLIER, NOON, None)
    assert await tasks.move(db, "test.other", SCAR, Side.US) is None


async def test_passing_on_what_is_there_already_leaves_one(db, cast):
    await asked(db, cast)
    await tasks.open_task(db, "test.explain", SCAR, Side.US, supplier_id=cast.acme.id)
    await tasks.move(db, "test.explain", SCAR, Side.US)
    first, second = await all_of(db)
    assert (first.side, first.ended, second.side, second.done_at) == (Side.SUPPLIER, "moved", Side.US, None)


async def test_finished_is_finished_and_may_be_asked_again(db, cast):
    await asked(db, cast)
    who = principal_of(cast.tomasz)
    assert await tasks.finish(db, SCAR, "test.explain", by=who) == 1
    assert await tasks.finish(db, SCAR, "test.explain", by=who) == 0
    await asked(db, cast)
    done, again = await all_of(db)
    assert (done.done_by_name, done.done_at is not None, again.done_at) == ("Tomasz Wieczorek", True, None)


async def test_a_record_that_ends_ends_all_that_was_open_about_it(db, cast):
    await asked(db, cast)
    await tasks.open_task(db, "test.review", SCAR, Side.US, supplier_id=cast.acme.id)
    await tasks.open_task(db, "test.review", About("nonconformance", 18), Side.US, supplier_id=cast.acme.id)
    assert await tasks.finish(db, SCAR, why="cancelled") == 2
    assert [task.ended for task in await all_of(db)] == ["cancelled", "cancelled", ""]


async def test_the_clock_stands_still_and_goes_on(db, cast):
    await asked(db, cast, due=NOON)
    with clock.fixed(NOON):
        await tasks.pause(db, "test.explain", SCAR, event="Disputed")
        assert (await all_of(db))[0].paused_at == NOON
    later = datetime(2026, 11, 14, tzinfo=UTC)
    await tasks.resume(db, "test.explain", SCAR, due=later)
    (task,) = await all_of(db)
    assert (task.paused_at, task.due_at) == (None, later)


async def test_each_sees_their_own(db, cast):
    await asked(db, cast)
    about = About("nonconformance", 18)
    await tasks.open_task(db, "test.review", about, Side.US, supplier_id=cast.acme.id)
    inside = About("nonconformance", 19)
    await tasks.open_task(db, "test.decide", inside, Side.US, supplier_id=cast.acme.id, is_shared=False)
    assert await seen_by(db, cast.elin) == 3
    assert await seen_by(db, cast.gustav) == 2, "Gdańsk sees what belongs to no plant"
    assert await seen_by(db, cast.tomasz) == 2, "what we decide among ourselves is not theirs to see"
    assert await seen_by(db, cast.rita) == 0
    assert await seen_by(db, cast.anna) == 0


async def test_the_database_refuses_a_suppliers_task_without_supplier(db, cast):
    for given in ({"supplier_id": None}, {"is_shared": False}):
        with pytest.raises(IntegrityError):
            async with db.begin_nested():
                await asked(db, cast, **given)

"""What has settled is sealed once, in order; what is still open is left for later."""

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from portal import clock
from portal.access.principal import system
from portal.errors import NotReadyError
from portal.jobs.job import JobContext
from portal.jobs.registry import JOBS
from portal.models.trail import TrailSeal
from portal.storage import make_store
from portal.workflows.timetable import TIMETABLE, Hourly
from portal.workflows.trail import kept, sealing, verifying
from tests.factories import master

WHO = system("test")


@pytest.fixture
def store(settings):
    return make_store(settings)


@pytest.fixture
def seal(fresh, store):
    async def run(**options):
        return await sealing.seal(fresh, store, WHO, **options)

    return run


@pytest.fixture
def verify(fresh, store):
    async def run():
        return await verifying.verify(fresh, store, WHO)

    return run


async def add(fresh, count=1):
    async with fresh.work(WHO) as db:
        for _ in range(count):
            await master.commodity(db)


async def seals(fresh):
    async with fresh.work(WHO) as db:
        return list((await db.execute(select(TrailSeal).order_by(col(TrailSeal.number)))).scalars())


async def test_a_new_database_has_the_beginning_of_its_own_chain_and_verifies(fresh, store, verify):
    [first] = await seals(fresh)
    assert (first.number, first.rows, len(first.previous)) == (0, 0, 64)
    report = await verify()
    assert (report.difference, report.rows, report.seals) == (None, 0, 0)


async def test_all_that_is_committed_is_sealed_once_in_a_chain(fresh, seal, verify):
    await add(fresh, 5)
    with clock.fixed(datetime(2026, 10, 8, 12, tzinfo=UTC)):
        done = await seal(rows=2)
    assert (done.seals, done.rows) == (3, 5)
    first, *made = await seals(fresh)
    assert [each.rows for each in made] == [2, 2, 1]
    assert [each.previous for each in made] == [first.hash, made[0].hash, made[1].hash]
    assert made[0].sealed_at == datetime(2026, 10, 8, 12, tzinfo=UTC)
    assert (await seal()).seals == 0
    report = await verify()
    assert (report.difference, report.rows, report.seals, report.unsealed) == (None, 5, 3, 0)
    assert report.newest.hash == made[-1].hash


async def test_one_statement_of_many_rows_is_spread_over_seals(fresh, seal, verify):
    async with fresh.work(WHO) as db:
        await db.execute(
            text(
                "INSERT INTO part (number, name, created_at, updated_at, version)"
                " SELECT 'N' || n, '', now(), now(), 1 FROM generate_series(1, 25) AS n"
            )
        )
    await seal(rows=10)
    assert [(each.rows, each.last_n) for each in (await seals(fresh))[1:]] == [(10, 10), (10, 20), (5, 25)]
    assert (await verify()).rows == 25


async def test_what_is_not_committed_is_left_for_later(fresh, seal, verify):
    await add(fresh)
    await seal()
    async with fresh.work(WHO) as slow:
        await master.commodity(slow)  # takes the lower number, commits last
        await add(fresh, 2)
        assert (await seal(patience=0)).rows == 0
        report = await verify()
        assert (report.difference, report.unsealed) == (None, 2)
    assert (await seal()).rows == 3
    report = await verify()
    assert (report.difference, report.rows, report.unsealed) == (None, 4, 0)


async def test_what_was_there_before_a_long_transaction_began_need_not_wait_for_it(fresh, seal, verify):
    await add(fresh, 2)
    async with fresh.work(WHO) as slow:
        await sealing._settle(fresh, WHO, patience=0)
        await slow.execute(text("SELECT pg_current_xact_id()"))
        await add(fresh, 1)
        assert (await seal(patience=0)).rows == 2
    assert (await seal()).rows == 1
    assert (await verify()).rows == 3


async def test_numbers_that_were_rolled_back_leave_no_hole(fresh, seal, verify):
    async with fresh.work(WHO) as db:
        await master.commodity(db)
        await db.rollback()
    await add(fresh)
    assert (await seal()).rows == 1
    assert (await verify()).difference is None


async def test_marks_are_not_kept_once_they_are_used(fresh, seal):
    for _ in range(3):
        await add(fresh)
        await seal()
    async with fresh.work(WHO) as db:
        assert (await db.execute(text("SELECT count(*) FROM trail_mark"))).scalar_one() == 0


async def test_sealers_that_meet_seal_everything_once(fresh, seal, verify):
    await add(fresh, 40)
    done = await asyncio.gather(*(seal(rows=3) for _ in range(4)))
    assert sum(each.rows for each in [*done, await seal(rows=3)]) == 40
    report = await verify()
    assert (report.difference, report.rows, report.unsealed) == (None, 40, 0)


async def test_while_one_seals_another_leaves_it_alone(fresh, seal):
    await add(fresh)
    async with fresh.work(WHO) as db:
        await db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": sealing._LOCK})
        done = await seal()
        assert (done.is_busy, done.seals) == (True, 0)
    assert (await seal()).rows == 1


async def test_writers_and_sealers_at_once_lose_nothing(fresh, seal, verify):
    async def write():
        for _ in range(15):
            await add(fresh, 2)

    async def keep_sealing():
        for _ in range(6):
            await seal(rows=7)

    await asyncio.gather(write(), write(), keep_sealing(), write())
    await seal()
    report = await verify()
    assert (report.difference, report.rows, report.unsealed) == (None, 90, 0)


async def test_the_store_gets_each_seal_under_its_own_hash(fresh, store, seal):
    await add(fresh)
    await seal()
    newest = (await seals(fresh))[-1]
    content = b"".join([chunk async for chunk in store.open(newest.hash)])
    assert content == kept.proof.canonical(kept.document(newest))
    assert b'"number":1' in content


async def test_seals_that_a_crash_kept_from_the_store_get_there_with_the_next_run(
    fresh, store, seal, verify, monkeypatch
):
    await seal()
    await add(fresh, 3)

    async def crash(*_, **__):
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(store, "put", crash)
        with pytest.raises(ConnectionError):
            await seal()
    report = await verify()
    assert report.difference is None
    assert "lacks" in report.remarks[0]
    await seal()
    report = await verify()
    assert (report.difference, report.remarks) == (None, [])


async def test_after_a_restored_backup_it_goes_on_only_with_a_reason_and_says_so(fresh, store, seal, verify):
    await add(fresh)
    await seal()
    chain = (await seals(fresh))[0].hash
    for number in (2, 3):  # as it is when the backup is older than the documents
        await kept.keep(store, chain, TrailSeal(**_as_if(number)))
    await add(fresh)
    with pytest.raises(NotReadyError, match="knows seal 3 of the trail, and the database ends with seal 1"):
        await seal()
    assert (await verify()).difference.kind is verifying.Kind.CUT_OFF
    assert (await seal(after_loss="Restored the backup of Sunday")).rows == 1
    newest = (await seals(fresh))[-1]
    assert (newest.number, newest.note) == (4, "Restored the backup of Sunday")
    report = await verify()
    assert report.difference is None
    assert report.remarks == ["Seals before 4 were lost. Reason given: Restored the backup of Sunday"]
    await add(fresh)
    await seal()
    assert (await verify()).difference is None


async def test_a_loss_that_did_not_happen_is_not_accepted(fresh, seal):
    with pytest.raises(NotReadyError, match="Nothing is missing"):
        await seal(after_loss="Just so")
    assert len(await seals(fresh)) == 1


async def test_a_loss_is_sealed_even_when_nothing_is_waiting(fresh, store, seal, verify):
    chain = (await seals(fresh))[0].hash
    await kept.keep(store, chain, TrailSeal(**_as_if(1)))
    assert (await seal(after_loss="Restored")).seals == 1
    report = await verify()
    assert (report.difference, report.seals, report.rows) == (None, 1, 0)
    assert (await seal()).seals == 0


async def test_the_worker_seals_every_hour(fresh, store, settings, verify):
    assert [type(line.when) for line in TIMETABLE if line.job == "trail.seal"] == [Hourly]
    await add(fresh)
    async with fresh.work(WHO) as db:
        # As the runner does: a transaction is open around the job.
        await db.execute(text("SELECT pg_try_advisory_xact_lock(7202, 1)"))
        context = JobContext(db=db, who=WHO, database=fresh, store=store, settings=settings)
        await JOBS["trail.seal"](context, {})
    assert (await verify()).rows == 1


def _as_if(number):
    """A seal that the database has lost; the store checks its hash."""
    values = {
        "number": number,
        "sealed_at": datetime(2026, 10, 1, tzinfo=UTC),
        "last_act": 99,
        "last_n": 1,
        "rows": 1,
        "root": "0" * 64,
        "previous": "0" * 64,
        "note": "",
        "leaves": b"",
    }
    made = TrailSeal(**values, hash="")
    return {**values, "hash": kept.proof.seal_hash(kept.document(made))}

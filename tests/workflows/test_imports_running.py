"""An import is all in or not in at all, whatever happens to it on the way."""

import asyncio
import os
import signal
import tracemalloc
from pathlib import Path

import pytest

from portal.errors import BusyError, NotReadyError
from portal.imports.bulk import Bulk
from portal.imports.convert import Converter
from portal.imports.mapping import read
from portal.imports.opening import open_reader
from portal.imports.options import FileOptions
from portal.jobs import imports as jobs
from portal.models.imports import ImportKind, ImportStatus, OnBadRows
from portal.workflows.imports import attempt, deliveries, runs, staging
from tests.workflows.importing import DELIVERIES, HEADER
from tests.workflows.test_imports import ONE, THREE, TWO, counts, file

ROOT = Path(__file__).resolve().parents[2]


async def queued(office, content):
    return await office.queue(
        content, DELIVERIES, kind=ImportKind.DELIVERIES, on_bad_rows=OnBadRows.SKIP, name="x.csv"
    )


async def cancel(office, run_id):
    async with office.database.work(office.who) as db:
        runs.cancel(await runs.to_change(db, office.who, run_id))


async def test_an_import_that_waits_is_cancelled_at_once(office):
    run_id = await queued(office, file(ONE))
    await cancel(office, run_id)
    assert (await office.look(run_id)).status is ImportStatus.CANCELLED
    await office.work(jobs.run_import, run_id)
    assert (await office.look(run_id)).status is ImportStatus.CANCELLED
    assert await office.one("SELECT count(*) FROM delivery_line") == 0


async def test_an_import_that_runs_stops_between_two_batches(office, monkeypatch):
    monkeypatch.setattr(staging, "BATCH", 10)
    monkeypatch.setattr(attempt, "_EVERY", 0)
    rows = [f"4;{n};104417;LUL;P;1;2026-10-08;;;" for n in range(200)]
    run_id = await queued(office, file(*rows))
    told = []

    class Watching(attempt.Reporter):
        async def __call__(self, progress):
            told.append((progress.rows, progress.bytes))
            if progress.rows == 50:
                await cancel(office, run_id)
            await super().__call__(progress)

    monkeypatch.setattr(attempt, "Reporter", Watching)
    await office.work(jobs.run_import, run_id)
    run = await office.look(run_id)
    assert run.status is ImportStatus.CANCELLED
    assert told[-1][0] == 50
    assert [rows for rows, _ in told] == [10, 20, 30, 40, 50]
    assert await office.one("SELECT count(*) FROM delivery_line") == 0
    with pytest.raises(NotReadyError, match="ended already"):
        await cancel(office, run_id)


async def test_the_progress_is_seen_while_it_runs(office, monkeypatch):
    monkeypatch.setattr(staging, "BATCH", 100)
    monkeypatch.setattr(attempt, "_EVERY", 0)
    content = file(*[f"4;{n};104417;LUL;P;1;2026-10-08;;;" for n in range(1000)])
    run_id = await queued(office, content)
    seen = []

    class Watching(attempt.Reporter):
        async def __call__(self, progress):
            await super().__call__(progress)
            run = await office.look(run_id)
            seen.append((run.status, run.rows_read, run.bytes_read))

    monkeypatch.setattr(attempt, "Reporter", Watching)
    await office.work(jobs.run_import, run_id)
    assert {status for status, _, _ in seen} == {ImportStatus.RUNNING}
    assert [rows for _, rows, _ in seen[:10]] == list(range(100, 1001, 100))
    sizes = [size for _, _, size in seen]
    assert sizes == sorted(sizes)
    assert sizes[-1] == len(content)


async def test_an_import_begins_again_when_its_worker_ended_in_the_middle(office):
    run_id = await queued(office, file(ONE, TWO))
    assert await attempt.begin(office.database, office.who, run_id)
    await office.work(jobs.run_import, run_id)
    assert counts(await office.look(run_id)) == (2, 2, 0, 0, 0)
    await office.work(jobs.run_import, run_id)
    assert counts(await office.look(run_id)) == (2, 2, 0, 0, 0)


async def test_a_fault_of_ours_leaves_nothing_and_says_so(office, monkeypatch):
    async def broken(*_):
        raise ZeroDivisionError

    before = await office.everything()
    monkeypatch.setattr(deliveries, "_add_receipts", broken)
    run_id = await queued(office, file(ONE, "9;1;104417;LUL;NEW-PART;1;2026-10-08;;;"))
    with pytest.raises(ZeroDivisionError):
        await office.work(jobs.run_import, run_id)
    run = await office.look(run_id)
    assert run.status is ImportStatus.FAILED
    assert run.problem == attempt.BROKEN
    assert await office.everything() == before


async def test_a_store_that_is_away_is_no_failure(office, monkeypatch):
    run_id = await queued(office, file(ONE))

    def away(_key):
        raise BusyError("The document store is away.")

    with monkeypatch.context() as patch:
        patch.setattr(office.store, "local_path", away)
        with pytest.raises(BusyError):
            await office.work(jobs.run_import, run_id)
    assert (await office.look(run_id)).status is ImportStatus.RUNNING
    await office.work(jobs.run_import, run_id)
    assert (await office.look(run_id)).status is ImportStatus.DONE


async def test_two_imports_of_the_same_rows_at_once_add_them_once(office):
    first, second = await queued(office, file(ONE, TWO, THREE)), await queued(office, file(THREE, TWO, ONE))
    await asyncio.gather(office.work(jobs.run_import, first), office.work(jobs.run_import, second))
    both = [counts(await office.look(each)) for each in (first, second)]
    assert sorted(both) == [(3, 0, 0, 3, 0), (3, 3, 0, 0, 0)]
    assert await office.one("SELECT count(*) FROM delivery_line") == 3


async def test_a_file_that_nobody_started_can_be_removed_and_its_bytes_with_it(office):
    stored = await office.store.put(_chunks(file(ONE).encode()))
    async with office.database.work(office.who) as db:
        look = await runs.look_at(office.store, stored.key, FileOptions())
        one = await runs.begin(db, office.who, ImportKind.DELIVERIES, "x.csv", stored, look)
        other = await runs.begin(db, office.who, ImportKind.DELIVERIES, "x.csv", stored, look)
    for run, is_left in ((one, True), (other, False)):
        async with office.database.work(office.who) as db:
            await runs.discard(db, await runs.to_change(db, office.who, run.id))
        payloads = await office.rows("SELECT convert_from(payload, 'utf8') FROM job_queue.pgqueuer")
        assert stored.key in payloads[-1][0]
        async with office.database.work(office.who) as db:
            context = jobs.JobContext(
                db=db, who=office.who, database=office.database, store=office.store, settings=office.settings
            )
            await jobs.clear_file(context, {"key": stored.key})
        assert await office.store.exists(stored.key) is is_left


@pytest.mark.faults
async def test_kill_9_in_the_middle_leaves_nothing_half_in_and_another_worker_finishes(
    office, nursery, tmp_path
):
    rows = [
        f"4;{n};{104417 if n % 2 else 104900};LUL;P-{n % 50};1;2026-10-08;2026-10-07;1;D-{n}"
        for n in range(20_000)
    ]
    run_id = await queued(office, file(*rows))
    first = await _worker(office, nursery, tmp_path / "first.log")
    try:
        await _until(office, run_id, lambda run: run.rows_read > 0)
        first.send_signal(signal.SIGKILL)
        await first.wait()
        run = await office.look(run_id)
        assert run.status is ImportStatus.RUNNING
        assert await office.one("SELECT count(*) FROM delivery_line") == 0
        second = await _worker(office, nursery, tmp_path / "second.log")
        try:
            run = await _until(office, run_id, lambda run: run.status is not ImportStatus.RUNNING)
        finally:
            second.send_signal(signal.SIGTERM)
            await second.wait()
    finally:
        if first.returncode is None:
            first.kill()
            await first.wait()
    assert counts(run) == (20_000, 20_000, 0, 0, 0)
    assert await office.one("SELECT count(*), sum(received) FROM delivery_line") == (20_000, 20_000)
    assert await office.one("SELECT sum(lines), sum(received) FROM supplier_month_total") == (20_000, 20_000)
    lines = "SELECT DISTINCT person_name FROM trail_act WHERE table_name = 'delivery_line'"
    assert await office.one(lines) == "Elin Sandberg"


async def _worker(office, nursery, log):
    return await nursery.start(
        str(ROOT / "tests" / "workflows" / "import_worker.py"),
        office.database.url.render_as_string(hide_password=False),
        str(office.settings.data_dir),
        env=dict(os.environ),
        err=log,
    )


async def _until(office, run_id, question, patience=90.0):
    deadline = asyncio.get_running_loop().time() + patience
    while not question(run := await office.look(run_id)):
        if asyncio.get_running_loop().time() > deadline:
            pytest.fail(f"waited {patience} seconds; the import is {run.status}: {run.problem}")
        await asyncio.sleep(0.02)
    return run


def test_memory_does_not_grow_with_the_file(tmp_path):
    path = tmp_path / "x.csv"
    peaks = []
    for count in (5_000, 30_000):
        with path.open("w") as out:
            out.write(HEADER + "\n")
            out.writelines(
                f"45{n:08};{n % 10};{n % 900};LUL;PART-{n};{n % 77};2026-10-08;;;\n" for n in range(count)
            )
        reader = open_reader(path, FileOptions(encoding="utf-8", separator=";", header_line=1))
        converter = Converter(read(DELIVERIES, ImportKind.DELIVERIES), reader.columns, {})
        rows, bulk = iter(reader), Bulk(converter, ["order_number"])
        tracemalloc.start()
        while staging._read(rows, reader, bulk):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        reader.close()
    assert peaks[1] < peaks[0] * 1.3 < 40_000_000


async def _chunks(content):
    yield content

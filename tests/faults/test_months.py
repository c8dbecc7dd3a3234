"""A month of scorecards through workers that die: while cards are frozen, and while they are mailed."""

import asyncio
import os
from datetime import date
from zipfile import ZipFile

import pytest
from sqlalchemy import select, text

from portal.models.months import BundleStatus, MonthStatus
from portal.models.people import Person
from portal.settings import Settings
from portal.storage import make_store
from portal.workflows import ratings
from portal.workflows.months import bundling, freezing, records
from tests.factories import deliveries
from tests.factories.months import OCTOBER, month
from tests.faults import mass_mail
from tests.faults.processes import HERE
from tests.mail.servers import listening
from tests.people import TESTER, invite_everybody, principal_of

pytestmark = pytest.mark.faults

PROMISED = date(2026, 10, 8)
SUPPLIERS = 12
BUNDLED = 7


@pytest.fixture
async def approved(fresh):
    """Acme and Bolt have deliveries in October, which is approved and not frozen yet."""
    async with fresh.work(TESTER) as db:
        cast = await invite_everybody(db)
        await ratings.install_default_policy(db)
        await deliveries.line(db, cast, (PROMISED, 100))
        await deliveries.line(db, cast, (PROMISED, 100), supplier_id=cast.bolt.id)
        await month(
            db,
            status=MonthStatus.APPROVED,
            as_of_on=date(2026, 11, 11),
            proposed_by_name="Elin Sandberg",
            approved_by_name="Karin Holm",
        )
    return cast


async def digest(database):
    async with database.work(TESTER) as db:
        return (await records.find(db, OCTOBER)).digest


async def test_freezing_goes_on_where_a_worker_died(fresh, approved, monkeypatch):
    monkeypatch.setattr(freezing, "AT_ONCE", 1)
    real, calls = freezing.freeze_some, []

    async def dies_at_the_second(db, who, row, supplier_ids):
        await real(db, who, row, supplier_ids)
        calls.append(supplier_ids)
        if len(calls) == 2:
            raise ConnectionError("killed before the commit")

    monkeypatch.setattr(freezing, "freeze_some", dies_at_the_second)
    with pytest.raises(ConnectionError):
        await freezing.freeze(fresh, TESTER, OCTOBER)
    async with fresh.work(TESTER) as db:
        assert await freezing.counted(db, OCTOBER) == 1
    assert await digest(fresh) == "", "nobody publishes half a month"
    assert await freezing.freeze(fresh, TESTER, OCTOBER) == 2
    assert calls == [[approved.acme.id], [approved.bolt.id], [approved.bolt.id]]
    assert await digest(fresh)


async def test_a_worker_killed_while_all_cards_are_set_is_followed_by_one_that_sets_them(
    fresh, nursery, tmp_path
):
    await mass_mail.published(fresh, BUNDLED)
    async with fresh.work(TESTER) as db:
        await db.execute(text("DELETE FROM job_queue.pgqueuer"))  # the mails are another story
        elin = (await db.execute(select(Person).where(Person.name == "Elin Sandberg"))).scalar_one()
        who = principal_of(elin)
    async with fresh.work(who) as db:
        made = await bundling.begin(db, who, await records.find(db, OCTOBER))

    async def start():
        return await nursery.start(
            str(HERE / "mail_worker.py"),
            fresh.url.render_as_string(hide_password=False),
            str(tmp_path / "assay"),
            "1",
            env=dict(os.environ),
            err=tmp_path / "worker.log",
        )

    async def seen(is_so):
        while True:
            async with fresh.work(TESTER) as db:
                found = await bundling.newest(db, who, OCTOBER)
            if is_so(found):
                return found
            await asyncio.sleep(0.05)

    worker = await start()
    await seen(lambda found: found.cards_done)
    worker.kill()
    await worker.wait()
    broken = await seen(lambda _found: True)
    assert (broken.status, broken.file_key) == (BundleStatus.RUNNING, None)
    worker = await start()
    try:
        done = await seen(lambda found: found.status is not BundleStatus.RUNNING)
    finally:
        worker.kill()
        await worker.wait()
    assert (done.id, done.status, done.cards_done) == (made.id, BundleStatus.DONE, BUNDLED)
    store = make_store(Settings(data_dir=tmp_path / "assay"))
    async with store.local_path(done.file_key) as path:
        with ZipFile(path) as archive:
            assert archive.testzip() is None
            assert len(set(archive.namelist())) == BUNDLED
            assert all(archive.read(name).startswith(b"%PDF") for name in archive.namelist())


async def test_workers_killed_while_scorecards_are_mailed_forget_nobody_and_write_once_more_at_most(
    fresh, nursery, tmp_path
):
    await mass_mail.published(fresh, SUPPLIERS)
    box = mass_mail.Unwilling(SUPPLIERS // 2)
    async with listening(box) as server:

        async def start():
            return await nursery.start(
                str(HERE / "mail_worker.py"),
                fresh.url.render_as_string(hide_password=False),
                str(tmp_path / "assay"),
                str(server.port),
                str(mass_mail.RETRY),
                env=dict(os.environ),
                err=tmp_path / "worker.log",
            )

        found = await mass_mail.mailed(fresh, box, start)
    refused = {f"quality-{n}@{mass_mail.DOMAIN}" for n in range(SUPPLIERS) if mass_mail.is_refused(n)}
    assert set(found.states["bounced"]) == refused
    assert found.states.keys() == {"bounced", "sent"}, "nobody is on the way still, or forgotten"
    assert {address for address, times in found.accepted.items() if times == 0} == refused
    assert max(found.accepted.values()) <= 2, "one more of the same for a crash, at most"
    assert 1 <= found.twice <= found.under_way, "and only where the content had begun to go over"
    assert found.put_off, "the server was as unwilling as it should be"

"""A month of scorecards through workers that die: while cards are frozen, and while they are mailed."""

import asyncio
import os
import sys
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text
from sqlmodel import select

from portal import clock
from portal.models.months import MailPlan, MonthStatus, ScorecardMail
from portal.workflows import ratings
from portal.workflows.months import freezing, mailing, records
from tests.factories import deliveries, suppliers
from tests.factories.months import OCTOBER, month
from tests.faults.processes import HERE
from tests.faults.test_mail import until
from tests.mail.servers import Postbox, listening
from tests.people import TESTER, invite_everybody

pytestmark = pytest.mark.faults

PROMISED = date(2026, 10, 8)
RECIPIENTS = 8
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def approved(fresh):
    """Acme and Bolt have deliveries in October, which is approved and not frozen yet."""
    async with fresh.work(TESTER) as db:
        cast = await invite_everybody(db)
        await ratings.install_default_policy(db)
        await deliveries.line(db, cast, (PROMISED, 100))
        await deliveries.line(db, cast, (PROMISED, 100), supplier_id=cast.bolt.id)
        for number in range(RECIPIENTS):
            await suppliers.contact(db, cast.acme, email=f"q{number}@acme.test")
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


async def test_a_worker_killed_while_scorecards_are_mailed_forgets_nobody_and_writes_to_nobody_twice(
    fresh, approved, tmp_path
):
    await freezing.freeze(fresh, TESTER, OCTOBER)
    async with fresh.work(TESTER) as db:
        row = await records.to_change(db, OCTOBER)
        row.status, row.published_at = MonthStatus.PUBLISHED, clock.now()
        await db.flush()
        await mailing.plan_cards(db, OCTOBER, MailPlan.CARD, [approved.acme.id])
        await db.execute(text("UPDATE scorecard_mail SET due_at = :now"), {"now": LONG_AGO})
        assert await mailing.enqueue_due(db) == RECIPIENTS

    box = Postbox()
    async with listening(box) as server:

        async def start():
            return await asyncio.create_subprocess_exec(
                sys.executable,
                str(HERE / "mail_worker.py"),
                fresh.url.render_as_string(hide_password=False),
                str(tmp_path / "assay"),
                str(server.port),
                cwd=HERE.parent.parent,
                env={**os.environ, "PYTHONPATH": str(HERE.parent.parent)},
                stderr=asyncio.subprocess.DEVNULL,
            )

        async def some_are_taken():
            return len(box.taken) >= 2

        async def all_are_sent():
            async with fresh.work(TESTER) as db:
                states = [each.state for each in await mailing.of_month(db, OCTOBER)]
            return states == ["sent"] * RECIPIENTS

        worker = await start()
        try:
            await until(some_are_taken)
            worker.kill()
            await worker.wait()
            worker = await start()
            await until(all_are_sent)
        finally:
            if worker.returncode is None:
                worker.kill()
                await worker.wait()
    assert len(set(box.ids)) == RECIPIENTS, "one more of the same, for each that was under way, at most"
    assert len(box.ids) <= RECIPIENTS + 4  # so many are under way at once
    async with fresh.work(TESTER) as db:
        rows = (await db.execute(select(ScorecardMail))).scalars().all()
    assert len({row.mail_id for row in rows}) == RECIPIENTS

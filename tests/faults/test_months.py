"""A month of scorecards through workers that die: while cards are frozen, and while they are mailed."""

import os
from datetime import date

import pytest

from portal.models.months import MonthStatus
from portal.workflows import ratings
from portal.workflows.months import freezing, records
from tests.factories import deliveries
from tests.factories.months import OCTOBER, month
from tests.faults import mass_mail
from tests.faults.processes import HERE
from tests.mail.servers import listening
from tests.people import TESTER, invite_everybody

pytestmark = pytest.mark.faults

PROMISED = date(2026, 10, 8)
SUPPLIERS = 12


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

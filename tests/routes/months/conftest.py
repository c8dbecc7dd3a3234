"""October 2026, which is rated, previewed, disputed and published."""

from datetime import UTC, date, datetime

import pytest
from sqlmodel import select

from portal import clock
from portal.models.deliveries import DeliveryLine
from portal.models.months import (
    MonthStatus,
    ScorecardDispute,
)
from portal.workflows import ratings
from portal.workflows.months import following, freezing, records
from tests.factories import deliveries
from tests.factories.months import OCTOBER, PUBLISH, month
from tests.people import TESTER

PREVIEW = datetime(2026, 11, 4, 9, tzinfo=UTC)


AFTER = datetime(2026, 11, 11, 9, tzinfo=UTC)


PROMISED = date(2026, 10, 8)


CARD = "/scorecard?period=2026-10"


@pytest.fixture
async def october(db, cast):
    """Acme: 10 lines on time and one 4 days late; 2 of 1,100 pieces bad. Bolt: one line on time."""
    await ratings.install_default_policy(db)
    for _ in range(10):
        await deliveries.line(db, cast, (PROMISED, 100))
    cast_line = await deliveries.line(db, cast, (date(2026, 10, 12), 100), order_number="LATE-1")
    await deliveries.line(db, cast, (PROMISED, 100), supplier_id=cast.bolt.id, order_number="BOLT-1")
    await deliveries.nonconformance(db, cast, number="NC-26-1")
    return cast_line


@pytest.fixture
async def preview(db, october):
    with clock.fixed(PREVIEW):
        yield await month(db)


async def line_of(db):
    query = select(DeliveryLine).where(DeliveryLine.order_number == "LATE-1")
    return (await db.execute(query.execution_options(populate_existing=True))).scalar_one()


async def dispute_of(db):
    query = select(ScorecardDispute).execution_options(populate_existing=True)
    return (await db.execute(query)).scalar_one()


async def raise_dispute(site, cast, db, **more):
    browser = await site(cast.tomasz)
    found = await line_of(db)
    return await browser.post(
        f"/disputes?line={found.id}", data={"reason": "The truck was at your gate on 8 October."}, **more
    )


async def decide(site, db, person, step, **data):
    dispute = await dispute_of(db)
    browser = await site(person)
    return await browser.post(
        f"/disputes/{dispute.id}/{step}", data={"version": str(dispute.version), **data}
    )


async def frozen(db, *, by):
    """Freeze what somebody has approved, as the worker does."""
    row = await records.to_change(db, OCTOBER)
    missing = await freezing.missing(db, by, row)
    await freezing.freeze_some(db, by, row, missing)
    return await freezing.seal(db, row)


async def published(site, db, cast):
    """Go through the two people and the worker, and publish October on its day."""
    row = await records.to_change(db, OCTOBER)
    row.status = MonthStatus.CLOSED
    await db.flush()
    with clock.fixed(AFTER):
        assert (await (await site(cast.elin)).post("/months/2026-10/proposal")).status_code == 303
        assert (await (await site(cast.karin)).post("/months/2026-10/approval")).status_code == 303
        await frozen(db, by=TESTER)
    with clock.fixed(PUBLISH):
        assert "published" in await following.follow(db, TESTER)
    return await records.find(db, OCTOBER)

"""Browsers of the people who are in most stories, and a month that is published."""

from datetime import date

import pytest

from portal import clock
from portal.models.months import MonthStatus
from portal.models.suppliers import ProcessRole
from portal.workflows import ratings
from portal.workflows.months import following, freezing, records
from tests.factories import deliveries, suppliers
from tests.factories.months import OCTOBER, PUBLISH, month
from tests.people import TESTER


@pytest.fixture
async def elin(site, cast):
    return await site(cast.elin)


@pytest.fixture
async def karin(site, cast):
    return await site(cast.karin)


@pytest.fixture
async def tomasz(site, cast):
    return await site(cast.tomasz)


@pytest.fixture
async def october(db, cast):
    """Acme's October is published: 10 of 11 lines on time, 2 of 1,100 pieces bad."""
    await ratings.install_default_policy(db)
    for _ in range(10):
        await deliveries.line(db, cast, (deliveries.PROMISED, 100))
    await deliveries.line(db, cast, (date(2026, 10, 12), 100), order_number="LATE-1")
    await deliveries.nonconformance(db, cast, number="NC-26-1")
    await publish(db, cast)
    return cast


async def publish(db, cast):
    """Publish Acme's October as it is, with three contacts of whom two read scorecards."""
    zone = {"time_zone": "Europe/Stockholm"}
    site = await suppliers.site(db, cast.acme, **zone)
    cast.tomasz.time_zone = zone["time_zone"]
    await suppliers.contact(
        db, cast.acme, email="maria@acme.test", name="María", role=ProcessRole.MANAGEMENT, site_id=site.id
    )
    await suppliers.contact(db, cast.acme, email=cast.tomasz.email.upper(), role=ProcessRole.QUALITY)
    await suppliers.contact(db, cast.acme, email="sales@acme.test", role=ProcessRole.SALES)
    await month(
        db,
        status=MonthStatus.APPROVED,
        as_of_on=date(2026, 11, 11),
        proposed_by_name="Elin Sandberg",
        approved_by_name="Karin Holm",
    )
    with clock.fixed(PUBLISH):
        row = await records.to_change(db, OCTOBER)
        await freezing.freeze_some(db, TESTER, row, [cast.acme.id])
        await freezing.seal(db, row)
        assert await following.follow(db, TESTER) == ["published"]

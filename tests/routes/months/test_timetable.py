"""When a month goes on by itself, and what holds it up."""

import re
from datetime import UTC, date, datetime, timedelta

from sqlmodel import select

from portal import clock
from portal.models.months import (
    MonthStatus,
)
from portal.models.tasks import Task
from portal.workflows.months import following, plan, records
from tests.factories import deliveries
from tests.factories.months import OCTOBER
from tests.people import TESTER
from tests.routes.months.conftest import PREVIEW


async def test_the_clock_brings_a_month_to_its_end_and_never_twice(db, cast, october):
    moments = [
        (datetime(2026, 11, 2, 23, tzinfo=UTC), [], None),  # working day 2 is 3 November, 5:00
        (datetime(2026, 11, 3, 4, 5, tzinfo=UTC), ["computed", "opened"], MonthStatus.PREVIEW),
        (datetime(2026, 11, 10, 15, 50, tzinfo=UTC), [], MonthStatus.PREVIEW),  # 16:50 in Stockholm
        (datetime(2026, 11, 10, 16, 5, tzinfo=UTC), ["closed"], MonthStatus.CLOSED),
        (datetime(2026, 11, 10, 15, 5, tzinfo=UTC), [], MonthStatus.CLOSED),  # the clock goes back
        (datetime(2026, 11, 30, 12, tzinfo=UTC), [], MonthStatus.CLOSED),  # nobody has approved it
    ]
    for now, done, status in moments:
        with clock.fixed(now):
            assert await following.follow(db, TESTER) == done, now
            found = await records.known(db, OCTOBER)
            assert (found.status if found else None) == status, now
    assert (found.preview_until_at, found.publish_at) == (
        datetime(2026, 11, 10, 16, tzinfo=UTC),
        datetime(2026, 11, 12, 7, tzinfo=UTC),
    )


async def test_a_worker_that_was_away_takes_no_days_from_suppliers(db, cast, october):
    with clock.fixed(datetime(2026, 11, 9, 4, 5, tzinfo=UTC)):
        assert await following.follow(db, TESTER) == ["computed", "opened"]
    found = await records.find(db, OCTOBER)
    assert found.preview_until_at == datetime(2026, 11, 16, 16, tzinfo=UTC)


async def test_a_plant_that_went_silent_holds_up_the_preview_until_somebody_goes_on(site, db, cast, october):
    for day in range(90):
        on = date(2026, 7, 1) + timedelta(days=day)
        if on.weekday() < 5:
            await deliveries.line(db, cast, (on, 1), acknowledged_on=on, ordered=1, plant_id=cast.gdansk.id)
    await deliveries.line(db, cast, (date(2026, 10, 14), 1), ordered=1, plant_id=cast.gdansk.id)
    with clock.fixed(PREVIEW):
        assert await following.follow(db, TESTER) == ["computed"]
        elin = await site(cast.elin)
        page = await elin.get("/months/2026-10")
        assert "No deliveries from Gdańsk since 14 October. The preview waits." in page.text
        tasks = (await db.execute(select(Task).where(Task.kind == "month.hold"))).scalars().all()
        assert len(tasks) == 1
        assert (await (await site(cast.olle)).post("/months/2026-10/preview")).status_code == 404
        assert (await elin.post("/months/2026-10/preview")).status_code == 303
        page = await elin.get("/months/2026-10")
    assert "Elin Sandberg went on without." in page.text


async def test_the_days_are_set_by_a_manager(site, db, cast, october):
    karin = await site(cast.karin)
    form = await karin.get("/months/rules")
    version = re.search(r'name="version" value="(\d+)"', form.text)[1]
    values = {"compute_on": "3", "preview_until_day": "11", "preview_until_hour": "12", "publish_day": "10"}
    more = {"mail_hour": "7", "unanswered": "mark", "version": version}
    refused = await karin.post("/months/rules", data={**values, **more})
    assert refused.status_code == 422
    saved = await karin.post("/months/rules", data={**values, **more, "publish_day": "14"})
    assert saved.status_code == 303
    stale = await karin.post("/months/rules", data={**values, **more, "publish_day": "15"})
    assert stale.status_code == 412
    assert (await (await site(cast.elin)).get("/months/rules")).status_code == 404
    found = plan.plan_of(await plan.rules(db), OCTOBER, await plan.place(db, OCTOBER))
    # 14 November 2026 is a Saturday.
    assert found.publish_at == datetime(2026, 11, 16, 7, tzinfo=UTC)


async def test_a_long_weekend_never_brings_publication_before_the_last_dispute(db, cast):
    # 10 October 2026 is a Saturday: the preview ends on Monday the 12th.
    found = plan.plan_of(await plan.rules(db), OCTOBER - 1, await plan.place(db, OCTOBER - 1))
    assert found.preview_until_at == datetime(2026, 10, 12, 15, tzinfo=UTC)
    assert found.publish_at == datetime(2026, 10, 13, 6, tzinfo=UTC)


async def test_suppliers_and_auditors_see_no_months(site, db, cast, preview):
    for person in (cast.tomasz, cast.rita, cast.anna):
        browser = await site(person)
        assert (await browser.get("/months")).status_code == 404
        assert (await browser.get("/months/2026-10")).status_code == 404
    assert (await (await site(cast.vera)).get("/months/2026-10")).status_code == 200
    assert (await (await site(cast.vera)).get("/months/2026-13")).status_code == 404

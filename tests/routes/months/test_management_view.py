"""The management view of a published month says what its cards say, whatever the records say since."""

import re
from datetime import date

import pytest
from sqlalchemy import text

from portal import clock
from portal.models.months import MonthStatus, ScorecardCorrection, ScorecardTotal
from portal.workflows.months import correcting, records
from portal.workflows.scorecards import dashboard, ranking, rollups
from portal.workflows.scorecards.rollups import By
from scorecards import measures
from scorecards.periods import Period
from tests.factories import deliveries
from tests.factories.months import OCTOBER, PUBLISH
from tests.people import TESTER, principal_of
from tests.routes.months.conftest import AFTER, PROMISED, frozen, line_of, published

MONTH, TODAY = Period(OCTOBER), AFTER.date()


@pytest.fixture
async def out(site, db, cast, preview):
    row = await published(site, db, cast)
    with clock.fixed(PUBLISH):
        yield row


async def on_time(db, cast):
    """Give the lines as the management view pools them, which is what the ranking's places add up to."""
    who = principal_of(cast.vera)
    board = await dashboard.board(db, who, MONTH, TODAY)
    places = await ranking.places(db, who, MONTH, TODAY)
    one = board.pooled.card.measure(measures.DELIVERY)
    rows = [place.measures[measures.DELIVERY] for place in places]
    assert board.counts == dict.fromkeys(board.counts, 0) | {
        band: sum(place.band == band for place in places) for band in {place.band for place in places}
    }
    by_supplier = await rollups.parts(db, who, board.policy, MONTH, TODAY, measures.DELIVERY, By.SUPPLIER)
    assert sum(part.measure.numerator for part in by_supplier) == one.numerator
    assert (one.numerator, one.denominator) == (
        sum(row.numerator for row in rows),
        sum(row.denominator for row in rows),
    )
    assert board.pooled.series[-1].measure(measures.DELIVERY) == one
    return board, one


async def settle(db):
    await db.flush()
    await db.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))  # sums are added at the end of a transaction
    await db.execute(text("SET CONSTRAINTS ALL DEFERRED"))


async def test_it_agrees_with_the_ranking_before_and_after_a_correction(site, db, cast, out):
    board, one = await on_time(db, cast)
    assert (one.numerator, one.denominator) == (11, 12)
    assert board.newer == []
    line = await line_of(db)
    line.excuse_code, line.excuse_note = "dock_closed", "Our dock was closed."
    line.excused_by_name, line.excused_at = "Karin Holm", clock.now()
    await settle(db)
    # The line is excused, but what was published stays until two people correct it.
    board, one = await on_time(db, cast)
    assert (one.numerator, one.denominator) == (11, 12)
    vera = await site(cast.vera)
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", (await vera.get("/dashboard?period=2026-10")).text))
    assert "Published and frozen." in page
    assert "By today’s records it would be: On-time delivery 100.0 % instead of 91.7 %." in page
    await correcting.recheck(db, TESTER)
    found = (await db.execute(ScorecardCorrection.__table__.select())).one()
    here = f"/months/2026-10/corrections/{found.id}"
    answer = await (await site(cast.elin)).post(f"{here}/proposal", data={"reason": "Our dock was closed."})
    assert answer.status_code == 303
    assert (await (await site(cast.karin)).post(f"{here}/issue")).status_code == 303
    board, one = await on_time(db, cast)
    assert (one.numerator, one.denominator) == (11, 11)
    assert board.newer == []


async def test_plants_and_longer_periods_follow_the_records(site, db, cast, out):
    for _ in range(4):
        await deliveries.line(db, cast, (date(2026, 10, 20), 100), acknowledged_on=PROMISED)
    await settle(db)
    vera = await site(cast.vera)
    page = (await vera.get("/dashboard?period=2026-10&plant=LUL&explain=delivery")).text
    assert "cards are published for all plants together" in page
    assert "68.8 %" in page  # 11 of 16
    page = (await vera.get("/dashboard?period=2026-10&explain=delivery&by=plant")).text
    assert "so plants are counted by today’s records" in page
    assert "91.7 %" in page
    assert "68.8 %" in page
    assert "Published and frozen" not in (await vera.get("/dashboard?period=2026-Q4")).text
    gustav = await dashboard.board(db, principal_of(cast.gustav), MONTH, TODAY)
    assert gustav.published is None


async def test_what_is_not_published_after_all_leaves_no_total(site, db, cast, preview):
    row = await records.to_change(db, OCTOBER)
    row.status = MonthStatus.CLOSED
    await db.flush()
    with clock.fixed(AFTER):
        elin, karin = await site(cast.elin), await site(cast.karin)
        await elin.post("/months/2026-10/proposal")
        await karin.post("/months/2026-10/approval")
        await frozen(db, by=TESTER)
        assert (await db.get(ScorecardTotal, OCTOBER)).sums["delivery"]["promised"] == 12
        # It is approved, but not published: the management view goes on with the records.
        assert (await dashboard.board(db, principal_of(cast.vera), MONTH, TODAY)).published is None
        assert (await karin.post("/months/2026-10/return", data={"reason": "Wait."})).status_code == 303
    assert await db.get(ScorecardTotal, OCTOBER, populate_existing=True) is None

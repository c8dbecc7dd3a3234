"""Suppliers side by side: the figures of their own cards, each with its explanation one click away."""

import csv
import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise

import pytest

from portal import charts, clock
from portal.models.ratings import Policy as PolicyRow
from portal.models.ratings import PolicyStatus
from portal.workflows import ratings
from scorecards import measures
from scorecards.policy import DEFAULT_POLICY
from tests.factories import deliveries, master

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
DAY = date(2026, 10, 8)
BOTH = "/comparison?period=2026-10&supplier=104417&supplier=104900"


@pytest.fixture
async def story(db, cast):
    """Acme in October: 10 of 11 lines on time; Bolt: 3 of 3."""
    await ratings.install_default_policy(db)
    for _ in range(10):
        await deliveries.line(db, cast, (DAY, 100), acknowledged_on=DAY)
    await deliveries.line(db, cast, (date(2026, 10, 12), 100), acknowledged_on=DAY)
    for _ in range(3):
        await deliveries.line(db, cast, (DAY, 100), acknowledged_on=DAY, supplier_id=cast.bolt.id)
    with clock.fixed(NOW):
        yield cast


async def test_each_number_is_the_cards_own_and_leads_to_its_explanation(site, db, story):
    elin = await site(story.elin)
    page = (await elin.get(BOTH)).text
    assert "Acme Castings" in page
    assert "Bolt &amp; Sons" in page
    link = "/suppliers/104417/scorecard?period=2026-10&amp;explain=delivery#measures"
    assert f'<a href="{link}"><span class="">90.9 %</span>' in page
    assert "10 of 11 lines" in page
    explained = (await elin.get(link.replace("&amp;", "&"))).text
    assert "How on-time delivery becomes 90.9 %" in explained
    assert "few lines" in page  # Bolt has three, over twelve months too
    assert "Not all are rated by the same policy" not in page
    assert 'aria-label="Score by month. Acme Castings:' in page
    rows = list(csv.reader(io.StringIO((await elin.get(BOTH.replace("?", ".csv?"))).text.lstrip("\ufeff"))))
    assert rows[0][1] == "Acme Castings (104417)"
    assert rows[0][3] == "Bolt & Sons (104900)"
    line = next(row for row in rows if row[0] == "On-time delivery")
    assert round(Decimal(line[1]), 4) == Decimal("90.9091")
    assert line[2].startswith("90.9 %. 10 of 11 lines")
    assert Decimal(line[3]) == 100
    score = next(row for row in rows if row[0] == "Score")
    assert f'<div class="big">{score[1]}</div>' in explained
    sheet = await elin.get(BOTH.replace("?", ".xlsx?"))
    assert sheet.content.startswith(b"PK")


@pytest.mark.parametrize(
    ("count", "words"), [(0, "It takes two"), (1, "It takes two"), (6, "more than fits")]
)
async def test_one_supplier_or_six_get_a_sentence(site, db, story, count, words):
    numbers = [f"77000{at}" for at in range(count)]
    for number in numbers:
        await master.supplier(db, number=number, name=f"Supplier {number}", commodity_id=story.castings.id)
    elin = await site(story.elin)
    asked = "&".join(["period=2026-10", *(f"supplier={number}" for number in numbers)])
    answer = await elin.get(f"/comparison?{asked}")
    assert answer.status_code == 422
    assert words in answer.text
    assert (await elin.get(f"/comparison.csv?{asked}")).status_code == 422


async def test_who_may_not_see_the_ranking_compares_nobody(site, story):
    elin = await site(story.elin)
    assert (await elin.get("/comparison?supplier=104417&supplier=nobody")).status_code == 404
    for person in (story.tomasz, story.anna):
        client = await site(person)
        assert (await client.get(BOTH)).status_code in {403, 404}
    ranking = (await elin.get("/scorecards/2026-10?tick=104417")).text
    assert re.search(r'value="104417" aria-label="Compare Acme Castings" checked', ranking)
    assert 'action="/comparison" id="compare"' in ranking


async def test_policies_that_differ_are_said(site, db, story):
    other = replace(
        DEFAULT_POLICY,
        name="Fasteners",
        weights={measures.QUALITY: Decimal(20), measures.DELIVERY: Decimal(80)},
    )
    db.add(
        PolicyRow(
            name=other.name,
            number=1,
            status=PolicyStatus.ACTIVE,
            definition=other.to_dict(),
            activated_at=NOW,
            from_month=300,
            supplier_ids=[story.bolt.id],
            reason="Bolts",
        )
    )
    await db.flush()
    page = (await (await site(story.elin)).get(BOTH)).text
    assert "Not all are rated by the same policy" in page
    assert "“Fasteners” version 1: Bolt &amp; Sons." in page
    assert "The policy leaves it out." in page


def test_lines_are_told_apart_without_colour():
    series = [(f"Supplier {at}", [Decimal(80 + at), None, Decimal(90)]) for at in range(5)]
    drawn = str(charts.lines(series, ["Aug", "Sep", "Oct"], label="Scores", width=760))
    marks = set(re.findall(r'class="q\d" transform="[^"]*" d="([^"]*)"', drawn))
    assert len(marks) == 5
    ends = [float(y) for y in re.findall(r'class="v" x="[\d.]+" y="([\d.]+)"', drawn)]
    assert len(ends) == 5
    assert all(later - one >= 14 for one, later in pairwise(ends))
    with pytest.raises(ValueError, match="at most 5"):
        charts.lines([*series, series[0]], ["Aug", "Sep", "Oct"], label="Scores")
    assert "No month" in charts.lines([("One", [None])], ["Oct"], label="Scores")

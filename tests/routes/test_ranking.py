"""The ranking of a part, and who moved between bands: the same sums as the cards, explained to the row."""

import csv
import io
import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from portal import clock
from portal.models.months import MonthStatus, Scorecard
from portal.workflows import ratings
from portal.workflows.months import freezing
from portal.workflows.scorecards import cards, parts, ranking
from portal.workflows.scorecards.movement import movement
from scorecards import measures
from scorecards.periods import Period
from tests.factories import deliveries, master, months
from tests.people import principal_of

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
TODAY = NOW.date()
SEPTEMBER, OCTOBER = Period(320), Period(321)


@pytest.fixture
async def story(db, cast):
    """Acme delivers castings and forgings to two plants: well in September, in October late to Gdańsk."""
    await ratings.install_default_policy(db)
    forgings = await master.commodity(db, code="FORG", name="Forgings")
    for month in (9, 10):
        day = date(2026, month, 8)
        for at in range(24):
            to_gdansk = at % 2 == 1
            late = to_gdansk and month == 10
            await deliveries.line(
                db,
                cast,
                (date(2026, month, 14) if late else day, 100),
                acknowledged_on=day,
                plant_id=cast.gdansk.id if to_gdansk else cast.lulea.id,
                commodity_id=forgings.id if at % 3 == 0 else cast.castings.id,
            )
    day = date(2026, 10, 8)
    for _ in range(12):
        await deliveries.line(db, cast, (day, 100), acknowledged_on=day, supplier_id=cast.bolt.id)
    with clock.fixed(NOW):
        yield cast


async def rows_of(client, path):
    return list(csv.DictReader(io.StringIO((await client.get(path)).text.lstrip("\ufeff"))))


async def test_a_part_is_ranked_by_the_sums_that_its_cards_explain(site, db, story):
    elin = await site(story.elin)
    who = principal_of(story.elin)
    whole = (await ranking.places(db, who, OCTOBER, TODAY))[1].row.measures[measures.DELIVERY]
    added = Decimal(0)
    for plant, commodity in (("LUL", "CAST"), ("LUL", "FORG"), ("GDN", "CAST"), ("GDN", "FORG")):
        asked = f"plant={plant}&commodity={commodity}"
        row = next(
            each
            for each in await rows_of(elin, f"/scorecards/2026-10.csv?{asked}")
            if each["Number"] == "104417"
        )
        address = f"/suppliers/104417/scorecard?period=2026-10&{asked}&explain=delivery"
        page = (await elin.get(address)).text
        assert f'<div class="big">{row["Score"]}</div>' in page
        assert "A part of the card." in page
        part = await parts.read(db, who, {"plant": [plant], "commodity": [commodity]})
        shown = await cards.card(db, who, story.acme, OCTOBER, TODAY, part=part)
        one = shown.card.measure(measures.DELIVERY)
        assert round(Decimal(row["On-time delivery"]), 6) == round(one.value, 6)
        inputs = await cards.inputs_behind(db, who, story.acme, shown, one.period, part)
        own = [each for each in inputs.lines if OCTOBER.contains(each.acknowledged_on)]
        counted = shown.card.sums_over(OCTOBER).delivery
        assert len(own) == counted.promised
        added += counted.on_time
        rows = await rows_of(elin, address.replace("/scorecard?", "/scorecard/rows.csv?measure=delivery&"))
        assert len(rows) == one.denominator
    assert added == whole.numerator == 12


async def test_only_who_delivers_it_is_listed_and_hostile_values_are_refused(site, story):
    elin, gustav = await site(story.elin), await site(story.gustav)
    page = (await elin.get("/scorecards/2026-10?plant=GDN")).text
    assert "Acme Castings" in page
    assert "Bolt" not in page
    assert "Only what Gdańsk received is counted" in page
    assert "/suppliers/104417/scorecard?plant=GDN&amp;period=2026-10" in page
    assert "/scorecards/2026-10?plant=GDN&amp;band=" in page  # saved filters keep the part
    for bad in ("plant=XX", "commodity=%27", "plant=GDN%00"):
        assert (await elin.get(f"/scorecards/2026-10?{bad}")).status_code == 422
        assert (await elin.get(f"/movement/2026-10?{bad}")).status_code == 422
    # Who is for Gdańsk alone is offered no other plant, and cannot name one.
    assert (await gustav.get("/scorecards/2026-10?plant=LUL")).status_code == 422
    tomasz = await site(story.tomasz)
    assert (await tomasz.get("/movement/2026-10")).status_code in {403, 404}
    assert (await tomasz.get("/scorecard?period=2026-10&plant=LUL")).status_code == 422


async def test_a_published_month_is_ranked_as_its_cards_were_frozen(db, story):
    who = principal_of(story.elin)
    shown = await cards.card(db, who, story.acme, OCTOBER, TODAY)
    month = await months.month(db, status=MonthStatus.PUBLISHED, as_of_on=TODAY)
    inputs = await ratings.card_inputs_of(db, who, story.acme.id, OCTOBER, shown.policy)
    row = Scorecard(
        supplier_id=story.acme.id,
        month=month.month,
        as_of_on=TODAY,
        policy_name=shown.policy.name,
        policy_version=shown.policy.version,
        band="",
        sha256="",
        policy={},
        result={},
    )
    await freezing.add(db, row, inputs, shown.policy, TODAY)
    for _ in range(6):
        await deliveries.line(db, story, (date(2026, 10, 30), 100), acknowledged_on=date(2026, 10, 8))
    place = (await ranking.places(db, who, OCTOBER, TODAY))[-1]
    assert place.shown == shown.card.shown
    assert place.band == shown.card.band
    for one in shown.card.measures:
        kept = place.measures[one.key]
        assert (kept.state, kept.numerator, kept.denominator) == (one.state, one.numerator, one.denominator)
        assert kept.window == one.period.months
    # A part is never published: it follows the records.
    part = await parts.read(db, who, {"plant": ["LUL"]})
    lulea = (await ranking.places(db, who, OCTOBER, TODAY, part=part))[-1]
    assert lulea.measures[measures.DELIVERY].denominator == 18


async def test_who_moved_is_counted_listed_and_explained(site, db, story):
    elin = await site(story.elin)
    page = (await elin.get("/movement/2026-10")).text
    assert re.search(r"0 suppliers\s*moved up", re.sub(r"<[^>]+>", "", page))
    assert "1 supplier moved down" in re.sub(r"<[^>]+>", "", page)
    assert "from A to D" in page
    assert "On-time delivery: 100.0 % becomes 50.0 %" in page
    cell = (await elin.get("/movement/2026-10?before=Not+rated&now=A")).text
    assert "Bolt &amp; Sons" in cell
    assert "Acme" not in cell.split('id="h-who"')[1]
    assert "Nothing to rate in the period before." in cell
    rows = await rows_of(elin, "/movement/2026-10.csv")
    assert [(row["Supplier"], row["Band before"], row["Band now"]) for row in rows] == [
        ("Acme Castings", "A", "D")
    ]
    assert (await elin.get("/movement/2026-10.xlsx?plant=GDN")).content.startswith(b"PK")
    assert "moved down" in (await elin.get("/movement/2026-Q4?plant=LUL")).text
    assert (await elin.get("/movement/2026-10?before=Z&now=A")).status_code == 422
    assert (await elin.get("/movement?period=2026-09&plant=GDN")).headers["location"] == (
        "/movement/2026-09?plant=GDN"
    )
    line = await ratings.timeline(db)
    places = await ranking.places(db, principal_of(story.elin), OCTOBER, TODAY)
    counted = movement(places, line, OCTOBER)
    assert sum(counted.counts.values()) == len(places)
    for (before, now), count in counted.counts.items():
        assert len(counted.list(before, now)) == count

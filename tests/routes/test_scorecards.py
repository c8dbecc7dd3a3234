"""Cards, ranking and management view, as the people of the stories see them."""

import csv
import io
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text

from portal import clock
from portal.workflows import ratings
from scorecards.cardfile import verify
from tests.factories import deliveries, master

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
OCTOBER = date(2026, 10, 8)
CARD = "/suppliers/104417/scorecard?period=2026-10"


@pytest.fixture
async def october(db, cast):
    """Acme in October: 10 lines on time, one late, one excused; Bolt: one line late."""
    await ratings.install_default_policy(db)
    for _ in range(10):
        await deliveries.line(db, cast, (OCTOBER, 100), acknowledged_on=OCTOBER)
    await deliveries.line(db, cast, (date(2026, 10, 12), 100), acknowledged_on=OCTOBER, order_number="LATE-1")
    await deliveries.line(
        db,
        cast,
        (date(2026, 10, 13), 100),
        acknowledged_on=OCTOBER,
        order_number="EXCUSED-1",
        excuse_code="dock_closed",
        excuse_note="Our dock was closed",
        excused_by_name="Karin Holm",
        excused_at=NOW,
    )
    await deliveries.line(
        db,
        cast,
        (date(2026, 10, 30), 7),
        acknowledged_on=OCTOBER,
        supplier_id=cast.bolt.id,
        order_number="BOLT-SECRET",
    )
    with clock.fixed(NOW):
        yield cast


async def test_a_supplier_sees_their_own_card_with_the_number_explained(site, october):
    answer = await (await site(october.tomasz)).get("/scorecard?period=2026-10&explain=delivery")
    assert answer.status_code == 200
    assert "How on-time delivery becomes 90.9 %" in answer.text
    assert "LATE-1-10" in answer.text
    assert "4 days late" in answer.text
    assert "Our dock was closed. Approved by Karin Holm" in answer.text
    assert "Not on time, 1 line" in answer.text


async def test_a_rival_sees_nothing_of_it(site, october):
    rita = await site(october.rita)
    own = await rita.get("/scorecard?period=2026-10&explain=delivery")
    assert "BOLT-SECRET" in own.text
    assert "LATE-1" not in own.text
    assert "Acme" not in own.text
    for path in (
        CARD,
        "/suppliers/104417/scorecard/card.json",
        "/suppliers/104417/scorecard/rows.csv?measure=delivery",
    ):
        theirs, missing = await rita.get(path), await rita.get(path.replace("104417", "000000"))
        assert theirs.status_code == missing.status_code == 404, path


@pytest.mark.parametrize("path", ["/scorecards", "/scorecards/2026-10.csv", "/dashboard", "/policy"])
async def test_suppliers_and_auditors_get_no_ranking_and_no_management_view(site, october, path):
    for person in (october.tomasz, october.rita, october.anna):
        assert (await (await site(person)).get(path)).status_code == 404
    assert (await (await site(None)).get(path)).headers["location"].startswith("/sign-in")


async def test_staff_see_every_card_and_the_ranking(site, october):
    elin = await site(october.elin)
    assert (await elin.get(CARD)).status_code == 200
    ranking = await elin.get("/scorecards/2026-10")
    assert ranking.text.index("Acme Castings") < ranking.text.index("Bolt &amp; Sons")
    assert "few lines" in ranking.text


async def test_an_open_figure_is_taken_apart_by_commodity_plant_and_country(site, db, october):
    october.acme.country, october.bolt.country = "PL", ""
    await db.flush()
    elin = await site(october.elin)
    here = "/dashboard?period=2026-10&explain=delivery"
    for by, links in {
        "supplier": ['/suppliers/104417/scorecard?period=2026-10&amp;explain=delivery#explain-delivery">'],
        "commodity": ['/scorecards/2026-10?commodity=CAST">'],
        "plant": ['/dashboard?period=2026-10&amp;plant=LUL&amp;explain=delivery">'],
        "country": ['/suppliers?country=PL">', "not given"],
    }.items():
        page = (await elin.get(f"{here}&by={by}")).text
        table = page.partition("each part of the figure</caption>")[2].partition("</table>")[0]
        assert [words for words in links if words not in table] == [], by
    refused = await elin.get(f"{here}&by=mood")
    assert refused.status_code == 422
    assert "supplier, commodity, plant, country" in refused.text


async def test_an_engineer_of_one_plant_sees_only_what_arrived_there(site, october):
    gustav = await site(october.gustav)
    card = await gustav.get(CARD + "&explain=delivery")
    assert "Not rated" in card.text
    assert "LATE-1" not in card.text
    assert "no deliveries" in (await gustav.get("/dashboard?period=2026-10")).text.lower()
    assert (await gustav.get("/dashboard?period=2026-10&plant=LUL")).status_code == 422


async def test_zero_per_cent_is_a_number_and_no_data_is_a_word(site, october):
    bolt = await (await site(october.elin)).get("/suppliers/104900/scorecard?period=2026-10")
    assert "0.0 %" in bolt.text
    empty = await (await site(october.elin)).get("/suppliers/104900/scorecard?period=2025-01")
    assert "Not rated" in empty.text


async def test_the_downloaded_card_recomputes_to_the_same_bytes(site, october):
    answer = await (await site(october.tomasz)).get("/scorecard/card.json?period=2026-10")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    finding = verify(answer.content)
    assert finding.difference is None
    assert b"BOLT" not in answer.content


async def test_the_rows_as_a_file_are_those_of_the_number(site, october):
    answer = await (await site(october.tomasz)).get("/scorecard/rows.csv?period=2026-10&measure=delivery")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    results = [row["Result"] for row in rows]
    assert (results.count("on_time"), results.count("late"), results.count("excused")) == (10, 1, 1)


@pytest.mark.parametrize(
    "query",
    ["period=2026-13", "period=x", "period=1999-01", "explain=nothing", "period=2026-Q5", "period=%00"],
)
async def test_an_address_that_makes_no_sense_is_refused_with_a_sentence(site, october, query):
    answer = await (await site(october.tomasz)).get(f"/scorecard?{query}")
    assert answer.status_code == 422
    assert "request" in answer.text


async def test_quarters_and_longer_periods_pool_their_months(site, october):
    elin = await site(october.elin)
    assert "Q4 2026" in (await elin.get("/suppliers/104417/scorecard?period=2026-Q4")).text
    longer = await elin.get("/suppliers/104417/scorecard?period=2026-10~12&explain=delivery")
    assert "12 months to October 2026" in longer.text
    assert "90.9 %" in longer.text


async def test_the_ranking_as_a_file_keeps_the_filters(site, october):
    answer = await (await site(october.elin)).get("/scorecards/2026-10.csv?q=bolt")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [row["Supplier"] for row in rows] == ["Bolt & Sons"]


async def test_what_somebody_typed_is_text_and_no_markup(site, db, october):
    hostile = '<img src=x onerror=alert(1)>" hx-get="/x'
    await master.supplier(db, number="666", name=hostile)
    for path in ("/scorecards/2026-10", "/suppliers/666/scorecard?period=2026-10"):
        text = (await (await site(october.elin)).get(path)).text
        assert "<img src=x" not in text
        assert '" hx-get="/x' not in text


async def test_a_fragment_is_for_htmx_and_a_restored_page_is_whole(site, october):
    elin = await site(october.elin)
    part = await elin.get("/scorecards/2026-10", headers={"HX-Request": "true"})
    assert "<html" not in part.text
    restored = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    whole = await elin.get("/scorecards/2026-10", headers=restored)
    assert "<html" in whole.text
    assert "HX-Request" in whole.headers["vary"]


async def test_the_policy_is_told_in_words(site, october):
    text = (await (await site(october.elin)).get("/policy")).text
    assert "40 %" in text
    assert "from 5 calendar days before to the day first acknowledged" in text


async def test_what_if_lines_had_been_on_time_for_us_and_for_the_supplier_and_no_rival(site, db, october):
    tomasz, elin, rita = [await site(who) for who in (october.tomasz, october.elin, october.rita)]
    late = await db.execute(text("SELECT id FROM delivery_line WHERE order_number = 'LATE-1'"))
    number = late.scalar_one()
    page = (await tomasz.get("/scorecard/what-if?period=2026-10")).text
    assert "LATE-1" in page
    assert "EXCUSED-1" not in page
    tried = await tomasz.get(
        f"/scorecard/what-if?period=2026-10&line={number}", headers={"hx-request": "true"}
    )
    assert tried.text.lstrip().startswith("<section")
    assert "10 ÷ 11 = " in tried.text
    assert "11 ÷ 11 = " in tried.text
    ours = await elin.get(f"/suppliers/104417/scorecard/what-if?period=2026-10&line={number}")
    assert "11 ÷ 11 = " in ours.text
    theirs = await rita.get(f"/scorecard/what-if?period=2026-10&line={number}")
    assert "LATE-1" not in theirs.text
    assert "11 ÷ 11" not in theirs.text
    assert (await rita.get("/suppliers/104417/scorecard/what-if?period=2026-10")).status_code == 404

"""Who sees which sums, cards and rows."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import text

from portal.access.principal import system
from portal.errors import ForbiddenError
from portal.workflows import ratings
from portal.workflows.ratings import reading
from scorecards.cardfile import build_card_file, verify
from scorecards.periods import Period
from scorecards.policy import DEFAULT_POLICY
from tests.factories import deliveries
from tests.people import principal_of

OCTOBER = 321
LATER = date(2026, 11, 30)


@pytest.fixture
async def acme_delivers(db, cast):
    """Two lines of Acme to Luleå and one to Gdańsk, and one bad lot, answer and nonconformance at Luleå."""
    for plant in (cast.lulea, cast.lulea, cast.gdansk):
        await deliveries.line(db, cast, (date(2026, 10, 8), 100), plant_id=plant.id)
    await deliveries.lot(db, cast)
    await deliveries.nonconformance(db, cast)
    await deliveries.stage(db, cast)


async def seen(db, who, **asked):
    return await ratings.months_of(db, who, months=[OCTOBER], as_of=LATER, **asked)


async def test_a_supplier_sees_its_own_sums_and_a_rival_nothing(db, cast, acme_delivers):
    own = await seen(db, principal_of(cast.tomasz))
    assert own[cast.acme.id][OCTOBER].delivery.promised == 3
    assert await seen(db, principal_of(cast.rita)) == {}
    assert await seen(db, principal_of(cast.rita), supplier_ids=[cast.acme.id]) == {}
    assert await seen(db, principal_of(cast.anna)) == {}


async def test_staff_of_one_plant_see_its_sums_only(db, cast, acme_delivers):
    gustav = principal_of(cast.gustav)
    sums = (await seen(db, gustav))[cast.acme.id][OCTOBER]
    assert (sums.delivery.promised, sums.quality.lots, sums.response.due) == (1, 0, 0)
    assert await seen(db, gustav, plant_ids=[cast.lulea.id]) == {}
    everything = (await seen(db, principal_of(cast.elin)))[cast.acme.id][OCTOBER]
    assert (everything.delivery.promised, everything.quality.lots, everything.response.due) == (3, 1, 1)


async def test_sums_can_be_split_and_filtered(db, cast, acme_delivers):
    elin = principal_of(cast.elin)
    await deliveries.line(db, cast, (date(2026, 10, 8), 100), commodity_id=None)
    found = await ratings.sums_of(db, elin, months=[OCTOBER], as_of=LATER, by=("plant", "commodity"))
    lines = {key: sums.delivery.promised for key, sums in found.items()}
    castings = cast.castings.id
    assert lines == {(cast.lulea.id, castings): 2, (cast.gdansk.id, castings): 1, (cast.lulea.id, 0): 1}
    none = await ratings.sums_of(db, elin, months=[OCTOBER], as_of=LATER, commodity_ids=[0], by=())
    assert none[()].delivery.promised == 1


async def test_rows_follow_the_same_rule(db, cast, acme_delivers):
    october = Period(OCTOBER)

    async def rows(who):
        return [
            len(await found(db, principal_of(who), cast.acme.id, october))
            for found in (
                ratings.lines_of,
                ratings.lots_of,
                ratings.nonconformances_of,
                ratings.stages_of,
            )
        ]

    assert await rows(cast.tomasz) == [3, 1, 1, 1]
    assert await rows(cast.gustav) == [1, 0, 0, 0]
    assert await rows(cast.rita) == [0, 0, 0, 0]
    assert await rows(cast.anna) == [0, 0, 0, 0]
    inputs = await ratings.inputs_of(db, principal_of(cast.rita), cast.acme.id, october)
    assert (inputs.supplier, inputs.lines, inputs.lots) == ("", (), ())


async def test_only_who_sees_everybody_rates_from_the_lines(db, cast, acme_delivers):
    found = await ratings.rate_from_lines(
        db, principal_of(cast.karin), DEFAULT_POLICY, OCTOBER, OCTOBER, LATER
    )
    assert found[cast.acme.id].delivery.promised == 3
    for who in (cast.gustav, cast.tomasz, cast.anna):
        with pytest.raises(ForbiddenError):
            await ratings.rate_from_lines(db, principal_of(who), DEFAULT_POLICY, OCTOBER, OCTOBER, LATER)


async def test_another_window_is_counted_from_the_lines_within_what_one_may_see(db, cast, acme_delivers):
    other = replace(DEFAULT_POLICY, delivery=replace(DEFAULT_POLICY.delivery, early_days=0))
    october = {"months": [OCTOBER], "as_of": LATER}

    async def promised(person, **asked):
        found = await ratings.months_for(db, principal_of(person), other, **october, **asked)
        return found[cast.acme.id][OCTOBER].delivery.promised if found else 0

    assert [await promised(who) for who in (cast.karin, cast.gustav, cast.tomasz)] == [3, 1, 3]
    assert [await promised(who) for who in (cast.rita, cast.anna)] == [0, 0]
    assert await promised(cast.rita, supplier_ids=[cast.acme.id]) == 0
    assert await promised(cast.karin, plant_ids=[cast.lulea.id]) == 2
    assert await promised(cast.karin, commodity_ids=[0]) == 0


async def test_cards_are_of_every_supplier_one_may_see(db, cast, acme_delivers):
    everybody = await ratings.cards(db, principal_of(cast.elin), Period(OCTOBER), LATER)
    assert [(one.name, one.card.is_rated) for one in everybody] == [
        ("Acme Castings", True),
        ("Bolt & Sons", False),
    ]
    assert [one.name for one in await ratings.cards(db, principal_of(cast.rita), Period(OCTOBER), LATER)] == [
        "Bolt & Sons"
    ]


async def test_a_trend_compares_with_the_period_before(db, cast):
    for month, late in ((9, 1), (10, 0)):
        for _ in range(10):
            day = date(2026, month, 8)
            await deliveries.line(db, cast, (date(2026, month, 8 + late), 100), acknowledged_on=day)
    acme, _ = await ratings.cards(db, principal_of(cast.elin), Period(OCTOBER), LATER)
    assert (acme.before.shown, acme.card.shown, acme.trend.change) == (0, 100, 100)


async def test_the_file_of_a_card_can_be_recomputed(db, cast, acme_delivers):
    tomasz = principal_of(cast.tomasz)
    inputs = await ratings.card_inputs_of(db, tomasz, cast.acme.id, Period(OCTOBER))
    data = build_card_file(inputs, DEFAULT_POLICY, Period(OCTOBER), LATER)
    finding = verify(data)
    assert finding.difference is None
    stored = await ratings.card(db, tomasz, cast.acme, Period(OCTOBER), LATER)
    assert finding.card.shown == stored.rated.card.shown
    assert json.loads(data)["inputs"]["supplier"] == "Acme Castings (104417)"


async def test_lines_are_given_page_by_page(db, cast):
    for day in (3, 1, 2):
        await deliveries.line(db, cast, acknowledged_on=date(2026, 10, day), ordered=Decimal(day))
    pages = [
        await ratings.lines_of(
            db, principal_of(cast.elin), cast.acme.id, Period(OCTOBER), limit=2, offset=offset
        )
        for offset in (0, 2)
    ]
    assert [[line.ordered for line in page] for page in pages] == [[1, 2], [3]]


@pytest.mark.parametrize("by", [("month",), ("supplier", "month")])
async def test_a_supplier_s_year_is_read_through_indexes(db, cast, acme_delivers, by):
    limits = reading.scope(system("test"), [cast.acme.id])
    query, given = reading.sums_query(
        limits, by, range(OCTOBER - 11, OCTOBER + 1), date(2026, 10, 5), DEFAULT_POLICY.delivery
    )
    await db.execute(
        text("""
            INSERT INTO supplier_month_total SELECT (jsonb_populate_record(
                NULL::supplier_month_total,
                to_jsonb(one) || jsonb_build_object('supplier_id', 1000 + s, 'month', m)
            )).*
            FROM generate_series(1, 300) AS s, generate_series(290, 325) AS m,
                (SELECT * FROM supplier_month_total_now LIMIT 1) AS one
        """)
    )
    await db.execute(text("SELECT analyze_tables('supplier_month_total')"))
    await db.execute(text("SET LOCAL enable_seqscan = off"))
    plan = "\n".join(row[0] for row in await db.execute(text(f"EXPLAIN {query}"), given))
    for index in (
        "pk_supplier_month_total",
        "ix_supplier_month_change_supplier_month",
        "ix_delivery_line_",
        "ix_response_stage",
    ):
        assert index in plan
    assert "Seq Scan" not in plan


async def test_months_may_be_asked_for_in_any_order_and_twice(db, cast, acme_delivers):
    await deliveries.line(db, cast, acknowledged_on=date(2026, 11, 3))
    elin = principal_of(cast.elin)
    for months in ([OCTOBER, OCTOBER - 2, OCTOBER], [OCTOBER]):
        found = await ratings.sums_of(db, elin, months=months, as_of=LATER, by=("month",))
        assert {month for (month,) in found} == {OCTOBER}
    assert await ratings.sums_of(db, elin, months=[], as_of=LATER) == {}
    early = await ratings.sums_of(db, elin, months=[OCTOBER], as_of=date.min, by=())
    assert early[()].delivery.pending == 0  # the three arrived whole

"""Staff limited to commodities, as those limited to plants: lists, cards, files, search, tasks and trail."""

import csv
import io
from datetime import date

import pytest
from sqlalchemy import select

from portal.access import scopes
from portal.access.permissions import P, may
from portal.models.deliveries import DeliveryLine
from portal.models.identity import Invitation
from portal.models.inspections import InspectionLot
from portal.models.nonconformances import Nonconformance
from portal.models.people import Role
from portal.models.ratings import ResponseStage
from portal.models.trail import TrailAct, TrailChange
from portal.workflows import ratings
from portal.workflows.trail import listing
from scorecards.periods import Period
from tests.factories import deliveries, master, people
from tests.people import principal_of

OCTOBER = 321
LATER = date(2026, 11, 30)


@pytest.fixture
async def story(db, cast):
    """Acme delivers castings, bearings and something without a commodity; Petra buys bearings only."""
    bearings = await master.commodity(db, code="BEAR", name="Bearings")
    petra = await people.person(db, "Petra Pohl", Role.QUALITY_MANAGER, commodity_ids=[bearings.id])
    for commodity in (cast.castings.id, cast.castings.id, bearings.id, None):
        await deliveries.line(db, cast, (date(2026, 10, 8), 100), commodity_id=commodity)
    for commodity in (cast.castings.id, bearings.id):
        await deliveries.lot(db, cast, commodity_id=commodity)
        await deliveries.nonconformance(db, cast, commodity_id=commodity)
        await deliveries.stage(db, cast, commodity_id=commodity)
    return cast, petra, bearings


@pytest.mark.parametrize("model", [DeliveryLine, InspectionLot, Nonconformance, ResponseStage])
async def test_site_scope_rows_of_other_commodities_and_of_none_are_not_there(db, story, model):
    _, petra, bearings = story
    seen = (await db.execute(scopes.visible(principal_of(petra), model))).scalars().all()
    assert [row.commodity_id for row in seen] == [bearings.id]


async def test_site_scope_sums_cards_and_rows_of_a_card_are_cut_alike(db, story):
    cast, petra, _ = story
    who = principal_of(petra)
    found = await ratings.months_of(db, who, months=[OCTOBER], as_of=LATER)
    sums = found[cast.acme.id][OCTOBER]
    assert (sums.delivery.promised, sums.quality.lots, sums.response.due) == (1, 1, 1)
    everything = await ratings.months_of(db, principal_of(cast.karin), months=[OCTOBER], as_of=LATER)
    assert everything[cast.acme.id][OCTOBER].delivery.promised == 4
    for rows in (ratings.lines_of, ratings.lots_of, ratings.nonconformances_of, ratings.stages_of):
        assert len(await rows(db, who, cast.acme.id, Period(OCTOBER))) == 1
    assert (
        await ratings.months_of(db, who, months=[OCTOBER], as_of=LATER, commodity_ids=[cast.castings.id])
        == {}
    )


async def test_site_scope_both_limits_hold_together(db, story):
    cast, petra, bearings = story
    petra.plant_ids = [cast.gdansk.id]
    await db.flush()
    assert (await db.execute(scopes.visible(principal_of(petra), DeliveryLine))).first() is None
    await deliveries.line(
        db, cast, (date(2026, 10, 8), 100), commodity_id=bearings.id, plant_id=cast.gdansk.id
    )
    assert len((await db.execute(scopes.visible(principal_of(petra), DeliveryLine))).all()) == 1


async def test_site_scope_pages_and_files_show_no_other_order(site, db, story):
    cast, petra, bearings = story
    rows = (await db.execute(select(DeliveryLine))).scalars().all()
    hidden = [row.order_number for row in rows if row.commodity_id != bearings.id]
    shown = next(row.order_number for row in rows if row.commodity_id == bearings.id)
    browser = await site(petra)
    seen = []
    for path in (
        f"/suppliers/{cast.acme.number}",
        f"/suppliers/{cast.acme.number}/scorecard?period=2026-10&explain=delivery&all=1",
        f"/suppliers/{cast.acme.number}/scorecard/rows.csv?period=2026-10&measure=delivery",
        f"/suppliers/{cast.acme.number}/scorecard/card.json?period=2026-10",
        "/scorecards",
        "/dashboard",
        "/trail",
    ):
        answer = await browser.get(path)
        assert answer.status_code == 200, path
        seen.append(answer.text)
        assert not [number for number in hidden if number in answer.text], path
    assert any(shown in body for body in seen)
    for number in hidden:
        assert f"deliveries/{number}" not in (found := (await browser.get(f"/search?q={number}")).text)
        assert "Nothing" in found, number


async def test_site_scope_the_trail_leaves_out_rows_of_other_commodities(db, story):
    _, petra, bearings = story
    query = (
        select(TrailAct.table_name, TrailChange.row_id)
        .join(TrailChange, TrailChange.act_id == TrailAct.id)
        .where(scopes.trail(principal_of(petra)), TrailAct.table_name == "delivery_line")
    )
    told = [row_id for _, row_id in await db.execute(query)]
    rows = (await db.execute(select(DeliveryLine))).scalars()
    assert told == [row.id for row in rows if row.commodity_id == bearings.id]
    assert not listing._sees_all(principal_of(petra))


async def test_whoever_is_limited_to_commodities_does_not_import(site, story):
    cast, petra, _ = story
    assert not may(principal_of(petra), P.IMPORTS_WRITE)
    assert may(principal_of(cast.karin), P.IMPORTS_WRITE)
    assert (await (await site(petra)).get("/imports/new")).status_code == 404


async def test_an_administrator_sets_and_lifts_the_limit_and_the_review_says_it(site, db, story):
    cast, petra, _ = story
    root = await site(cast.root)
    page = (await root.get(f"/people/{petra.id}")).text
    assert "<dt>Commodities</dt><dd>BEAR</dd>" in page
    form = {"name": petra.name, "title": "", "role": petra.role.value, "version": str(petra.version)}
    answer = await root.post(f"/people/{petra.id}", data={**form, "commodities": str(cast.castings.id)})
    assert answer.status_code == 303
    await db.refresh(petra)
    assert petra.commodity_ids == [cast.castings.id]
    answer = await root.get("/people.csv")
    rows = {row["E-mail"]: row for row in csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))}
    assert rows[petra.email]["Commodities"] == "CAST"
    assert rows[cast.elin.email]["Commodities"] == "All"
    assert rows[cast.rita.email]["Commodities"] == ""
    form["version"] = str(petra.version)
    await root.post(f"/people/{petra.id}", data=form)
    await db.refresh(petra)
    assert petra.commodity_ids is None


async def test_an_invitation_carries_the_limit(site, db, story):
    cast, _, bearings = story
    await (await site(cast.root)).post(
        "/people/invite",
        data={"name": "N", "email": "n@new.test", "role": "buyer", "commodities": str(bearings.id)},
    )
    assert (await db.execute(select(Invitation.commodity_ids))).scalar_one() == [bearings.id]

"""The trail's pages: who may open them, what narrows them, what they say."""

import csv
import io
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from portal.access.permissions import GRANTS, P
from portal.db import because
from portal.models.deliveries import DeliveryLine
from portal.models.people import Role
from portal.models.suppliers import Contact
from portal.models.trail import TrailAct
from tests.factories import master
from tests.factories.people import person

LETTERS = "letters of a reason nobody else gives"


@pytest.fixture
async def story(db, cast):
    """Elin changes Acme with a reason, Olle adds a contact, the portal itself adds 30 parts."""
    await _act_as(db, cast.elin)
    await because(db, LETTERS)
    cast.acme.city = "Kraków"
    cast.acme.note = "<script>alert(1)</script> =1+1"
    await db.flush()
    await _act_as(db, cast.olle)
    db.add(Contact(supplier_id=cast.bolt.id, name="Rita Bolt", email="rita@bolt.test"))
    await _act_as(db, None)
    await db.execute(
        text(
            "INSERT INTO part (number, name, created_at, updated_at, version)"
            " SELECT 'N' || n, '', now(), now(), 1 FROM generate_series(1, 60) AS n"
        )
    )
    return cast


async def test_it_says_who_did_what_and_why(site, story):
    page = (await (await site(story.karin)).get("/trail")).text
    assert "Elin Sandberg" in page
    assert "set <b>City</b> to <bdi>Kraków</bdi>" in page
    assert LETTERS in page
    assert "added 60 parts" in page
    assert "57 more" in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page


def test_only_administrators_and_quality_managers_may_read_it():
    assert {role for role in Role if P.TRAIL_READ in GRANTS[role]} == {
        Role.ADMINISTRATOR,
        Role.QUALITY_MANAGER,
    }


@pytest.mark.parametrize("path", ["/trail", "/trail.csv", "/trail.xlsx", "/trail/1"])
async def test_others_get_what_a_missing_page_gives(site, story, path):
    for other in (story.elin, story.olle, story.vera, story.anna, story.tomasz, story.rita):
        answer = await (await site(other)).get(path)
        assert answer.status_code == 404
        assert "Kraków" not in answer.text
    nobody = await (await site(None)).get(path)
    assert nobody.status_code in {303, 401}
    assert "Kraków" not in nobody.text


@pytest.mark.parametrize(
    ("narrow", "shown", "hidden"),
    [
        ("person={elin}", "Kraków", "60 parts"),
        ("person={olle}&person={elin}", "rita", "60 parts"),
        ("person=portal", "60 parts", "Kraków"),
        ("table=supplier&action=update", "Kraków", "60 parts"),
        ("table=part", "60 parts", "Kraków"),
        ("action=update", "Kraków", "60 parts"),
        ("record=supplier:104417", "Kraków", "60 parts"),
        ("record=supplier:%23{acme}", "Kraków", "60 parts"),
        ("q=acme+cast", "Kraków", "60 parts"),
        ("q=N7", "60 parts", "Kraków"),
        ("from=2020-01-01", "Kraków", "nothing of it"),
        ("q=nobody+is+called+this", "No act matches", "Kraków"),
        ("from=2999-01-01", "No act matches", "Kraków"),
        ("to=2020-01-01", "No act matches", "Kraków"),
        ("person=0", "No act matches", "Kraków"),
        ("person=99999999999999999999999", "No act matches", "Kraków"),
        ("person=x", "No act matches", "Kraków"),
        ("person=database", "No act matches", "60 parts"),
    ],
)
async def test_it_is_narrowed_by_person_kind_action_record_and_day(site, story, narrow, shown, hidden):
    narrow = narrow.format(elin=story.elin.id, olle=story.olle.id, acme=story.acme.id)
    answer = await (await site(story.karin)).get(f"/trail?{narrow}")
    assert answer.status_code == 200
    region = answer.text[answer.text.index('id="list"') :]
    assert shown.lower() in region.lower()
    assert hidden not in region


@pytest.mark.parametrize(
    ("narrow", "status"),
    [
        ("from=yesterday", 422),
        ("to=2026-13-01", 422),
        ("to=9999-12-31", 422),
        ("table=session", 422),
        ("action=drop", 422),
        ("sort=person", 422),
        ("record=supplier", 422),
        ("record=session:1", 422),
        ("record=supplier:1&record=supplier:2", 422),
        ("record=supplier:999999", 404),
        ("q=%00", 422),
    ],
)
async def test_what_makes_no_sense_is_said_so(site, story, narrow, status):
    assert (await (await site(story.karin)).get(f"/trail?{narrow}")).status_code == status


async def test_the_period_is_the_reader_s_day(site, story, db):
    """Between these two places lie 25 hours, so that it is never the same day."""
    query = text("SELECT max(at) FROM trail_act WHERE person_id = :elin")
    at = (await db.execute(query, {"elin": story.elin.id})).scalar_one()
    east, west = ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Pacific/Pago_Pago")
    for zone, day, is_there in (
        (east, east, True),
        (west, west, True),
        (east, west, False),
        (west, east, False),
    ):
        story.karin.time_zone = str(zone)
        await db.flush()
        on = at.astimezone(day).date()
        page = await (await site(story.karin)).get(f"/trail?from={on}&to={on}")
        assert ("Kraków" in page.text) == is_there


async def test_the_file_holds_each_change_and_no_formula(site, story):
    answer = await (await site(story.karin)).get(f"/trail.csv?person={story.elin.id}&person=portal")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    [acme] = [row for row in rows if row["Record"].startswith("104417") and row["Who"] == "Elin Sandberg"]
    assert acme["What"].startswith("set City to Kraków, set Note to <script>")
    assert acme["Why"] == LETTERS
    parts = [row for row in rows if row["Kind of record"] == "part" and row["Record"].startswith("N")]
    assert len(parts) == 60
    assert len({row["Change"] for row in rows}) == len(rows)
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]


async def test_the_file_of_a_record_holds_that_record_alone(site, story, db):
    await db.execute(text("UPDATE supplier SET city = 'Both'"))
    answer = await (await site(story.karin)).get("/trail.csv?record=supplier:104417&action=update")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert {row["Record"] for row in rows} == {"104417 Acme Castings"}
    assert len(rows) == 2


async def test_one_act_shows_every_change_and_whether_it_is_sealed(site, story, db):
    act = (
        await db.execute(select(TrailAct).where(col(TrailAct.table_name) == "part", col(TrailAct.rows) == 60))
    ).scalar_one()
    karin = await site(story.karin)
    page = (await karin.get(f"/trail/{act.id}")).text
    assert "The portal added 60 parts" in " ".join(page.replace("<bdi>", "").replace("</bdi>", "").split())
    assert "Not sealed yet" in page
    assert page.count("What it was given") == 50
    assert "50 of 60" in page
    assert (await karin.get(f"/trail/{act.id}?rows=100")).text.count("What it was given") == 60
    assert (await karin.get(f"/trail/{act.id}?rows=0")).status_code == 422


@pytest.mark.parametrize("act", ["0", "-1", "x", "99999999999999999999", "123456789"])
async def test_an_act_that_is_not_there_is_missing(site, story, act):
    assert (await (await site(story.karin)).get(f"/trail/{act}")).status_code == 404


async def test_a_manager_of_one_plant_does_not_learn_what_happens_at_another(site, story, db):
    greta = await person(db, "Greta Gdynia", Role.QUALITY_MANAGER, plant_ids=[story.gdansk.id])
    for number, plant in (("LULEALINE", story.lulea), ("GDANSKLINE", story.gdansk)):
        db.add(
            DeliveryLine(
                supplier_id=story.acme.id,
                plant_id=plant.id,
                part_id=story.housing.id,
                order_number=number,
                line_number="1",
                ordered=1,
            )
        )
    await db.flush()
    hidden = (
        await db.execute(text("SELECT act_id FROM trail_change WHERE plant_id = :id"), {"id": story.lulea.id})
    ).scalars()
    greta_s = await site(greta)
    for path in ("/trail?table=delivery_line", "/trail.csv?table=delivery_line"):
        page = (await greta_s.get(path)).text
        assert "GDANSKLINE" in page
        assert "LULEALINE" not in page
    for act_id in set(hidden):
        page = await greta_s.get(f"/trail/{act_id}")
        assert "LULEALINE" not in page.text
        assert page.status_code == 404 or "added the delivery line GDANSKLINE" in page.text
    found = (await greta_s.get("/trail?record=delivery_line:LULEALINE/1")).text
    assert "No act matches" in found
    assert "Kraków" in (await greta_s.get("/trail")).text


async def test_a_supplier_s_page_tells_its_history_and_leads_on_to_the_trail(site, story):
    karin = (await (await site(story.karin)).get("/suppliers/104417")).text
    assert 'id="timeline"' in karin
    assert "set <b>City</b> to <bdi>Kraków</bdi>" in karin
    assert f"because “{LETTERS}”" in karin
    assert f"/trail?record=supplier:%23{story.acme.id}" in karin
    elin = (await (await site(story.elin)).get("/suppliers/104417")).text
    assert "Kraków" in elin
    assert "/trail?record" not in elin


async def test_what_a_request_changes_is_recorded_for_whoever_sent_it(site, cast, db):
    olle = await site(cast.olle)
    answer = await olle.post(
        "/suppliers",
        data={"number": "104777", "name": "New One", "status": "active", "risk": "low", "time_zone": "UTC"},
    )
    assert answer.status_code in {200, 303}
    act = (
        await db.execute(
            select(TrailAct)
            .where(col(TrailAct.table_name) == "supplier")
            .order_by(col(TrailAct.id).desc())
            .limit(1)
        )
    ).scalar_one()
    assert (act.person_id, act.person_name, act.rows) == (cast.olle.id, "Olle Nyström", 1)


async def test_fifty_acts_are_shown_and_then_more(site, story, db):
    for _ in range(55):
        await master.commodity(db)
    karin = await site(story.karin)
    page = (await karin.get("/trail?table=commodity")).text
    assert page.count("added <a") == 50
    assert "Show 6 more" in page
    assert (await karin.get("/trail?table=commodity&rows=100")).text.count("added <a") == 56


async def _act_as(db, who):
    await db.flush()
    await db.execute(
        text("SELECT set_config('assay.person', :id, true), set_config('assay.name', :name, true)"),
        {"id": str(who.id) if who else "", "name": who.name if who else ""},
    )
    await because(db, "")

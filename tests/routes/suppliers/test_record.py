"""One supplier: its page, adding and changing it."""

from datetime import date

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from portal.models.suppliers import RiskClass, Supplier
from tests.factories import suppliers
from tests.routes.suppliers.conftest import FORM

# one supplier


async def test_the_page_is_the_one_place_where_everything_is_found(elin, db, cast):
    cast.acme.note = "Second furnace <b>from</b> March."
    foundry = await suppliers.site(db, cast.acme, name="Poznań foundry")
    await suppliers.contact(
        db, cast.acme, site_id=foundry.id, name="Marta Nowak", email="marta@acme.test", phone="+48 61 1"
    )
    await suppliers.approval(db, cast.acme, scope="Heat treatment", valid_until_on=date(2026, 10, 5))
    await suppliers.line(db, cast.acme, cast.lulea, cast.housing, order_number="4711", received=40)
    await suppliers.line(
        db, cast.acme, cast.lulea, cast.housing, order_number="4712", promised_on=date(2026, 10, 9)
    )
    page = (await elin.get("/suppliers/104417")).text
    for words in (
        "Poznań foundry",
        'href="mailto:marta@acme.test"',
        'href="tel:+48611"',
        "Heat treatment",
        "ended 3 days ago",
        "4711-10",
        "Tomasz Wieczorek",
        "Only we see this",
        "Second furnace &lt;b&gt;from&lt;/b&gt; March.",
        'href="/suppliers/104417/scorecard"',
    ):
        assert words in page, words
    assert "4712-10" not in page
    assert "60" in page.partition("4711-10")[2]
    assert "Rita Bolt" not in page


async def test_a_supplier_about_whom_nothing_is_known_says_so(elin):
    page = (await elin.get("/suppliers/104900")).text
    for words in ("not on the approved list", "No deliveries are known yet", "Nobody to write to yet"):
        assert words in page


async def test_who_is_limited_to_a_plant_sees_only_what_came_there(site, db, cast):
    await suppliers.line(db, cast.acme, cast.lulea, cast.housing, order_number="4711")
    await suppliers.line(db, cast.acme, cast.gdansk, cast.housing, order_number="4722")
    page = (await (await site(cast.gustav)).get("/suppliers/104417")).text
    assert "4722-10" in page
    assert "4711-10" not in page


async def test_there_is_no_page_for_what_is_no_number(elin):
    for number in ["999999", "%00", "10441%27", "x" * 300, "%F0%9F%92%A9", "104417%20", "%ED%A0%80"]:
        for path in (
            f"/suppliers/{number}",
            f"/suppliers/{number}/edit",
            f"/suppliers/{number}/contacts/new",
        ):
            assert (await elin.get(path)).status_code in {404, 422}, path


@pytest.mark.parametrize(
    "name",
    [
        '"><script>alert(1)</script>',
        '" hx-get="/suppliers" hx-trigger="load',
        "精密鋳造株式会社",
        "\u202eevil\u202c مورد",
        "x" * 200,
        "{{ 7*7 }}",
    ],
)
async def test_stored_xss_and_any_script_in_a_name(elin, db, cast, name):
    cast.acme.name = cast.acme.note = name
    cast.acme.city = name[:120]
    await suppliers.site(db, cast.acme, name=name, address=name)
    await suppliers.contact(db, cast.acme, name=name, phone=name[:40], email="a@b.test")
    await suppliers.approval(db, cast.acme, scope=name, reason=name)
    await db.flush()
    for path in (
        "/suppliers",
        "/suppliers/104417",
        "/suppliers/104417/edit",
        f"/suppliers?q={name[:5]}",
        "/approved-suppliers",
    ):
        page = await elin.get(path)
        assert page.status_code == 200, path
        assert "<script>alert" not in page.text
        assert '" hx-get="/suppliers" hx-trigger="load' not in page.text
        if name == "{{ 7*7 }}":
            assert "{{ 7*7 }}" in page.text, path


# adding and changing


async def test_adding_a_supplier_goes_to_its_page(elin, db, cast):
    assert "Europe/Stockholm" in (await elin.get("/suppliers/new")).text
    answer = await elin.post("/suppliers", data={**FORM, "id": "1", "version": "9", "score": "100"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/suppliers/105777"
    added = (await db.execute(select(Supplier).where(col(Supplier.number) == "105777"))).scalar_one()
    assert (added.name, added.country, added.risk, added.version) == (
        "Kessler Präzision",
        "DE",
        RiskClass.LOW,
        1,
    )
    assert added.commodity_id == cast.castings.id
    assert (await elin.get("/suppliers/105777")).status_code == 200


async def test_a_wrong_field_keeps_everything_and_says_what_to_change(elin, db):
    for field, value, sentence in [
        ("number", "", "Enter supplier number."),
        ("number", "104417", "belongs to another supplier"),
        ("number", "a/b", "part of the page’s address"),
        ("number", "new", "cannot be a number"),
        ("number", "..", "cannot be a number"),
        ("number", "x" * 41, "Shorten it to 40"),
        ("name", " ", "Enter name."),
        ("name", "a\x00b", "cannot be stored"),
        ("status", "gone", "Choose status from the list."),
        ("risk", "", "Choose risk."),
        ("country", "XX", "Choose a country from the list."),
        ("commodity", "NONE", "no longer there"),
        ("time_zone", "Europe/Atlantis", "Choose a time zone from the list"),
        ("time_zone", "../../etc/passwd", "Choose a time zone from the list"),
        ("note", "x" * 4001, "Shorten it to 4000"),
    ]:
        answer = await elin.post("/suppliers", data={**FORM, field: value})
        assert answer.status_code == 422, (field, value)
        text = answer.text.replace("&#39;", "’").replace("'", "’")
        assert sentence in text, (field, value)
        assert f'href="#f-{field}"' in answer.text, (field, value)
        assert 'value="Ulm"' in answer.text, (field, value)
        assert (await db.execute(select(func.count()).select_from(Supplier))).scalar_one() == 2


async def test_bytes_that_are_no_text_in_a_form_are_no_server_error(elin):
    body = "&".join(f"{k}={v}" for k, v in {**FORM, "name": "%ED%A0%80"}.items()).encode()
    answer = await elin.post(
        "/suppliers", content=body, headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code in {303, 422}


async def test_changing_a_supplier_raises_its_version(elin, db, cast):
    page = await elin.get("/suppliers/104417/edit")
    assert 'name="version" value="1"' in page.text
    data = {**FORM, "number": "104417", "name": "Acme Gießerei", "version": "1"}
    answer = await elin.post("/suppliers/104417", data=data)
    assert answer.headers["location"] == "/suppliers/104417"
    await db.refresh(cast.acme)
    assert (cast.acme.name, cast.acme.version) == ("Acme Gießerei", 2)


async def test_a_new_number_moves_the_page(elin, cast):
    answer = await elin.post("/suppliers/104417", data={**FORM, "number": "A 1", "version": "1"})
    assert answer.headers["location"] == "/suppliers/A%201"
    assert (await elin.get("/suppliers/A%201")).status_code == 200
    taken = await elin.post("/suppliers/A%201", data={**FORM, "number": "104900", "version": "2"})
    assert taken.status_code == 422
    assert "belongs to another supplier" in taken.text


async def test_if_match_a_stale_save_shows_both_texts_and_loses_neither(elin, db, cast):
    first = {**FORM, "number": "104417", "note": "Saved first.", "version": "1"}
    assert (await elin.post("/suppliers/104417", data=first)).status_code == 303
    late = {**FORM, "number": "104417", "note": "Typed late.", "risk": "high", "version": "1"}
    answer = await elin.post("/suppliers/104417", data=late)
    assert answer.status_code == 412
    assert "Saved first." in answer.text
    assert "Typed late.</textarea>" in answer.text
    assert "<bdi>Low</bdi>" in answer.text
    assert "<bdi>High</bdi>" in answer.text
    assert 'name="version" value="2"' in answer.text
    await db.refresh(cast.acme)
    assert cast.acme.note == "Saved first."
    assert (await elin.post("/suppliers/104417", data={**late, "version": "2"})).status_code == 303
    await db.refresh(cast.acme)
    assert (cast.acme.note, cast.acme.version) == ("Typed late.", 3)


async def test_a_form_without_a_sensible_version_saves_nothing(elin, db, cast):
    for version in ["", "0", "-1", "1e9", "99999999999999999999", "\x00", "1; drop"]:
        answer = await elin.post("/suppliers/104417", data={**FORM, "number": "104417", "version": version})
        assert answer.status_code == 412, version
        await db.refresh(cast.acme)
        assert cast.acme.name == "Acme Castings", version


async def test_correcting_a_field_does_not_hide_that_somebody_else_saved(elin, db, cast):
    bad = {**FORM, "number": "104417", "name": "", "version": "1"}
    assert (await elin.post("/suppliers/104417", data={**bad, "name": "Theirs"})).status_code == 303
    answer = await elin.post("/suppliers/104417", data=bad)
    assert answer.status_code == 422
    assert 'name="version" value="1"' in answer.text

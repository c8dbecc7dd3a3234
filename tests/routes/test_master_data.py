"""The organisation, plants, commodities and parts."""

import csv
import io

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from portal.models.organisation import Commodity, Organisation, Part, Plant
from tests.factories import master

PLANT = {"code": "SKE", "name": "Skellefteå", "country": "SE", "time_zone": "Europe/Stockholm"}
ORGANISATION = {
    "name": "Norrland Drives AB",
    "short_name": "Norrland",
    "time_zone": "Europe/Stockholm",
    "desk_hours": "Mon to Fri, 8 to 16",
    "desk_phone": "+46 920 1",
    "desk_email": "desk@norrland.test",
}


@pytest.fixture
async def karin(site, cast):
    """Our quality manager, who may change master data."""
    return await site(cast.karin)


async def count(db, model) -> int:
    return (await db.execute(select(func.count()).select_from(model))).scalar_one()


def rows_of(answer):
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


async def test_suppliers_people_and_signed_out_browsers_get_nothing(site, cast):
    lists = [f"/master-data/{kind}" for kind in ("plants", "commodities", "parts")]
    files = [f"{each}.{kind}" for each in lists for kind in ("csv", "xlsx")]
    paths = ("/master-data", "/master-data/plants/new", *lists, *files)
    for path in paths:
        for person in (cast.tomasz, cast.rita, cast.anna):
            assert (await (await site(person)).get(path)).status_code == 404, (person.name, path)
        assert (await (await site(None)).get(path)).status_code == 303, path


async def test_an_engineer_reads_but_changes_nothing(site, cast, db):
    elin = await site(cast.elin)
    page = await elin.get("/master-data")
    for words in ("Norrland Drives AB", "2 plants", "1 commodity", "1 part"):
        assert words in page.text, words
    plants, commodities = [await elin.get(f"/master-data/{kind}") for kind in ("plants", "commodities")]
    assert "Luleå" in plants.text
    assert "Europe/Warsaw" in plants.text
    assert "Castings" in commodities.text
    for each in (page, plants, commodities):
        assert each.status_code == 200
        assert "/new" not in each.text
    for path in (
        "/master-data/organisation",
        "/master-data/plants/new",
        f"/master-data/plants/{cast.lulea.id}",
        f"/master-data/parts/{cast.housing.id}",
    ):
        assert (await elin.get(path)).status_code == 404, path
        data = {**PLANT, **ORGANISATION, "number": "X", "version": "1"}
        assert (await elin.post(path, data=data)).status_code == 404, path
    assert await count(db, Plant) == 2


async def test_counts_lead_to_the_lists_behind_them(karin, cast, db):
    await master.part(db, number="BR-118")
    assert "2 parts" in (await karin.get("/master-data")).text
    page = (await karin.get("/master-data/commodities")).text
    assert '<a href="/suppliers?commodity=CAST">2</a>' in page
    assert '<a href="/master-data/parts?commodity=CAST">1</a>' in page
    parts = (await karin.get("/master-data/parts?commodity=CAST")).text
    assert "GH-220-04" in parts
    assert "BR-118" not in parts


async def test_the_organisation_is_changed_and_a_stale_form_shows_both(karin, db, cast):
    assert 'value="Norrland"' in (await karin.get("/master-data/organisation")).text
    first = {**ORGANISATION, "version": "1"}
    assert (await karin.post("/master-data/organisation", data=first)).headers["location"] == "/master-data"
    await db.refresh(cast.organisation)
    assert (cast.organisation.desk_phone, cast.organisation.version) == ("+46 920 1", 2)
    late = await karin.post("/master-data/organisation", data={**first, "desk_phone": "+46 920 2"})
    assert late.status_code == 412
    assert "<bdi>+46 920 1</bdi>" in late.text
    assert 'value="+46 920 2"' in late.text
    assert (await db.execute(select(col(Organisation.desk_phone)))).scalar_one() == "+46 920 1"


async def test_a_wrong_organisation_keeps_what_was_typed(karin):
    for field, value in (
        ("name", ""),
        ("short_name", "x" * 61),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", ""),
        ("desk_email", "nobody"),
        ("desk_hours", "a\x00"),
    ):
        data = {**ORGANISATION, field: value, "version": "1"}
        answer = await karin.post("/master-data/organisation", data=data)
        assert answer.status_code == 422, (field, value)
        assert f'href="#f-{field}"' in answer.text, (field, value)
        assert 'value="+46 920 1"' in answer.text, (field, value)


async def test_time_zones_are_offered_and_checked(karin):
    page = (await karin.get("/master-data/plants/new")).text
    assert '<option value="Asia/Tokyo">' in page
    assert '<option value="UTC">' in page
    assert "Etc/GMT" not in page


async def test_plants_commodities_and_parts_are_added(karin, db, cast):
    answer = await karin.post("/master-data/plants/new", data=PLANT)
    assert (answer.status_code, answer.headers["location"]) == (303, "/master-data/plants")
    answer = await karin.post("/master-data/commodities/new", data={"code": "MACH", "name": "Machining"})
    assert answer.headers["location"] == "/master-data/commodities"
    part = {"number": "BR-118/2 #7", "name": "Bracket", "commodity": "MACH"}
    answer = await karin.post("/master-data/parts/new", data=part)
    assert answer.headers["location"] == "/master-data/parts"
    added = (await db.execute(select(Part).where(col(Part.number) == "BR-118/2 #7"))).scalar_one()
    machining = (await db.execute(select(Commodity).where(col(Commodity.code) == "MACH"))).scalar_one()
    assert added.commodity_id == machining.id
    assert await count(db, Plant) == 3


async def test_what_is_taken_or_wrong_is_said_at_the_field(karin, db):
    for kind, data, field, sentence in (
        ("plants", {**PLANT, "code": "LUL"}, "code", "LUL is already the code of another plant."),
        ("plants", {**PLANT, "country": "Sweden"}, "country", "Shorten it to 2."),
        ("plants", {**PLANT, "country": ""}, "country", "it decides the holidays"),
        ("plants", {**PLANT, "time_zone": "CEST"}, "time_zone", "Choose a time zone"),
        ("commodities", {"code": "CAST", "name": "X"}, "code", "already the code of another commodity"),
        ("commodities", {"code": "X", "name": ""}, "name", "Enter name."),
        ("parts", {"number": "GH-220-04"}, "number", "already the number of another part"),
        ("parts", {"number": "N", "commodity": "NONE"}, "commodity", "no longer there"),
        ("parts", {"number": "\x00"}, "number", "cannot be stored"),
        ("parts", {"number": "x" * 121}, "number", "Shorten it to 120."),
    ):
        answer = await karin.post(f"/master-data/{kind}/new", data=data)
        assert answer.status_code == 422, (kind, field)
        assert sentence in answer.text, (kind, field)
        assert f'href="#f-{field}"' in answer.text, (kind, field)
    assert [await count(db, model) for model in (Plant, Commodity, Part)] == [2, 1, 1]


async def test_each_kind_is_changed_and_a_stale_form_shows_both(karin, db, cast):
    for kind, record, data in (
        ("plants", cast.lulea, PLANT),
        ("commodities", cast.castings, {"code": "CAST2", "name": "Iron castings"}),
        ("parts", cast.housing, {"number": "GH-221", "name": "Housing", "commodity": ""}),
    ):
        at = f"/master-data/{kind}/{record.id}"
        assert 'name="version" value="1"' in (await karin.get(at)).text, kind
        assert (await karin.post(at, data={**data, "version": "1"})).status_code == 303, kind
        await db.refresh(record)
        assert (record.name, record.version) == (data["name"], 2), kind
        late = await karin.post(at, data={**data, "name": "Typed late", "version": "1"})
        assert late.status_code == 412, kind
        assert f"<bdi>{data['name']}</bdi>" in late.text, kind
        assert 'value="Typed late"' in late.text, kind
    assert cast.housing.commodity_id is None


async def test_changing_to_a_taken_code_leaves_the_record(karin, db, cast):
    data = {**PLANT, "code": "GDN", "version": "1"}
    answer = await karin.post(f"/master-data/plants/{cast.lulea.id}", data=data)
    assert answer.status_code == 422
    assert "GDN is already the code of another plant." in answer.text
    await db.refresh(cast.lulea)
    assert (cast.lulea.code, cast.lulea.version) == ("LUL", 1)


async def test_there_is_nothing_at_other_addresses(karin, cast):
    for path in (
        "/master-data/people/new",
        "/master-data/people/1",
        "/master-data/plants/0",
        "/master-data/plants/999999",
        "/master-data/plants/x",
        "/master-data/plants/9223372036854775808",
        "/master-data/%00/1",
    ):
        assert (await karin.get(path)).status_code == 404, path
        assert (await karin.post(path, data={**PLANT, "version": "1"})).status_code == 404, path


async def test_parts_are_searched_sorted_and_shown_fifty_at_a_time(karin, db):
    for n in range(60):
        await master.part(db, number=f"N-{n:03}", name="Bolt 100%" if n == 7 else f"Nut {60 - n:03}")
    page = (await karin.get("/master-data/parts?q=N-0")).text
    assert "50 of 60 parts" in page
    assert "Show 10 more" in page
    by_name = (await karin.get("/master-data/parts?q=nut&sort=name")).text
    assert by_name.index("Nut 001") < by_name.index("Nut 002")
    assert "N-007" in (await karin.get("/master-data/parts?q=100%25")).text
    assert "No part matches “%%”." in (await karin.get("/master-data/parts?q=%25%25")).text
    for query in ("sort=id", "rows=0", "q=%00"):
        assert (await karin.get(f"/master-data/parts?{query}")).status_code == 422, query


async def test_parts_as_a_file(karin, db):
    await master.part(db, number="-7", name="@x")
    assert rows_of(await karin.get("/master-data/parts.csv?sort=-number")) == [
        ["Number", "Name", "Commodity"],
        ["GH-220-04", "Gear housing", "Castings"],
        ["'-7", "'@x", ""],
    ]
    assert (await karin.get("/master-data/parts.xlsx")).content[:2] == b"PK"


async def test_plants_are_searched_filtered_sorted_and_taken_as_a_file(karin, cast):
    here = "/master-data/plants"
    names = (cast.lulea.name, cast.gdansk.name)
    for query, first, second in (("", *sorted(names)), ("?sort=-name", *sorted(names, reverse=True))):
        page = (await karin.get(f"{here}{query}")).text
        assert 0 < page.index(f">{first}</a>") < page.index(f">{second}</a>"), query
    for query in ("q=lul", "country=SE", "time_zone=Europe/Stockholm"):
        page = (await karin.get(f"{here}?{query}")).text
        assert f">{cast.lulea.name}</a>" in page, query
        assert f">{cast.gdansk.name}</a>" not in page, query
    assert "No plant matches" in (await karin.get(f"{here}?q=nowhere")).text
    assert rows_of(await karin.get(f"{here}.csv?country=PL")) == [
        ["Name", "Code", "Country", "Time zone"],
        [cast.gdansk.name, "GDN", "Poland", "Europe/Warsaw"],
    ]


async def test_commodities_are_found_and_taken_as_a_file_with_their_counts(karin, cast, db):
    await master.commodity(db, code="FAST", name="Fasteners")
    here = "/master-data/commodities"
    assert "Castings" not in (await karin.get(f"{here}?q=fast")).text
    assert rows_of(await karin.get(f"{here}.csv?sort=-suppliers")) == [
        ["Name", "Code", "Suppliers", "Parts"],
        ["Castings", "CAST", "2", "1"],
        ["Fasteners", "FAST", "0", "0"],
    ]


async def test_names_in_any_script_stay_text(karin, db, cast):
    cast.castings.name = cast.lulea.name = cast.housing.name = '<img src=x onerror="1">精密\u202e'
    await db.flush()
    lists = [f"/master-data/{kind}" for kind in ("plants", "commodities", "parts")]
    for path in (*lists, f"/master-data/plants/{cast.lulea.id}"):
        page = (await karin.get(path)).text
        assert "<img src=x" not in page, path
        assert "精密" in page, path

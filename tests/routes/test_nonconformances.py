"""Nonconformances: recorded at the dock, judged, gathered into one SCAR."""

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlmodel import col

from portal import clock
from portal.models.nonconformances import Nonconformance, Responsibility
from portal.models.scars import Scar
from tests.factories import deliveries, files, scars

NEW = {
    "supplier": "104417",
    "plant": "LUL",
    "part": "GH-220-04",
    "kind": "Porosity",
    "quantity": "36",
    "checked": "480",
    "lot_number": "26-1873",
    "responsibility": "supplier",
    "description": "Pores in the seat.",
}


@pytest.fixture(autouse=True)
def noon():
    with clock.fixed(datetime(2026, 11, 3, 23, 30, tzinfo=UTC)):  # 4 November in Luleå
        yield


async def found(db) -> Nonconformance:
    return (await db.execute(select(Nonconformance))).scalar_one()


async def test_one_is_recorded_at_the_dock_on_the_plants_own_day(site, db, cast):
    elin = await site(cast.elin)
    assert (await elin.get("/nonconformances/new")).status_code == 200
    answer = await elin.post("/nonconformances", data=NEW)
    assert answer.headers["location"] == "/nonconformances/NC-2026-0001"
    one = await found(db)
    assert (one.found_on.isoformat(), one.month, one.quantity, one.checked) == ("2026-11-04", 322, 36, 480)
    page = await elin.get("/nonconformances/NC-2026-0001")
    assert "36 of 480 pieces are bad, more than 1" in page.text
    assert "/scars/new?nc=NC-2026-0001" in page.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"supplier": "999"},
        {"plant": "XXX"},
        {"part": "nothing"},
        {"quantity": "0"},
        {"quantity": "1e309"},
        {"checked": "1"},
        {"kind": "x" * 81},
        {"found_on": "2026-02-30"},
        {"responsibility": "somebody"},
    ],
)
async def test_what_makes_no_sense_is_said_at_its_field(site, db, cast, wrong):
    elin = await site(cast.elin)
    answer = await elin.post("/nonconformances", data=NEW | wrong)
    assert answer.status_code == 422
    assert "Pores in the seat." in answer.text
    assert f"f-{next(iter(wrong))}-error" in answer.text
    assert (await db.execute(select(Nonconformance))).first() is None


async def test_rivals_suppliers_and_other_plants_find_nothing(site, db, cast):
    bad = await deliveries.nonconformance(db, cast)
    for person in (cast.tomasz, cast.rita, cast.anna):
        browser = await site(person)
        for path in ("", "/new", f"/{bad.number}", ".csv"):
            assert (await browser.get(f"/nonconformances{path}")).status_code == 404, (person.name, path)
    gustav = await site(cast.gustav)
    assert (await gustav.get(f"/nonconformances/{bad.number}")).status_code == 404
    assert bad.number not in (await gustav.get("/nonconformances")).text
    assert (await gustav.post("/nonconformances", data=NEW)).status_code == 422, "not his plant"


async def test_judging_twice_shows_both_and_a_scar_holds_the_responsibility(site, db, cast):
    bad = await deliveries.nonconformance(db, cast, responsibility=Responsibility.UNDETERMINED)
    elin = await site(cast.elin)
    path = f"/nonconformances/{bad.number}/judgement"
    judged = {"responsibility": "supplier", "disposition": "return", "version": "1"}
    assert (await elin.post(path, data=judged)).status_code == 303
    answer = await elin.post(path, data=judged | {"disposition": "scrap"})
    assert answer.status_code == 412
    assert "Somebody decided meanwhile: Supplier, Return. You chose Supplier, Scrap." in answer.text
    await elin.post("/scars", data=_scar(cast, bad.number))
    await db.refresh(bad)
    answer = await elin.post(
        path, data={"responsibility": "ours", "disposition": "return", "version": str(bad.version)}
    )
    assert answer.status_code == 409


async def test_several_go_into_one_scar_of_one_supplier(site, db, cast):
    first, second = [await deliveries.nonconformance(db, cast, lot_number=f"L{each}") for each in "12"]
    foreign = await deliveries.nonconformance(db, cast, supplier_id=cast.bolt.id)
    elin = await site(cast.elin)
    page = await elin.get(f"/scars/new?nc={first.number}&nc={second.number}")
    assert 'value="L1, L2"' in page.text
    assert (await elin.get(f"/scars/new?nc={first.number}&nc={foreign.number}")).status_code == 422
    answer = await elin.post("/scars", data=_scar(cast, first.number, second.number))
    assert answer.status_code == 303
    scar = (await db.execute(select(Scar))).scalar_one()
    held = await db.execute(select(col(Nonconformance.number)).where(col(Nonconformance.scar_id) == scar.id))
    assert sorted(held.scalars()) == sorted([first.number, second.number])
    file = (await elin.get("/nonconformances.csv?scar=some")).text
    assert file.count(scar.number) == 2
    assert foreign.number not in file


def _scar(cast, *numbers):
    return {
        "nc": list(numbers),
        "title": "Pores",
        "severity": "major",
        "plant": "LUL",
        "part": "GH-220-04",
        "defect": "Porosity",
        "source": "nonconformance",
        "owner": str(cast.elin.id),
    }


async def test_a_photo_from_the_dock_goes_with_it_into_the_scar(site, db, cast):
    """Taken with the form, kept when something else is wrong with it, and on both sides' pages."""
    elin = await site(cast.elin)
    photo = {"files": ("dock.jpg", files.photo(size=(240, 180)), "image/jpeg")}
    page = (await elin.get("/nonconformances/new")).text
    assert 'capture="environment"' in page
    wrong = await elin.post("/nonconformances", data=NEW | {"part": "none"}, files=photo)
    assert wrong.status_code == 422
    kept = re.search(r'name="document" value="(\d+)"', wrong.text)[1]
    answer = await elin.post("/nonconformances", data=NEW | {"document": kept}, files={"files": ("", b"")})
    assert answer.status_code == 303
    number = answer.headers["location"].rpartition("/")[2]
    assert "dock.jpg" in (await elin.get(f"/nonconformances/{number}")).text
    scar = await scars.issued(db, cast, found=[await found(db)])
    assert "dock.jpg" in (await (await site(cast.tomasz)).get(f"/scars/{scar.number}")).text
    assert "dock.jpg" not in (await (await site(cast.rita)).get(f"/scars/{scar.number}")).text
    told = (await elin.get(f"/scars/{scar.number}/8d.json")).json()
    assert [each["name"] for each in told["photos"]] == ["dock.jpg"]

import pytest

from portal.countries import BY_NAME, NAMES, country_name
from portal.errors import NotFoundError, StaleError
from portal.models.organisation import Commodity, Part, Plant
from portal.timezones import check, offered
from portal.workflows.editing import TakenError
from portal.workflows.lists import Listed, Wanted
from portal.workflows.master_data import listing, records
from tests.factories import master
from tests.people import principal_of


async def test_only_staff_see_master_data(db, cast):
    for person in (cast.tomasz, cast.anna):
        who = principal_of(person)
        assert await listing.counts(db, who) == (0, 0, 0)
        for each in (listing.PLANTS, listing.COMMODITIES, listing.PARTS):
            assert await each.first(db, who, Wanted(sort=next(iter(each.sorts)))) == Listed([], 0)
        assert await records.commodities(db, who) == []
        assert await listing.plant_choices(db, who) == {"country": [], "time_zone": []}
        for model, record in ((Plant, cast.lulea), (Commodity, cast.castings), (Part, cast.housing)):
            with pytest.raises(NotFoundError):
                await records.to_change(db, who, model, record.id)
        with pytest.raises(NotFoundError):
            await records.organisation(db, who)


async def test_commodities_are_counted_where_they_are_used(db, cast):
    await master.commodity(db, code="NEW", name="Brand new")
    who = principal_of(cast.elin)
    for wanted, order in ((Wanted(sort="name"), [0, 1]), (Wanted(sort="suppliers", falling=True), [1, 0])):
        rows = (await listing.COMMODITIES.first(db, who, wanted)).rows
        expected = [("NEW", 0, 0), ("CAST", 2, 1)]
        assert [(row.code, row.suppliers, row.parts) for row in rows] == [expected[n] for n in order]


async def test_what_is_there_is_counted(db, cast):
    for _ in range(3):
        await master.part(db)
    assert await listing.counts(db, principal_of(cast.elin)) == (2, 1, 4)


async def test_a_taken_code_leaves_the_record_and_the_transaction_usable(db, cast):
    who = principal_of(cast.karin)
    plant = await records.to_change(db, who, Plant, cast.lulea.id)
    values = {"code": "GDN", "name": "X", "country": "SE", "time_zone": "UTC"}
    with pytest.raises(TakenError):
        await records.change(db, plant, 1, values)
    assert (plant.code, plant.version) == ("LUL", 1)
    with pytest.raises(StaleError):
        await records.change(db, plant, 7, {**values, "code": "LUL"})
    await records.change(db, plant, 1, {**values, "code": "LUL2"})
    assert (plant.code, plant.version) == ("LUL2", 2)


async def test_a_commodity_that_is_gone_cannot_be_chosen(db, cast):
    with pytest.raises(TakenError) as refused:
        await records.add(db, Part, {"number": "N", "name": "", "commodity": "GONE"})
    assert refused.value.field == "commodity"


def test_countries_have_names():
    assert len(NAMES) == 249
    assert country_name("SE") == "Sweden"
    assert country_name("XX") == "XX"
    assert country_name("") == ""
    names = [name for _, name in BY_NAME]
    assert names.index("Åland Islands") < names.index("Albania")


def test_time_zones_are_those_that_the_machine_knows():
    assert offered()[0] == "UTC"
    assert "Europe/Stockholm" in offered()
    assert all(check(zone) == zone for zone in offered()[:5])
    for wrong in ("", "Europe/Nowhere", "../UTC", "/etc/localtime"):
        with pytest.raises(ValueError, match="time zone"):
            check(wrong)

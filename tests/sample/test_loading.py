"""The loaded sample as the portal rates it: every state, every band, and the stories."""

from collections import Counter

import pytest
from sqlalchemy import func, select, text

from portal import sample
from portal.access.principal import system
from portal.models.deliveries import DeliveryLine
from portal.models.organisation import Organisation
from portal.models.people import Person
from portal.models.suppliers import Supplier
from portal.sample.companies import COMPANIES
from portal.workflows import passwords, ratings, sign_in
from scorecards.periods import Period, month_number
from tests.sample.conftest import AS_OF

NEWEST = month_number(AS_OF) - 1
WHO = system("test")


@pytest.fixture(scope="module")
async def newest(demo):
    async with demo.work(WHO) as db:
        return {rated.number: rated for rated in await ratings.cards(db, WHO, Period(NEWEST), AS_OF)}


@pytest.fixture(scope="module")
async def running(demo):
    async with demo.work(WHO) as db:
        return {rated.number: rated for rated in await ratings.cards(db, WHO, Period(NEWEST + 1), AS_OF)}


def number_of(story: str) -> str:
    return next(company.number for company in COMPANIES if company.story == story)


async def months_of(demo, story):
    async with demo.work(WHO) as db:
        query = select(Supplier).where(Supplier.number == number_of(story))
        supplier = (await db.execute(query)).scalar_one()
        return (await ratings.card(db, WHO, supplier, Period(NEWEST), AS_OF)).months


async def test_every_state_of_a_measure_and_every_band_is_seen(newest, running):
    cards = [rated.card for rated in (*newest.values(), *running.values())]
    states = {measure.state.value for card in cards for measure in card.measures}
    assert states == {"ok", "no_activity", "low_volume", "pending", "undefined"}
    assert {rated.card.band for rated in newest.values()} == {"A", "B", "C", "D", "Not rated"}


async def test_most_suppliers_are_good_and_few_are_bad(newest):
    bands = Counter(rated.card.band for rated in newest.values())
    assert bands["A"] + bands["B"] > 2 * (bands["C"] + bands["D"])
    assert bands["A"] > bands["C"] > bands["Not rated"]
    assert 3 <= bands["D"] <= 8


async def test_acmes_card_is_the_one_of_the_documentation(newest):
    rated = newest["104417"]
    delivery = rated.card.windows[0].sums.delivery
    assert (delivery.promised, delivery.excused, delivery.cancelled) == (28, 1, 1)
    assert (delivery.on_time, delivery.late, delivery.early) == (24, 1, 1)
    answers = rated.card.measure("responsiveness")
    assert (answers.numerator, answers.denominator) == (9, 10)
    assert 360 < rated.card.measure("quality").value < 440
    assert rated.card.band == rated.before.band == "B"
    assert 82.5 < rated.card.shown < 83.7 < rated.before.shown < 85


async def test_its_lines_of_that_month_are_those_of_the_documentation(demo):
    async with demo.work(WHO) as db:
        rows = await db.execute(
            text("""
                SELECT order_number || '-' || line_number, complete, too_early, excuse_note
                FROM delivery_line
                WHERE order_number IN ('4500118732', '4500118790', '4500118655', '4500118801')
            """)
        )
        lines = {row[0]: tuple(row[1:]) for row in rows}
    assert lines["4500118732-10"] == (False, False, "")
    assert lines["4500118790-20"] == (False, True, "")
    assert lines["4500118655-10"] == (True, False, "")
    assert "Our dock was closed" in lines["4500118655-30"][2]
    assert set(lines) == {
        *(f"4500118655-{n}0" for n in (1, 2, 3)),
        "4500118732-10",
        "4500118790-20",
        "4500118801-10",
    }


async def test_one_gets_worse_month_by_month(demo):
    months = await months_of(demo, "worsening")
    ppm = [float(card.measure("quality").value) for card in months]
    assert ppm[-1] > 4500
    assert all(sum(ppm[at : at + 3]) < sum(ppm[at + 3 : at + 6]) for at in range(0, 7, 3))
    assert [card.band for card in months[-2:]] == ["C", "D"]


async def test_one_recovers(demo):
    months = await months_of(demo, "recovering")
    assert {card.band for card in months[:4]} == {"D"}
    assert {card.band for card in months[-2:]} <= {"A", "B"}


async def test_three_lines_are_low_volume_and_none_is_not_rated(newest):
    few = newest[number_of("three_lines")].card.measure("delivery")
    assert (few.state, few.denominator) == ("low_volume", 3)
    never = newest[number_of("never")].card
    assert (never.band, {measure.state.value for measure in never.measures}) == ("Not rated", {"no_activity"})


async def test_defects_on_nothing_received_are_undefined(newest):
    card = newest[number_of("undefined")].card
    assert card.measure("quality").state == "undefined"
    assert card.measure("quality").denominator == 0 < card.measure("quality").numerator
    assert card.band == "Not rated"


async def test_a_safety_escape_caps_a_better_band(newest):
    rated = newest[number_of("safety")]
    assert rated.card.band == "C"
    assert rated.card.uncapped_band in {"A", "B"}
    assert [cap.kind for cap in rated.card.acting_caps] == ["safety_escape"]
    assert rated.before.band in {"A", "B"}


async def test_one_is_perfect_and_one_is_late_because_of_us(demo, newest):
    perfect = newest[number_of("perfect")].card
    assert (perfect.shown, perfect.band) == (100, "A")
    ours = sum(card.windows[0].sums.delivery.excused for card in await months_of(demo, "our_fault"))
    assert ours >= 24


async def test_bands_change_in_the_newest_month(newest):
    changes = {story: newest[number_of(story)] for story in ("rose", "no_defects", "slipped", "worsening")}
    assert {story: (one.before.band, one.card.band) for story, one in changes.items()} == {
        "rose": ("B", "A"),
        "no_defects": ("B", "A"),
        "slipped": ("B", "C"),
        "worsening": ("C", "D"),
    }


async def test_the_biggest_supplier_is_much_bigger_than_the_next(demo):
    async with demo.work(WHO) as db:
        counts = (
            await db.execute(
                select(func.count()).select_from(DeliveryLine).group_by(DeliveryLine.supplier_id)
            )
        ).scalars()
        largest, second, *_ = sorted(counts, reverse=True)
    assert largest > 3 * second


async def test_over_the_year_defects_fall_and_august_dips(demo):
    async with demo.work(WHO) as db:
        sums = await ratings.sums_of(
            db, WHO, months=range(NEWEST - 11, NEWEST + 1), as_of=AS_OF, by=("month",)
        )
    by_month = {key[0]: value for key, value in sums.items()}

    def ppm(months):
        rows = [by_month[month].quality for month in months]
        return float(sum(row.nonconforming for row in rows) / sum(row.received for row in rows) * 1_000_000)

    def on_time(month):
        total = by_month[month].delivery
        return 100 * total.on_time / (total.on_time + total.late + total.early)

    assert ppm(range(NEWEST - 11, NEWEST - 8)) > 1.3 * ppm(range(NEWEST - 2, NEWEST + 1))
    assert 500 < ppm([NEWEST]) < 750
    assert 93 < on_time(NEWEST) < 96
    august = month_number(AS_OF.replace(month=8))
    assert on_time(august) < min(on_time(august - 1), on_time(august + 1)) - 1.5


async def test_it_says_that_it_is_synthetic_and_everybody_signs_in(demo):
    for one in sample.SIGN_INS:
        passwords.check(sample.PASS_PHRASE, [one.name, one.email])
    async with demo.work(WHO) as db:
        assert (await db.execute(select(Organisation.is_synthetic))).scalar_one() is True
        people = (await db.execute(select(Person))).scalars().all()
        assert {person.email for person in people} == {one.email for one in sample.SIGN_INS}
        assert not await sample.is_empty(db)
        assert await sample.is_synthetic(db)
    async with demo.gate() as db:
        for person in people[:2]:
            assert (await sign_in.verify(db, person.email, sample.PASS_PHRASE)) is not None


async def test_what_people_add_comes_after_the_sample(demo):
    async with demo.work(WHO) as db:
        supplier = Supplier(number="999999", name="Added by hand")
        db.add(supplier)
        await db.flush()
        assert supplier.id > len(COMPANIES)
        await db.rollback()


async def test_a_start_that_fails_half_way_leaves_nothing(fresh, monkeypatch):
    async def refuse(_db, _policy):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(ratings, "derive_all", refuse)  # all lines are there
    with pytest.raises(RuntimeError, match="disk is full"):
        async with fresh.work(WHO) as db:
            await sample.load(db, AS_OF)
    async with fresh.work(WHO) as db:
        assert await sample.is_empty(db)
        for table in ("delivery_line", "supplier_month", "policy"):
            assert (await db.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one() == 0

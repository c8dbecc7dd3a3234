"""Versions of the policy: who may approve, which month and whom one rates, what people give a supplier."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select, text

from portal import clock
from portal.errors import BadInputError, NotFoundError, NotReadyError
from portal.models.ratings import DemeritEvent, GivenPoints, PolicyStatus
from portal.models.ratings import Policy as PolicyRow
from portal.workflows import ratings
from portal.workflows.policies import approving, back_tests, checking, differences, drafting
from portal.workflows.policies.typed import as_typed, read
from portal.workflows.ratings import card_inputs_of
from portal.workflows.scorecards import ranking
from scorecards import measures
from scorecards.canonical import dump
from scorecards.cardfile import build_card_file, verify
from scorecards.periods import Period, month_number
from scorecards.points import linear
from scorecards.policy import DEFAULT_POLICY, Demerits, OwnCriterion, Policy, SoftCriterion
from tests.factories import deliveries
from tests.people import TESTER, principal_of

TODAY = date(2026, 11, 20)
NOVEMBER, DECEMBER = Period.month(2026, 11), Period.month(2026, 12)
OCTOBER = Period.month(2026, 10)
RICH = replace(
    DEFAULT_POLICY,
    name="Everything",
    weights={measures.DELIVERY: Decimal(60), "steady": Decimal(30), "cooperation": Decimal(10)},
    points={
        **DEFAULT_POLICY.points,
        "steady": linear((0, 0), (100, 100)),
    },
    own=(OwnCriterion("steady", "Steady", "100 * lines_in_full / lines_counted", "percent"),),
    soft=(SoftCriterion("cooperation", "Cooperation"),),
    demerits=Demerits({"premium_freight": Decimal(3)}, Decimal(10)),
)


@pytest.fixture
async def first(db, cast):
    """The built-in policy rates everybody; ten lines of each company are on time in October and November."""
    await ratings.install_default_policy(db)
    for supplier in (cast.acme, cast.bolt):
        for month in (10, 11):
            day = date(2026, month, 8)
            for number in range(10):
                arrived = day if number else date(2026, month, 12)
                await deliveries.line(db, cast, (arrived, 100), acknowledged_on=day, supplier_id=supplier.id)
    with clock.fixed(datetime(2026, 11, 20, 9, tzinfo=UTC)):
        yield (
            await db.scalars(PolicyRow.__table__.select().with_only_columns(PolicyRow.__table__.c.id))
        ).one()


async def drafted(db, who, policy, **values):
    row = PolicyRow(
        name=policy.name,
        number=policy.version,
        definition=policy.to_dict(),
        editor_ids=[who.person_id],
        reason="Because",
        **values,
    )
    db.add(row)
    await db.flush()
    await drafting.hand_in(db, row, by=who)
    return row


async def put_in_force(db, cast, policy, month=NOVEMBER, **values):
    row = await drafted(db, principal_of(cast.elin), policy, **values)
    karin = principal_of(cast.karin)
    await approving.approve(db, row, month.last_month, by=karin, today=TODAY)
    await approving.activate_due(db, today=TODAY)
    return row


async def test_four_eyes(db, cast, first):
    karin, root, elin = (principal_of(who) for who in (cast.karin, cast.root, cast.elin))
    row = await drafted(db, karin, replace(DEFAULT_POLICY, version=2))
    november = NOVEMBER.last_month
    with pytest.raises(NotReadyError, match="Somebody else has to approve"):
        await approving.approve(db, row, november, by=karin, today=TODAY)
    with pytest.raises(NotFoundError):
        await approving.approve(db, row, november, by=elin, today=TODAY)
    with pytest.raises(BadInputError, match="Months that are over keep the policy"):
        await approving.approve(db, row, november - 1, by=root, today=TODAY)
    await approving.approve(db, row, november, by=root, today=TODAY)
    with pytest.raises(NotReadyError):
        await approving.approve(db, row, november, by=root, today=TODAY)
    assert await approving.activate_due(db, today=TODAY) == 1
    assert (row.status, row.approved_by_name) == (PolicyStatus.ACTIVE, root.name)
    assert (await ratings.active_policy(db)).version == 2


async def test_whoever_wrote_in_it_once_approves_it_never(db, cast, first):
    karin, root = principal_of(cast.karin), principal_of(cast.root)
    policy = replace(DEFAULT_POLICY, version=2)
    row = await drafted(db, karin, policy)
    await approving.give_back(db, row, "Another window", by=root)
    assert (row.status, row.returned_because) == (PolicyStatus.DRAFT, "Another window")
    await drafting.save(db, row, row.version, policy, {"reason": "Now with it"}, by=root)
    await drafting.hand_in(db, row, by=karin)
    with pytest.raises(NotReadyError, match="Somebody else"):
        await approving.approve(db, row, NOVEMBER.last_month, by=root, today=TODAY)


async def test_a_version_rates_from_its_month_on_and_no_month_before(db, cast, first):
    strict = replace(DEFAULT_POLICY, version=2, delivery=replace(DEFAULT_POLICY.delivery, late_days=10))
    row = await drafted(db, principal_of(cast.elin), strict)
    await approving.approve(db, row, DECEMBER.last_month, by=principal_of(cast.karin), today=TODAY)
    assert await approving.activate_due(db, today=TODAY) == 0
    assert await approving.activate_due(db, today=date(2026, 12, 1)) == 1
    elin, later = principal_of(cast.elin), date(2026, 12, 20)
    for supplier in (cast.acme, cast.bolt):
        series = await ratings.card(db, elin, supplier, DECEMBER, later)
        policies = [card.policy_version for card in series.months]
        assert policies == [*[1] * 11, 2]
        november = series.months[-2].measure(measures.DELIVERY)
        assert (november.numerator, november.denominator) == (9, 10)
    # The stored windows are the new ones: November is counted from the lines, to what it was.
    places = await ranking.places(db, elin, NOVEMBER, later)
    assert {place.value(measures.DELIVERY) for place in places} == {Decimal(90)}


async def test_a_group_has_its_own_policy_and_everybody_else_the_general_one(db, cast, first):
    own = replace(
        DEFAULT_POLICY, name="Castings", delivery=replace(DEFAULT_POLICY.delivery, late_days=10), version=1
    )
    await put_in_force(db, cast, own, supplier_ids=[cast.acme.id], group_name="Key suppliers")
    elin = principal_of(cast.elin)
    acme, bolt = await ratings.cards(db, elin, NOVEMBER, TODAY)
    assert (acme.policy.name, bolt.policy.name) == ("Castings", "Default")
    assert acme.card.measure(measures.DELIVERY).value == 100
    assert bolt.card.measure(measures.DELIVERY).value == 90
    by_name = {place.name: place for place in await ranking.places(db, elin, NOVEMBER, TODAY)}
    assert by_name["Acme Castings"].shown == acme.card.shown
    assert by_name["Bolt & Sons"].shown == bolt.card.shown
    before = {place.name: place.shown for place in await ranking.places(db, elin, OCTOBER, TODAY)}
    assert before["Acme Castings"] == before["Bolt & Sons"]


async def test_a_group_ends_and_is_rated_as_everybody_is(db, cast, first):
    row = await put_in_force(
        db, cast, replace(DEFAULT_POLICY, name="Castings"), commodity_id=cast.castings.id
    )
    line = await ratings.timeline(db)
    assert line.policy_for(cast.acme.id, cast.castings.id, NOVEMBER.last_month).name == "Castings"
    assert line.policy_for(cast.acme.id, None, NOVEMBER.last_month).name == "Default"
    approving.end(row, by=principal_of(cast.karin), today=TODAY)
    await db.flush()
    line = await ratings.timeline(db)
    assert line.policy_for(cast.acme.id, cast.castings.id, NOVEMBER.last_month).name == "Default"
    general = await db.get_one(PolicyRow, first)
    with pytest.raises(NotReadyError, match="another one takes its place"):
        approving.end(general, by=principal_of(cast.karin), today=TODAY)


async def test_points_given_and_events_are_on_the_card_and_in_its_file(db, cast, first):
    await put_in_force(db, cast, RICH)
    db.add_all(
        [
            GivenPoints(
                supplier_id=cast.acme.id,
                criterion="cooperation",
                points=Decimal(80),
                reason="Quick answers",
                given_on=TODAY,
                month=month_number(TODAY),
                given_by_name="Elin",
            ),
            *(
                DemeritEvent(
                    supplier_id=cast.acme.id,
                    plant_id=cast.lulea.id,
                    kind="premium_freight",
                    note="Flown in",
                    happened_on=TODAY,
                    month=month_number(TODAY),
                    recorded_by_name="Elin",
                )
                for _ in range(2)
            ),
        ]
    )
    await db.flush()
    tomasz = principal_of(cast.tomasz)
    card = (await ratings.card(db, tomasz, cast.acme, NOVEMBER, TODAY)).rated.card
    assert card.measure("cooperation").points == 80
    assert card.measure("steady").value == 90
    assert (card.before_demerits - card.score, card.demerits) == (6, 6)
    by_bulk = {
        place.name: place for place in await ranking.places(db, principal_of(cast.elin), NOVEMBER, TODAY)
    }
    assert by_bulk["Acme Castings"].shown == card.shown
    inputs = await card_inputs_of(db, tomasz, cast.acme.id, NOVEMBER, RICH)
    assert verify(build_card_file(inputs, RICH, NOVEMBER, TODAY)).card.score == card.score
    rival = await card_inputs_of(db, principal_of(cast.rita), cast.acme.id, NOVEMBER, RICH)
    assert (rival.soft, rival.events) == ((), ())


@pytest.mark.parametrize("policy", [DEFAULT_POLICY, RICH], ids=["default", "rich"])
def test_the_form_gives_back_the_policy_that_it_was_filled_from(policy):
    found = read(as_typed(policy), policy.version)
    assert found.problems == {}
    again = Policy.parse(found.data)
    assert dump(replace(again, points={})) == dump(replace(policy, points={}))
    weighted = {key: table for key, table in policy.points.items() if key in again.points}
    assert again.points == weighted


@pytest.mark.parametrize(
    ("name", "text", "where", "sentence"),
    [
        ("weight-quality", "35", "weight-quality", "The weights sum to 95, 5 missing. Make them sum to 100."),
        (
            "weight-quality",
            "forty",
            "weight-quality",
            "Give a number such as 12.5, with a point and no exponent.",
        ),
        ("late_days", "-1", "late_days", "Give a whole number."),
        ("late_days", "400", "late_days", "Give a number of days from 0 to 365."),
        (
            "band-1-to",
            "85",
            "band-0-name",
            "No band covers 85 to below 90. Let one band begin where the other ends.",
        ),
        (
            "band-1-to",
            "95",
            "band-0-name",
            "Two bands cover 90 to below 95. Let one band begin where the other ends.",
        ),
        ("points-delivery", "70: 0\nmany", "points-delivery", "Line 2 is no row of points."),
        (
            "points-quality",
            "0 to 100: 50\n200 and up: 0\nrounded to 1",
            "points-quality",
            "No step covers 101 to 199.",
        ),
        ("own-3-formula", "lines_lat", "own-3-formula", "Character 1: There is no variable lines_lat."),
        ("name", "", "name", "Give a name of 1 to 100 characters."),
        ("trailing", "12, 3", "trailing", "Give up to 5 rising numbers of months, from 2 to 60."),
        ("demerit-premium_freight", "2", "demerit-most", "Give a number such as 12.5"),
        ("cap-safety_escape", "E", "cap-safety_escape", "There is no band E."),
    ],
)
def test_what_is_wrong_is_said_at_the_field_where_it_was_typed(name, text, where, sentence):
    checked = checking.check({**as_typed(DEFAULT_POLICY), name: text}, 1)
    assert checked.policy is None
    assert checked.problems[where].startswith(sentence)


def test_differences_are_named_as_people_name_the_fields():
    before = PolicyRow(name="Default", number=1, definition=DEFAULT_POLICY.to_dict())
    now = PolicyRow(name="Everything", number=1, definition=RICH.to_dict())
    found = {each.label: (each.before, each.now) for each in differences.between(before, now)}
    assert found["Weight of on-time delivery"] == ("40", "60")
    assert found["Own criterion 1: formula"] == ("", "100 * lines_in_full / lines_counted")
    assert found["Points off for premium freight"] == ("", "3")


async def test_a_back_test_ends_with_the_newest_month_that_has_figures(db, cast):
    await ratings.install_default_policy(db)
    row = (await db.execute(select(PolicyRow).limit(1))).scalar_one()
    nothing = await back_tests.begin(db, TESTER, row, today=TODAY)
    assert (nothing.first_month, nothing.last_month) == (OCTOBER.first_month - 11, OCTOBER.first_month)
    promised = date(2015, 8, 6)
    await deliveries.line(db, cast, (promised, 100), acknowledged_on=promised)
    await db.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))  # sums are added at the end of a transaction
    await db.execute(text("SET CONSTRAINTS ALL DEFERRED"))
    old = await back_tests.begin(db, TESTER, row, today=TODAY)
    assert (old.first_month, old.last_month) == (month_number(date(2014, 9, 1)), month_number(promised))

"""The engine, the stored sums and the statement over the lines say the same about generated deliveries."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.access.principal import system
from portal.models.ratings import Policy as PolicyRow
from portal.workflows import ratings
from portal.workflows.ratings import calendars
from portal.workflows.ratings.from_lines import months_from_lines
from portal.workflows.ratings.rows import inputs_of
from scorecards.periods import Period, month_number
from scorecards.sums import Sums, count_by_month
from tests.factories import generated
from tests.people import principal_of
from tests.workflows.ratings_help import undone

PERIOD = Period(month_number(generated.FIRST) - 1, 6)
EVERYBODY = system("test")
FEW = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def without_nothing(months):
    return {month: sums for month, sums in months.items() if sums != Sums()}


async def activate(db, policy):
    row = PolicyRow(name=policy.name, number=policy.version, definition=policy.to_dict())
    db.add(row)
    await db.flush()
    return await ratings.activate(db, row)


@pytest.fixture
async def plants_calendars(db, cast):
    await calendars.fill(db, date(2026, 1, 1), date(2027, 12, 31))
    return await calendars.of_plants(db, ["LUL", "GDN"], date(2026, 6, 1), date(2027, 6, 1))


@FEW
@given(data=st.data())
async def test_three_ways_to_count_agree(db, cast, plants_calendars, data):
    world = data.draw(generated.worlds(generated.places(cast), least=4))
    world = generated.replace(world, calendars=plants_calendars)
    days = data.draw(st.lists(generated.as_of(world), min_size=3, max_size=3))
    async with undone(db):
        await generated.write(db, world)
        await ratings.derive_all(db, await ratings.policy_for_writing(db))
        for policy in generated.POLICIES:
            await activate(db, policy)
            for as_of in days:
                await all_agree(db, cast, world, policy, as_of)
            await plants_agree(db, cast, world, policy, days[0])


async def all_agree(db, cast, world, policy, as_of):
    stored = await ratings.months_of(db, EVERYBODY, months=PERIOD.month_numbers(), as_of=as_of)
    straight = await months_from_lines(db, EVERYBODY, policy, PERIOD.first_month, PERIOD.last_month, as_of)
    for supplier in (cast.acme.id, cast.bolt.id):
        counted = without_nothing(count_by_month(world.inputs(supplier), PERIOD, policy, as_of))
        assert stored.get(supplier, {}) == counted
        assert without_nothing(straight.get(supplier, {})) == counted
        behind = await inputs_of(db, EVERYBODY, supplier, PERIOD, policy)
        assert without_nothing(count_by_month(behind, PERIOD, policy, as_of)) == counted


async def plants_agree(db, cast, world, policy, as_of):
    """What is asked for of one plant, and what somebody of one plant is given."""
    for plant, who in ((cast.gdansk.id, principal_of(cast.gustav)), (cast.lulea.id, EVERYBODY)):
        part = await ratings.months_of(db, who, months=PERIOD.month_numbers(), as_of=as_of, plant_ids=[plant])
        for supplier in (cast.acme.id, cast.bolt.id):
            inputs = world.inputs(supplier, plant)
            assert part.get(supplier, {}) == without_nothing(count_by_month(inputs, PERIOD, policy, as_of))

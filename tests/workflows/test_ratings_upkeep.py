"""Sums stay right whatever is written, by one or by several at once, and drift is found and mended."""

import asyncio
import random
from datetime import date
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from portal.access.principal import system
from portal.models.ratings import Policy as PolicyRow
from portal.workflows import ratings
from tests.factories import deliveries, generated
from tests.people import TESTER, Cast, invite_everybody
from tests.workflows.ratings_help import undone

EVERYBODY = system("test")

CHANGES = (
    "UPDATE delivery_line SET ordered = ordered + 1 WHERE id % 3 = :n",
    "UPDATE delivery_line SET cancelled_on = DATE '2026-10-01' WHERE id % 5 = :n",
    "UPDATE delivery_line SET excuse_code = 'other', excused_by_name = 'O', excused_at = now()",
    "UPDATE delivery_line SET acknowledged_on = acknowledged_on + 20 WHERE id % 3 = :n",
    "UPDATE delivery_line SET supplier_id = :other WHERE id % 3 = :n",
    "UPDATE delivery_line SET commodity_id = NULL, plant_id = :plant WHERE id % 4 = :n",
    "UPDATE delivery_line SET paperwork_right = false WHERE id % 3 = :n",
    """UPDATE receipt SET received_on = received_on - 31, arrival_month = (EXTRACT(YEAR FROM received_on - 31)
        - 2000) * 12 + EXTRACT(MONTH FROM received_on - 31) - 1 WHERE id % 3 = :n""",
    "UPDATE receipt SET quantity = 0 WHERE id % 4 = :n",
    "DELETE FROM receipt WHERE id % 4 = :n",
    "UPDATE nonconformance SET responsibility = 'supplier', is_sample = false WHERE id % 2 = :n % 2",
    "UPDATE nonconformance SET supplier_id = :other, quantity = quantity * 2 WHERE id % 3 = :n",
    "UPDATE nonconformance SET delivery_line_id = (SELECT max(id) FROM delivery_line) WHERE id % 2 = :n % 2",
    "DELETE FROM nonconformance WHERE id % 3 = :n",
    "UPDATE inspection_lot SET result = 'use_as_is' WHERE id % 2 = :n % 2",
    "UPDATE inspection_lot SET plant_id = :plant WHERE id % 3 = :n",
    "DELETE FROM inspection_lot WHERE id % 3 = :n",
    "DELETE FROM delivery_line WHERE id % 5 = :n",
    "UPDATE delivery_line SET version = version + 1",
)


async def everything_derived(db):
    return await ratings.derive_all(db, await ratings.policy_for_writing(db))


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
async def test_sums_follow_every_change_of_the_rows(db, cast, data):
    world = data.draw(generated.worlds(generated.places(cast)))
    changes = data.draw(st.lists(st.tuples(st.sampled_from(CHANGES), st.integers(0, 4)), max_size=8))
    async with undone(db):
        await generated.write(db, world)
        await everything_derived(db)
        for change, n in changes:
            wanted = {"n": n, "other": cast.bolt.id, "plant": cast.gdansk.id}
            used = {name: value for name, value in wanted.items() if f":{name}" in change}
            await db.execute(text(change), used)
            await everything_derived(db)
        assert await ratings.recount(db) == []


async def test_sums_follow_a_table_that_its_owner_empties(fresh, owner):
    async with fresh.work(TESTER) as db:
        cast = await invite_everybody(db)
        await deliveries.line(db, cast, (date(2026, 10, 8), 100))
        await deliveries.lot(db, cast)
    async with owner.connection() as connection:
        await connection.execute(text("TRUNCATE inspection_lot"))
    async with fresh.work(EVERYBODY) as db:
        assert await ratings.recount(db) == []
        left = await db.execute(text("SELECT lines, lots_accepted FROM supplier_month_total"))
        assert [tuple(row) for row in left] == [(1, 0)]


async def test_drift_is_found_and_mended(fresh):
    async with fresh.work(TESTER) as db:
        cast = await invite_everybody(db)
        line = await deliveries.line(db, cast, (date(2026, 10, 8), 100))
        await deliveries.line(db, cast, (date(2026, 11, 3), 10), supplier_id=cast.bolt.id)
    async with fresh.work(TESTER) as db:
        await db.execute(text("UPDATE supplier_month SET lines = lines + 1 WHERE month = 321"))
        await db.execute(text("DELETE FROM supplier_month_total WHERE month = 322"))
        await db.execute(text("UPDATE delivery_line SET received = 7 WHERE id = :id"), {"id": line.id})
    async with fresh.work(EVERYBODY) as db:
        found = await ratings.recount(db)
    assert {(one.table, one.month) for one in found} == {
        ("delivery_line", 321),
        ("supplier_month", 321),
        ("supplier_month_total", 321),
        ("supplier_month_total", 322),
    }
    stored = next(one for one in found if (one.table, one.supplier_id) == ("supplier_month", cast.acme.id))
    assert stored.differences == {"lines": (Decimal(2), Decimal(1))}
    assert [list(one.differences) for one in found if one.row_id == line.id] == [["received"]]
    rebuilt = await ratings.rebuild(fresh, EVERYBODY)
    assert (rebuilt.lines_changed, rebuilt.months) == (1, 2)
    async with fresh.work(EVERYBODY) as db:
        assert await ratings.recount(db) == []


async def test_one_month_is_rebuilt_alone(fresh):
    async with fresh.work(TESTER) as db:
        cast = await invite_everybody(db)
        await deliveries.line(db, cast, (date(2026, 10, 8), 100))
        await deliveries.line(db, cast, (date(2026, 11, 3), 100), acknowledged_on=date(2026, 11, 3))
    async with fresh.work(TESTER) as db:
        await db.execute(text("UPDATE supplier_month SET received = 0"))
    assert await ratings.rebuild(fresh, EVERYBODY, [321]) == ratings.Rebuilt(0, 1)
    async with fresh.work(EVERYBODY) as db:
        assert {one.month for one in await ratings.recount(db)} == {322}


async def write_some(database, cast: Cast, seed: int, rounds: int) -> None:
    """One writer: new lines in several statements, over the same suppliers and months as everybody else's."""
    chance = random.Random(seed)
    for each in range(rounds):
        async with database.work(EVERYBODY) as db:
            number = f"W{seed}-{each}-"
            suppliers = [cast.acme.id, cast.bolt.id]
            chance.shuffle(suppliers)
            new = common(cast, chance) | {"number": number, "suppliers": suppliers}
            await db.execute(text(LINES), new)
            await db.execute(text(ARRIVALS), {"number": f"{number}%", "quantity": chance.choice([50, 100])})
            await derive_those_of(db, f"{number}%")


async def derive_those_of(db, numbers: str) -> None:
    await ratings.note_touched(db)
    await db.execute(
        text("INSERT INTO touched_line SELECT id FROM delivery_line WHERE order_number LIKE :number"),
        {"number": numbers},
    )
    await ratings.derive_touched(db, await ratings.policy_for_writing(db))


async def rewrite_some(database, seed: int, rounds: int) -> None:
    """One writer who changes everybody's lines, in its own order."""
    chance = random.Random(seed)
    for _ in range(rounds):
        async with database.work(EVERYBODY) as db:
            await ratings.take_turns(db)
            for third in chance.sample(range(3), 3):
                await db.execute(
                    text("UPDATE delivery_line SET ordered = ordered + 1 WHERE id % 3 = :n"), {"n": third}
                )
                await db.execute(
                    text("UPDATE receipt SET quantity = quantity + 1 WHERE id % 3 = :n"), {"n": third}
                )
            await derive_those_of(db, "%")


def common(cast, chance):
    return {
        "plant": cast.lulea.id,
        "part": cast.housing.id,
        "first": date(2026, chance.randint(8, 11), chance.randint(1, 28)),
    }


LINES = """
    INSERT INTO delivery_line (created_at, updated_at, version, supplier_id, plant_id, part_id, order_number,
        line_number, unit, ordered, acknowledged_on, reference_on, reference_month, excuse_note,
        nonconforming, received, in_window, early, complete, too_early)
    SELECT now(), now(), 1, (CAST(:suppliers AS bigint[]))[1 + n % 2], :plant, :part, :number || n, '10',
        'pc', 100, day, day, (EXTRACT(YEAR FROM day) - 2000) * 12 + EXTRACT(MONTH FROM day) - 1, '', false,
        0, 0, 0, false, false
    FROM (SELECT n, CAST(:first AS date) + n AS day FROM generate_series(1, 60) AS n) AS days
"""
ARRIVALS = """
    INSERT INTO receipt (created_at, updated_at, version, delivery_line_id, supplier_id, plant_id, reference,
        received_on, arrival_month, quantity)
    SELECT now(), now(), 1, id, supplier_id, plant_id, 'DN', day,
        (EXTRACT(YEAR FROM day) - 2000) * 12 + EXTRACT(MONTH FROM day) - 1, :quantity
    FROM (SELECT *, acknowledged_on + (id % 9)::int - 7 AS day FROM delivery_line) AS line
    WHERE order_number LIKE :number
"""


async def cast_of(database):
    async with database.work(TESTER) as db:
        return await invite_everybody(db)


async def test_writers_of_the_same_months_never_wait_in_a_circle(fresh):
    cast = await cast_of(fresh)
    async with asyncio.TaskGroup() as writers:
        for seed in range(4):
            writers.create_task(write_some(fresh, cast, seed, 8))
    async with fresh.work(EVERYBODY) as db:
        assert (await db.execute(text("SELECT sum(lines) FROM supplier_month_total"))).scalar_one() == 1920
        assert (await db.execute(text("SELECT count(*) FROM supplier_month_change"))).scalar_one() == 0
        assert await ratings.recount(db) == []


async def test_writers_of_the_same_lines_take_turns(fresh):
    cast = await cast_of(fresh)
    await write_some(fresh, cast, 0, 1)
    async with asyncio.TaskGroup() as writers:
        for seed in range(4):
            writers.create_task(rewrite_some(fresh, seed, 3))
    async with fresh.work(EVERYBODY) as db:
        assert await ratings.recount(db) == []


async def test_a_long_transaction_keeps_nobody_from_writing(fresh):
    cast = await cast_of(fresh)
    async with fresh.work(EVERYBODY) as long:
        await deliveries.line(long, cast, (date(2026, 10, 8), 100))
        async with fresh.work(EVERYBODY) as short:
            await deliveries.line(short, cast, (date(2026, 10, 8), 100))
    async with fresh.work(EVERYBODY) as db:
        assert await ratings.recount(db) == []


async def test_what_is_rolled_back_is_not_counted(fresh):
    cast = await cast_of(fresh)
    async with fresh.work(EVERYBODY) as db:
        await deliveries.line(db, cast, (date(2026, 10, 8), 100))
        savepoint = await db.begin_nested()
        await deliveries.lot(db, cast)
        await savepoint.rollback()
        await deliveries.nonconformance(db, cast)
    async with fresh.work(EVERYBODY) as db:
        assert await ratings.recount(db) == []
        found = await ratings.sums_of(db, EVERYBODY, months=[321], as_of=date(2026, 12, 1), by=())
    assert (found[()].quality.lots, found[()].quality.nonconformances) == (0, 1)


async def test_two_who_book_arrivals_on_one_line_count_it_once(fresh):
    cast = await cast_of(fresh)
    async with fresh.work(EVERYBODY) as db:
        line = await deliveries.line(db, cast)

    async def book(number: int) -> None:
        async with fresh.work(EVERYBODY) as db:
            await deliveries.receipt(db, line, reference=f"DN-{number}", quantity=Decimal(20))
            await asyncio.sleep(0.05)  # the other is under way before this one commits
            await ratings.derive(db, await ratings.policy_for_writing(db), [line.id])

    async with asyncio.TaskGroup() as both:
        for number in range(5):
            both.create_task(book(number))
    async with fresh.work(EVERYBODY) as db:
        assert await ratings.recount(db) == []
        found = await ratings.sums_of(db, EVERYBODY, months=[321], as_of=date(2026, 12, 1), by=("supplier",))
    sums = found[cast.acme.id,]
    assert (sums.quality.lines, sums.quality.received, sums.delivery.on_time) == (1, 100, 1)


async def test_rebuilding_while_others_write_loses_nothing(fresh):
    cast = await cast_of(fresh)
    async with asyncio.TaskGroup() as everybody:
        for seed in range(3):
            everybody.create_task(write_some(fresh, cast, seed, 8))
        for month in (319, 320, 321, 322):
            everybody.create_task(ratings.rebuild(fresh, EVERYBODY, [month]))
    async with fresh.work(EVERYBODY) as db:
        assert await ratings.recount(db) == []


async def test_activating_a_policy_derives_only_where_the_window_changes(db, cast):
    await deliveries.line(db, cast, (date(2026, 10, 9), 100))
    default = await ratings.install_default_policy(db)
    assert default == await ratings.active_policy(db)
    for version, policy in ((2, generated.POLICIES[0]), (3, generated.POLICIES[6])):
        row = PolicyRow(name="Test", number=version, definition=policy.to_dict() | {"version": version})
        db.add(row)
        await db.flush()
        assert await ratings.activate(db, row) == (0 if version == 2 else 1)
        assert (await ratings.active_policy(db)).version == version
    found = await ratings.sums_of(db, EVERYBODY, months=[321], as_of=date(2026, 12, 1), by=())
    assert found[()].delivery.on_time == 1

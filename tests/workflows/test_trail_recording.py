"""Every change of a business row leaves one row in the trail; what is undone leaves none."""

import json
from datetime import date

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from portal.access.principal import system
from portal.db import because
from portal.models.deliveries import DeliveryLine, Receipt
from portal.models.organisation import Commodity
from portal.models.people import Person
from portal.models.suppliers import Contact, Supplier, SupplierStatus
from portal.models.trail import TrailAct, TrailChange
from tests.factories import master
from tests.people import TESTER, invite_everybody, principal_of


@pytest.fixture
async def people(fresh):
    """The cast, committed; what the stories then do is all that a test sees."""
    async with fresh.work(TESTER) as db:
        return await invite_everybody(db)


@pytest.fixture
async def since(fresh, people):
    """Read the trail's rows after the cast's: (act, change) pairs in order."""
    async with fresh.work(TESTER) as db:
        start = (await db.execute(text("SELECT max(id) FROM trail_act"))).scalar_one()

    async def read():
        async with fresh.work(TESTER) as db:
            query = (
                select(TrailAct, TrailChange)
                .join(TrailChange, col(TrailChange.act_id) == col(TrailAct.id))
                .where(col(TrailAct.id) > start)
                .order_by(col(TrailChange.act_id), col(TrailChange.n))
            )
            return [tuple(row) for row in await db.execute(query)]

    return read


def whole(act, values):
    return dict(zip(json.loads(act.columns), json.loads(values), strict=True))


async def test_adding_a_row_records_who_when_what_and_all_its_values(fresh, people, since):
    async with fresh.work(principal_of(people.elin)) as db:
        before = (await db.execute(text("SELECT clock_timestamp()"))).scalar_one()
        made = await master.supplier(db, number="104999", name="Čapek & Söner")
        number = (await db.execute(text("SELECT pg_current_xact_id()::text::bigint"))).scalar_one()
    [(act, change)] = await since()
    assert (act.person_id, act.person_name) == (people.elin.id, "Elin Sandberg")
    assert act.at >= before
    assert act.transaction == number
    assert (act.table_name, act.action, act.rows, act.reason) == ("supplier", "insert", 1, "")
    assert (change.row_id, change.supplier_id, change.old) == (made.id, made.id, None)
    values = whole(act, change.new)
    assert values["name"] == "Čapek & Söner"
    assert values["status"] == "active"
    assert values["commodity_id"] is None
    assert not {"id", "version", "created_at", "updated_at"} & set(values)


async def test_changing_a_row_records_only_what_changed_with_the_reason(fresh, people, since):
    async with fresh.work(principal_of(people.elin)) as db:
        acme = await db.get_one(Supplier, people.acme.id)
        await because(db, "Their foundry burned down")
        acme.status = SupplierStatus.ON_HOLD
        acme.version += 1
    [(act, change)] = await since()
    assert (act.action, act.reason, act.columns) == ("update", "Their foundry burned down", None)
    assert json.loads(change.old) == {"status": "active"}
    assert json.loads(change.new) == {"status": "on_hold"}


async def test_a_reason_also_holds_for_what_was_changed_just_before_it_was_given(fresh, people, since):
    async with fresh.work(principal_of(people.elin)) as db:
        acme = await db.get_one(Supplier, people.acme.id)
        acme.city = "Kraków"
        await because(db, "They moved")
        await db.flush()
        acme.country = "PL"
        await because(db, "")
    assert [(act.reason, json.loads(change.new)) for act, change in await since()] == [
        ("They moved", {"city": "Kraków"}),
        ("", {"country": "PL"}),
    ]


async def test_a_reason_ends_with_its_transaction(fresh, people, since):
    async with fresh.work(principal_of(people.elin)) as db:
        await because(db, "Only here")
    async with fresh.work(principal_of(people.olle)) as db:
        (await db.get_one(Supplier, people.acme.id)).city = "Kraków"
    [(act, _)] = await since()
    assert (act.person_name, act.reason) == ("Olle Nyström", "")


async def test_removing_a_row_records_what_it_was(fresh, people, since):
    async with fresh.work(principal_of(people.olle)) as db:
        contact = Contact(supplier_id=people.acme.id, name="Jan", email="jan@acme.test")
        db.add(contact)
    async with fresh.work(principal_of(people.olle)) as db:
        await db.delete(await db.get_one(Contact, contact.id))
    (_, added), (act, removed) = await since()
    assert act.action == "delete"
    assert removed.new is None
    assert removed.old == added.new
    assert removed.supplier_id == people.acme.id
    assert whole(act, removed.old)["email"] == "jan@acme.test"


async def test_what_is_rolled_back_leaves_nothing(fresh, people, since):
    async def fail():
        async with fresh.work(principal_of(people.elin)) as db:
            await master.supplier(db)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with fresh.work(principal_of(people.elin)) as db:
        part_of_it = await db.begin_nested()
        await master.supplier(db)
        await part_of_it.rollback()
    assert await since() == []


async def test_what_changes_nothing_leaves_nothing(fresh, people, since):
    async with fresh.work(principal_of(people.elin)) as db:
        await db.execute(text("UPDATE supplier SET version = version + 1, updated_at = now()"))
        await db.execute(text("UPDATE supplier SET name = name"))
        await db.execute(text("UPDATE supplier SET name = 'X' WHERE id = -1"))
        await db.execute(text("DELETE FROM supplier WHERE id = -1"))
        await db.execute(text("INSERT INTO commodity SELECT * FROM commodity WHERE false"))
    assert await since() == []


async def test_one_statement_is_one_act_with_one_row_for_each_row_it_changed(fresh, people, since):
    async with fresh.work(principal_of(people.elin)) as db:
        await db.execute(text("UPDATE supplier SET city = name WHERE number IN ('104417', '104900')"))
    found = await since()
    assert len({act.id for act, _ in found}) == 1
    assert found[0][0].rows == 2
    assert {change.n: change.row_id for _, change in found} == {1: people.acme.id, 2: people.bolt.id}
    assert {json.loads(change.new)["city"] for _, change in found} == {"Acme Castings", "Bolt & Sons"}


async def test_an_upsert_records_the_added_and_the_changed_apart(fresh, people, since):
    async with fresh.work(principal_of(people.olle)) as db:
        await db.execute(
            text(
                "INSERT INTO commodity (code, name, created_at, updated_at, version) VALUES"
                " ('CAST', 'Cast parts', now(), now(), 1), ('FORG', 'Forgings', now(), now(), 1)"
                " ON CONFLICT (code) DO UPDATE SET name = excluded.name"
            )
        )
    found = {act.action: change for act, change in await since()}
    assert json.loads(found["update"].new) == {"name": "Cast parts"}
    assert '"FORG"' in found["insert"].new
    assert len(found) == 2


async def test_rows_that_go_with_another_are_recorded_too(fresh, people, since):
    async with fresh.work(TESTER) as db:
        line = await _line(db, people)
        db.add(
            Receipt(
                delivery_line_id=line,
                supplier_id=people.acme.id,
                plant_id=people.lulea.id,
                reference="DN-1",
                received_on=date(2026, 10, 8),
                arrival_month=321,
                quantity=5,
            )
        )
    async with fresh.work(principal_of(people.elin)) as db:
        await db.execute(text("DELETE FROM delivery_line WHERE id = :id"), {"id": line})
    assert sorted(act.table_name for act, _ in await since() if act.action == "delete") == [
        "delivery_line",
        "receipt",
    ]


async def test_emptying_a_table_records_every_row(fresh, owner, people, since):
    async with fresh.work(TESTER) as db:
        await _line(db, people)
        await _line(db, people, number="20")
    async with owner.connection() as connection:
        await connection.execute(text("SELECT set_config('assay.name', 'Rolf Root', true)"))
        await connection.execute(text("TRUNCATE delivery_line CASCADE"))
    removed = [(act, change) for act, change in await since() if act.action == "delete"]
    assert [whole(act, change.old)["line_number"] for act, change in removed] == ["10", "20"]
    assert removed[0][0].person_name == "Rolf Root"


async def test_what_the_policy_makes_of_a_line_is_not_a_change_of_the_line(fresh, people, since):
    async with fresh.work(TESTER) as db:
        line = await _line(db, people)
    async with fresh.work(TESTER) as db:
        await db.execute(
            text("UPDATE delivery_line SET complete = true, in_window = 5, nonconforming = true")
        )
        await db.execute(
            text("UPDATE delivery_line SET ordered = 7, complete = false WHERE id = :id"), {"id": line}
        )
    acts = [(act.action, change.new) for act, change in await since()]
    assert [action for action, _ in acts] == ["insert", "update"]
    assert json.loads(acts[1][1]) == {"ordered": 7.0}
    assert "7.000" in acts[1][1]


async def test_a_line_that_moves_to_a_rival_is_for_neither_to_see(fresh, people, since):
    async with fresh.work(TESTER) as db:
        line = await _line(db, people)
        await db.execute(
            text("UPDATE delivery_line SET supplier_id = :bolt WHERE id = :id"),
            {"bolt": people.bolt.id, "id": line},
        )
        await db.execute(text("UPDATE delivery_line SET ordered = 9 WHERE id = :id"), {"id": line})
    assert [change.supplier_id for _, change in await since()] == [people.acme.id, None, people.bolt.id]


async def test_a_password_is_never_recorded_only_that_it_changed(fresh, people, since):
    async with fresh.work(principal_of(people.tomasz)) as db:
        tomasz = await db.get_one(Person, people.tomasz.id)
        tomasz.password_hash = "$argon2id$new-secret-hash"
    async with fresh.work(principal_of(people.root)) as db:
        made = Person(email="x@acme.test", name="X", role=tomasz.role, supplier_id=people.acme.id)
        made.password_hash = "$argon2id$first-secret-hash"
        db.add(made)
    (_, changed), (act, added) = await since()
    assert json.loads(changed.old) == json.loads(changed.new) == {"password_hash": "(not recorded)"}
    assert whole(act, added.new)["password_hash"] == "(not recorded)"
    async with fresh.work(TESTER) as db:
        leaks = text("SELECT count(*) FROM trail_change WHERE concat(old, new) LIKE '%secret-hash%'")
        assert (await db.execute(leaks)).scalar_one() == 0


async def test_signing_in_is_no_change_of_the_person(fresh, people, since):
    async with fresh.work(TESTER) as db:
        await db.execute(text("UPDATE person SET last_signed_in_at = now()"))
    assert await since() == []


async def test_the_portal_itself_and_the_database_are_told_apart_from_people(fresh, owner, people, since):
    async with fresh.work(system("job ratings.recount")) as db:
        await master.commodity(db)
    async with fresh.work(TESTER) as db:
        await master.commodity(db)
    async with owner.connection() as connection:  # a session that the portal has never bound
        await connection.execute(text("DELETE FROM commodity WHERE code <> 'CAST'"))
        role = (await connection.execute(text("SELECT session_user"))).scalar_one()
    found = [(act.person_id, act.person_name) for act, _ in await since()]
    assert found == [
        (None, "job ratings.recount"),
        (None, TESTER.name),
        (None, f"database role {role}"),
        (None, f"database role {role}"),
    ]


async def test_an_import_after_a_single_change_in_the_same_session_stays_fast(fresh, people):
    """A plan that was made for one row, used for many, would join each with each."""
    async with fresh.work(TESTER) as db:
        await db.execute(text("SET LOCAL statement_timeout = '20s'"))
        await db.execute(text("UPDATE supplier SET city = 'A' WHERE id = :id"), {"id": people.acme.id})
        await db.execute(
            text(
                "INSERT INTO part (number, name, created_at, updated_at, version)"
                " SELECT 'N' || n, '', now(), now(), 1 FROM generate_series(1, 40000) AS n"
            )
        )
        await db.execute(text("UPDATE part SET name = 'One' WHERE number = 'N1'"))
        await db.execute(text("UPDATE part SET name = 'All'"))
        rows = (await db.execute(text("SELECT rows FROM trail_act ORDER BY id DESC LIMIT 1"))).scalar_one()
    assert rows >= 40_000


async def test_the_number_of_a_row_never_changes(fresh, people):
    async with fresh.work(TESTER) as db:
        free = await master.commodity(db)
        with pytest.raises(DBAPIError, match="never changes"):
            await db.execute(text("UPDATE commodity SET id = id + 1000 WHERE id = :id"), {"id": free.id})
        await db.rollback()


async def test_a_commodity_that_is_added_belongs_to_no_supplier(fresh, people, since):
    async with fresh.work(principal_of(people.root)) as db:
        db.add(Commodity(code="RUB", name="Rubber"))
    [(_, change)] = await since()
    assert (change.supplier_id, change.plant_id) == (None, None)


async def _line(db, people, number="10"):
    line = DeliveryLine(
        supplier_id=people.acme.id,
        plant_id=people.lulea.id,
        part_id=people.housing.id,
        order_number="45001",
        line_number=number,
        ordered=5,
    )
    db.add(line)
    await db.flush()
    return line.id

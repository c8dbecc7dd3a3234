"""Changes in words, and for whose eyes they are."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from portal import clock
from portal.access.roles import STAFF
from portal.db import because, bind_principal
from portal.models.deliveries import DeliveryLine, ExcuseCode
from portal.models.people import Person, Role
from portal.models.ratings import Policy
from portal.models.suppliers import AslEntry, AslStatus, Contact, RiskClass, ScopeKind, SupplierSite
from portal.workflows.approved_list import entries
from portal.workflows.trail import records, words
from portal.workflows.trail.telling import timeline
from tests.factories import master
from tests.people import principal_of


@pytest.fixture
def acting(db):
    """Let whatever is flushed from here on be somebody's; the tests' session begins as nobody's."""

    async def act(person):
        await db.flush()
        name, number = (person.name, str(person.id)) if person else ("", "")
        await db.execute(
            text("SELECT set_config('assay.person', :number, true), set_config('assay.name', :name, true)"),
            {"number": number, "name": name},
        )
        await because(db, "")

    return act


@pytest.fixture
def told(db, cast):
    async def read(record, reader=None, table=None):
        await db.flush()
        who = principal_of(reader or cast.karin)
        return [each.sentence for each in await timeline(db, who, table or record.__tablename__, record.id)]

    return read


async def test_a_change_reads_as_a_sentence(db, cast, acting, told):
    entry = AslEntry(supplier_id=cast.acme.id, scope="Castings", status=AslStatus.APPROVED)
    db.add(entry)
    await acting(cast.elin)
    await because(db, "two findings are open")
    entry.status = AslStatus.CONDITIONAL
    assert (await told(entry))[0] == (
        "Elin Sandberg changed Status from Approved to Conditional, because “two findings are open”"
    )


async def test_each_kind_of_value_reads_as_people_write_it(db, cast, acting, told):
    site = SupplierSite(supplier_id=cast.acme.id, name="Kraków")
    line = DeliveryLine(
        supplier_id=cast.acme.id,
        plant_id=cast.lulea.id,
        part_id=cast.housing.id,
        order_number="45001",
        line_number="10",
        ordered=5,
        requested_on=date(2026, 10, 8),
    )
    db.add_all([site, line])
    await acting(cast.olle)
    line.ordered = "1200.500"
    line.requested_on = None
    line.acknowledged_on = date(2026, 10, 9)
    line.plant_id = cast.gdansk.id
    line.commodity_id = cast.castings.id
    line.paperwork_right = True
    line.excuse_code = ExcuseCode.DOCK_CLOSED
    line.excused_by_name = "Karin Holm"
    line.excused_at = clock.now()
    sentence = (await told(line))[0]
    for part in (
        "changed Plant from LUL Luleå to GDN Gdańsk",
        "set Commodity to CAST Castings",
        "changed Ordered from 5 to 1200.5",
        "cleared Requested, which was 2026-10-08",
        "set Acknowledged to 2026-10-09",
        "set Excuse code to Dock closed",
        "set Paperwork right to yes",
        f"set Excused to {line.excused_at:%Y-%m-%d %H:%M}+00:00",
    ):
        assert part in sentence


async def test_countries_roles_and_lists_of_plants_are_named(db, cast, acting, told):
    await acting(cast.root)
    cast.acme.country = "PL"
    cast.elin.role = Role.QUALITY_MANAGER
    cast.elin.plant_ids = [cast.gdansk.id, cast.lulea.id]
    cast.elin.is_active = False
    assert "set Country to Poland" in (await told(cast.acme))[0]
    sentence = (await told(cast.elin))[0]
    assert "changed Role from Quality engineer to Quality manager" in sentence
    assert "LUL Luleå" in sentence
    assert "GDN Gdańsk" in sentence
    assert "changed May sign in from yes to no" in sentence


async def test_secrets_and_whole_policies_are_only_said_to_have_changed(db, cast, acting, told):
    policy = Policy(name="Castings", definition={"bands": [90, 80]})
    db.add(policy)
    await acting(cast.karin)
    policy.definition = {"bands": [95, 80]}
    cast.tomasz.password_hash = "$argon2id$x"
    assert (await told(policy))[0] == "Karin Holm changed Content"
    assert (await told(cast.tomasz))[0] == "Karin Holm changed Password"


async def test_adding_and_removing_name_the_record_also_when_it_is_gone(db, cast, acting, told):
    await acting(cast.elin)
    part = await master.part(db, number="GH-9", name="Cover")
    await db.delete(part)
    assert await told(part) == [
        "Elin Sandberg removed the part GH-9 Cover",
        "Elin Sandberg added the part GH-9 Cover",
    ]


async def test_a_reference_to_what_is_gone_keeps_its_name(db, cast, acting, told):
    part = await master.part(db, number="GH-9", commodity_id=None)
    other = await master.commodity(db, code="GONE", name="Given up")
    part.commodity_id = other.id
    await db.flush()
    part.commodity_id = None
    await db.flush()
    await db.delete(other)
    assert "which was GONE Given up" in (await told(part))[0]


async def test_who_is_named_as_they_were_then(db, cast, acting, told):
    guest = Person(email="g@x.test", name="Gerda Gast", role=Role.BUYER)
    db.add(guest)
    await acting(guest)
    cast.acme.city = "Kraków"
    await acting(None)
    await db.delete(guest)
    assert (await told(cast.acme))[0] == "Gerda Gast set City to Kraków"


async def test_what_no_person_did_is_said_so(db, cast, acting, told):
    bind_principal(db, None, STAFF)
    await acting(None)
    cast.acme.city = "A"
    await db.flush()
    await db.execute(text("SELECT set_config('assay.name', 'job ratings.recount', true)"))
    cast.acme.city = "B"
    assert (await told(cast.acme))[:2] == [
        "Job ratings.recount changed City from A to B",
        "The portal set City to A",
    ]
    assert (await told(cast.acme, cast.tomasz))[0] == "The portal changed City from A to B"


async def test_the_supplier_reads_its_own_history_without_what_is_ours(db, cast, acting, told):
    await acting(cast.elin)
    await because(db, "They told us in confidence")
    cast.acme.city = "Kraków"
    cast.acme.note = "They are for sale"
    await db.flush()
    cast.acme.note = "They are sold"
    cast.acme.risk = RiskClass.HIGH
    await db.flush()
    theirs = await told(cast.acme, cast.tomasz)
    assert theirs[0] == "Elin Sandberg set City to Kraków"
    whole = repr(await timeline(db, principal_of(cast.tomasz), "supplier", cast.acme.id))
    assert not [word for word in ("sale", "sold", "confidence", "High", "high", "Note") if word in whole]
    ours = await told(cast.acme)
    assert "changed Risk from Medium to High" in ours[0]
    assert "because “They told us in confidence”" in ours[0]


async def test_a_rival_a_stranger_and_the_auditor_read_nothing(db, cast, acting, told):
    await acting(cast.elin)
    contact = Contact(supplier_id=cast.acme.id, name="Jan", email="jan@acme.test")
    db.add(contact)
    cast.acme.city = "Kraków"
    await db.flush()
    for record in (cast.acme, contact):
        assert len(await told(record, cast.tomasz)) >= 1
        assert await told(record, cast.rita) == []
        assert await told(record, cast.anna) == []


@pytest.mark.parametrize(
    "table", ["person", "plant", "policy", "part", "import_run", "asl_event", "organisation"]
)
async def test_suppliers_read_nothing_of_what_is_not_named_for_them(db, cast, acting, told, table):
    await acting(cast.root)
    record = {"person": cast.tomasz, "plant": cast.lulea, "part": cast.housing}.get(table, cast.organisation)
    record.name = "Changed"
    await db.flush()
    assert await told(record, cast.tomasz, table) == []


async def test_what_moved_from_a_rival_names_the_rival_to_nobody_outside(db, cast, acting, told):
    line = DeliveryLine(
        supplier_id=cast.acme.id,
        plant_id=cast.lulea.id,
        part_id=cast.housing.id,
        order_number="1",
        line_number="1",
        ordered=1,
    )
    db.add(line)
    await acting(cast.olle)
    line.supplier_id = cast.bolt.id
    await db.flush()
    line.ordered = 2
    assert await told(line, cast.rita) == ["Olle Nyström changed Ordered from 1 to 2"]
    assert len(await told(line, cast.tomasz)) == 1
    assert "from 104417 Acme Castings to 104900 Bolt & Sons" in (await told(line))[1]


async def test_staff_of_one_plant_read_what_is_theirs_or_nobody_s(db, cast, acting, told):
    lines = []
    for number, plant in (("1", cast.lulea), ("2", cast.gdansk)):
        lines.append(
            DeliveryLine(
                supplier_id=cast.acme.id,
                plant_id=plant.id,
                part_id=cast.housing.id,
                order_number=number,
                line_number="1",
                ordered=1,
            )
        )
    db.add_all(lines)
    assert await told(lines[0], cast.gustav) == []
    assert len(await told(lines[1], cast.gustav)) == 1
    assert len(await told(cast.acme, cast.gustav)) == 1


async def test_a_decision_on_the_approved_list_carries_its_reason_once(db, cast, acting, told):
    await acting(cast.elin)
    values = {
        "scope_kind": ScopeKind.COMMODITY,
        "scope": "Castings",
        "site_id": None,
        "status": AslStatus.PENDING,
        "valid_until_on": None,
        "reason": "First request",
    }
    who, today = principal_of(cast.elin), date(2026, 10, 8)
    entry = await entries.add(db, cast.acme, values, by=who, today=today)
    until = today + timedelta(days=365)
    await entries.decide(
        db,
        entry,
        1,
        status=AslStatus.APPROVED,
        valid_until_on=until,
        reason="Audit passed",
        by=who,
        today=today,
    )
    decided, added = await told(entry)
    assert decided == (
        "Elin Sandberg changed Status from Pending to Approved, set Valid until to 2027-10-08,"
        " because “Audit passed”"
    )
    assert added == (
        "Elin Sandberg added the approved list entry Castings (Acme Castings), because “First request”"
    )


async def test_every_recorded_column_has_words_of_its_own(db):
    for table in records.NAMED:
        assert words.table_words(table) != words.table_words(table, 2) or table == "organisation"
    assert words.label("valid_until_on") == "Valid until"
    assert words.label("import_run_id") == "Import run"
    assert words.value("supplier", "given_up_column", 1, [2], {}) == ("Given up column", "1", "[2]", False)

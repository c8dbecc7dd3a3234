"""Row-level security itself, as the application connects: what a query may get however it was written."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from portal import clock
from portal.access.roles import APP, GATE, STAFF, SUPPLIER
from portal.mail import outbox
from portal.models import metadata
from portal.models.identity import HalfSignIn
from portal.workflows import ratings, sign_in
from tests.factories import deliveries, suppliers
from tests.mail.conftest import invitation
from tests.people import TESTER, invite_everybody, principal_of

OPEN = {"calendar_day"}
# A table of one's own, whose rows would enter the trail as those of another.
FORGE = (
    "CREATE TRIGGER forge AFTER INSERT ON mine REFERENCING NEW TABLE AS added"
    " FOR EACH STATEMENT EXECUTE FUNCTION trail_commodity()"
)
FOLD = "CREATE TRIGGER fold AFTER INSERT ON mine FOR EACH ROW EXECUTE FUNCTION fold_supplier_months()"

ANOTHER = (
    "INSERT INTO contact (created_at, updated_at, version, supplier_id, name, email, phone, language, role)"
    " SELECT created_at, updated_at, version, :bolt, name, 'eve@x.test', phone, language, role FROM contact"
)
REFUSED = r"permission denied|must be (owner|superuser|member)|policy|must have"


@pytest.fixture
async def people(fresh):
    async with fresh.work(TESTER) as db:
        cast = await invite_everybody(db)
        await ratings.install_default_policy(db)
        for supplier in (cast.acme, cast.bolt):
            await deliveries.line(db, cast, (deliveries.PROMISED, 100), supplier_id=supplier.id)
            await deliveries.lot(db, cast, supplier_id=supplier.id)
            await suppliers.contact(db, supplier)
            await suppliers.approval(db, supplier)
    return cast


async def counted(db):
    """Rows of each table as this transaction sees them; a table that it may not even read has none."""
    found = {}
    for name in sorted(set(metadata.tables) - OPEN):
        may = await db.execute(text(f"SELECT has_any_column_privilege('{name}', 'SELECT')"))
        rows = await db.execute(text(f'SELECT count(*) FROM "{name}"')) if may.scalar_one() else None
        found[name] = rows.scalar_one() if rows else 0
    return found


async def test_with_nobody_asking_every_table_shows_no_row(fresh, people):
    async with fresh.work(TESTER) as db:
        there = await counted(db)
    assert sum(count > 0 for count in there.values()) > 12
    async with fresh.work(None) as db:
        assert {name for name, count in (await counted(db)).items() if count} == set()
    async with fresh.connection() as connection:
        assert {name for name, count in (await counted(connection)).items() if count} == set()


async def test_what_is_ours_is_not_there_for_a_supplier(fresh, people):
    async with fresh.work(principal_of(people.tomasz)) as db:
        assert await outbox.queue(db, invitation())
        there = await counted(db)
    for name in ("outgoing_mail", "trail_seal", "import_run", "thread_note"):
        assert there[name] == 0, name
    async with fresh.work(TESTER) as db:
        assert (await counted(db))["outgoing_mail"] == 1


async def test_a_supplier_s_principal_without_a_supplier_sees_no_row(fresh, people):
    async with fresh.engine.begin() as connection:
        await connection.execute(text(f"SET LOCAL ROLE {SUPPLIER}"))
        shown = {name for name, count in (await counted(connection)).items() if count}
    # Ours, which belong to no supplier.
    for_everybody = {
        "organisation",
        "plant",
        "commodity",
        "part",
        "policy",
        "month_rules",
        "certificate_type",
    }
    assert shown <= for_everybody | {"person"}


async def test_a_supplier_sees_rows_of_its_own_whatever_a_query_forgets(fresh, people):
    tables = [name for name, table in metadata.tables.items() if "supplier_id" in table.columns]
    seen = set()
    async with fresh.work(principal_of(people.tomasz)) as db:
        for name in tables:
            may = await db.execute(text(f"SELECT has_any_column_privilege('{name}', 'SELECT')"))
            if may.scalar_one():
                ids = set((await db.execute(text(f'SELECT DISTINCT supplier_id FROM "{name}"'))).scalars())
                assert ids <= {people.acme.id} | ({None} if name == "person" else set()), name
                seen |= {name} if ids else set()
        assert list((await db.execute(text("SELECT number FROM supplier"))).scalars()) == ["104417"]
    assert seen >= {
        "delivery_line",
        "receipt",
        "contact",
        "asl_entry",
        "inspection_lot",
        "person",
        "trail_change",
    }
    assert seen >= {"supplier_month", "supplier_month_total"}


async def test_a_supplier_sees_acts_that_changed_rows_of_its_own_only(fresh, people):
    async with fresh.work(TESTER) as db:
        every = (await db.execute(text("SELECT count(*) FROM trail_act"))).scalar_one()
    async with fresh.work(principal_of(people.tomasz)) as db:
        mine = (await db.execute(text("SELECT count(*) FROM trail_act"))).scalar_one()
        asked = (await db.execute(text("SELECT count(DISTINCT act_id) FROM trail_change"))).scalar_one()
    assert 0 < mine == asked < every


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        (ANOTHER, "row-level security"),
        ("UPDATE contact SET supplier_id = :bolt", "row-level security"),
        ("UPDATE person SET supplier_id = :bolt", "row-level security"),
        ("UPDATE supplier SET name = 'Acme and Bolt'", "permission denied"),
        ("UPDATE delivery_line SET complete = true", "permission denied"),
        ("UPDATE supplier_month_total SET lines_on_time = lines", "permission denied"),
        ("DELETE FROM asl_entry", "permission denied"),
        ("DELETE FROM import_run", "permission denied"),
        ("DELETE FROM outgoing_mail", "permission denied"),
        ("INSERT INTO trail_seal (number) VALUES (1)", "permission denied"),
        ("UPDATE part SET name = ''", "permission denied"),
        ("TRUNCATE contact", "permission denied"),
    ],
)  # fmt: skip
async def test_a_supplier_writes_only_what_is_its_to_write(fresh, people, statement, says):
    async with fresh.work(principal_of(people.tomasz)) as db:
        with pytest.raises(DBAPIError, match=says):
            await db.execute(text(statement), {"bolt": people.bolt.id} if ":bolt" in statement else {})
        await db.rollback()


async def test_a_supplier_changes_and_deletes_no_row_of_another(fresh, people):
    async with fresh.work(principal_of(people.tomasz)) as db:
        for statement in ("UPDATE contact SET name = 'Mine'", "DELETE FROM contact", "DELETE FROM session"):
            await db.execute(text(statement))
    async with fresh.work(TESTER) as db:
        left = await db.execute(text("SELECT supplier_id, name FROM contact"))
        assert [row.supplier_id for row in left] == [people.bolt.id]
        # Under their own name, with everything that follows from it.
        trail = await db.execute(text("SELECT person_name FROM trail_act ORDER BY id DESC LIMIT 1"))
        assert trail.scalar_one() == "Tomasz Wieczorek"


async def test_staff_are_not_written_by_suppliers_and_their_sessions_not_seen(fresh, people):
    async with fresh.gate() as db:
        for person in (people.tomasz, people.rita, people.elin):
            db.add(HalfSignIn(token_hash=person.email[:64], person_id=person.id, expires_at=clock.now()))
    async with fresh.work(principal_of(people.tomasz)) as db:
        changed = await db.execute(text("UPDATE person SET title = 'x' WHERE supplier_id IS NULL"))
        assert changed.rowcount == 0
        found = await db.execute(text("SELECT person_id FROM half_sign_in"))
        assert list(found.scalars()) == [people.tomasz.id]


@pytest.mark.parametrize("reader", ["tomasz", "elin", "root"])
async def test_nobody_signed_in_reads_a_secret_not_even_their_own(fresh, people, reader):
    for statement in (
        "SELECT password_hash FROM person", "SELECT * FROM person", "SELECT person FROM person",
        "SELECT to_jsonb(person) FROM person", "UPDATE person SET title = password_hash",
        "UPDATE person SET title = '' RETURNING password_hash",
        "SELECT id FROM person WHERE password_hash > 'a'", "SELECT id FROM person ORDER BY password_hash",
        "SELECT secret FROM totp", "SELECT csrf_secret FROM session", "SELECT code_hash FROM recovery_code",
        "SELECT token_hash FROM task_link", "DELETE FROM session RETURNING token_hash",
    ):  # fmt: skip
        async with fresh.work(principal_of(getattr(people, reader))) as db:
            with pytest.raises(DBAPIError, match="permission denied"):
                await db.execute(text(statement))
            await db.rollback()


async def test_a_secret_is_read_for_the_length_of_a_block(fresh, people):
    async with fresh.work(principal_of(people.tomasz)) as db:
        assert await sign_in.password_hash(db, people.tomasz.id) == ""
        role = await db.execute(text("SELECT current_user"))
        assert role.scalar_one() == SUPPLIER
        with pytest.raises(DBAPIError, match="permission denied"):
            await db.execute(text("SELECT password_hash FROM person"))
        await db.rollback()


async def test_the_gate_opens_what_finds_out_who_it_is_and_nothing_else(fresh, people):
    async with fresh.gate() as db:
        assert len((await db.execute(text("SELECT email FROM person"))).all()) > 5
        assert len((await db.execute(text("SELECT number, name FROM supplier"))).all()) == 2
        for refused in ("SELECT note FROM supplier", "SELECT id FROM delivery_line", "DELETE FROM person",
                        "SELECT id FROM outgoing_mail", "SELECT id FROM trail_act"):  # fmt: skip
            with pytest.raises(DBAPIError, match="permission denied"):
                async with db.begin_nested():
                    await db.execute(text(refused))


async def test_who_asks_is_forgotten_with_the_transaction(fresh, people):
    asked = text(
        "SELECT current_user, current_setting('assay.supplier', true), current_setting('assay.person', true)"
    )
    async with fresh.engine.connect() as connection:
        fresh.sessions.configure(bind=connection)
        async with fresh.work(principal_of(people.tomasz)) as db:
            assert (await db.execute(asked)).one()[0] == SUPPLIER
        for _ in range(2):
            assert tuple((await connection.execute(asked)).one()) == (APP, "", "")
            await connection.rollback()
        with pytest.raises(ZeroDivisionError):  # noqa: PT012 # the middle is what fails
            async with fresh.work(principal_of(people.rita)) as db:
                await db.execute(asked)
                raise ZeroDivisionError
        assert tuple((await connection.execute(asked)).one()) == (APP, "", "")
    fresh.sessions.configure(bind=fresh.engine)


@pytest.mark.parametrize("role", [APP, STAFF, SUPPLIER, GATE])
async def test_no_role_of_the_application_gets_out_of_it(fresh, people, owner, role):
    """What somebody could try who got to write SQL of their own."""
    me = owner.url.username
    async with fresh.engine.connect() as connection:
        await connection.execute(text(f"SET LOCAL ROLE {role}"))
        await connection.execute(text("CREATE TEMPORARY TABLE mine (id bigint)"))
        for refused in (
            f"SET LOCAL ROLE {me}",
            f"SELECT set_config('role', '{me}', true)",
            "SET LOCAL ROLE postgres",
            f"SET SESSION AUTHORIZATION {me}",
            f"GRANT {me} TO {role}",
            f"GRANT pg_read_all_data TO {role}",
            f"ALTER ROLE {role} BYPASSRLS",
            "CREATE ROLE other SUPERUSER",
            "ALTER TABLE contact DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE contact NO FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY mine ON contact TO {role} USING (true)",
            "DROP POLICY supplier ON contact",
            "ALTER TABLE commodity DISABLE TRIGGER trail_update",
            "ALTER TABLE trail_act DISABLE TRIGGER trail_refuse",
            "DROP TRIGGER trail_update ON commodity",
            "SET session_replication_role = 'replica'",
            "CREATE TABLE public.mine (id bigint)",
            "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "CREATE OR REPLACE FUNCTION trail_commodity() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'",
            "UPDATE trail_act SET reason = 'x'",
            "UPDATE trail_act SET reason = 'x' WHERE false",
            "DELETE FROM trail_change",
            "TRUNCATE trail_seal",
            "TRUNCATE trail_act",
            "INSERT INTO trail_change (act_id, n, row_id) VALUES (1, 1, 1)",
            "INSERT INTO trail_act (id) VALUES (1)",
            "UPDATE trail_seal SET note = 'x'",
            "UPDATE trail_mark SET last_act = 1",
            "SELECT trail_note(1, 'commodity', 'INSERT', '[]', 1)",
            "SELECT nextval('trail_act_id_seq')",
            "SELECT setval('trail_act_id_seq', 1)",
            "UPDATE alembic_version SET version_num = '0001'",
            "COPY contact TO PROGRAM 'cat'",
            "COPY contact TO '/tmp/contact'",
            "SELECT pg_read_file('/etc/passwd')",
            "SELECT lo_import('/etc/passwd')",
            "SELECT rolpassword FROM pg_authid",
            "LOCK TABLE trail_act IN ACCESS EXCLUSIVE MODE",
            FORGE,
            FOLD,
        ):
            savepoint = await connection.begin_nested()
            with pytest.raises(DBAPIError, match=REFUSED):  # noqa: PT012 # else one would not know which
                await connection.execute(text(refused))
                pytest.fail(refused)
            await savepoint.rollback()


async def test_functions_that_leak_see_no_row_of_another(fresh, people):
    """A function of one's own in a WHERE is asked only about rows that the policy lets through."""
    async with fresh.work(principal_of(people.tomasz)) as db:
        await db.execute(
            text(
                "CREATE FUNCTION pg_temp.leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS"
                " $$ BEGIN RAISE EXCEPTION 'saw %', $1; END $$"
            )
        )
        await db.execute(text("DELETE FROM contact"))
        await db.execute(text("SELECT * FROM contact WHERE pg_temp.leak(email)"))
        await db.rollback()

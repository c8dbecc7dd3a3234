"""Every table is under row-level security, as the database is migrated; what is not has a reason."""

import pytest
from sqlalchemy import text

from portal.access.roles import APP, GATE, STAFF, SUPPLIER
from portal.migrations.tenancy import ALSO
from tests.conftest import OWNER

# Tables that are nobody's.
OPEN = {
    "alembic_version": "the version of the tables; read only",
    "calendar_day": "public holidays, written by COPY, which does not go through policies",
}
# What is open before anybody is signed in, and why.
GATE_NEEDS = {
    "auditor_share": "which suppliers are shared with whoever it is",
    "calendar_feed": "found by its token",
    "company_sign_in": "a browser on its way to the company's sign-in",
    "external_identity": "who of us a company account is",
    "guest_session": "found by its token",
    "half_sign_in": "between password and second factor",
    "invitation": "found by its token",
    "organisation": "whose portal this is",
    "outgoing_mail": "may cause mail, never read it",
    "passkey": "found by its credential",
    "passkey_challenge": "what a passkey was asked to sign",
    "person": "who it is",
    "recovery_code": "instead of the authenticator app",
    "session": "found by its token",
    "sign_in_attempt": "counts failures",
    "single_use_link": "found by its token",
    "supplier": "its name, beside the person's",
    "task_code": "what opens a task's link",
    "task_link": "found by its token",
    "totp": "the second factor",
    "undeliverable_address": "an address that is none",
}

# Rows without a supplier that suppliers read all the same.
ALSO_READ = {
    "certificate_requirement": "what is asked of all suppliers",
    "person": "our people: whom they write to, and who tells them something",
}
# What a column of a secret is called, and those that are none or that somebody else has to read.
SECRET = "(_hash|secret|password|token|private|^key)"
NO_SECRETS = {
    "outgoing_mail.key": "which event a mail tells of",
    "mail_key.key": "signs the links in our mails: read where mails are written, by no supplier",
    "outgoing_mail.is_secret": "whether a mail holds one",
    "sign_in_attempt.email_hash": "whose failures are counted, by whoever counts them",
}
HIDDEN_BADLY = """
{columns}: a secret that others than the gate may read. Let the migration that makes it end with
    hide("{table}", "{column}")
and its model keep it out of queries with secret() and unread() of portal/models/base.py, where rows of the
table are loaded by anybody but the gate. One that is no secret is named in NO_SECRETS, with why.
"""

MINE = "SELECT (NULLIF(current_setting('assay.supplier'::text, true), ''::text))::bigint"
PUBLIC, QUEUE = "'public'::regnamespace", "'job_queue'::regnamespace"

FORGOTTEN = """
{tables}: not under row-level security. Let the migration that makes the table end with one of these,
from portal/migrations/tenancy.py:
    protect("{first}")                        rows with a supplier_id, which that supplier reads and writes
    protect("{first}", may=READ)              … only reads
    protect("{first}", through="parent_id")   rows of another protected table's row
    protect_ours("{first}")                   staff only
    protect_shared("{first}")                 everybody signed in reads it
    protect_personal("{first}")               rows with a person_id
"""


@pytest.fixture
def ask(db):
    async def run(statement, **values):
        return (await db.execute(text(statement), values)).all()

    return run


async def test_every_table_is_under_row_level_security_also_for_its_owner(ask):
    rows = await ask(
        "SELECT relname, relrowsecurity AND relforcerowsecurity AND EXISTS (SELECT FROM pg_policy"
        f" WHERE polrelid = pg_class.oid AND CAST('{STAFF}' AS regrole) = ANY(polroles))"
        " FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
    )
    forgotten = sorted(name for name, is_protected in rows if not is_protected and name not in OPEN)
    assert not forgotten, FORGOTTEN.format(tables=", ".join(forgotten), first=forgotten[0])
    assert len(rows) > 40
    assert {name for name, is_protected in rows if not is_protected} == set(OPEN)


async def test_policies_are_for_the_roles_that_a_transaction_takes(ask):
    rows = await ask(
        "SELECT tablename, policyname, roles, permissive FROM pg_policies WHERE schemaname = 'public'"
    )
    for table, policy, roles, kind in rows:
        assert len(roles) == 1, f"{table}.{policy}: a policy for one role lets the planner fold it away"
        assert roles[0] in {STAFF, SUPPLIER, GATE}, f"{table}.{policy} is for {roles}"
        assert kind == "PERMISSIVE"


async def test_a_supplier_gets_only_rows_of_its_own(ask):
    """Wherever a row belongs to a supplier, the policy asks for it; what is shared belongs to none."""
    rows = await ask(
        "SELECT tablename, policyname, cmd, coalesce(qual, ''), coalesce(with_check, ''), EXISTS ("
        "  SELECT FROM information_schema.columns WHERE table_name = tablename"
        "  AND column_name IN ('supplier_id', 'person_id'))"
        f" FROM pg_policies WHERE schemaname = 'public' AND '{SUPPLIER}' = ANY(roles)"
    )
    for table, policy, command, using, check, is_somebodys in rows:
        if policy == ALSO:
            assert (command, using) == ("SELECT", "(supplier_id IS NULL)"), ALSO_READ[table]
        elif is_somebodys and command != "INSERT":
            # Its own, or that of the row which it belongs to.
            asks = "(target.id = " if " target\n" in using else MINE
            assert asks in using, f"{table}: {using} is not asked once for all rows"
            assert command == "SELECT" or check == using


async def test_indexes_lead_with_the_supplier(ask):
    """What a policy asks for has to be looked up, not searched for."""
    rows = await ask(
        "SELECT tablename FROM pg_policies WHERE policyname = 'supplier' AND qual LIKE '(supplier_id = %'"
        " AND NOT EXISTS (SELECT FROM pg_index JOIN pg_attribute"
        "  ON attrelid = indrelid AND attnum = indkey[0] AND attname = 'supplier_id'"
        "  WHERE indrelid = CAST(tablename AS regclass))"
    )
    # Asked for by record, of which there is an index.
    assert {row.tablename for row in rows} == {"trail_change"}


async def test_before_signing_in_only_what_finds_out_who_it_is_is_open(ask):
    rights = "SELECT, INSERT, UPDATE, REFERENCES"
    rows = await ask(
        f"SELECT relname FROM pg_class WHERE relnamespace = {PUBLIC} AND relkind IN ('r', 'p', 'v')"
        f" AND has_any_column_privilege('{GATE}', oid, '{rights}')"
    )
    assert {row.relname for row in rows} == set(GATE_NEEDS)
    rows = await ask(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'supplier'::regclass AND attnum > 0"
        f" AND NOT attisdropped AND has_column_privilege('{GATE}', attrelid, attnum, '{rights}')"
    )
    assert {row.attname for row in rows} == {"id", "number", "name", "time_zone"}


async def test_secrets_are_read_at_the_gate_alone(ask):
    rows = await ask(
        "SELECT relname AS table, attname AS column,"
        " has_column_privilege(rolname, attrelid, attnum, 'SELECT') AS is_read,"
        f" attname ~ '{SECRET}' AS is_secret, rolname AS role"
        " FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid, pg_roles"
        f" WHERE relnamespace = {PUBLIC} AND relkind IN ('r', 'p', 'v') AND attnum > 0 AND NOT attisdropped"
        f" AND rolname IN ('{APP}', '{STAFF}', '{SUPPLIER}', '{GATE}')"
    )
    secret = [row for row in rows if row.is_secret and f"{row.table}.{row.column}" not in NO_SECRETS]
    open_ = sorted({(row.table, row.column) for row in secret if row.is_read and row.role != GATE})
    assert not open_, HIDDEN_BADLY.format(
        columns=", ".join(".".join(each) for each in open_), table=open_[0][0], column=open_[0][1]
    )
    assert all(row.is_read for row in secret if row.role == GATE)
    assert {"person.password_hash", "totp.secret", "session.csrf_secret", "recovery_code.code_hash"} <= {
        f"{row.table}.{row.column}" for row in secret
    }
    # Whoever reads a table with secrets reads the rest of it, or a page fails one day.
    tables = {row.table for row in secret}
    plain = [
        row for row in rows if row.table in tables and not row.is_secret and row.role in {STAFF, SUPPLIER}
    ]
    closed = sorted({f"{row.table}.{row.column}" for row in plain if not row.is_read})
    assert not closed, f"{closed}: nobody reads it; hide the table's secrets again after adding a column"


async def test_views_show_what_their_reader_may_see(ask):
    rows = await ask(
        f"SELECT relname, reloptions FROM pg_class WHERE relnamespace = {PUBLIC} AND relkind = 'v'"
    )
    assert rows
    for name, options in rows:
        assert "security_invoker=true" in (options or []), f"make {name} WITH (security_invoker = true)"
    kept = await ask("SELECT relname FROM pg_class WHERE relkind = 'm'")
    assert kept == [], "a materialized view has no policies"


async def test_the_application_s_roles_own_nothing_and_cannot_bypass(ask):
    names = (APP, STAFF, SUPPLIER, GATE)
    rows = await ask("SELECT * FROM pg_roles WHERE rolname = ANY(:names)", names=list(names))
    assert len(rows) == len(names)
    for role in rows:
        powers = (role.rolsuper, role.rolbypassrls, role.rolcreaterole, role.rolcreatedb, role.rolreplication)
        assert not any(powers), role.rolname
        assert role.rolcanlogin == (role.rolname == APP)
    owners = await ask(
        "SELECT DISTINCT pg_get_userbyid(owner) AS name FROM ("
        f" SELECT relowner AS owner FROM pg_class WHERE relnamespace IN ({PUBLIC}, {QUEUE})"
        f" UNION SELECT proowner FROM pg_proc WHERE pronamespace IN ({PUBLIC}, {QUEUE})"
        " UNION SELECT nspowner FROM pg_namespace WHERE nspname = 'job_queue') AS owned"
    )
    assert {row.name for row in owners} <= {OWNER, "postgres"}  # the extension is the server's
    mine = await ask(
        "SELECT pg_get_userbyid(roleid) AS role, inherit_option FROM pg_auth_members"
        " WHERE member IN (SELECT oid FROM pg_roles WHERE rolname = ANY(:names))",
        names=list(names),
    )
    # What it may take, it does not have by the way.
    assert {tuple(row) for row in mine} == {(STAFF, False), (SUPPLIER, False), (GATE, False)}


async def test_what_runs_as_the_owner_cannot_be_called_or_led_astray(ask):
    rows = await ask(
        "SELECT proname, proconfig, has_function_privilege('public', oid, 'EXECUTE') AS is_open,"
        f" has_function_privilege('{SUPPLIER}', oid, 'EXECUTE') AS is_open_to_suppliers"
        " FROM pg_proc WHERE prosecdef AND pronamespace NOT IN ('pg_catalog'::regnamespace,"
        " 'information_schema'::regnamespace)"
    )
    assert len(rows) > 20
    for function in rows:
        assert not function.is_open, f"REVOKE ALL ON FUNCTION {function.proname} FROM PUBLIC"
        assert not function.is_open_to_suppliers, function.proname
        path = [each for each in function.proconfig or [] if each.startswith("search_path=")]
        assert path == ["search_path=pg_catalog, public, pg_temp"], function.proname


async def test_nobody_makes_tables_or_functions_among_ours(ask):
    for role in (APP, STAFF, SUPPLIER, GATE):
        [(may,)] = await ask(
            "SELECT has_schema_privilege(CAST(:role AS name), 'public', 'CREATE')"
            " OR has_schema_privilege(CAST(:role AS name), 'job_queue', 'CREATE')",
            role=role,
        )
        assert not may, role

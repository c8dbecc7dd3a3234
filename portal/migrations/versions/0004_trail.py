"""The trail: every change of a business row, written by triggers, only ever added to, sealed in a chain."""

import hashlib
import json
import secrets
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from portal.migrations.trailed import unwatch, watch

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# What follows from other columns under the active policy; a new window would rewrite it for every line.
_DERIVED = (
    *("reference_on", "reference_month", "window_first_on", "window_last_on", "received", "in_window"),
    *("early", "complete", "too_early", "nonconforming"),
)
_WATCHED = (
    *("organisation", "plant", "commodity", "part", "policy", "import_mapping"),
    *("supplier", "supplier_site", "contact", "asl_entry", "asl_event"),
)
_MONTHS = {
    "receipt": "arrival_month",
    "inspection_lot": "month",
    "nonconformance": "month",
    "response_stage": "month",
}
_WRITTEN_BY_TRIGGERS = ("trail_act", "trail_change")


def upgrade() -> None:
    _tables()
    # The hashes are random bytes: trying to compress them is work for nothing.
    op.execute("ALTER TABLE trail_seal ALTER COLUMN leaves SET STORAGE EXTERNAL")
    _note()
    _only_added()
    _first_seal()
    for table in _WATCHED:
        watch(table)
    watch("person", left_out=("last_signed_in_at",), masked=("password_hash",))
    watch("import_run", left_out=("bytes_read", "rows_read"))
    watch("delivery_line", left_out=_DERIVED)
    for table, month in _MONTHS.items():
        watch(table, left_out=(month,))


def downgrade() -> None:
    for table in (*_WATCHED, "person", "import_run", "delivery_line", *_MONTHS):
        unwatch(table)
    op.drop_table("trail_mark")
    op.drop_table("trail_seal")
    op.drop_table("trail_change")
    op.drop_table("trail_act")
    op.execute("DROP FUNCTION trail_note")
    op.execute("DROP FUNCTION trail_refuse")


def _tables() -> None:
    op.create_table(
        "trail_act",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("transaction", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("person_name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column(
            "action",
            sa.Enum(
                "insert",
                "update",
                "delete",
                name="action",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("columns", sa.Text(), nullable=True),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trail_act")),
    )
    op.create_index("ix_trail_act_person_id", "trail_act", ["person_id", "id"])
    op.create_index("ix_trail_act_table_name", "trail_act", ["table_name", "id"])
    op.create_index(
        "ix_trail_act_at_brin",
        "trail_act",
        ["at"],
        postgresql_using="brin",
        postgresql_with={"pages_per_range": 32},
    )
    op.create_table(
        "trail_change",
        sa.Column("act_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("row_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=True),
        sa.Column("plant_id", sa.BigInteger(), nullable=True),
        sa.Column("old", sa.Text(), nullable=True),
        sa.Column("new", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("act_id", "n", name=op.f("pk_trail_change")),
    )
    op.create_index("ix_trail_change_row_id", "trail_change", ["row_id"])
    op.create_table(
        "trail_seal",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_act", sa.BigInteger(), nullable=False),
        sa.Column("last_n", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("leaves", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_trail_seal")),
    )
    op.create_table(
        "trail_mark",
        sa.Column("transaction", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last_act", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("transaction", name=op.f("pk_trail_mark")),
    )


def _note() -> None:
    """Who acts and why are settings of the transaction, which portal/db.py makes.

    Where they were never made, somebody works at the database itself.
    """
    op.execute("""
        CREATE FUNCTION trail_note(act bigint, watched text, event text, columns text, count bigint)
        RETURNS void LANGUAGE plpgsql AS $$
        BEGIN
            IF count > 0 THEN
                INSERT INTO trail_act
                    (id, at, transaction, person_id, person_name, reason, table_name, action, columns, rows)
                VALUES (
                    act,
                    clock_timestamp(),
                    pg_current_xact_id()::text::bigint,
                    nullif(nullif(current_setting('assay.person', true), ''), '0')::bigint,
                    coalesce(current_setting('assay.name', true), 'database role ' || session_user),
                    coalesce(current_setting('assay.reason', true), ''),
                    watched,
                    CASE event WHEN 'TRUNCATE' THEN 'delete' ELSE lower(event) END,
                    CASE event WHEN 'UPDATE' THEN NULL ELSE columns END,
                    count
                );
            END IF;
        END $$
    """)
    op.execute("REVOKE ALL ON FUNCTION trail_note FROM PUBLIC")


def _only_added() -> None:
    """Whoever the database connects as, rows of the trail are neither changed nor removed nor made by hand.

    ALWAYS: also in a session that has switched ordinary triggers off.
    """
    op.execute("""
        CREATE FUNCTION trail_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'The trail is only ever added to, by its own triggers: no % on %', TG_OP, TG_TABLE_NAME
                USING ERRCODE = 'insufficient_privilege';
        END $$
    """)
    for table in (*_WRITTEN_BY_TRIGGERS, "trail_seal"):
        op.execute(f"""
            CREATE TRIGGER trail_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION trail_refuse()
        """)
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER trail_refuse")
        op.execute(f"REVOKE ALL ON {table} FROM PUBLIC")
    for table in _WRITTEN_BY_TRIGGERS:
        op.execute(f"""
            CREATE TRIGGER trail_refuse_by_hand BEFORE INSERT ON {table}
            FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION trail_refuse()
        """)


def _first_seal() -> None:
    """The beginning of the chain is random: an emptied trail cannot begin again as the same one."""
    sealed_at = datetime.now(UTC)
    seal = {
        "kind": "assay trail seal",
        "last_act": 0,
        "last_n": 0,
        "note": "",
        "number": 0,
        "previous": secrets.token_hex(32),
        "root": hashlib.sha256(b"").hexdigest(),
        "rows": 0,
        "sealed_at": sealed_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }
    document = json.dumps(seal, sort_keys=True, separators=(",", ":"))
    op.get_bind().execute(
        sa.text(
            "INSERT INTO trail_seal"
            " (number, sealed_at, last_act, last_n, rows, root, previous, note, hash, leaves)"
            " VALUES (0, :sealed_at, 0, 0, 0, :root, :previous, '', :hash, '')"
        ),
        {
            "sealed_at": sealed_at,
            "root": seal["root"],
            "previous": seal["previous"],
            "hash": hashlib.sha256(document.encode()).hexdigest(),
        },
    )

"""Policies by month and group, reviewed by a second person; points given and events that cost points."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from portal.migrations.tenancy import READ, protect, protect_ours, unprotect
from portal.migrations.trailed import unwatch, watch

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

STATUSES = ("draft", "in_review", "approved", "active", "retired", "discarded")
NEW = ("given_points", "demerit_event")


def upgrade() -> None:
    for column in (
        sa.Column("from_month", sa.SmallInteger(), nullable=True),
        sa.Column("until_month", sa.SmallInteger(), nullable=True),
        sa.Column("commodity_id", sa.BigInteger(), nullable=True),
        sa.Column("supplier_ids", postgresql.ARRAY(sa.BigInteger()), nullable=True),
        sa.Column("group_name", sa.String(length=100), nullable=False, server_default=""),
        sa.Column("reason", sa.String(length=2000), nullable=False, server_default=""),
        sa.Column(
            "editor_ids", postgresql.ARRAY(sa.BigInteger()), nullable=False, server_default=sa.text("'{}'")
        ),
        sa.Column("drafted_by_name", sa.String(length=200), nullable=False, server_default=""),
        sa.Column("handed_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by_name", sa.String(length=200), nullable=False, server_default=""),
        sa.Column("returned_because", sa.String(length=2000), nullable=False, server_default=""),
    ):
        op.add_column("policy", column)
    for name in (
        *("group_name", "reason", "editor_ids", "drafted_by_name", "approved_by_name", "returned_because"),
    ):
        op.alter_column("policy", name, server_default=None)
    op.create_foreign_key(op.f("fk_policy_commodity_id"), "policy", "commodity", ["commodity_id"], ["id"])
    _statuses(STATUSES)
    op.create_check_constraint(
        op.f("ck_policy_one_scope"), "policy", "commodity_id IS NULL OR supplier_ids IS NULL"
    )
    op.drop_index("uq_policy_active", "policy")
    op.create_index(
        "uq_policy_active",
        "policy",
        ["commodity_id", "supplier_ids"],
        unique=True,
        postgresql_where=sa.text("status = 'active'"),
        postgresql_nulls_not_distinct=True,
    )
    watch("policy")
    op.create_table(
        "given_points",
        *_stamped(),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("criterion", sa.String(length=50), nullable=False),
        sa.Column("points", sa.Numeric(5, 2), nullable=False),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("month", sa.SmallInteger(), nullable=False),
        sa.Column("given_by_name", sa.String(length=200), nullable=False),
        sa.CheckConstraint("points BETWEEN 0 AND 100", name=op.f("ck_given_points_points")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_given_points_reason")),
        _agrees("given_points", "given_on"),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_given_points_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_given_points")),
        sa.UniqueConstraint(
            "supplier_id", "criterion", "month", name=op.f("uq_given_points_supplier_id_criterion_month")
        ),
    )
    op.create_table(
        "demerit_event",
        *_stamped(),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("plant_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=50), nullable=False),
        sa.Column("note", sa.String(length=2000), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("month", sa.SmallInteger(), nullable=False),
        sa.Column("recorded_by_name", sa.String(length=200), nullable=False),
        sa.CheckConstraint("note <> ''", name=op.f("ck_demerit_event_note")),
        _agrees("demerit_event", "happened_on"),
        sa.ForeignKeyConstraint(["plant_id"], ["plant.id"], name=op.f("fk_demerit_event_plant_id")),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_demerit_event_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_demerit_event")),
    )
    op.create_index("ix_demerit_event_supplier_month", "demerit_event", ["supplier_id", "month"])
    for table in NEW:
        watch(table)
        protect(table, may=READ)
    op.create_table(
        "back_test",
        *_stamped(),
        sa.Column("policy_id", sa.BigInteger(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("definition", postgresql.JSONB(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("first_month", sa.SmallInteger(), nullable=False),
        sa.Column("last_month", sa.SmallInteger(), nullable=False),
        sa.Column("asked_by_name", sa.String(length=200), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                *("waiting", "running", "done", "failed"),
                name="status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("months_done", sa.SmallInteger(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.String(length=400), nullable=False),
        sa.Column("result", postgresql.JSONB(), nullable=True),
        sa.ForeignKeyConstraint(["policy_id"], ["policy.id"], name=op.f("fk_back_test_policy_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_back_test")),
    )
    op.create_index(op.f("ix_back_test_policy_id"), "back_test", ["policy_id"])
    # What it found follows from everything else, and is large.
    watch("back_test", left_out=("months_done", "result"))
    protect_ours("back_test")


def downgrade() -> None:
    unprotect("back_test")
    unwatch("back_test")
    op.drop_table("back_test")
    for table in NEW:
        unprotect(table)
        unwatch(table)
        op.drop_table(table)
    op.drop_index("uq_policy_active", "policy")
    op.execute("DELETE FROM policy WHERE commodity_id IS NOT NULL OR supplier_ids IS NOT NULL")
    op.execute("UPDATE policy SET status = 'draft' WHERE status IN ('in_review', 'approved', 'discarded')")
    _statuses(("draft", "active", "retired"))
    op.drop_constraint(op.f("ck_policy_one_scope"), "policy", type_="check")
    op.drop_constraint(op.f("fk_policy_commodity_id"), "policy", type_="foreignkey")
    for name in (
        *("returned_because", "approved_by_name", "approved_at", "handed_in_at", "drafted_by_name"),
        *("editor_ids", "reason", "group_name", "supplier_ids", "commodity_id", "until_month", "from_month"),
    ):
        op.drop_column("policy", name)
    op.create_index(
        "uq_policy_active",
        "policy",
        ["status"],
        unique=True,
        postgresql_where=sa.text("status = 'active'"),
    )
    watch("policy")


def _statuses(allowed: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_policy_status"), "policy", type_="check")
    listed = ", ".join(f"'{each}'" for each in allowed)
    op.create_check_constraint(op.f("ck_policy_status"), "policy", f"status IN ({listed})")


def _stamped() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
    )


def _agrees(table: str, day: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(
        f"month = (EXTRACT(YEAR FROM {day}) - 2000) * 12 + EXTRACT(MONTH FROM {day}) - 1",
        name=op.f(f"ck_{table}_month_agrees"),
    )

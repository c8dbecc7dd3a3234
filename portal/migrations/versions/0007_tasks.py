"""Tasks: what needs whom, by when."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from portal.migrations.trailed import unwatch, watch

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "task",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column(
            "side",
            sa.Enum("supplier", "us", name="side", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("supplier_id", sa.BigInteger(), nullable=True),
        sa.Column("plant_id", sa.BigInteger(), nullable=True),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("table_name", sa.String(length=60), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("facts", postgresql.JSONB(), nullable=False),
        sa.Column(
            "severity",
            sa.Enum(
                "critical",
                "major",
                "minor",
                name="severity",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("event", sa.String(length=120), nullable=False),
        sa.Column("event_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminders", sa.Integer(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by_name", sa.String(length=200), nullable=False),
        sa.Column("ended", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "side = 'us' OR (supplier_id IS NOT NULL AND is_shared)", name=op.f("ck_task_supplier_side")
        ),
        sa.CheckConstraint("due_on IS NULL OR due_at IS NOT NULL", name=op.f("ck_task_due_day")),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_task_contact_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_task_person_id")),
        sa.ForeignKeyConstraint(["plant_id"], ["plant.id"], name=op.f("fk_task_plant_id")),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_task_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    op.create_index(
        "ix_task_contact_open",
        "task",
        ["contact_id"],
        unique=False,
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_index(
        "ix_task_due_open",
        "task",
        ["due_at", "id"],
        unique=False,
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_index(
        "ix_task_person_open",
        "task",
        ["person_id", "side", "due_at"],
        unique=False,
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_index("ix_task_record", "task", ["table_name", "record_id"], unique=False)
    op.create_index(
        "ix_task_supplier_open",
        "task",
        ["supplier_id", "side", "due_at"],
        unique=False,
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_index(
        "uq_task_open",
        "task",
        ["kind", "table_name", "record_id", "side"],
        unique=True,
        postgresql_where=sa.text("done_at IS NULL"),
    )
    watch("task", left_out=("event", "event_at", "reminders", "reminded_at"))


def downgrade() -> None:
    unwatch("task")
    op.drop_table("task")

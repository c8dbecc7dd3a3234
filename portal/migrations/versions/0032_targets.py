"""Targets that suppliers agreed to."""

import sqlalchemy as sa
from alembic import op

from portal.migrations.tenancy import protect, unprotect
from portal.migrations.trailed import unwatch, watch

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

AIMS = ("score", "quality", "delivery", "responsiveness")
STATUSES = ("proposed", "agreed", "declined", "withdrawn", "replaced", "ended")


def upgrade() -> None:
    op.create_table(
        "supplier_target",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("aim", _choice("aim", AIMS), nullable=False),
        sa.Column("value", sa.Numeric(12, 3), nullable=False),
        sa.Column("from_month", sa.SmallInteger(), nullable=False),
        sa.Column("until_month", sa.SmallInteger(), nullable=True),
        sa.Column("status", _choice("status", STATUSES), nullable=False),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.Column("proposed_by_id", sa.BigInteger(), nullable=True),
        sa.Column("proposed_by_name", sa.String(length=200), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by_name", sa.String(length=200), nullable=False),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("is_recorded", sa.Boolean(), nullable=False),
        sa.Column("answer", sa.String(length=2000), nullable=False),
        sa.Column("ended_because", sa.String(length=2000), nullable=False),
        sa.Column("ended_by_name", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "value >= 0 AND (aim = 'quality' OR value <= 100)",
            name=op.f("ck_supplier_target_value_sensible"),
        ),
        sa.CheckConstraint(
            "status IN ('proposed', 'withdrawn') OR (answered_by_name <> '' AND answered_on IS NOT NULL)",
            name=op.f("ck_supplier_target_answered_by_somebody"),
        ),
        sa.CheckConstraint(
            "(status = 'ended') = (until_month IS NOT NULL)",
            name=op.f("ck_supplier_target_ended_has_a_month"),
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["supplier.id"], name=op.f("fk_supplier_target_supplier_id")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"], ["person.id"], name=op.f("fk_supplier_target_proposed_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier_target")),
    )
    op.create_index("ix_supplier_target_supplier_id", "supplier_target", ["supplier_id", "aim", "from_month"])
    op.create_index(
        "uq_supplier_target_proposed",
        "supplier_target",
        ["supplier_id", "aim"],
        unique=True,
        postgresql_where=sa.text("status = 'proposed'"),
    )
    op.create_index(
        "uq_supplier_target_agreed",
        "supplier_target",
        ["supplier_id", "aim", "from_month"],
        unique=True,
        postgresql_where=sa.text("status = 'agreed'"),
    )
    watch("supplier_target")
    protect("supplier_target")


def downgrade() -> None:
    unprotect("supplier_target")
    unwatch("supplier_target")
    op.drop_table("supplier_target")


def _choice(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)

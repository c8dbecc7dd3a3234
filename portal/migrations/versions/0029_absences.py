"""Who is away, and who stands in."""

import sqlalchemy as sa
from alembic import op

from portal.migrations.tenancy import protect
from portal.migrations.trailed import unwatch, watch

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "absence",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=True),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("stand_in_id", sa.BigInteger(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by_name", sa.String(length=200), nullable=False),
        sa.CheckConstraint("person_id <> stand_in_id", name=op.f("ck_absence_somebody_else")),
        sa.CheckConstraint("from_on <= until_on AND starts_at < ends_at", name=op.f("ck_absence_from_until")),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_absence_supplier_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_absence_person_id")),
        sa.ForeignKeyConstraint(["stand_in_id"], ["person.id"], name=op.f("fk_absence_stand_in_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
    )
    op.create_index(op.f("ix_absence_supplier_id"), "absence", ["supplier_id"], unique=False)
    op.create_index("ix_absence_stand_in_id", "absence", ["stand_in_id", "ends_at"], unique=False)
    op.create_index(
        "uq_absence_open",
        "absence",
        ["person_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    watch("absence")
    protect("absence")


def downgrade() -> None:
    unwatch("absence")
    op.drop_table("absence")

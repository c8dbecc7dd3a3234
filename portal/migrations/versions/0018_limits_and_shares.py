"""Staff limited to commodities, and suppliers shared with auditors."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from portal.migrations.tenancy import READ, let_gate, protect_ours
from portal.migrations.trailed import unwatch, watch

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("person", "invitation"):
        op.add_column(table, sa.Column("commodity_ids", postgresql.ARRAY(sa.BigInteger()), nullable=True))
    op.create_table(
        "auditor_share",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("auditor_id", sa.BigInteger(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("shared_by_name", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by_name", sa.String(length=200), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_auditor_share_reason")),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_auditor_share_supplier_id")),
        sa.ForeignKeyConstraint(["auditor_id"], ["person.id"], name=op.f("fk_auditor_share_auditor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auditor_share")),
    )
    op.create_index(op.f("ix_auditor_share_supplier_id"), "auditor_share", ["supplier_id"], unique=False)
    op.create_index(
        "uq_auditor_share_open",
        "auditor_share",
        ["auditor_id", "supplier_id"],
        unique=True,
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    _watch()
    watch("auditor_share")
    protect_ours("auditor_share")
    # Who an auditor is says as well what is shared with them.
    let_gate("auditor_share", READ, columns="supplier_id, auditor_id, until_on, revoked_at")


def downgrade() -> None:
    unwatch("auditor_share")
    op.drop_table("auditor_share")
    for table in ("person", "invitation"):
        op.drop_column(table, "commodity_ids")
    _watch()


def _watch() -> None:
    watch("person", left_out=("last_signed_in_at",), masked=("password_hash",))
    watch("invitation", masked=("token_hash",))

"""What requests with a key were answered."""

import sqlalchemy as sa
from alembic import op

from portal.migrations.tenancy import protect

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "given_answer",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=True),
        sa.Column("asker", sa.String(length=40), nullable=False),
        sa.Column("request_key", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(length=2000), nullable=False),
        sa.Column("note", sa.String(length=2000), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_given_answer_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_given_answer")),
    )
    op.create_index(op.f("ix_given_answer_created_at"), "given_answer", ["created_at"], unique=False)
    op.create_index(
        "uq_given_answer_request",
        "given_answer",
        ["supplier_id", "asker", "request_key"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    protect("given_answer")


def downgrade() -> None:
    op.drop_table("given_answer")

"""All cards of a month in one file."""

import sqlalchemy as sa
from alembic import op

from portal.migrations.tenancy import protect_ours, unprotect
from portal.migrations.trailed import unwatch, watch

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

STATUSES = ("waiting", "running", "done", "failed", "expired")


def upgrade() -> None:
    op.create_table(
        "scorecard_bundle",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("month", sa.SmallInteger(), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("last_card", sa.BigInteger(), nullable=False),
        sa.Column("cards", sa.Integer(), nullable=False),
        sa.Column("asked_by_name", sa.String(length=200), nullable=False),
        sa.Column(
            "status",
            sa.Enum(*STATUSES, name="status", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("cards_done", sa.Integer(), nullable=False),
        sa.Column("file_key", sa.String(length=64), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.String(length=400), nullable=False),
        sa.CheckConstraint(
            "(status = 'done') = (file_key IS NOT NULL)", name=op.f("ck_scorecard_bundle_done_has_a_file")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scorecard_bundle")),
    )
    op.create_index("ix_scorecard_bundle_month", "scorecard_bundle", ["month"])
    watch("scorecard_bundle", left_out=("cards_done",))
    protect_ours("scorecard_bundle")


def downgrade() -> None:
    unprotect("scorecard_bundle")
    unwatch("scorecard_bundle")
    op.drop_table("scorecard_bundle")

"""What administrators decided about jobs that had failed for good."""

import sqlalchemy as sa
from alembic import op

from portal.migrations.tenancy import protect_ours
from portal.migrations.trailed import unwatch, watch

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "job_decision",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("job_name", sa.String(length=120), nullable=False),
        sa.Column(
            "decision",
            sa.Enum(
                "released",
                "discarded",
                name="decision",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("problem", sa.String(length=2000), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_decision")),
    )
    watch("job_decision")
    protect_ours("job_decision")


def downgrade() -> None:
    unwatch("job_decision")
    op.drop_table("job_decision")

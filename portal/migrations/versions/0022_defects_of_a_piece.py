"""How many chances for a defect a piece has is the policy's to say, for all pieces alike: DPMO never read this."""

import sqlalchemy as sa
from alembic import op

from portal.migrations.trailed import watch

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_COUNTS = "ck_nonconformance_counts"


def upgrade() -> None:
    op.drop_constraint(op.f(_COUNTS), "nonconformance", type_="check")
    op.drop_column("nonconformance", "opportunities")
    op.create_check_constraint(op.f(_COUNTS), "nonconformance", "quantity >= 0 AND defects >= 0")
    watch("nonconformance", left_out=("month",))


def downgrade() -> None:
    op.drop_constraint(op.f(_COUNTS), "nonconformance", type_="check")
    op.add_column(
        "nonconformance", sa.Column("opportunities", sa.Integer(), nullable=False, server_default="1")
    )
    op.alter_column("nonconformance", "opportunities", server_default=None)
    op.create_check_constraint(
        op.f(_COUNTS), "nonconformance", "quantity >= 0 AND defects >= 0 AND opportunities >= 1"
    )
    watch("nonconformance", left_out=("month",))

"""An index for the SCARs whose root cause was sent."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_scar_answer_sent_cause",
        "scar_answer",
        ["scar_id"],
        postgresql_where=sa.text("discipline = 'D4' AND status <> 'draft'"),
    )


def downgrade() -> None:
    op.drop_index("ix_scar_answer_sent_cause", table_name="scar_answer")

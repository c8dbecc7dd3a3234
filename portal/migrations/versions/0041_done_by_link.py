"""The link of a mail says when what it asked for is done."""

import sqlalchemy as sa
from alembic import op

from portal.migrations.tenancy import hide
from portal.migrations.trailed import watch

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("task_link", sa.Column("done_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE task_link SET done_at = task.done_at FROM task WHERE task.id = task_id AND task.ended = ''"
    )
    _again()


def downgrade() -> None:
    op.drop_column("task_link", "done_at")
    _again()


def _again() -> None:
    watch("task_link", left_out=("used_at", "uses"), masked=("token_hash",))
    hide("task_link", "token_hash")

"""An index for the SCARs of one supplier in the order of their deadlines."""

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_scar_supplier_due", "scar", ["supplier_id", "due_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_scar_supplier_due", table_name="scar")

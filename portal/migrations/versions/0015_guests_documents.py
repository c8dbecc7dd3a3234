"""A guest, who has no account, sees what they have sent before it is at a record."""

import sqlalchemy as sa
from alembic import op

from portal.migrations.trailed import watch

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("document", sa.Column("contact_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_document_contact_id"), "document", "contact", ["contact_id"], ["id"], ondelete="SET NULL"
    )
    watch("document", left_out=("pages",))


def downgrade() -> None:
    op.drop_column("document", "contact_id")
    watch("document", left_out=("pages",))

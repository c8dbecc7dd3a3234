"""Why a document was refused is kept in parts too, to be told in the reader's language."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from portal.migrations.trailed import watch

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("document", sa.Column("problem_parts", JSONB(), nullable=True))
    watch("document", left_out=("pages", "problem_parts"))


def downgrade() -> None:
    op.drop_column("document", "problem_parts")
    watch("document", left_out=("pages",))

"""A draft's type is not known before its file was read."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("certificate", "type_id", existing_type=sa.BigInteger(), nullable=True)
    op.create_check_constraint(
        op.f("ck_certificate_typed"),
        "certificate",
        "status IN ('draft', 'withdrawn') OR type_id IS NOT NULL",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_certificate_typed"), "certificate", type_="check")
    op.alter_column("certificate", "type_id", existing_type=sa.BigInteger(), nullable=False)

"""Room for the locked secrets of authenticator apps, and none for those of apps that are being set up.

What is stored in the clear is locked by the program right after its migrations: the key is not the database's.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("totp", "secret", type_=sa.String(length=200), existing_nullable=False)
    op.drop_column("half_sign_in", "secret")


def downgrade() -> None:
    op.add_column(
        "half_sign_in", sa.Column("secret", sa.String(length=64), nullable=False, server_default="")
    )
    op.alter_column("half_sign_in", "secret", server_default=None)
    # What is locked can't be read there: those apps are set up anew.
    op.execute("DELETE FROM totp WHERE secret LIKE '%:%'")
    op.alter_column("totp", "secret", type_=sa.String(length=64), existing_nullable=False)

"""Company accounts: who they sign in, and browsers on their way to the company's sign-in."""

import sqlalchemy as sa
from alembic import op

from portal.migrations.trailed import unwatch, watch

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

METHODS = "'password', 'password_and_code', 'passkey', 'company', 'company_and_code'"
EARLIER = "'password', 'password_and_code', 'passkey'"


def upgrade() -> None:
    op.create_table(
        "external_identity",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("issuer", sa.String(length=400), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("account", sa.String(length=254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_external_identity_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_identity")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_external_identity_issuer_subject")),
        sa.UniqueConstraint("person_id", "issuer", name=op.f("uq_external_identity_person_id_issuer")),
    )
    op.create_table(
        "company_sign_in",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum(
                "sign_in",
                "prove",
                "connect",
                "accept",
                name="purpose",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("invitation_id", sa.BigInteger(), nullable=True),
        sa.Column("target", sa.String(length=2000), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_company_sign_in_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["invitation.id"],
            name=op.f("fk_company_sign_in_invitation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_company_sign_in")),
    )
    for column in ("person_id", "invitation_id", "expires_at"):
        op.create_index(op.f(f"ix_company_sign_in_{column}"), "company_sign_in", [column], unique=False)
    op.add_column(
        "half_sign_in", sa.Column("first", sa.String(length=40), nullable=False, server_default="password")
    )
    op.alter_column("half_sign_in", "first", server_default=None)
    op.create_check_constraint(op.f("ck_half_sign_in_first"), "half_sign_in", f"first IN ({METHODS})")
    op.drop_constraint(op.f("ck_session_method"), "session")
    op.create_check_constraint(op.f("ck_session_method"), "session", f"method IN ({METHODS})")
    op.add_column("person", sa.Column("company_match_until_at", sa.DateTime(timezone=True), nullable=True))
    watch("person", left_out=("last_signed_in_at",), masked=("password_hash",))
    watch("external_identity", left_out=("last_used_at",))


def downgrade() -> None:
    unwatch("external_identity")
    op.drop_column("person", "company_match_until_at")
    watch("person", left_out=("last_signed_in_at",), masked=("password_hash",))
    op.execute("DELETE FROM session WHERE method LIKE 'company%'")
    op.drop_constraint(op.f("ck_session_method"), "session")
    op.create_check_constraint(op.f("ck_session_method"), "session", f"method IN ({EARLIER})")
    op.drop_column("half_sign_in", "first")
    op.drop_table("company_sign_in")
    op.drop_table("external_identity")

"""What people want mailed, their daily summary, and the key of the tokens in our mails."""

import secrets

import sqlalchemy as sa
from alembic import op

from portal.migrations.tenancy import protect_ours, protect_personal
from portal.migrations.trailed import unwatch, watch

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mail_choice",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("topic", _choice("topic", "messages", "summary"), nullable=False),
        sa.Column("wish", _choice("wish", "at_once", "summed_up", "never"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(person_id IS NULL) <> (contact_id IS NULL)", name=op.f("ck_mail_choice_one_reader")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_mail_choice_person_id")),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_mail_choice_contact_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_choice")),
        sa.UniqueConstraint("person_id", "topic", name=op.f("uq_mail_choice_person_id_topic")),
        sa.UniqueConstraint("contact_id", "topic", name=op.f("uq_mail_choice_contact_id_topic")),
    )
    op.create_table(
        "summary",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day_on", sa.Date(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_summary_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_summary")),
    )
    op.create_table(
        "mail_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_mail_key_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_key")),
    )
    op.bulk_insert(
        sa.table("mail_key", sa.column("id", sa.Integer()), sa.column("key", sa.LargeBinary())),
        [{"id": 1, "key": secrets.token_bytes(32)}],
    )
    watch("mail_choice")
    protect_personal("mail_choice")
    protect_personal("summary")
    protect_ours("mail_key")


def downgrade() -> None:
    unwatch("mail_choice")
    op.drop_table("mail_key")
    op.drop_table("summary")
    op.drop_table("mail_choice")


def _choice(name: str, *options: str) -> sa.Enum:
    return sa.Enum(*options, name=name, native_enum=False, create_constraint=True, length=40)

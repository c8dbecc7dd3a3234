"""What people say about records, and how far each of them has read."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from portal.migrations.trailed import unwatch, watch

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "thread",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("table_name", sa.String(length=60), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=True),
        sa.Column("plant_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_thread_supplier_id")),
        sa.ForeignKeyConstraint(["plant_id"], ["plant.id"], name=op.f("fk_thread_plant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thread")),
        sa.UniqueConstraint("table_name", "record_id", name=op.f("uq_thread_table_name_record_id")),
    )
    op.create_index(op.f("ix_thread_supplier_id"), "thread", ["supplier_id"])
    op.create_table(
        "thread_message",
        *_said("thread_message"),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_thread_message_supplier_id")),
    )
    op.create_index(op.f("ix_thread_message_thread_id"), "thread_message", ["thread_id"])
    op.create_index("ix_thread_message_supplier_id", "thread_message", ["supplier_id", "id"])
    op.create_table("thread_note", *_said("thread_note"))
    op.create_index(op.f("ix_thread_note_thread_id"), "thread_note", ["thread_id"])
    op.create_table(
        "thread_reading",
        sa.Column("thread_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("note_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_thread_reading_thread_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_thread_reading_person_id")),
        sa.PrimaryKeyConstraint("thread_id", "person_id", name=op.f("pk_thread_reading")),
    )
    for table in ("thread", "thread_message", "thread_note"):
        watch(table, left_out=() if table == "thread" else ("told_at",))


def downgrade() -> None:
    for table in ("thread_note", "thread_message", "thread"):
        unwatch(table)
    op.drop_table("thread_reading")
    op.drop_table("thread_note")
    op.drop_table("thread_message")
    op.drop_table("thread")


def _said(table: str) -> list[Any]:
    return [
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("thread_id", sa.BigInteger(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("author_name", sa.String(length=200), nullable=False),
        sa.Column("is_ours", sa.Boolean(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("quoted", sa.Text(), nullable=False),
        sa.Column("mentioned_ids", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("mail_id", sa.String(length=400), nullable=True),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retracted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f(f"fk_{table}_thread_id")),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f(f"fk_{table}_author_id")),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f(f"fk_{table}_contact_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("mail_id", name=op.f(f"uq_{table}_mail_id")),
    ]

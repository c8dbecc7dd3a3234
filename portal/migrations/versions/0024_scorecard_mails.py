"""Scorecards by mail: who gets which, what goes along, whose are stopped, and how often somebody wants them."""

import sqlalchemy as sa
from alembic import op

from portal.migrations.tenancy import protect_ours
from portal.migrations.trailed import unwatch, watch

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_WISHES = {"topic": ("messages", "summary"), "wish": ("at_once", "summed_up", "never")}
_MORE = {"topic": ("scorecards",), "wish": ("monthly", "on_change", "quarterly")}


def upgrade() -> None:
    op.create_table(
        "mail_attachment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("mail_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("media_type", sa.String(length=120), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("file_key", sa.String(length=80), nullable=False),
        sa.Column("content_id", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["mail_id"], ["outgoing_mail.id"], name=op.f("fk_mail_attachment_mail_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_attachment")),
    )
    op.create_index("ix_mail_attachment_mail_id", "mail_attachment", ["mail_id"])
    _plan()
    op.create_table(
        "scorecard_mail_stop",
        sa.Column("supplier_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["supplier.id"], name=op.f("fk_scorecard_mail_stop_supplier_id")
        ),
        sa.PrimaryKeyConstraint("supplier_id", name=op.f("pk_scorecard_mail_stop")),
    )
    for column, options in _WISHES.items():
        _offer(column, (*options, *_MORE[column]))
    watch("scorecard_mail_stop", key="supplier_id")
    for table in ("mail_attachment", "scorecard_mail", "scorecard_mail_stop"):
        protect_ours(table)


def downgrade() -> None:
    unwatch("scorecard_mail_stop")
    op.execute("DELETE FROM mail_choice WHERE topic = 'scorecards'")
    for column, options in _WISHES.items():
        _offer(column, options)
    for table in ("scorecard_mail_stop", "scorecard_mail", "mail_attachment"):
        op.drop_table(table)


def _plan() -> None:
    op.create_table(
        "scorecard_mail",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("month", sa.SmallInteger(), nullable=False),
        sa.Column("kind", _choice("kind", "preview", "card", "digest"), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=True),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("status", _choice("status", "planned", "written", "skipped"), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("again", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mail_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_scorecard_mail_supplier_id")),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_scorecard_mail_{column}"), ondelete="SET NULL"
            )
            for column, table in (
                ("contact_id", "contact"),
                ("person_id", "person"),
                ("mail_id", "outgoing_mail"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scorecard_mail")),
        sa.UniqueConstraint(
            *("month", "kind", "revision", "supplier_id", "address"),
            name=op.f("uq_scorecard_mail_month_kind_revision_supplier_id_address"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(
        "ix_scorecard_mail_due_at",
        "scorecard_mail",
        ["due_at"],
        postgresql_where=sa.text("status = 'planned'"),
    )
    op.create_index("ix_scorecard_mail_mail_id", "scorecard_mail", ["mail_id"])


def _offer(column: str, options: tuple[str, ...]) -> None:
    name = op.f(f"ck_mail_choice_{column}")
    op.drop_constraint(name, "mail_choice", type_="check")
    listed = ", ".join(f"'{each}'" for each in options)
    op.create_check_constraint(name, "mail_choice", f"{column} IN ({listed})")


def _choice(name: str, *options: str) -> sa.Enum:
    return sa.Enum(*options, name=name, native_enum=False, create_constraint=True, length=40)

"""Corrections of published cards, and the marks from which they are found."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from portal.migrations.tenancy import protect_ours
from portal.migrations.trailed import unwatch, watch

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_WATCHED = ("supplier_month_total", "response_stage")
_EVENTS = {"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD"}


def upgrade() -> None:
    op.create_table(
        "scorecard_touch",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.SmallInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scorecard_touch")),
    )
    op.create_index("ix_scorecard_touch_month", "scorecard_touch", ["month"])
    _corrections()
    watch("scorecard_correction")
    protect_ours("scorecard_touch")
    protect_ours("scorecard_correction")
    _mark()


def downgrade() -> None:
    op.execute("DROP FUNCTION touch_scorecards() CASCADE")
    unwatch("scorecard_correction")
    op.drop_table("scorecard_correction")
    op.drop_table("scorecard_touch")


def _corrections() -> None:
    op.create_table(
        "scorecard_correction",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.SmallInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                *("open", "proposed", "issued", "dismissed"),
                name="status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        *(
            sa.Column(name, postgresql.JSONB(astext_type=sa.Text()), nullable=False)
            for name in ("before", "after", "changes")
        ),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.Column("proposed_by_id", sa.BigInteger(), nullable=True),
        sa.Column("proposed_by_name", sa.String(length=200), nullable=False),
        sa.Column("decided_by_name", sa.String(length=200), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status <> 'issued' OR proposed_by_name <> decided_by_name",
            name=op.f("ck_scorecard_correction_four_eyes"),
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["supplier.id"], name=op.f("fk_scorecard_correction_supplier_id")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"], ["person.id"], name=op.f("fk_scorecard_correction_proposed_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scorecard_correction")),
    )
    op.create_index("ix_scorecard_correction_month", "scorecard_correction", ["month"])
    op.create_index(
        "uq_scorecard_correction_open",
        "scorecard_correction",
        ["supplier_id", "month"],
        unique=True,
        postgresql_where=sa.text("status IN ('open', 'proposed')"),
    )


def _mark() -> None:
    """Sums say exactly which months a change touches; a card may take in the eleven months before its own.

    Marks are only ever added: who marks waits for nobody who is looking at earlier ones.
    """
    op.execute("""
        CREATE FUNCTION touch_scorecards() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        BEGIN
            INSERT INTO scorecard_touch (supplier_id, month, at)
            SELECT DISTINCT supplier_id, month, clock_timestamp() FROM changed
            WHERE EXISTS (
                SELECT FROM scorecard_month
                WHERE scorecard_month.month BETWEEN changed.month AND changed.month + 11
                    AND scorecard_month.status IN ('approved', 'published')
            );
            RETURN NULL;
        END $$
    """)
    op.execute("REVOKE ALL ON FUNCTION touch_scorecards() FROM PUBLIC")
    for table in _WATCHED:
        for event, side in _EVENTS.items():
            op.execute(f"""
                CREATE TRIGGER touch_scorecards_{event.lower()} AFTER {event} ON {table}
                REFERENCING {side} TABLE AS changed
                FOR EACH STATEMENT EXECUTE FUNCTION touch_scorecards()
            """)

"""The month of the scorecards: its steps, disputes, and cards that nobody can change once it is published."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from portal.access.roles import STAFF
from portal.migrations.tenancy import protect, protect_shared
from portal.migrations.trailed import unwatch, watch

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_PUBLISHED = (
    "EXISTS (SELECT FROM scorecard_month WHERE scorecard_month.month = scorecard.month"
    " AND scorecard_month.status = 'published')"
)


def upgrade() -> None:
    _rules()
    _month()
    _dispute()
    _cards()
    op.execute("INSERT INTO month_rules VALUES (now(), now(), 1, 1, 2, 10, 17, 12, 6, 'block')")
    for table in ("month_rules", "scorecard_month", "scorecard_dispute"):
        watch(table)
    watch("scorecard", left_out=("policy", "result"))
    protect_shared("month_rules")
    protect_shared("scorecard_month")
    protect("scorecard_dispute")
    protect("scorecard", may="SELECT", when=_PUBLISHED)
    protect("scorecard_file", may="SELECT", through="scorecard_id")
    _nothing_is_taken_back()


def downgrade() -> None:
    for table in ("scorecard", "scorecard_dispute", "scorecard_month", "month_rules"):
        unwatch(table)
    for table in ("scorecard_file", "scorecard", "scorecard_dispute", "scorecard_month", "month_rules"):
        op.drop_table(table)
    op.execute("DROP FUNCTION keep_frozen_card()")
    op.execute("DROP FUNCTION keep_frozen_file()")
    op.execute("DROP FUNCTION keep_published_month()")


def _rules() -> None:
    op.create_table(
        "month_rules",
        *_stamps(),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("compute_on", sa.Integer(), nullable=False),
        sa.Column("preview_until_day", sa.Integer(), nullable=False),
        sa.Column("preview_until_hour", sa.Integer(), nullable=False),
        sa.Column("publish_day", sa.Integer(), nullable=False),
        sa.Column("mail_hour", sa.Integer(), nullable=False),
        sa.Column("unanswered", _choice("unanswered", "block", "mark"), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_month_rules_only_one")),
        sa.CheckConstraint(
            "compute_on BETWEEN 1 AND 15 AND preview_until_day BETWEEN 1 AND 27"
            " AND publish_day BETWEEN preview_until_day AND 28"
            " AND preview_until_hour BETWEEN 0 AND 23 AND mail_hour BETWEEN 0 AND 23",
            name=op.f("ck_month_rules_days_sensible"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_month_rules")),
    )


def _month() -> None:
    op.create_table(
        "scorecard_month",
        *_stamps(),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("month", sa.SmallInteger(), nullable=False),
        sa.Column(
            "status",
            _choice("status", "computed", "preview", "closed", "proposed", "approved", "published"),
            nullable=False,
        ),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("preview_until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("publish_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by_name", sa.String(length=200), nullable=False),
        *_by("proposed"),
        *_by("approved"),
        sa.Column("as_of_on", sa.Date(), nullable=True),
        sa.Column("returned", sa.String(length=2000), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cards", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"], ["person.id"], name=op.f("fk_scorecard_month_proposed_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["approved_by_id"], ["person.id"], name=op.f("fk_scorecard_month_approved_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scorecard_month")),
        sa.UniqueConstraint("month", name=op.f("uq_scorecard_month_month")),
    )


def _dispute() -> None:
    op.create_table(
        "scorecard_dispute",
        *_stamps(),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("plant_id", sa.BigInteger(), nullable=False),
        sa.Column("commodity_id", sa.BigInteger(), nullable=True),
        sa.Column("month", sa.SmallInteger(), nullable=False),
        sa.Column("delivery_line_id", sa.BigInteger(), nullable=True),
        sa.Column("nonconformance_id", sa.BigInteger(), nullable=True),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.String(length=4000), nullable=False),
        sa.Column(
            "status",
            _choice("status", "open", "proposed", "accepted", "rejected", "withdrawn"),
            nullable=False,
        ),
        sa.Column("disputed_by_id", sa.BigInteger(), nullable=True),
        sa.Column("disputed_by_name", sa.String(length=200), nullable=False),
        sa.Column("disputed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(length=4000), nullable=False),
        sa.Column(
            "excuse_code",
            _choice("excuse_code", "late_order", "changed_date", "dock_closed", "our_carrier", "other"),
            nullable=True,
        ),
        sa.Column(
            "responsibility",
            _choice("responsibility", "supplier", "ours", "carrier", "undetermined"),
            nullable=True,
        ),
        *_by("proposed"),
        sa.Column("decided_by_name", sa.String(length=200), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("effect", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint(
            "(delivery_line_id IS NULL) <> (nonconformance_id IS NULL)",
            name=op.f("ck_scorecard_dispute_one_subject"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('proposed', 'accepted') OR (answer <> '' AND"
            " (CASE WHEN delivery_line_id IS NULL THEN responsibility IS NOT NULL"
            " ELSE excuse_code IS NOT NULL END))",
            name=op.f("ck_scorecard_dispute_answer_whole"),
        ),
        sa.CheckConstraint(
            "status <> 'accepted' OR proposed_by_name <> decided_by_name",
            name=op.f("ck_scorecard_dispute_four_eyes"),
        ),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_scorecard_dispute_{column}"))
            for column, table in (
                ("supplier_id", "supplier"),
                ("plant_id", "plant"),
                ("commodity_id", "commodity"),
                ("delivery_line_id", "delivery_line"),
                ("nonconformance_id", "nonconformance"),
                ("disputed_by_id", "person"),
                ("proposed_by_id", "person"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scorecard_dispute")),
    )
    op.create_index("ix_scorecard_dispute_supplier_month", "scorecard_dispute", ["supplier_id", "month"])
    op.create_index("ix_scorecard_dispute_month", "scorecard_dispute", ["month", "status"])
    for column in ("delivery_line_id", "nonconformance_id"):
        op.create_index(f"ix_scorecard_dispute_{column}", "scorecard_dispute", [column])
    for name, column in (("line", "delivery_line_id"), ("nonconformance", "nonconformance_id")):
        op.create_index(
            f"uq_scorecard_dispute_{name}",
            "scorecard_dispute",
            [column],
            unique=True,
            postgresql_where=sa.text(f"{column} IS NOT NULL AND status <> 'withdrawn'"),
        )


def _cards() -> None:
    op.create_table(
        "scorecard",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.SmallInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("as_of_on", sa.Date(), nullable=False),
        sa.Column("policy_name", sa.String(length=120), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("shown", sa.Numeric(9, 3), nullable=True),
        sa.Column("band", sa.String(length=40), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("policy", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.Column("proposed_by_name", sa.String(length=200), nullable=False),
        sa.Column("approved_by_name", sa.String(length=200), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(revision = 0) = (reason = '')", name=op.f("ck_scorecard_revision_says_why")),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_scorecard_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scorecard")),
        sa.UniqueConstraint(
            "supplier_id", "month", "revision", name=op.f("uq_scorecard_supplier_id_month_revision")
        ),
    )
    op.create_index("ix_scorecard_month", "scorecard", ["month"])
    op.create_table(
        "scorecard_file",
        sa.Column("scorecard_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["scorecard_id"], ["scorecard.id"], name=op.f("fk_scorecard_file_scorecard_id")
        ),
        sa.PrimaryKeyConstraint("scorecard_id", name=op.f("pk_scorecard_file")),
    )


def _nothing_is_taken_back() -> None:
    """A frozen card is never changed; one of a published month is never removed, nor is the month opened again.

    ALWAYS: also in a session that has switched ordinary triggers off.
    """
    refused = "USING ERRCODE = 'insufficient_privilege'"
    for name, table, month in (
        ("keep_frozen_card", "scorecard", "OLD.month"),
        (
            "keep_frozen_file",
            "scorecard_file",
            "(SELECT month FROM scorecard WHERE id = OLD.scorecard_id)",
        ),
    ):
        op.execute(f"""
            CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF TG_OP = 'DELETE' AND NOT EXISTS (
                    SELECT FROM scorecard_month WHERE month = {month} AND status = 'published'
                ) THEN
                    RETURN OLD;
                END IF;
                RAISE EXCEPTION 'A frozen scorecard is never changed: no % on {table}', TG_OP {refused};
            END $$
        """)
        op.execute(f"""
            CREATE TRIGGER {name} BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION {name}()
        """)
        op.execute(f"""
            CREATE TRIGGER {name}_all BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION {name}()
        """)
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}_all")
        op.execute(f"REVOKE UPDATE ON {table} FROM {STAFF}")
    op.execute(f"""
        CREATE FUNCTION keep_published_month() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF OLD.status = 'published' THEN
                RAISE EXCEPTION 'A published month is never changed: no % on scorecard_month', TG_OP {refused};
            END IF;
            RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER keep_published_month BEFORE UPDATE OR DELETE ON scorecard_month
        FOR EACH ROW EXECUTE FUNCTION keep_published_month()
    """)
    op.execute("ALTER TABLE scorecard_month ENABLE ALWAYS TRIGGER keep_published_month")


def _stamps() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    )


def _by(what: str) -> tuple[sa.Column[object], ...]:
    return (
        sa.Column(f"{what}_by_id", sa.BigInteger(), nullable=True),
        sa.Column(f"{what}_by_name", sa.String(length=200), nullable=False),
        sa.Column(f"{what}_at", sa.DateTime(timezone=True), nullable=True),
    )


def _choice(name: str, *options: str) -> sa.Enum:
    return sa.Enum(*options, name=name, native_enum=False, create_constraint=True, length=40)

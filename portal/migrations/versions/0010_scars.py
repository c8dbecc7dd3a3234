"""SCARs answered as 8D; nonconformances that are recorded by hand and gathered into one."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from portal.migrations.trailed import unwatch, watch

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_WATCHED = (
    *("scar", "scar_answer", "scar_cost", "scar_criterion"),
    *("scar_event", "scar_extension", "scar_pause", "scar_stage"),
)


def upgrade() -> None:
    op.create_table(
        "running_number",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("prefix", sa.String(length=20), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_running_number")),
        sa.UniqueConstraint("prefix", "year", name=op.f("uq_running_number_prefix_year")),
    )
    op.create_table(
        "scar",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("plant_id", sa.BigInteger(), nullable=False),
        sa.Column("part_id", sa.BigInteger(), nullable=True),
        sa.Column("commodity_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "issued",
                "responsibility_rejected",
                "acknowledged",
                "containment_submitted",
                "containment_accepted",
                "root_cause_submitted",
                "root_cause_accepted",
                "actions_submitted",
                "actions_accepted",
                "implementation_submitted",
                "implemented",
                "prevention_submitted",
                "effectiveness_check",
                "closed",
                "cancelled",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "severity",
            sa.Enum(
                "critical",
                "major",
                "minor",
                name="severity",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "source",
            sa.Enum(
                "nonconformance",
                "complaint",
                "audit_finding",
                "by_hand",
                name="source",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.String(length=4000), nullable=False),
        sa.Column("defect", sa.String(length=80), nullable=False),
        sa.Column("lots", sa.String(length=400), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=3), nullable=False),
        sa.Column("quantity_checked", sa.Numeric(precision=18, scale=3), nullable=False),
        sa.Column("internal_note", sa.String(length=4000), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("buyer_id", sa.BigInteger(), nullable=True),
        sa.Column("assignee_id", sa.BigInteger(), nullable=True),
        sa.Column("repeat_of_id", sa.BigInteger(), nullable=True),
        sa.Column("earlier_id", sa.BigInteger(), nullable=True),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("round", sa.SmallInteger(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalation", sa.SmallInteger(), nullable=False),
        sa.Column(
            "cause",
            sa.Enum(
                "method",
                "machine",
                "material",
                "measurement",
                "people",
                "environment",
                "design",
                "sub_supplier",
                name="cause",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("is_weak", sa.Boolean(), nullable=False),
        sa.Column("rejection", sa.String(length=4000), nullable=False),
        sa.Column("plan", sa.String(length=2000), nullable=False),
        sa.Column("plan_by_id", sa.BigInteger(), nullable=True),
        sa.Column("plan_due_on", sa.Date(), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_by_id", sa.BigInteger(), nullable=True),
        sa.Column("is_effective", sa.Boolean(), nullable=True),
        sa.Column("check_note", sa.String(length=2000), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by_id", sa.BigInteger(), nullable=True),
        sa.Column("closing_note", sa.String(length=2000), nullable=False),
        sa.Column("cancel_reason", sa.String(length=2000), nullable=False),
        sa.CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_scar_closed")),
        sa.CheckConstraint(
            "(status = 'draft') = (issued_at IS NULL) OR status = 'cancelled'", name=op.f("ck_scar_issued")
        ),
        sa.CheckConstraint("quantity >= 0 AND quantity_checked >= 0", name=op.f("ck_scar_counts")),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_scar_author_id")),
        sa.ForeignKeyConstraint(["buyer_id"], ["person.id"], name=op.f("fk_scar_buyer_id")),
        sa.ForeignKeyConstraint(["checked_by_id"], ["person.id"], name=op.f("fk_scar_checked_by_id")),
        sa.ForeignKeyConstraint(["closed_by_id"], ["person.id"], name=op.f("fk_scar_closed_by_id")),
        sa.ForeignKeyConstraint(["commodity_id"], ["commodity.id"], name=op.f("fk_scar_commodity_id")),
        sa.ForeignKeyConstraint(["earlier_id"], ["scar.id"], name=op.f("fk_scar_earlier_id")),
        sa.ForeignKeyConstraint(["assignee_id"], ["person.id"], name=op.f("fk_scar_assignee_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_scar_owner_id")),
        sa.ForeignKeyConstraint(["part_id"], ["part.id"], name=op.f("fk_scar_part_id")),
        sa.ForeignKeyConstraint(["plan_by_id"], ["person.id"], name=op.f("fk_scar_plan_by_id")),
        sa.ForeignKeyConstraint(["plant_id"], ["plant.id"], name=op.f("fk_scar_plant_id")),
        sa.ForeignKeyConstraint(["repeat_of_id"], ["scar.id"], name=op.f("fk_scar_repeat_of_id")),
        sa.ForeignKeyConstraint(["site_id"], ["supplier_site.id"], name=op.f("fk_scar_site_id")),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_scar_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scar")),
        sa.UniqueConstraint("number", name=op.f("uq_scar_number")),
    )
    op.create_index(op.f("ix_scar_author_id"), "scar", ["author_id"], unique=False)
    op.create_index(op.f("ix_scar_buyer_id"), "scar", ["buyer_id"], unique=False)
    op.create_index(op.f("ix_scar_checked_by_id"), "scar", ["checked_by_id"], unique=False)
    op.create_index(op.f("ix_scar_closed_by_id"), "scar", ["closed_by_id"], unique=False)
    op.create_index(op.f("ix_scar_commodity_id"), "scar", ["commodity_id"], unique=False)
    op.create_index(op.f("ix_scar_earlier_id"), "scar", ["earlier_id"], unique=False)
    op.create_index(op.f("ix_scar_assignee_id"), "scar", ["assignee_id"], unique=False)
    op.create_index("ix_scar_issued_on", "scar", ["issued_on"], unique=False)
    op.create_index(op.f("ix_scar_owner_id"), "scar", ["owner_id"], unique=False)
    op.create_index("ix_scar_part_id", "scar", ["part_id", "defect"], unique=False)
    op.create_index(op.f("ix_scar_plan_by_id"), "scar", ["plan_by_id"], unique=False)
    op.create_index(op.f("ix_scar_plant_id"), "scar", ["plant_id"], unique=False)
    op.create_index(op.f("ix_scar_repeat_of_id"), "scar", ["repeat_of_id"], unique=False)
    op.create_index(op.f("ix_scar_site_id"), "scar", ["site_id"], unique=False)
    op.create_index("ix_scar_status_due", "scar", ["status", "due_at"], unique=False)
    op.create_index("ix_scar_supplier_id", "scar", ["supplier_id", "status"], unique=False)
    op.create_index(
        "ix_scar_title_trgm",
        "scar",
        ["title", "number"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"title": "gin_trgm_ops", "number": "gin_trgm_ops"},
    )
    op.create_table(
        "scar_answer",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("scar_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("plant_id", sa.BigInteger(), nullable=False),
        sa.Column("round", sa.SmallInteger(), nullable=False),
        sa.Column(
            "discipline",
            sa.Enum(
                "D0",
                "D1",
                "D2",
                "D3",
                "D4",
                "D5",
                "D6",
                "D7",
                "D8",
                name="discipline",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("revision", sa.SmallInteger(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "submitted",
                "accepted",
                "returned",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("written_by_id", sa.BigInteger(), nullable=False),
        sa.Column("is_on_behalf", sa.Boolean(), nullable=False),
        sa.Column("is_weak", sa.Boolean(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.CheckConstraint(
            "(status = 'draft') = (submitted_at IS NULL)", name=op.f("ck_scar_answer_submitted")
        ),
        sa.ForeignKeyConstraint(["decided_by_id"], ["person.id"], name=op.f("fk_scar_answer_decided_by_id")),
        sa.ForeignKeyConstraint(["plant_id"], ["plant.id"], name=op.f("fk_scar_answer_plant_id")),
        sa.ForeignKeyConstraint(
            ["scar_id"], ["scar.id"], name=op.f("fk_scar_answer_scar_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_scar_answer_supplier_id")),
        sa.ForeignKeyConstraint(["written_by_id"], ["person.id"], name=op.f("fk_scar_answer_written_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scar_answer")),
        sa.UniqueConstraint(
            "scar_id",
            "round",
            "discipline",
            "revision",
            name=op.f("uq_scar_answer_scar_id_round_discipline_revision"),
        ),
    )
    op.create_index(op.f("ix_scar_answer_decided_by_id"), "scar_answer", ["decided_by_id"], unique=False)
    op.create_index("ix_scar_answer_supplier_id", "scar_answer", ["supplier_id"], unique=False)
    op.create_index(op.f("ix_scar_answer_written_by_id"), "scar_answer", ["written_by_id"], unique=False)
    op.create_index(
        "uq_scar_answer_draft",
        "scar_answer",
        ["scar_id", "discipline"],
        unique=True,
        postgresql_where=sa.text("status = 'draft'"),
    )
    op.create_table(
        "scar_cost",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("scar_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("plant_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "hours",
                "scrap",
                "freight",
                "downtime",
                "administration",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("words", sa.String(length=400), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=3), nullable=False),
        sa.Column("rate", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "open",
                "accepted",
                "rejected",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.CheckConstraint("quantity >= 0 AND rate >= 0", name=op.f("ck_scar_cost_amounts")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["person.id"], name=op.f("fk_scar_cost_decided_by_id")),
        sa.ForeignKeyConstraint(["plant_id"], ["plant.id"], name=op.f("fk_scar_cost_plant_id")),
        sa.ForeignKeyConstraint(
            ["scar_id"], ["scar.id"], name=op.f("fk_scar_cost_scar_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_scar_cost_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scar_cost")),
    )
    op.create_index(op.f("ix_scar_cost_decided_by_id"), "scar_cost", ["decided_by_id"], unique=False)
    op.create_index("ix_scar_cost_scar_id", "scar_cost", ["scar_id"], unique=False)
    op.create_index(op.f("ix_scar_cost_supplier_id"), "scar_cost", ["supplier_id"], unique=False)
    op.create_table(
        "scar_criterion",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("scar_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("plant_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("words", sa.String(length=400), nullable=False),
        sa.Column(
            "shown_with",
            sa.Enum(
                "D0",
                "D1",
                "D2",
                "D3",
                "D4",
                "D5",
                "D6",
                "D7",
                "D8",
                name="shown_with",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(["plant_id"], ["plant.id"], name=op.f("fk_scar_criterion_plant_id")),
        sa.ForeignKeyConstraint(
            ["scar_id"], ["scar.id"], name=op.f("fk_scar_criterion_scar_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_scar_criterion_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scar_criterion")),
        sa.UniqueConstraint("scar_id", "position", name=op.f("uq_scar_criterion_scar_id_position")),
    )
    op.create_index(op.f("ix_scar_criterion_supplier_id"), "scar_criterion", ["supplier_id"], unique=False)
    op.create_table(
        "scar_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("scar_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("plant_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column(
            "stage",
            sa.Enum(
                "acknowledgement",
                "containment",
                "analysis",
                "implementation",
                "prevention",
                name="stage",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "discipline",
            sa.Enum(
                "D0",
                "D1",
                "D2",
                "D3",
                "D4",
                "D5",
                "D6",
                "D7",
                "D8",
                name="discipline",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("person_name", sa.String(length=200), nullable=False),
        sa.Column("is_ours", sa.Boolean(), nullable=False),
        sa.Column("is_internal", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=4000), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_scar_event_person_id")),
        sa.ForeignKeyConstraint(["plant_id"], ["plant.id"], name=op.f("fk_scar_event_plant_id")),
        sa.ForeignKeyConstraint(
            ["scar_id"], ["scar.id"], name=op.f("fk_scar_event_scar_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_scar_event_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scar_event")),
    )
    op.create_index(op.f("ix_scar_event_person_id"), "scar_event", ["person_id"], unique=False)
    op.create_index("ix_scar_event_scar_id", "scar_event", ["scar_id", "id"], unique=False)
    op.create_index(op.f("ix_scar_event_supplier_id"), "scar_event", ["supplier_id"], unique=False)
    op.create_table(
        "scar_extension",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("scar_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("plant_id", sa.BigInteger(), nullable=False),
        sa.Column("round", sa.SmallInteger(), nullable=False),
        sa.Column(
            "stage",
            sa.Enum(
                "acknowledgement",
                "containment",
                "analysis",
                "implementation",
                "prevention",
                name="stage",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("days", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.Column("asked_by_id", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.String(length=2000), nullable=False),
        sa.CheckConstraint("days BETWEEN 1 AND 60", name=op.f("ck_scar_extension_days")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["person.id"], name=op.f("fk_scar_extension_asked_by_id")),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["person.id"], name=op.f("fk_scar_extension_decided_by_id")
        ),
        sa.ForeignKeyConstraint(["plant_id"], ["plant.id"], name=op.f("fk_scar_extension_plant_id")),
        sa.ForeignKeyConstraint(
            ["scar_id"], ["scar.id"], name=op.f("fk_scar_extension_scar_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_scar_extension_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scar_extension")),
    )
    op.create_index(op.f("ix_scar_extension_asked_by_id"), "scar_extension", ["asked_by_id"], unique=False)
    op.create_index(
        op.f("ix_scar_extension_decided_by_id"), "scar_extension", ["decided_by_id"], unique=False
    )
    op.create_index("ix_scar_extension_scar_id", "scar_extension", ["scar_id"], unique=False)
    op.create_index(op.f("ix_scar_extension_supplier_id"), "scar_extension", ["supplier_id"], unique=False)
    op.create_index(
        "uq_scar_extension_open",
        "scar_extension",
        ["scar_id"],
        unique=True,
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    op.create_table(
        "scar_pause",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("scar_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("plant_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "stage",
            sa.Enum(
                "acknowledgement",
                "containment",
                "analysis",
                "implementation",
                "prevention",
                name="stage",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("ended_at >= started_at", name=op.f("ck_scar_pause_order")),
        sa.ForeignKeyConstraint(["plant_id"], ["plant.id"], name=op.f("fk_scar_pause_plant_id")),
        sa.ForeignKeyConstraint(
            ["scar_id"], ["scar.id"], name=op.f("fk_scar_pause_scar_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_scar_pause_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scar_pause")),
    )
    op.create_index("ix_scar_pause_scar_id", "scar_pause", ["scar_id", "started_at"], unique=False)
    op.create_index(op.f("ix_scar_pause_supplier_id"), "scar_pause", ["supplier_id"], unique=False)
    op.create_index(
        "uq_scar_pause_open",
        "scar_pause",
        ["scar_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "scar_stage",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("scar_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("plant_id", sa.BigInteger(), nullable=False),
        sa.Column("round", sa.SmallInteger(), nullable=False),
        sa.Column(
            "stage",
            sa.Enum(
                "acknowledgement",
                "containment",
                "analysis",
                "implementation",
                "prevention",
                name="stage",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("is_calendar", sa.Boolean(), nullable=False),
        sa.Column("extra_hours", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.CheckConstraint("hours > 0 AND extra_hours >= 0", name=op.f("ck_scar_stage_hours")),
        sa.ForeignKeyConstraint(["plant_id"], ["plant.id"], name=op.f("fk_scar_stage_plant_id")),
        sa.ForeignKeyConstraint(
            ["scar_id"], ["scar.id"], name=op.f("fk_scar_stage_scar_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_scar_stage_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scar_stage")),
        sa.UniqueConstraint("scar_id", "round", "stage", name=op.f("uq_scar_stage_scar_id_round_stage")),
    )
    op.create_index("ix_scar_stage_supplier_id", "scar_stage", ["supplier_id"], unique=False)
    op.add_column("nonconformance", sa.Column("checked", sa.Numeric(precision=18, scale=3), nullable=True))
    op.add_column(
        "nonconformance", sa.Column("line_down_hours", sa.Numeric(precision=18, scale=3), nullable=True)
    )
    op.add_column("nonconformance", sa.Column("scar_id", sa.BigInteger(), nullable=True))
    op.add_column("nonconformance", sa.Column("reported_by_id", sa.BigInteger(), nullable=True))
    op.create_index(
        op.f("ix_nonconformance_reported_by_id"), "nonconformance", ["reported_by_id"], unique=False
    )
    op.create_index(op.f("ix_nonconformance_scar_id"), "nonconformance", ["scar_id"], unique=False)
    op.create_foreign_key(
        op.f("fk_nonconformance_reported_by_id"),
        "nonconformance",
        "person",
        ["reported_by_id"],
        ["id"],
        ondelete="SET NULL",
    )
    op.create_foreign_key(
        op.f("fk_nonconformance_scar_id"), "nonconformance", "scar", ["scar_id"], ["id"], ondelete="SET NULL"
    )
    for table in _WATCHED:
        watch(table)
    watch("nonconformance", left_out=("month",))


def downgrade() -> None:
    for table in _WATCHED:
        unwatch(table)
    op.drop_constraint(op.f("fk_nonconformance_scar_id"), "nonconformance", type_="foreignkey")
    op.drop_constraint(op.f("fk_nonconformance_reported_by_id"), "nonconformance", type_="foreignkey")
    op.drop_index(op.f("ix_nonconformance_scar_id"), table_name="nonconformance")
    op.drop_index(op.f("ix_nonconformance_reported_by_id"), table_name="nonconformance")
    op.drop_column("nonconformance", "reported_by_id")
    op.drop_column("nonconformance", "scar_id")
    op.drop_column("nonconformance", "line_down_hours")
    op.drop_column("nonconformance", "checked")
    op.drop_index("ix_scar_stage_supplier_id", table_name="scar_stage")
    op.drop_table("scar_stage")
    op.drop_index("uq_scar_pause_open", table_name="scar_pause", postgresql_where=sa.text("ended_at IS NULL"))
    op.drop_index(op.f("ix_scar_pause_supplier_id"), table_name="scar_pause")
    op.drop_index("ix_scar_pause_scar_id", table_name="scar_pause")
    op.drop_table("scar_pause")
    op.drop_index(
        "uq_scar_extension_open", table_name="scar_extension", postgresql_where=sa.text("decided_at IS NULL")
    )
    op.drop_index(op.f("ix_scar_extension_supplier_id"), table_name="scar_extension")
    op.drop_index("ix_scar_extension_scar_id", table_name="scar_extension")
    op.drop_index(op.f("ix_scar_extension_decided_by_id"), table_name="scar_extension")
    op.drop_index(op.f("ix_scar_extension_asked_by_id"), table_name="scar_extension")
    op.drop_table("scar_extension")
    op.drop_index(op.f("ix_scar_event_supplier_id"), table_name="scar_event")
    op.drop_index("ix_scar_event_scar_id", table_name="scar_event")
    op.drop_index(op.f("ix_scar_event_person_id"), table_name="scar_event")
    op.drop_table("scar_event")
    op.drop_index(op.f("ix_scar_criterion_supplier_id"), table_name="scar_criterion")
    op.drop_table("scar_criterion")
    op.drop_index(op.f("ix_scar_cost_supplier_id"), table_name="scar_cost")
    op.drop_index("ix_scar_cost_scar_id", table_name="scar_cost")
    op.drop_index(op.f("ix_scar_cost_decided_by_id"), table_name="scar_cost")
    op.drop_table("scar_cost")
    op.drop_index(
        "uq_scar_answer_draft", table_name="scar_answer", postgresql_where=sa.text("status = 'draft'")
    )
    op.drop_index(op.f("ix_scar_answer_written_by_id"), table_name="scar_answer")
    op.drop_index("ix_scar_answer_supplier_id", table_name="scar_answer")
    op.drop_index(op.f("ix_scar_answer_decided_by_id"), table_name="scar_answer")
    op.drop_table("scar_answer")
    op.drop_index(
        "ix_scar_title_trgm",
        table_name="scar",
        postgresql_using="gin",
        postgresql_ops={"title": "gin_trgm_ops", "number": "gin_trgm_ops"},
    )
    op.drop_index("ix_scar_supplier_id", table_name="scar")
    op.drop_index("ix_scar_status_due", table_name="scar")
    op.drop_index(op.f("ix_scar_site_id"), table_name="scar")
    op.drop_index(op.f("ix_scar_repeat_of_id"), table_name="scar")
    op.drop_index(op.f("ix_scar_plant_id"), table_name="scar")
    op.drop_index(op.f("ix_scar_plan_by_id"), table_name="scar")
    op.drop_index("ix_scar_part_id", table_name="scar")
    op.drop_index(op.f("ix_scar_owner_id"), table_name="scar")
    op.drop_index("ix_scar_issued_on", table_name="scar")
    op.drop_index(op.f("ix_scar_assignee_id"), table_name="scar")
    op.drop_index(op.f("ix_scar_earlier_id"), table_name="scar")
    op.drop_index(op.f("ix_scar_commodity_id"), table_name="scar")
    op.drop_index(op.f("ix_scar_closed_by_id"), table_name="scar")
    op.drop_index(op.f("ix_scar_checked_by_id"), table_name="scar")
    op.drop_index(op.f("ix_scar_buyer_id"), table_name="scar")
    op.drop_index(op.f("ix_scar_author_id"), table_name="scar")
    op.drop_table("scar")
    op.drop_table("running_number")
    watch("nonconformance", left_out=("month",))

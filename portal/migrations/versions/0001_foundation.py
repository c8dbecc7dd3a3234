"""The foundation: organisation, suppliers, people, deliveries, inspections, ratings, imports."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.create_table(
        "calendar_day",
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("back", sa.Integer(), nullable=False),
        sa.Column("ahead", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("country", "day", name=op.f("pk_calendar_day")),
    )
    op.create_index(
        "uq_calendar_day_number",
        "calendar_day",
        ["country", "back"],
        unique=True,
        postgresql_where=sa.text("back = ahead"),
    )
    op.create_table(
        "commodity",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commodity")),
        sa.UniqueConstraint("code", name=op.f("uq_commodity_code")),
    )
    op.create_table(
        "import_mapping",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "deliveries",
                "inspections",
                "nonconformances",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("definition", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_mapping")),
        sa.UniqueConstraint("name", name=op.f("uq_import_mapping_name")),
    )
    op.create_table(
        "organisation",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("short_name", sa.String(length=60), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("desk_hours", sa.String(length=200), nullable=False),
        sa.Column("desk_phone", sa.String(length=40), nullable=False),
        sa.Column("desk_email", sa.String(length=254), nullable=False),
        sa.Column("is_synthetic", sa.Boolean(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_organisation_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
    )
    op.create_table(
        "plant",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plant")),
        sa.UniqueConstraint("code", name=op.f("uq_plant_code")),
    )
    op.create_table(
        "policy",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "active",
                "retired",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("definition", postgresql.JSONB(), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy")),
        sa.UniqueConstraint("name", "number", name=op.f("uq_policy_name_number")),
    )
    op.create_index(
        "uq_policy_active", "policy", ["status"], unique=True, postgresql_where=sa.text("status = 'active'")
    )
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("email_hash", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
    )
    op.create_index("ix_sign_in_attempt_address", "sign_in_attempt", ["address", "at"], unique=False)
    op.create_index("ix_sign_in_attempt_email", "sign_in_attempt", ["email_hash", "at"], unique=False)
    op.create_table(
        "supplier_month",
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("lines_cancelled", sa.Integer(), nullable=False),
        sa.Column("lines_empty", sa.Integer(), nullable=False),
        sa.Column("lines_excused", sa.Integer(), nullable=False),
        sa.Column("lines_on_time", sa.Integer(), nullable=False),
        sa.Column("lines_early", sa.Integer(), nullable=False),
        sa.Column("lines_in_full", sa.Integer(), nullable=False),
        sa.Column("lines_perfect", sa.Integer(), nullable=False),
        sa.Column("ordered", sa.Numeric(precision=24, scale=3), nullable=False),
        sa.Column("in_window", sa.Numeric(precision=24, scale=3), nullable=False),
        sa.Column("early_ordered", sa.Numeric(precision=24, scale=3), nullable=False),
        sa.Column("early_in_window", sa.Numeric(precision=24, scale=3), nullable=False),
        sa.Column("received", sa.Numeric(precision=24, scale=3), nullable=False),
        sa.Column("lines_arrived", sa.Integer(), nullable=False),
        sa.Column("nonconforming", sa.Numeric(precision=24, scale=3), nullable=False),
        sa.Column("defects", sa.BigInteger(), nullable=False),
        sa.Column("nonconformances", sa.Integer(), nullable=False),
        sa.Column("nonconformances_left_out", sa.Integer(), nullable=False),
        sa.Column("safety_escapes", sa.Integer(), nullable=False),
        sa.Column("lots_accepted", sa.Integer(), nullable=False),
        sa.Column("lots_rejected", sa.Integer(), nullable=False),
        sa.Column("lots_used_as_is", sa.Integer(), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("month", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("plant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("commodity_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint(
            "supplier_id", "month", "plant_id", "commodity_id", name=op.f("pk_supplier_month")
        ),
    )
    op.create_index("ix_supplier_month_month", "supplier_month", ["month", "plant_id"], unique=False)
    op.create_table(
        "supplier_month_total",
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("lines_cancelled", sa.Integer(), nullable=False),
        sa.Column("lines_empty", sa.Integer(), nullable=False),
        sa.Column("lines_excused", sa.Integer(), nullable=False),
        sa.Column("lines_on_time", sa.Integer(), nullable=False),
        sa.Column("lines_early", sa.Integer(), nullable=False),
        sa.Column("lines_in_full", sa.Integer(), nullable=False),
        sa.Column("lines_perfect", sa.Integer(), nullable=False),
        sa.Column("ordered", sa.Numeric(precision=24, scale=3), nullable=False),
        sa.Column("in_window", sa.Numeric(precision=24, scale=3), nullable=False),
        sa.Column("early_ordered", sa.Numeric(precision=24, scale=3), nullable=False),
        sa.Column("early_in_window", sa.Numeric(precision=24, scale=3), nullable=False),
        sa.Column("received", sa.Numeric(precision=24, scale=3), nullable=False),
        sa.Column("lines_arrived", sa.Integer(), nullable=False),
        sa.Column("nonconforming", sa.Numeric(precision=24, scale=3), nullable=False),
        sa.Column("defects", sa.BigInteger(), nullable=False),
        sa.Column("nonconformances", sa.Integer(), nullable=False),
        sa.Column("nonconformances_left_out", sa.Integer(), nullable=False),
        sa.Column("safety_escapes", sa.Integer(), nullable=False),
        sa.Column("lots_accepted", sa.Integer(), nullable=False),
        sa.Column("lots_rejected", sa.Integer(), nullable=False),
        sa.Column("lots_used_as_is", sa.Integer(), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("month", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("supplier_id", "month", name=op.f("pk_supplier_month_total")),
    )
    op.create_index("ix_supplier_month_total_month", "supplier_month_total", ["month"], unique=False)
    op.create_table(
        "part",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("commodity_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["commodity_id"], ["commodity.id"], name=op.f("fk_part_commodity_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_part")),
        sa.UniqueConstraint("number", name=op.f("uq_part_number")),
    )
    op.create_index(op.f("ix_part_commodity_id"), "part", ["commodity_id"], unique=False)
    op.create_index(
        "ix_part_number_trgm",
        "part",
        ["number", "name"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"number": "gin_trgm_ops", "name": "gin_trgm_ops"},
    )
    op.create_table(
        "supplier",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("city", sa.String(length=120), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "prospect",
                "active",
                "on_hold",
                "exited",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "risk",
            sa.Enum(
                "high", "medium", "low", name="risk", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("commodity_id", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.String(length=4000), nullable=False),
        sa.ForeignKeyConstraint(["commodity_id"], ["commodity.id"], name=op.f("fk_supplier_commodity_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier")),
        sa.UniqueConstraint("number", name=op.f("uq_supplier_number")),
    )
    op.create_index(op.f("ix_supplier_commodity_id"), "supplier", ["commodity_id"], unique=False)
    op.create_index("ix_supplier_lower_name", "supplier", [sa.literal_column("lower(name)")], unique=False)
    op.create_index(
        "ix_supplier_name_trgm",
        "supplier",
        ["name"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"name": "gin_trgm_ops"},
    )
    op.create_index(
        "ix_supplier_number_trgm",
        "supplier",
        ["number"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"number": "gin_trgm_ops"},
    )
    op.create_table(
        "person",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "quality_engineer",
                "buyer",
                "quality_manager",
                "top_management",
                "auditor",
                "administrator",
                "supplier_administrator",
                "supplier_member",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=True),
        sa.Column("plant_ids", postgresql.ARRAY(sa.BigInteger()), nullable=True),
        sa.Column("password_hash", sa.String(length=400), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("last_signed_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(role LIKE 'supplier%') = (supplier_id IS NOT NULL)", name=op.f("ck_person_supplier_role")
        ),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_person_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
    )
    op.create_index(op.f("ix_person_supplier_id"), "person", ["supplier_id"], unique=False)
    op.create_index("uq_person_lower_email", "person", [sa.literal_column("lower(email)")], unique=True)
    op.create_table(
        "response_stage",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("plant_id", sa.BigInteger(), nullable=False),
        sa.Column("commodity_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "scar",
                "certificate",
                "audit_finding",
                "agreement",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("stage", sa.String(length=80), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("month", sa.SmallInteger(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.CheckConstraint(
            "month = (EXTRACT(YEAR FROM due_on) - 2000) * 12 + EXTRACT(MONTH FROM due_on) - 1",
            name=op.f("ck_response_stage_month_agrees"),
        ),
        sa.ForeignKeyConstraint(
            ["commodity_id"], ["commodity.id"], name=op.f("fk_response_stage_commodity_id")
        ),
        sa.ForeignKeyConstraint(["plant_id"], ["plant.id"], name=op.f("fk_response_stage_plant_id")),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_response_stage_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_response_stage")),
        sa.UniqueConstraint(
            "supplier_id",
            "kind",
            "reference",
            "stage",
            name=op.f("uq_response_stage_supplier_id_kind_reference_stage"),
        ),
    )
    op.create_index("ix_response_stage_month", "response_stage", ["month"], unique=False)
    op.create_index(
        "ix_response_stage_supplier_month", "response_stage", ["supplier_id", "month"], unique=False
    )
    op.create_table(
        "supplier_site",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("address", sa.String(length=400), nullable=False),
        sa.Column("city", sa.String(length=120), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_supplier_site_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier_site")),
        sa.UniqueConstraint("supplier_id", "name", name=op.f("uq_supplier_site_supplier_id_name")),
    )
    op.create_table(
        "asl_entry",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "scope_kind",
            sa.Enum(
                "commodity",
                "part_family",
                "process",
                name="scope_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("scope", sa.String(length=200), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "pending",
                "approved",
                "conditional",
                "restricted",
                "disqualified",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.Column("valid_until_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["supplier_site.id"], name=op.f("fk_asl_entry_site_id")),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_asl_entry_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asl_entry")),
        sa.UniqueConstraint(
            "supplier_id",
            "site_id",
            "scope_kind",
            "scope",
            name=op.f("uq_asl_entry_supplier_id_site_id_scope_kind_scope"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(op.f("ix_asl_entry_site_id"), "asl_entry", ["site_id"], unique=False)
    op.create_table(
        "contact",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "quality",
                "logistics",
                "management",
                "sales",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["supplier_site.id"], name=op.f("fk_contact_site_id")),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_contact_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        sa.UniqueConstraint("supplier_id", "email", "role", name=op.f("uq_contact_supplier_id_email_role")),
    )
    op.create_index(
        "ix_contact_name_trgm",
        "contact",
        ["name", "email"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"name": "gin_trgm_ops", "email": "gin_trgm_ops"},
    )
    op.create_index(op.f("ix_contact_site_id"), "contact", ["site_id"], unique=False)
    op.create_table(
        "import_run",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "deliveries",
                "inspections",
                "nonconformances",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("mapping_name", sa.String(length=80), nullable=False),
        sa.Column("definition", postgresql.JSONB(), nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("file_key", sa.String(length=80), nullable=False),
        sa.Column("file_size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "uploaded",
                "queued",
                "running",
                "done",
                "refused",
                "failed",
                "cancelled",
                "undoing",
                "undone",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "on_bad_rows",
            sa.Enum(
                "skip", "refuse", name="on_bad_rows", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("bytes_read", sa.BigInteger(), nullable=False),
        sa.Column("rows_read", sa.Integer(), nullable=False),
        sa.Column("rows_added", sa.Integer(), nullable=False),
        sa.Column("rows_updated", sa.Integer(), nullable=False),
        sa.Column("rows_unchanged", sa.Integer(), nullable=False),
        sa.Column("rows_rejected", sa.Integer(), nullable=False),
        sa.Column("months_touched", postgresql.JSONB(), nullable=True),
        sa.Column("look", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("problem", sa.String(length=2000), nullable=False),
        sa.Column("notes", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("added_ids", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("started_by_id", sa.BigInteger(), nullable=True),
        sa.Column("started_by_name", sa.String(length=200), nullable=False),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by_name", sa.String(length=200), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["started_by_id"], ["person.id"], name=op.f("fk_import_run_started_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
    )
    op.create_table(
        "session",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("csrf_secret", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("user_agent", sa.String(length=400), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_session_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_session")),
    )
    op.create_index(op.f("ix_session_person_id"), "session", ["person_id"], unique=False)
    op.create_table(
        "asl_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("asl_entry_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.Column(
            "from_status",
            sa.Enum(
                "pending",
                "approved",
                "conditional",
                "restricted",
                "disqualified",
                name="from_status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "to_status",
            sa.Enum(
                "pending",
                "approved",
                "conditional",
                "restricted",
                "disqualified",
                name="to_status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("valid_until_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.ForeignKeyConstraint(["asl_entry_id"], ["asl_entry.id"], name=op.f("fk_asl_event_asl_entry_id")),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_asl_event_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asl_event")),
    )
    op.create_index("ix_asl_event_entry", "asl_event", ["asl_entry_id", "at"], unique=False)
    op.create_index(op.f("ix_asl_event_supplier_id"), "asl_event", ["supplier_id"], unique=False)
    op.create_table(
        "delivery_line",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("plant_id", sa.BigInteger(), nullable=False),
        sa.Column("part_id", sa.BigInteger(), nullable=False),
        sa.Column("commodity_id", sa.BigInteger(), nullable=True),
        sa.Column("order_number", sa.String(length=60), nullable=False),
        sa.Column("line_number", sa.String(length=40), nullable=False),
        sa.Column(
            "unit",
            sa.Enum("pc", "kg", "m", "l", name="unit", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("ordered", sa.Numeric(precision=18, scale=3), nullable=False),
        sa.Column("requested_on", sa.Date(), nullable=True),
        sa.Column("acknowledged_on", sa.Date(), nullable=True),
        sa.Column("confirmed_on", sa.Date(), nullable=True),
        sa.Column("cancelled_on", sa.Date(), nullable=True),
        sa.Column(
            "excuse_code",
            sa.Enum(
                "late_order",
                "changed_date",
                "dock_closed",
                "our_carrier",
                "other",
                name="excuse_code",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("excuse_note", sa.String(length=2000), nullable=False),
        sa.Column("excused_by_name", sa.String(length=200), nullable=True),
        sa.Column("excused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paperwork_right", sa.Boolean(), nullable=True),
        sa.Column("nonconforming", sa.Boolean(), nullable=False),
        sa.Column("reference_on", sa.Date(), nullable=True),
        sa.Column("reference_month", sa.SmallInteger(), nullable=True),
        sa.Column("window_first_on", sa.Date(), nullable=True),
        sa.Column("window_last_on", sa.Date(), nullable=True),
        sa.Column("received", sa.Numeric(precision=24, scale=3), nullable=False),
        sa.Column("in_window", sa.Numeric(precision=18, scale=3), nullable=False),
        sa.Column("early", sa.Numeric(precision=24, scale=3), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("too_early", sa.Boolean(), nullable=False),
        sa.Column("import_run_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "requested_on BETWEEN DATE '1900-01-01' AND DATE '2999-12-31' AND acknowledged_on BETWEEN DATE '1900-01-01' AND DATE '2999-12-31' AND confirmed_on BETWEEN DATE '1900-01-01' AND DATE '2999-12-31'",
            name=op.f("ck_delivery_line_days_sensible"),
        ),
        sa.CheckConstraint(
            "(excuse_code IS NULL) = (excused_by_name IS NULL) AND (excuse_code IS NULL) = (excused_at IS NULL)",
            name=op.f("ck_delivery_line_excuse_whole"),
        ),
        sa.CheckConstraint("ordered >= 0", name=op.f("ck_delivery_line_ordered_not_negative")),
        sa.ForeignKeyConstraint(
            ["commodity_id"], ["commodity.id"], name=op.f("fk_delivery_line_commodity_id")
        ),
        sa.ForeignKeyConstraint(
            ["import_run_id"], ["import_run.id"], name=op.f("fk_delivery_line_import_run_id")
        ),
        sa.ForeignKeyConstraint(["part_id"], ["part.id"], name=op.f("fk_delivery_line_part_id")),
        sa.ForeignKeyConstraint(["plant_id"], ["plant.id"], name=op.f("fk_delivery_line_plant_id")),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_delivery_line_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_line")),
        sa.UniqueConstraint("order_number", "line_number", name="uq_delivery_line_natural"),
    )
    op.create_index(
        "ix_delivery_line_acknowledged_on_brin",
        "delivery_line",
        ["acknowledged_on"],
        unique=False,
        postgresql_using="brin",
        postgresql_with={"pages_per_range": 32},
    )
    op.create_index(
        "ix_delivery_line_confirmed_on_brin",
        "delivery_line",
        ["confirmed_on"],
        unique=False,
        postgresql_using="brin",
        postgresql_with={"pages_per_range": 32},
    )
    op.create_index(
        "ix_delivery_line_open",
        "delivery_line",
        ["reference_month", "supplier_id", "window_last_on"],
        unique=False,
        postgresql_include=["ordered", "in_window", "plant_id", "commodity_id"],
        postgresql_where=sa.text(
            "NOT complete AND NOT too_early AND cancelled_on IS NULL AND excuse_code IS NULL AND ordered > 0"
        ),
    )
    op.create_index(
        "ix_delivery_line_reference_on_brin",
        "delivery_line",
        ["reference_on"],
        unique=False,
        postgresql_using="brin",
        postgresql_with={"pages_per_range": 32},
    )
    op.create_index(
        "ix_delivery_line_requested_on_brin",
        "delivery_line",
        ["requested_on"],
        unique=False,
        postgresql_using="brin",
        postgresql_with={"pages_per_range": 32},
    )
    op.create_index(
        "ix_delivery_line_supplier_month", "delivery_line", ["supplier_id", "reference_month"], unique=False
    )
    op.create_table(
        "import_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("import_run_id", sa.BigInteger(), nullable=False),
        sa.Column("table_name", sa.String(length=60), nullable=False),
        sa.Column("row_id", sa.BigInteger(), nullable=False),
        sa.Column("before", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_run_id"],
            ["import_run.id"],
            name=op.f("fk_import_change_import_run_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_change")),
    )
    op.create_index("ix_import_change_row", "import_change", ["table_name", "row_id"], unique=False)
    op.create_index("ix_import_change_run", "import_change", ["import_run_id"], unique=False)
    op.create_table(
        "import_problem",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("import_run_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("column_name", sa.String(length=200), nullable=False),
        sa.Column("value", sa.String(length=400), nullable=False),
        sa.Column("advice", sa.String(length=400), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_run_id"],
            ["import_run.id"],
            name=op.f("fk_import_problem_import_run_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_problem")),
    )
    op.create_index("ix_import_problem_run", "import_problem", ["import_run_id", "line"], unique=False)
    op.create_table(
        "inspection_lot",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("plant_id", sa.BigInteger(), nullable=False),
        sa.Column("part_id", sa.BigInteger(), nullable=False),
        sa.Column("commodity_id", sa.BigInteger(), nullable=True),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("inspected_on", sa.Date(), nullable=False),
        sa.Column("month", sa.SmallInteger(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=3), nullable=False),
        sa.Column(
            "result",
            sa.Enum(
                "accepted",
                "rejected",
                "use_as_is",
                name="result",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("import_run_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "month = (EXTRACT(YEAR FROM inspected_on) - 2000) * 12 + EXTRACT(MONTH FROM inspected_on) - 1",
            name=op.f("ck_inspection_lot_month_agrees"),
        ),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_inspection_lot_quantity_not_negative")),
        sa.ForeignKeyConstraint(
            ["commodity_id"], ["commodity.id"], name=op.f("fk_inspection_lot_commodity_id")
        ),
        sa.ForeignKeyConstraint(
            ["import_run_id"], ["import_run.id"], name=op.f("fk_inspection_lot_import_run_id")
        ),
        sa.ForeignKeyConstraint(["part_id"], ["part.id"], name=op.f("fk_inspection_lot_part_id")),
        sa.ForeignKeyConstraint(["plant_id"], ["plant.id"], name=op.f("fk_inspection_lot_plant_id")),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_inspection_lot_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_lot")),
        sa.UniqueConstraint("supplier_id", "number", name="uq_inspection_lot_natural"),
    )
    op.create_index(
        "ix_inspection_lot_inspected_on_brin",
        "inspection_lot",
        ["inspected_on"],
        unique=False,
        postgresql_using="brin",
        postgresql_with={"pages_per_range": 32},
    )
    op.create_index(
        "ix_inspection_lot_supplier_month", "inspection_lot", ["supplier_id", "month"], unique=False
    )
    op.create_table(
        "nonconformance",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("plant_id", sa.BigInteger(), nullable=False),
        sa.Column("part_id", sa.BigInteger(), nullable=False),
        sa.Column("commodity_id", sa.BigInteger(), nullable=True),
        sa.Column("delivery_line_id", sa.BigInteger(), nullable=True),
        sa.Column("lot_number", sa.String(length=60), nullable=False),
        sa.Column("found_on", sa.Date(), nullable=False),
        sa.Column("month", sa.SmallInteger(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=3), nullable=False),
        sa.Column("defects", sa.Integer(), nullable=False),
        sa.Column("opportunities", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("description", sa.String(length=4000), nullable=False),
        sa.Column(
            "responsibility",
            sa.Enum(
                "supplier",
                "ours",
                "carrier",
                "undetermined",
                name="responsibility",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "disposition",
            sa.Enum(
                "open",
                "use_as_is",
                "rework",
                "return",
                "scrap",
                name="disposition",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("is_safety", sa.Boolean(), nullable=False),
        sa.Column("import_run_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "month = (EXTRACT(YEAR FROM found_on) - 2000) * 12 + EXTRACT(MONTH FROM found_on) - 1",
            name=op.f("ck_nonconformance_month_agrees"),
        ),
        sa.CheckConstraint(
            "quantity >= 0 AND defects >= 0 AND opportunities >= 1", name=op.f("ck_nonconformance_counts")
        ),
        sa.ForeignKeyConstraint(
            ["commodity_id"], ["commodity.id"], name=op.f("fk_nonconformance_commodity_id")
        ),
        sa.ForeignKeyConstraint(
            ["delivery_line_id"],
            ["delivery_line.id"],
            name=op.f("fk_nonconformance_delivery_line_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["import_run_id"], ["import_run.id"], name=op.f("fk_nonconformance_import_run_id")
        ),
        sa.ForeignKeyConstraint(["part_id"], ["part.id"], name=op.f("fk_nonconformance_part_id")),
        sa.ForeignKeyConstraint(["plant_id"], ["plant.id"], name=op.f("fk_nonconformance_plant_id")),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_nonconformance_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nonconformance")),
        sa.UniqueConstraint("number", name=op.f("uq_nonconformance_number")),
    )
    op.create_index(
        op.f("ix_nonconformance_delivery_line_id"), "nonconformance", ["delivery_line_id"], unique=False
    )
    op.create_index(
        "ix_nonconformance_found_on_brin",
        "nonconformance",
        ["found_on"],
        unique=False,
        postgresql_using="brin",
        postgresql_with={"pages_per_range": 32},
    )
    op.create_index(
        "ix_nonconformance_supplier_month", "nonconformance", ["supplier_id", "month"], unique=False
    )
    op.create_table(
        "receipt",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("delivery_line_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("plant_id", sa.BigInteger(), nullable=False),
        sa.Column("commodity_id", sa.BigInteger(), nullable=True),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("arrival_month", sa.SmallInteger(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=3), nullable=False),
        sa.Column("import_run_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "received_on BETWEEN DATE '1900-01-01' AND DATE '2999-12-31'",
            name=op.f("ck_receipt_day_sensible"),
        ),
        sa.CheckConstraint(
            "arrival_month = (EXTRACT(YEAR FROM received_on) - 2000) * 12 + EXTRACT(MONTH FROM received_on) - 1",
            name=op.f("ck_receipt_arrival_month_agrees"),
        ),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_receipt_quantity_not_negative")),
        sa.ForeignKeyConstraint(["commodity_id"], ["commodity.id"], name=op.f("fk_receipt_commodity_id")),
        sa.ForeignKeyConstraint(
            ["delivery_line_id"],
            ["delivery_line.id"],
            name=op.f("fk_receipt_delivery_line_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["import_run_id"], ["import_run.id"], name=op.f("fk_receipt_import_run_id")),
        sa.ForeignKeyConstraint(["plant_id"], ["plant.id"], name=op.f("fk_receipt_plant_id")),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_receipt_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
        sa.UniqueConstraint("delivery_line_id", "reference", name="uq_receipt_natural"),
    )
    op.create_index(
        "ix_receipt_received_on_brin",
        "receipt",
        ["received_on"],
        unique=False,
        postgresql_using="brin",
        postgresql_with={"pages_per_range": 32},
    )
    op.create_index("ix_receipt_supplier_month", "receipt", ["supplier_id", "arrival_month"], unique=False)


def downgrade() -> None:
    op.drop_table("receipt")
    op.drop_table("nonconformance")
    op.drop_table("inspection_lot")
    op.drop_table("import_problem")
    op.drop_table("import_change")
    op.drop_table("delivery_line")
    op.drop_table("asl_event")
    op.drop_table("session")
    op.drop_table("import_run")
    op.drop_table("contact")
    op.drop_table("asl_entry")
    op.drop_table("supplier_site")
    op.drop_table("response_stage")
    op.drop_table("person")
    op.drop_table("supplier")
    op.drop_table("part")
    op.drop_table("supplier_month_total")
    op.drop_table("supplier_month")
    op.drop_table("sign_in_attempt")
    op.drop_table("policy")
    op.drop_table("plant")
    op.drop_table("organisation")
    op.drop_table("import_mapping")
    op.drop_table("commodity")
    op.drop_table("calendar_day")

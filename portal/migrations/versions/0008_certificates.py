"""Certificates: the kinds that come with the portal, who must hold which, and what suppliers handed in."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from portal.migrations.trailed import unwatch, watch

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# code, name, months that one is usually valid (None: it differs), must have an end, names sites
KINDS = (
    ("ISO 9001", "Quality management", 36, True, True),
    ("IATF 16949", "Quality management, automotive", 36, True, True),
    ("AS9100", "Quality management, aerospace", 36, True, True),
    ("ISO 13485", "Quality management, medical devices", 36, True, True),
    ("ISO 14001", "Environmental management", 36, True, True),
    ("ISO 45001", "Occupational health and safety", 36, True, True),
    ("Nadcap", "Special processes, aerospace", 24, True, True),
    ("ISO/IEC 17025", "Testing and calibration laboratory", 60, True, True),
    ("RoHS / REACH", "Declaration on restricted substances", 12, True, False),
    ("Conflict minerals", "Declaration on conflict minerals", 12, True, False),
    ("Insurance", "Liability insurance", 12, True, False),
    ("Certificate of conformance", "For what is delivered", None, False, False),
    ("Certificate of analysis", "For a batch of material", None, False, False),
)
TRAILED = ("certificate_type", "certificate_requirement", "certificate_reminder")


def upgrade() -> None:
    op.create_table(
        "certificate_type",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("usual_months", sa.SmallInteger(), nullable=True),
        sa.Column("has_end", sa.Boolean(), nullable=False),
        sa.Column("names_sites", sa.Boolean(), nullable=False),
        sa.CheckConstraint("usual_months BETWEEN 1 AND 240", name=op.f("ck_certificate_type_usual_months")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_type")),
    )
    op.create_index(
        "uq_certificate_type_lower_code", "certificate_type", [sa.literal_column("lower(code)")], unique=True
    )
    op.create_table(
        "certificate_requirement",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("type_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "level",
            sa.Enum(
                "mandatory", "desired", name="level", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("commodity_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "risk",
            sa.Enum(
                "high", "medium", "low", name="risk", native_enum=False, create_constraint=True, length=40
            ),
            nullable=True,
        ),
        sa.Column("scope", sa.String(length=200), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "on_lapse",
            sa.Enum(
                "show",
                "conditional",
                "restricted",
                name="on_lapse",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.String(length=2000), nullable=False),
        sa.ForeignKeyConstraint(
            ["commodity_id"], ["commodity.id"], name=op.f("fk_certificate_requirement_commodity_id")
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["supplier.id"], name=op.f("fk_certificate_requirement_supplier_id")
        ),
        sa.ForeignKeyConstraint(
            ["type_id"], ["certificate_type.id"], name=op.f("fk_certificate_requirement_type_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_requirement")),
        sa.UniqueConstraint(
            "type_id",
            "commodity_id",
            "risk",
            "scope",
            "supplier_id",
            name="uq_certificate_requirement_conditions",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(
        op.f("ix_certificate_requirement_commodity_id"),
        "certificate_requirement",
        ["commodity_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_certificate_requirement_supplier_id"),
        "certificate_requirement",
        ["supplier_id"],
        unique=False,
    )
    op.create_table(
        "calendar_feed",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_calendar_feed_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("person_id", name=op.f("uq_calendar_feed_person_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_calendar_feed_token_hash")),
    )
    op.create_table(
        "certificate",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("type_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "submitted",
                "accepted",
                "rejected",
                "superseded",
                "expired",
                "withdrawn",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("number", sa.String(length=120), nullable=False),
        sa.Column("issuing_body", sa.String(length=200), nullable=False),
        sa.Column("accreditation", sa.String(length=200), nullable=False),
        sa.Column("scope", sa.String(length=4000), nullable=False),
        sa.Column("site_ids", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("valid_until_on", sa.Date(), nullable=True),
        sa.Column("renews_id", sa.BigInteger(), nullable=True),
        sa.Column("found", postgresql.JSONB(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_by_id", sa.BigInteger(), nullable=True),
        sa.Column("submitted_by_name", sa.String(length=200), nullable=False),
        sa.Column("is_on_behalf", sa.Boolean(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_name", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.CheckConstraint(
            "status <> 'rejected' OR reason <> ''", name=op.f("ck_certificate_rejected_with_reason")
        ),
        sa.CheckConstraint(
            "status = 'draft' OR status = 'withdrawn' OR submitted_at IS NOT NULL",
            name=op.f("ck_certificate_sent"),
        ),
        sa.CheckConstraint("valid_until_on >= issued_on", name=op.f("ck_certificate_days")),
        sa.ForeignKeyConstraint(["renews_id"], ["certificate.id"], name=op.f("fk_certificate_renews_id")),
        sa.ForeignKeyConstraint(
            ["submitted_by_id"],
            ["person.id"],
            name=op.f("fk_certificate_submitted_by_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_certificate_supplier_id")),
        sa.ForeignKeyConstraint(["type_id"], ["certificate_type.id"], name=op.f("fk_certificate_type_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
    )
    op.create_index(
        "ix_certificate_ending",
        "certificate",
        ["valid_until_on"],
        unique=False,
        postgresql_where=sa.text("status = 'accepted'"),
    )
    op.create_index(
        "ix_certificate_held",
        "certificate",
        ["supplier_id", "type_id", sa.literal_column("valid_until_on DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_include=["status"],
        postgresql_where=sa.text("status IN ('accepted', 'expired')"),
    )
    op.create_index(
        "ix_certificate_newest",
        "certificate",
        ["supplier_id", "type_id", sa.literal_column("id DESC")],
        unique=False,
        postgresql_include=["status", "submitted_at"],
        postgresql_where=sa.text("status IN ('submitted', 'rejected')"),
    )
    op.create_index(op.f("ix_certificate_renews_id"), "certificate", ["renews_id"], unique=False)
    op.create_index(op.f("ix_certificate_submitted_by_id"), "certificate", ["submitted_by_id"], unique=False)
    op.create_index(
        "ix_certificate_supplier_type", "certificate", ["supplier_id", "type_id", "status"], unique=False
    )
    op.create_index(op.f("ix_certificate_type_id"), "certificate", ["type_id"], unique=False)
    op.create_index(
        "ix_certificate_waiting",
        "certificate",
        ["submitted_at"],
        unique=False,
        postgresql_where=sa.text("status = 'submitted'"),
    )
    op.create_index(
        "uq_certificate_number",
        "certificate",
        ["supplier_id", "type_id", sa.literal_column("lower(number)"), "valid_until_on"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("status IN ('submitted', 'accepted', 'superseded', 'expired')"),
    )
    op.create_table(
        "certificate_reminder",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("certificate_id", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.SmallInteger(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recipients", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"],
            ["certificate.id"],
            name=op.f("fk_certificate_reminder_certificate_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["supplier.id"], name=op.f("fk_certificate_reminder_supplier_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_reminder")),
        sa.UniqueConstraint(
            "certificate_id", "step", name=op.f("uq_certificate_reminder_certificate_id_step")
        ),
    )
    op.create_index(
        "ix_certificate_reminder_supplier_id", "certificate_reminder", ["supplier_id"], unique=False
    )
    op.execute(
        sa.text(
            "INSERT INTO certificate_type"
            " (code, name, usual_months, has_end, names_sites, position, created_at, updated_at, version)"
            " SELECT code, name, months, has_end, names_sites, 10 * place, now(), now(), 1 FROM unnest("
            " CAST(:codes AS text[]), CAST(:names AS text[]), CAST(:months AS int[]), CAST(:ends AS bool[]),"
            " CAST(:sites AS bool[])) WITH ORDINALITY"
            " AS kind (code, name, months, has_end, names_sites, place)"
        ).bindparams(
            **dict(
                zip(
                    ("codes", "names", "months", "ends", "sites"),
                    map(list, zip(*KINDS, strict=True)),
                    strict=True,
                )
            )
        )
    )
    for table in TRAILED:
        watch(table)
    watch("certificate", left_out=("found",))
    watch("calendar_feed", masked=("token_hash",))


def downgrade() -> None:
    for table in (*TRAILED, "certificate", "calendar_feed"):
        unwatch(table)
    op.drop_index("ix_certificate_reminder_supplier_id", table_name="certificate_reminder")
    op.drop_table("certificate_reminder")
    op.drop_index(
        "uq_certificate_number",
        table_name="certificate",
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("status IN ('submitted', 'accepted', 'superseded', 'expired')"),
    )
    op.drop_index(
        "ix_certificate_waiting", table_name="certificate", postgresql_where=sa.text("status = 'submitted'")
    )
    op.drop_index(op.f("ix_certificate_type_id"), table_name="certificate")
    op.drop_index("ix_certificate_supplier_type", table_name="certificate")
    op.drop_index(op.f("ix_certificate_submitted_by_id"), table_name="certificate")
    op.drop_index(op.f("ix_certificate_renews_id"), table_name="certificate")
    op.drop_index(
        "ix_certificate_ending", table_name="certificate", postgresql_where=sa.text("status = 'accepted'")
    )
    op.drop_table("certificate")
    op.drop_table("calendar_feed")
    op.drop_index(op.f("ix_certificate_requirement_supplier_id"), table_name="certificate_requirement")
    op.drop_index(op.f("ix_certificate_requirement_commodity_id"), table_name="certificate_requirement")
    op.drop_table("certificate_requirement")
    op.drop_index("uq_certificate_type_lower_code", table_name="certificate_type")
    op.drop_table("certificate_type")

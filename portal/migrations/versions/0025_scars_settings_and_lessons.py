"""Deadlines of SCARs as the organisation sets them, lessons read across, and answers translated."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from portal.migrations.tenancy import protect, protect_shared, unprotect
from portal.migrations.trailed import unwatch, watch

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def _stamps() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
    )


def _choice(name: str, *options: str) -> sa.Enum:
    return sa.Enum(*options, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.create_table(
        "scar_allowance",
        *_stamps(),
        sa.Column("severity", _choice("severity", "critical", "major", "minor"), nullable=False),
        sa.Column(
            "stage",
            _choice("stage", "acknowledgement", "containment", "analysis", "implementation", "prevention"),
            nullable=False,
        ),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("is_calendar", sa.Boolean(), nullable=False),
        sa.CheckConstraint("hours BETWEEN 1 AND 8760", name=op.f("ck_scar_allowance_hours")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scar_allowance")),
        sa.UniqueConstraint("severity", "stage", name=op.f("uq_scar_allowance_severity_stage")),
    )
    op.create_table(
        "scar_lesson",
        *_stamps(),
        sa.Column("scar_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("plant_id", sa.BigInteger(), nullable=False),
        sa.Column("part_id", sa.BigInteger(), nullable=True),
        sa.Column("defect", sa.String(length=80), nullable=False),
        sa.Column("words", sa.String(length=4000), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("asked_by_id", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applies", sa.Boolean(), nullable=True),
        sa.Column("answer", sa.String(length=4000), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(length=200), nullable=False),
        sa.CheckConstraint("(answered_at IS NULL) = (applies IS NULL)", name=op.f("ck_scar_lesson_answered")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["person.id"], name=op.f("fk_scar_lesson_asked_by_id")),
        sa.ForeignKeyConstraint(["part_id"], ["part.id"], name=op.f("fk_scar_lesson_part_id")),
        sa.ForeignKeyConstraint(["plant_id"], ["plant.id"], name=op.f("fk_scar_lesson_plant_id")),
        sa.ForeignKeyConstraint(
            ["scar_id"], ["scar.id"], name=op.f("fk_scar_lesson_scar_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_scar_lesson_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scar_lesson")),
        sa.UniqueConstraint(
            "scar_id",
            "supplier_id",
            "part_id",
            name=op.f("uq_scar_lesson_scar_id_supplier_id_part_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(op.f("ix_scar_lesson_asked_by_id"), "scar_lesson", ["asked_by_id"])
    op.create_index(op.f("ix_scar_lesson_part_id"), "scar_lesson", ["part_id"])
    op.create_index("ix_scar_lesson_supplier_id", "scar_lesson", ["supplier_id"])
    op.add_column("scar_answer", sa.Column("translation", postgresql.JSONB(), nullable=True))
    op.alter_column("scar_answer", "written_by_id", existing_type=sa.BigInteger(), nullable=True)
    op.add_column(
        "scar_answer",
        sa.Column("written_by_name", sa.String(length=200), nullable=False, server_default=""),
    )
    op.alter_column("scar_answer", "written_by_name", server_default=None)
    op.add_column(
        "scar_answer",
        sa.Column("translation_language", sa.String(length=8), nullable=False, server_default=""),
    )
    op.alter_column("scar_answer", "translation_language", server_default=None)
    op.add_column("scar_answer", sa.Column("translated_by_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_scar_answer_translated_by_id"), "scar_answer", "person", ["translated_by_id"], ["id"]
    )
    op.create_index(op.f("ix_scar_answer_translated_by_id"), "scar_answer", ["translated_by_id"])
    for table in ("scar_allowance", "scar_lesson", "scar_answer"):
        watch(table)
    protect_shared("scar_allowance")
    protect("scar_lesson")


def downgrade() -> None:
    for table in ("scar_allowance", "scar_lesson"):
        unprotect(table)
        unwatch(table)
        op.drop_table(table)
    op.execute("DELETE FROM scar_answer WHERE written_by_id IS NULL")
    op.alter_column("scar_answer", "written_by_id", existing_type=sa.BigInteger(), nullable=False)
    op.drop_column("scar_answer", "written_by_name")
    op.drop_column("scar_answer", "translated_by_id")
    op.drop_column("scar_answer", "translation_language")
    op.drop_column("scar_answer", "translation")
    watch("scar_answer")

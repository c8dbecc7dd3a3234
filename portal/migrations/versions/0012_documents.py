"""Documents: what was sent, the records it belongs to, and the pictures of its pages."""

import sqlalchemy as sa
from alembic import op

from portal.migrations.trailed import unwatch, watch

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "document",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=True),
        sa.Column("series", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("file_key", sa.String(length=80), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "received",
                "checking",
                "released",
                "refused",
                "quarantined",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("problem", sa.String(length=400), nullable=False),
        sa.Column(
            "scan",
            sa.Enum(
                "clean",
                "infected",
                "not_scanned",
                name="scan",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("scan_note", sa.String(length=200), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("is_internal", sa.Boolean(), nullable=False),
        sa.Column("sent_by_supplier", sa.Boolean(), nullable=False),
        sa.Column("uploaded_by_id", sa.BigInteger(), nullable=True),
        sa.Column("uploaded_by_name", sa.String(length=200), nullable=False),
        sa.Column("attached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("keep_until_on", sa.Date(), nullable=True),
        sa.Column("on_hold", sa.Boolean(), nullable=False),
        sa.Column("hold_reason", sa.String(length=400), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("NOT on_hold OR hold_reason <> ''", name=op.f("ck_document_hold_has_a_reason")),
        sa.CheckConstraint(
            "status NOT IN ('checking', 'released') OR (file_key <> '' AND sha256 <> '')",
            name=op.f("ck_document_is_stored"),
        ),
        sa.CheckConstraint(
            "NOT (is_internal AND sent_by_supplier)", name=op.f("ck_document_suppliers_share")
        ),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_document_supplier_id")),
        sa.ForeignKeyConstraint(["uploaded_by_id"], ["person.id"], name=op.f("fk_document_uploaded_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint("series", "number", name=op.f("uq_document_series_number")),
    )
    op.create_index(
        "ix_document_deleted_at",
        "document",
        ["deleted_at"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_index("ix_document_file_key", "document", ["file_key"], unique=False)
    op.create_index(
        "ix_document_not_attached",
        "document",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("attached_at IS NULL"),
    )
    op.create_index("ix_document_supplier_id", "document", ["supplier_id", "created_at"], unique=False)
    op.create_index(op.f("ix_document_uploaded_by_id"), "document", ["uploaded_by_id"], unique=False)
    op.create_table(
        "document_attachment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("table_name", sa.String(length=60), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("slot", sa.String(length=40), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=True),
        sa.Column("plant_id", sa.BigInteger(), nullable=True),
        sa.Column("is_fixed", sa.Boolean(), nullable=False),
        sa.Column("attached_by_name", sa.String(length=200), nullable=False),
        sa.Column("attached_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name=op.f("fk_document_attachment_document_id")
        ),
        sa.ForeignKeyConstraint(["plant_id"], ["plant.id"], name=op.f("fk_document_attachment_plant_id")),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["supplier.id"], name=op.f("fk_document_attachment_supplier_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_attachment")),
        sa.UniqueConstraint(
            "table_name",
            "record_id",
            "document_id",
            "slot",
            name=op.f("uq_document_attachment_table_name_record_id_document_id_slot"),
        ),
    )
    op.create_index(
        "ix_document_attachment_document_id", "document_attachment", ["document_id"], unique=False
    )
    op.create_index(
        op.f("ix_document_attachment_supplier_id"), "document_attachment", ["supplier_id"], unique=False
    )
    op.create_table(
        "document_preview",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=True),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("file_key", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name=op.f("fk_document_preview_document_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["supplier.id"], name=op.f("fk_document_preview_supplier_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_preview")),
        sa.UniqueConstraint(
            "document_id", "page", "width", name=op.f("uq_document_preview_document_id_page_width")
        ),
    )
    watch("document", left_out=("pages",))
    watch("document_attachment")


def downgrade() -> None:
    unwatch("document_attachment")
    unwatch("document")
    op.drop_table("document_preview")
    op.drop_table("document_attachment")
    op.drop_table("document")

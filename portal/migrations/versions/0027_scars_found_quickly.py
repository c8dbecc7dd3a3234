"""Indexes for tens of thousands of SCARs: in the order of their deadlines, and by words of their lots."""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_WORDS = ("title", "number", "lots")


def upgrade() -> None:
    op.create_index("ix_scar_due_at", "scar", ["due_at", "id"])
    op.drop_index("ix_scar_title_trgm", table_name="scar")
    _index_words(_WORDS)


def downgrade() -> None:
    op.drop_index("ix_scar_title_trgm", table_name="scar")
    _index_words(_WORDS[:2])
    op.drop_index("ix_scar_due_at", table_name="scar")


def _index_words(columns: tuple[str, ...]) -> None:
    op.create_index(
        "ix_scar_title_trgm",
        "scar",
        list(columns),
        postgresql_using="gin",
        postgresql_ops=dict.fromkeys(columns, "gin_trgm_ops"),
    )

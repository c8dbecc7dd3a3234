"""What all cards of a month add up to, so that the management view shows what was published."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from portal.migrations.tenancy import protect_ours, unprotect

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "scorecard_total",
        sa.Column("month", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("sums", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_scorecard_total")),
    )
    # Whole numbers stay numbers, and decimals text, as the engine writes them.
    op.execute("""
        WITH card AS (
            SELECT DISTINCT ON (supplier_id, month) month, result -> 'windows' -> 0 -> 'sums' AS sums
            FROM scorecard
            ORDER BY supplier_id, month, revision DESC
        ), field AS (
            SELECT month, section.key AS section, '' AS criterion, field.key AS name, field.value
            FROM card, jsonb_each(sums) AS section, jsonb_each(section.value) AS field
            WHERE section.key <> 'soft'
            UNION ALL
            SELECT month, 'soft', criterion.key, field.key, field.value
            FROM card, jsonb_each(sums -> 'soft') AS criterion, jsonb_each(criterion.value) AS field
        ), total AS (
            SELECT month, section, criterion, name,
                CASE bool_or(jsonb_typeof(value) = 'string')
                    WHEN true THEN to_jsonb(trim_scale(sum((value #>> '{}')::numeric))::text)
                    ELSE to_jsonb(sum((value #>> '{}')::numeric)::bigint)
                END AS value
            FROM field
            GROUP BY month, section, criterion, name
        ), criterion AS (
            SELECT month, section, criterion, jsonb_object_agg(name, value) AS value
            FROM total
            GROUP BY month, section, criterion
        ), section AS (
            SELECT month, section,
                CASE section WHEN 'soft' THEN jsonb_object_agg(criterion, value)
                ELSE (array_agg(value))[1] END AS value
            FROM criterion
            GROUP BY month, section
        )
        INSERT INTO scorecard_total (month, sums)
        SELECT month, jsonb_object_agg(section, value) FROM section GROUP BY month
    """)
    protect_ours("scorecard_total")


def downgrade() -> None:
    unprotect("scorecard_total")
    op.drop_table("scorecard_total")

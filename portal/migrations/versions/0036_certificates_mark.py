"""A certificate marks the months whose cards it would have capped, or not have capped."""

from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

_COUNTS = """
    {row}.status IN ('accepted', 'expired', 'superseded')
    AND ({row}.decided_at IS NULL OR {row}.issued_on <= month.as_of_on
        OR ({row}.decided_at AT TIME ZONE (SELECT time_zone FROM organisation))::date <= month.as_of_on)
"""
_UNTIL = "coalesce({row}.valid_until_on, 'infinity')"


def upgrade() -> None:
    """Whether a type had lapsed on the day that a month was frozen as of, before the change and after it.

    The twin of ``expired_on`` in workflows/certificates/effects.py, which the recheck asks. What lapses by the
    calendar marks nothing: cards were frozen with the days on which certificates end.
    """
    counts, was = _COUNTS.format(row="kept"), _COUNTS.format(row="old")
    op.execute(f"""
        CREATE FUNCTION touch_scorecards_by_certificate() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        BEGIN
            INSERT INTO scorecard_touch (supplier_id, month, at)
            SELECT DISTINCT place.supplier_id, month.month, clock_timestamp()
            FROM (VALUES (old.supplier_id, old.type_id), (new.supplier_id, new.type_id))
                AS place (supplier_id, type_id)
            JOIN supplier ON supplier.id = place.supplier_id AND supplier.status <> 'exited'
            CROSS JOIN scorecard_month AS month
            CROSS JOIN LATERAL (
                SELECT max(until) FILTER (WHERE is_now) < month.as_of_on AS now,
                    max(until) FILTER (WHERE was) < month.as_of_on AS before
                FROM (
                    SELECT {_UNTIL.format(row="kept")} AS until, true AS is_now,
                        kept.id IS DISTINCT FROM new.id AS was
                    FROM certificate AS kept
                    WHERE kept.supplier_id = place.supplier_id AND kept.type_id = place.type_id AND {counts}
                    UNION ALL
                    SELECT {_UNTIL.format(row="old")}, false, true
                    WHERE old.supplier_id = place.supplier_id AND old.type_id = place.type_id AND {was}
                ) AS counted
            ) AS lapsed
            WHERE month.status IN ('approved', 'published') AND month.as_of_on IS NOT NULL
                AND coalesce(lapsed.now, false) <> coalesce(lapsed.before, false)
                AND EXISTS (
                    SELECT FROM certificate_requirement AS asked
                    WHERE asked.type_id = place.type_id AND asked.level = 'mandatory'
                        AND coalesce(asked.supplier_id, supplier.id) = supplier.id
                        AND (asked.commodity_id IS NULL OR asked.commodity_id = supplier.commodity_id)
                        AND (asked.risk IS NULL OR asked.risk = supplier.risk)
                        AND (asked.scope = '' OR EXISTS (
                            SELECT FROM asl_entry WHERE asl_entry.supplier_id = supplier.id
                                AND lower(asl_entry.scope) = lower(asked.scope)
                                AND asl_entry.status <> 'disqualified'
                        ))
                );
            RETURN NULL;
        END $$
    """)  # of our own words
    op.execute("REVOKE ALL ON FUNCTION touch_scorecards_by_certificate() FROM PUBLIC")
    op.execute("""
        CREATE TRIGGER touch_scorecards AFTER INSERT OR UPDATE OR DELETE ON certificate
        FOR EACH ROW EXECUTE FUNCTION touch_scorecards_by_certificate()
    """)


def downgrade() -> None:
    op.execute("DROP FUNCTION touch_scorecards_by_certificate() CASCADE")

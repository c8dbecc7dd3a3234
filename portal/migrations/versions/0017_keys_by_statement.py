"""References of lines and arrivals are checked, and arrivals counted by line, for a statement at once."""

from alembic import op

from portal.migrations.keys import hold, release

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_MASTER = {
    "supplier_id": "supplier",
    "plant_id": "plant",
    "commodity_id": "commodity",
    "import_run_id": "import_run",
}
_LINES = {**_MASTER, "part_id": "part"}
_RECEIPTS = {"delivery_line_id": "delivery_line", **_MASTER}

_ADDED, _REMOVED = "SELECT 1 AS sign, added.* FROM added", "SELECT -1 AS sign, removed.* FROM removed"
_CHANGES = {
    "INSERT": ("added", _ADDED),
    "DELETE": ("removed", _REMOVED),
    "UPDATE": ("added", f"{_ADDED} UNION ALL {_REMOVED}"),
}


def upgrade() -> None:
    for table, references in (("delivery_line", _LINES), ("receipt", _RECEIPTS)):
        for column in references:
            op.drop_constraint(f"fk_{table}_{column}", table, type_="foreignkey")
    hold("delivery_line", _LINES)
    hold("receipt", _RECEIPTS, owner="delivery_line_id")
    for event, (changed, changes) in _CHANGES.items():
        _count_arrivals(event, changed, _joined(changes))


def downgrade() -> None:
    for event, (changed, changes) in _CHANGES.items():
        _count_arrivals(event, changed, _looked_up(changes))
    for table, references in (("delivery_line", _LINES), ("receipt", _RECEIPTS)):
        release(table, references)
        for column, target in references.items():
            op.create_foreign_key(
                f"fk_{table}_{column}",
                table,
                target,
                [column],
                ["id"],
                ondelete="CASCADE" if column == "delivery_line_id" else None,
            )


_OTHERS = (
    *("lines", "lines_cancelled", "lines_empty", "lines_excused", "lines_on_time", "lines_early"),
    *("lines_in_full", "lines_perfect", "ordered", "in_window", "early_ordered", "early_in_window"),
    *("nonconforming", "defects", "nonconformances", "nonconformances_left_out", "safety_escapes"),
    *("lots_accepted", "lots_rejected", "lots_used_as_is"),
)


def _count_arrivals(event: str, changed: str, arrivals: str) -> None:
    """Note what a statement's arrivals change, as migration 0002 does for the other tables."""
    _, changes = _CHANGES[event]
    op.execute(f"""
        CREATE OR REPLACE FUNCTION receipt_sums_{event.lower()}() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        BEGIN
            IF NOT EXISTS (SELECT FROM {changed}) THEN
                RETURN NULL;
            END IF;
            -- Two who book arrivals on one line take turns, or both would count it as arrived. Lines of this
            -- very transaction are nobody else's yet, so a large import locks nothing.
            EXECUTE $planned$
                SELECT FROM delivery_line
                WHERE id IN (SELECT delivery_line_id FROM ({changes}) AS changed)
                    AND xmin <> pg_current_xact_id()::xid
                ORDER BY id FOR NO KEY UPDATE
            $planned$;
            EXECUTE $planned$
                INSERT INTO supplier_month_change (
                    transaction, is_first, supplier_id, month, plant_id, commodity_id,
                    received, lines_arrived, {", ".join(_OTHERS)}
                )
                SELECT CAST(CAST(pg_current_xact_id() AS text) AS bigint), row_number() OVER () = 1,
                    supplier_id, month, plant_id, commodity_id, received, lines_arrived,
                    {", ".join("0" for _ in _OTHERS)}
                FROM (
                    SELECT supplier_id, month, plant_id, coalesce(commodity_id, 0) AS commodity_id,
                        sum(received) AS received,
                        sum((now > 0)::int - (now - change > 0)::int) AS lines_arrived
                    FROM ({arrivals}) AS counted GROUP BY 1, 2, 3, 4
                ) AS difference WHERE received <> 0 OR lines_arrived <> 0
            $planned$;
            RETURN NULL;
        END $$
    """)


def _touched(changes: str) -> str:
    return f"""
        SELECT supplier_id, arrival_month AS month, plant_id, commodity_id, delivery_line_id,
            sum(sign * quantity) AS received, coalesce(sum(sign) FILTER (WHERE quantity > 0), 0) AS change
        FROM ({changes}) AS changed GROUP BY 1, 2, 3, 4, 5
    """


def _joined(changes: str) -> str:
    """What is booked on the lines by now, read once for all of them."""
    return f"""
        SELECT touched.*, coalesce(booked.now, 0) AS now
        FROM ({_touched(changes)}) AS touched
        LEFT JOIN (
            SELECT supplier_id, arrival_month AS month, plant_id, coalesce(commodity_id, 0) AS commodity_id,
                delivery_line_id, count(*) AS now
            FROM receipt
            WHERE quantity > 0 AND delivery_line_id IN (SELECT delivery_line_id FROM ({changes}) AS changed)
            GROUP BY 1, 2, 3, 4, 5
        ) AS booked ON (booked.delivery_line_id, booked.supplier_id, booked.month, booked.plant_id)
                = (touched.delivery_line_id, touched.supplier_id, touched.month, touched.plant_id)
            AND booked.commodity_id = coalesce(touched.commodity_id, 0)
    """


def _looked_up(changes: str) -> str:
    return f"""
        SELECT touched.*, (
            SELECT count(*) FROM receipt
            WHERE receipt.delivery_line_id = touched.delivery_line_id
                AND receipt.supplier_id = touched.supplier_id
                AND receipt.arrival_month = touched.month
                AND receipt.plant_id = touched.plant_id
                AND receipt.commodity_id IS NOT DISTINCT FROM touched.commodity_id
                AND receipt.quantity > 0
        ) AS now
        FROM ({_touched(changes)}) AS touched
    """

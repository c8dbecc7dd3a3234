"""Monthly sums, kept by statement-level triggers.

Each statement on lines, receipts, lots or nonconformances folds the rows it added and removed into one
difference for each month, and adds the differences in key order, so that two writers who meet on the same
suppliers wait for each other instead of dead-locking. A statement that changes nothing that is summed
locks nothing.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# How rows become sums. `sign` is 1 for a row that a statement added and -1 for one that it removed.
_COUNTED = "cancelled_on IS NULL AND ordered > 0"
_EARLY = f"{_COUNTED} AND NOT complete AND excuse_code IS NULL AND too_early"
_JUDGED = f"{_COUNTED} AND (complete OR excuse_code IS NULL)"
_IN_FULL = f"{_COUNTED} AND complete AND in_window = ordered"

_LINES = {
    "lines": "sum(sign)",
    "lines_cancelled": "sum(sign) FILTER (WHERE cancelled_on IS NOT NULL)",
    "lines_empty": "sum(sign) FILTER (WHERE cancelled_on IS NULL AND ordered = 0)",
    "lines_excused": f"sum(sign) FILTER (WHERE {_COUNTED} AND NOT complete AND excuse_code IS NOT NULL)",
    "lines_on_time": f"sum(sign) FILTER (WHERE {_COUNTED} AND complete)",
    "lines_early": f"sum(sign) FILTER (WHERE {_EARLY})",
    "lines_in_full": f"sum(sign) FILTER (WHERE {_IN_FULL})",
    "lines_perfect": (
        f"sum(sign) FILTER (WHERE {_IN_FULL} AND NOT nonconforming AND paperwork_right IS NOT FALSE)"
    ),
    "ordered": f"sum(sign * ordered) FILTER (WHERE {_JUDGED})",
    "in_window": f"sum(sign * in_window) FILTER (WHERE {_JUDGED})",
    "early_ordered": f"sum(sign * ordered) FILTER (WHERE {_EARLY})",
    "early_in_window": f"sum(sign * in_window) FILTER (WHERE {_EARLY})",
}
_RECEIPTS = {"received": "sum(received)", "lines_arrived": "sum(lines_arrived)"}
_LOTS = {
    "lots_accepted": "sum(sign) FILTER (WHERE result = 'accepted')",
    "lots_rejected": "sum(sign) FILTER (WHERE result = 'rejected')",
    "lots_used_as_is": "sum(sign) FILTER (WHERE result = 'use_as_is')",
}
_OWN = "responsibility = 'supplier' AND NOT is_sample"
_NONCONFORMANCES = {
    "nonconforming": f"sum(sign * quantity) FILTER (WHERE {_OWN})",
    "defects": f"sum(sign * defects) FILTER (WHERE {_OWN})",
    "nonconformances": f"sum(sign) FILTER (WHERE {_OWN})",
    "nonconformances_left_out": f"sum(sign) FILTER (WHERE NOT ({_OWN}))",
    "safety_escapes": f"sum(sign) FILTER (WHERE {_OWN} AND is_safety)",
}

_ADDED, _REMOVED = "SELECT 1 AS sign, added.* FROM added", "SELECT -1 AS sign, removed.* FROM removed"
_CHANGES = {
    "INSERT": ("REFERENCING NEW TABLE AS added", _ADDED),
    "DELETE": ("REFERENCING OLD TABLE AS removed", _REMOVED),
    "UPDATE": (
        "REFERENCING OLD TABLE AS removed NEW TABLE AS added",
        f"{_ADDED} UNION ALL {_REMOVED}",
    ),
}


def upgrade() -> None:
    # Rows of sums are updated over and over: room on the page keeps their keys' index entries in place.
    op.execute("ALTER TABLE supplier_month SET (fillfactor = 70)")
    op.execute("ALTER TABLE supplier_month_total SET (fillfactor = 70)")
    for event, (_, changes) in _CHANGES.items():
        follow = _RECEIPTS_FOLLOW if event == "UPDATE" else ""
        _trigger("delivery_line", event, follow + _add(_LINES, _promised(changes)))
        _trigger("receipt", event, _lock_lines(changes) + _add(_RECEIPTS, _arrived(changes)))
        _trigger("inspection_lot", event, _add(_LOTS, changes))
        flag = _FLAG_LINES.format(changes=changes)
        _trigger("nonconformance", event, flag + _add(_NONCONFORMANCES, changes))
    for table, sums in (
        ("delivery_line", _LINES),
        ("receipt", _RECEIPTS),
        ("inspection_lot", _LOTS),
        ("nonconformance", _NONCONFORMANCES),
    ):
        _empty_trigger(table, sums)


def downgrade() -> None:
    for table in ("delivery_line", "receipt", "inspection_lot", "nonconformance"):
        for event in (*_CHANGES, "TRUNCATE"):
            op.execute(f"DROP TRIGGER {table}_sums_{event.lower()} ON {table}")
            op.execute(f"DROP FUNCTION {table}_sums_{event.lower()}()")


def _trigger(table: str, event: str, body: str) -> None:
    referencing, _ = _CHANGES[event]
    changed = "removed" if event == "DELETE" else "added"
    name = f"{table}_sums_{event.lower()}"
    op.execute(f"""
        CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NOT EXISTS (SELECT FROM {changed}) THEN
                RETURN NULL;
            END IF;
            {body}
            RETURN NULL;
        END $$
    """)
    op.execute(f"""
        CREATE TRIGGER {name} AFTER {event} ON {table} {referencing}
        FOR EACH STATEMENT EXECUTE FUNCTION {name}()
    """)


def _empty_trigger(table: str, sums: dict[str, str]) -> None:
    name = f"{table}_sums_truncate"
    zeros = ", ".join(f"{column} = 0" for column in sums)
    op.execute(f"""
        CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE supplier_month SET {zeros};
            UPDATE supplier_month_total SET {zeros};
            RETURN NULL;
        END $$
    """)
    op.execute(
        f"CREATE TRIGGER {name} AFTER TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
    )


def _add(sums: dict[str, str], rows: str) -> str:
    """Add the difference that rows make to both tables: first all of the finer one, in key order, then all
    of the other. Every trigger takes its locks in this order.
    """
    differences = ", ".join(f"coalesce({how}, 0) AS {column}" for column, how in sums.items())
    pooled = ", ".join(f"sum({column}) AS {column}" for column in sums)
    changed = " OR ".join(f"{column} <> 0" for column in sums)
    values = ", ".join(column if column in sums else "0" for column in _ALL)
    added = ", ".join(f"{column} = kept.{column} + EXCLUDED.{column}" for column in sums)
    names = ", ".join(_ALL)
    return f"""
            WITH difference AS MATERIALIZED (
                SELECT supplier_id, month, plant_id, coalesce(commodity_id, 0) AS commodity_id, {differences}
                FROM ({rows}) AS rows GROUP BY 1, 2, 3, 4
            ), fine AS (
                INSERT INTO supplier_month AS kept (supplier_id, month, plant_id, commodity_id, {names})
                SELECT supplier_id, month, plant_id, commodity_id, {values}
                FROM difference WHERE {changed} ORDER BY supplier_id, month, plant_id, commodity_id
                ON CONFLICT (supplier_id, month, plant_id, commodity_id) DO UPDATE SET {added}
                RETURNING 1
            ), first AS (
                SELECT count(*) FROM fine
            ), total AS (
                SELECT supplier_id, month, {pooled} FROM difference GROUP BY 1, 2
            )
            INSERT INTO supplier_month_total AS kept (supplier_id, month, {names})
            SELECT supplier_id, month, {values} FROM total CROSS JOIN first
            WHERE {changed} ORDER BY supplier_id, month
            ON CONFLICT (supplier_id, month) DO UPDATE SET {added};
    """


_ALL = (*_LINES, *_RECEIPTS, *_LOTS, *_NONCONFORMANCES)


def _lock_lines(changes: str) -> str:
    """Two who book arrivals on one line take turns, or both would count it as arrived.

    Lines of this very transaction are nobody else's yet, so a large import locks nothing.
    """
    return f"""
            PERFORM FROM delivery_line
            WHERE id IN (SELECT delivery_line_id FROM ({changes}) AS changed)
                AND xmin <> pg_current_xact_id()::xid
            ORDER BY id FOR NO KEY UPDATE;
    """


def _promised(changes: str) -> str:
    """A line without any date is promised for no month."""
    return f"""
            SELECT *, reference_month AS month FROM ({changes}) AS changed
            WHERE reference_month IS NOT NULL
    """


def _arrived(changes: str) -> str:
    """A line counts once for a month in which anything arrived on it, however often that happened."""
    return f"""
            SELECT supplier_id, month, plant_id, commodity_id, received,
                (now > 0)::int - (now - change > 0)::int AS lines_arrived
            FROM (
                SELECT touched.*, (
                    SELECT count(*) FROM receipt
                    WHERE receipt.delivery_line_id = touched.delivery_line_id
                        AND receipt.supplier_id = touched.supplier_id
                        AND receipt.arrival_month = touched.month
                        AND receipt.plant_id = touched.plant_id
                        AND receipt.commodity_id IS NOT DISTINCT FROM touched.commodity_id
                        AND receipt.quantity > 0
                ) AS now
                FROM (
                    SELECT supplier_id, arrival_month AS month, plant_id, commodity_id, delivery_line_id,
                        sum(sign * quantity) AS received,
                        coalesce(sum(sign) FILTER (WHERE quantity > 0), 0) AS change
                    FROM ({changes}) AS changed GROUP BY 1, 2, 3, 4, 5
                ) AS touched
            ) AS counted
    """


# A line that moves to another supplier, plant or commodity takes its arrivals along.
_RECEIPTS_FOLLOW = """
            UPDATE receipt SET supplier_id = added.supplier_id, plant_id = added.plant_id,
                commodity_id = added.commodity_id
            FROM added JOIN removed USING (id)
            WHERE receipt.delivery_line_id = added.id
                AND (added.supplier_id, added.plant_id, added.commodity_id)
                    IS DISTINCT FROM (removed.supplier_id, removed.plant_id, removed.commodity_id);
"""

# Whether a line has a nonconformance of its supplier; locked in order first, then looked at afresh.
_FLAG_LINES = f"""
            PERFORM FROM delivery_line
            WHERE id IN (SELECT delivery_line_id FROM ({{changes}}) AS changed)
            ORDER BY id FOR NO KEY UPDATE;
            UPDATE delivery_line SET nonconforming = NOT nonconforming
            WHERE id IN (SELECT delivery_line_id FROM ({{changes}}) AS changed)
                AND nonconforming <> EXISTS (
                    SELECT FROM nonconformance
                    WHERE nonconformance.delivery_line_id = delivery_line.id AND {_OWN}
                );
"""

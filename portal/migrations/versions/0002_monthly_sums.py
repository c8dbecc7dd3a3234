"""Monthly sums, kept by statement-level triggers.

Each statement on lines, receipts, lots or nonconformances folds the rows it added and removed into one
difference for each month and notes the differences in supplier_month_change. The end of the transaction
adds its differences to the sums, in key order. So nobody waits for another's sums before both are done, no
two writers wait for each other in a circle, whatever each of them writes in how many statements, and the
table of changes holds nothing but what transactions under way have noted. The views *_now are what readers
take: the sums with what the reader's own transaction has changed.
"""

from typing import Any

import sqlalchemy as sa
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

_SOURCES = {
    "delivery_line": _LINES,
    "receipt": _RECEIPTS,
    "inspection_lot": _LOTS,
    "nonconformance": _NONCONFORMANCES,
}
_ALL = tuple(column for sums in _SOURCES.values() for column in sums)
_QUANTITIES = ["ordered", "in_window", "early_ordered", "early_in_window", "received", "nonconforming"]
_KINDS: dict[str, sa.types.TypeEngine[Any]] = {
    **dict.fromkeys(_QUANTITIES, sa.Numeric(24, 3)),
    "defects": sa.BigInteger(),
}
_TRANSACTION = "CAST(CAST(pg_current_xact_id() AS text) AS bigint)"

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
    _table_of_changes()
    _views()
    _fold()
    for event, (_, changes) in _CHANGES.items():
        follow = _receipts_follow() if event == "UPDATE" else ""
        _trigger("delivery_line", event, follow + _note(_LINES, _promised(changes)))
        _trigger("receipt", event, _lock_lines(changes) + _note(_RECEIPTS, _arrived(changes)))
        _trigger("inspection_lot", event, _note(_LOTS, changes))
        _trigger("nonconformance", event, _flag_lines(changes) + _note(_NONCONFORMANCES, changes))
    for table, sums in _SOURCES.items():
        _empty_trigger(table, sums)


def downgrade() -> None:
    for table in _SOURCES:
        for event in (*_CHANGES, "TRUNCATE"):
            op.execute(f"DROP TRIGGER {table}_sums_{event.lower()} ON {table}")
            op.execute(f"DROP FUNCTION {table}_sums_{event.lower()}()")
    op.execute("DROP VIEW supplier_month_now")
    op.execute("DROP VIEW supplier_month_total_now")
    op.drop_table("supplier_month_change")
    op.execute("DROP FUNCTION fold_supplier_months()")


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
    """Emptying a table takes away its share of every month."""
    name = f"{table}_sums_truncate"
    gone = ", ".join(f"-sum({column}) AS {column}" for column in sums)
    op.execute(f"""
        CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            {_noted(sums, f"SELECT supplier_id, month, plant_id, commodity_id, {gone} FROM supplier_month_now GROUP BY 1, 2, 3, 4")}
            RETURN NULL;
        END $$
    """)
    op.execute(
        f"CREATE TRIGGER {name} AFTER TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
    )


def _note(sums: dict[str, str], rows: str) -> str:
    """Note the difference that rows make."""
    differences = ", ".join(f"coalesce({how}, 0) AS {column}" for column, how in sums.items())
    return _noted(
        sums,
        f"""
                SELECT supplier_id, month, plant_id, coalesce(commodity_id, 0) AS commodity_id, {differences}
                FROM ({rows}) AS rows GROUP BY 1, 2, 3, 4
        """,
    )


def _noted(sums: dict[str, str], differences: str) -> str:
    names = ", ".join(_ALL)
    values = ", ".join(column if column in sums else "0" for column in _ALL)
    changed = " OR ".join(f"{column} <> 0" for column in sums)
    return f"""
            INSERT INTO supplier_month_change (
                transaction, is_first, supplier_id, month, plant_id, commodity_id, {names}
            )
            SELECT {_TRANSACTION}, row_number() OVER () = 1,
                supplier_id, month, plant_id, commodity_id, {values}
            FROM ({differences}) AS difference WHERE {changed};
    """


def _table_of_changes() -> None:
    op.create_table(
        "supplier_month_change",
        *(sa.Column(name, _KINDS.get(name, sa.Integer()), nullable=False) for name in _ALL),
        sa.Column("transaction", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("is_first", sa.Boolean(), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.SmallInteger(), nullable=False),
        sa.Column("plant_id", sa.BigInteger(), nullable=False),
        sa.Column("commodity_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("transaction", "id", name=op.f("pk_supplier_month_change")),
    )
    op.create_index(
        "ix_supplier_month_change_supplier_month", "supplier_month_change", ["supplier_id", "month"]
    )


def _views() -> None:
    names = ", ".join(_ALL)
    for table, key in (
        ("supplier_month", "supplier_id, month, plant_id, commodity_id"),
        ("supplier_month_total", "supplier_id, month"),
    ):
        op.execute(f"""
            CREATE VIEW {table}_now WITH (security_invoker = true) AS
            SELECT {key}, {names} FROM {table}
            UNION ALL SELECT {key}, {names} FROM supplier_month_change
        """)


def _fold() -> None:
    """The first row of each statement's changes asks for the fold; the first fold of a transaction does it."""
    names = ", ".join(_ALL)
    pooled = ", ".join(f"sum({column}) AS {column}" for column in _ALL)
    added = ", ".join(f"{column} = kept.{column} + EXCLUDED.{column}" for column in _ALL)
    changed = " OR ".join(f"{column} <> 0" for column in _ALL)
    op.execute(f"""
        CREATE FUNCTION fold_supplier_months() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            WITH noted AS (
                DELETE FROM supplier_month_change WHERE transaction = NEW.transaction RETURNING *
            ), difference AS MATERIALIZED (
                SELECT supplier_id, month, plant_id, commodity_id, {pooled} FROM noted GROUP BY 1, 2, 3, 4
            ), fine AS (
                INSERT INTO supplier_month AS kept (supplier_id, month, plant_id, commodity_id, {names})
                SELECT supplier_id, month, plant_id, commodity_id, {names}
                FROM difference WHERE {changed} ORDER BY supplier_id, month, plant_id, commodity_id
                ON CONFLICT (supplier_id, month, plant_id, commodity_id) DO UPDATE SET {added}
                RETURNING 1
            ), finer_first AS (
                SELECT count(*) FROM fine
            ), total AS (
                SELECT supplier_id, month, {pooled} FROM difference GROUP BY 1, 2
            )
            INSERT INTO supplier_month_total AS kept (supplier_id, month, {names})
            SELECT supplier_id, month, {names} FROM total CROSS JOIN finer_first
            WHERE {changed} ORDER BY supplier_id, month
            ON CONFLICT (supplier_id, month) DO UPDATE SET {added};
            RETURN NULL;
        END $$
    """)
    op.execute("""
        CREATE CONSTRAINT TRIGGER supplier_month_fold AFTER INSERT ON supplier_month_change
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.is_first)
        EXECUTE FUNCTION fold_supplier_months()
    """)


def _lock_lines(changes: str) -> str:
    """Two who book arrivals on one line take turns, or both would count it as arrived.

    Lines of this very transaction are nobody else's yet, so a large import locks nothing.
    """
    return _planned_afresh(f"""
                SELECT FROM delivery_line
                WHERE id IN (SELECT delivery_line_id FROM ({changes}) AS changed)
                    AND xmin <> pg_current_xact_id()::xid
                ORDER BY id FOR NO KEY UPDATE
    """)


def _planned_afresh(statement: str) -> str:
    """A session keeps the plan of a trigger's statement, made for the first few rows it saw; joined to a
    large table or to each other, thousands of rows need another one.
    """
    return f"""
            EXECUTE $join${statement}$join$;
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


def _receipts_follow() -> str:
    """A line that moves to another supplier, plant or commodity takes its arrivals along."""
    move = _planned_afresh("""
                UPDATE receipt SET supplier_id = added.supplier_id, plant_id = added.plant_id,
                    commodity_id = added.commodity_id
                FROM added JOIN removed USING (id)
                WHERE receipt.delivery_line_id = added.id
                    AND (added.supplier_id, added.plant_id, added.commodity_id)
                        IS DISTINCT FROM (removed.supplier_id, removed.plant_id, removed.commodity_id)
    """)
    return f"""
            IF EXISTS (
                SELECT id, supplier_id, plant_id, commodity_id FROM added
                EXCEPT SELECT id, supplier_id, plant_id, commodity_id FROM removed
            ) THEN
                {move}
            END IF;
    """


def _flag_lines(changes: str) -> str:
    """Whether a line has a nonconformance of its supplier: locked in order first, then looked at afresh."""
    booked = f"SELECT delivery_line_id FROM ({changes}) AS changed WHERE delivery_line_id IS NOT NULL"
    lock = _planned_afresh(f"SELECT FROM delivery_line WHERE id IN ({booked}) ORDER BY id FOR NO KEY UPDATE")
    flag = _planned_afresh(f"""
                UPDATE delivery_line SET nonconforming = NOT nonconforming
                WHERE id IN ({booked}) AND nonconforming <> EXISTS (
                    SELECT FROM nonconformance
                    WHERE nonconformance.delivery_line_id = delivery_line.id AND {_OWN}
                )
    """)
    return f"""
            IF EXISTS ({booked}) THEN
                {lock} {flag}
            END IF;
    """

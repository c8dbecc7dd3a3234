"""Put a table under the trail: a migration that makes or changes one calls ``watch("certificate")`` last.

A trigger records each statement on the table as one row of trail_act (who, when, why, what was done) and
each row that the statement changed as one row of trail_change (old and new values). The trigger's function
is written out for the table's columns as they are at that moment: a migration that adds or drops a column
watches the table again, with the same exceptions.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from alembic import op
from sqlalchemy import text

from portal.models.trail import HIDDEN

# What every table has for its own sake; it says nothing that the trail does not say better.
BOOKKEEPING = ("created_at", "updated_at", "version")

_EVENTS = {
    "INSERT": "AFTER INSERT ON {table} REFERENCING NEW TABLE AS added",
    "UPDATE": "AFTER UPDATE ON {table} REFERENCING OLD TABLE AS removed NEW TABLE AS added",
    "DELETE": "AFTER DELETE ON {table} REFERENCING OLD TABLE AS removed",
    # Without a transition table: the rows are read before they go.
    "TRUNCATE": "BEFORE TRUNCATE ON {table}",
}


def watch(table: str, *, left_out: Iterable[str] = (), masked: Iterable[str] = (), key: str = "id") -> None:
    """Record every change of a table from now on.

    Args:
        table: its rows are known by one whole number that never changes.
        left_out: columns that follow from others, or only keep count; changing them alone is no change.
        masked: secrets.
        key: the column with that number.
    """
    found = op.get_bind().execute(
        text(
            "SELECT attname FROM pg_attribute WHERE attrelid = CAST(:table AS regclass) AND attnum > 0"
            " AND NOT attisdropped ORDER BY attnum"
        ),
        {"table": table},
    )
    columns = tuple(found.scalars())
    kept = tuple(each for each in columns if each not in {key, *BOOKKEEPING, *left_out})
    op.execute(_Watched(table, key, columns, kept, frozenset(masked)).function())
    op.execute(f"REVOKE ALL ON FUNCTION trail_{table}() FROM PUBLIC")
    for event, when in _EVENTS.items():
        op.execute(
            f"CREATE OR REPLACE TRIGGER trail_{event.lower()} {when.format(table=table)}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION trail_{table}()"
        )


def unwatch(table: str) -> None:
    """Record no more: in a downgrade, or before a table is dropped."""
    op.execute(f"DROP FUNCTION trail_{table}() CASCADE")


@dataclass(frozen=True, slots=True)
class _Watched:
    table: str
    key: str
    columns: Sequence[str]
    kept: Sequence[str]
    masked: frozenset[str]

    def function(self) -> str:
        """The trigger's function. Whole rows are JSON arrays, because an import writes many of them; the
        names of their columns are in the act. An update is an object of what it changed.
        """
        head = "INSERT INTO trail_change (act_id, n, row_id, supplier_id, plant_id"
        row = f"act, row_number() OVER (), {self.key}, {self._supplier()}, {self._plant()}"
        values = ", ".join(self._value(column) for column in self.kept)
        whole = f"JSON_ARRAY({values} NULL ON NULL RETURNING text)"
        names = ", ".join(f'"{column}"' for column in self.kept)
        before, after = (
            ", ".join(f"{side}.{column}" for column in self.kept) for side in ("before", "after")
        )
        return f"""
            CREATE OR REPLACE FUNCTION trail_{self.table}() RETURNS trigger
            LANGUAGE plpgsql SECURITY DEFINER
            -- A session keeps its plans: one made for a single row would take hours for an import.
            SET enable_nestloop = off
            SET timezone = 'UTC'
            SET search_path = pg_catalog, public, pg_temp
            AS $$
            DECLARE
                act bigint;
                count bigint;
            BEGIN
                IF TG_OP = 'INSERT' THEN
                    IF NOT EXISTS (SELECT FROM added) THEN
                        RETURN NULL;
                    END IF;
                    act := nextval('trail_act_id_seq');
                    {head}, new)
                    SELECT {row}, {whole} FROM added;
                ELSIF TG_OP = 'UPDATE' THEN
                    IF NOT EXISTS (SELECT FROM added) THEN
                        RETURN NULL;
                    END IF;
                    IF EXISTS (SELECT {self.key} FROM removed EXCEPT SELECT {self.key} FROM added) THEN
                        RAISE EXCEPTION '{self.table}.{self.key} never changes: the trail knows a row by it';
                    END IF;
                    act := nextval('trail_act_id_seq');
                    {head}, old, new)
                    SELECT act, row_number() OVER (), {self.key}, {self._supplier_after()}, {self._plant("after.")},
                        concat('{{', {self._changed("before")}, '}}'), concat('{{', {self._changed("after")}, '}}')
                    FROM removed AS before JOIN added AS after USING ({self.key})
                    WHERE ({before}) IS DISTINCT FROM ({after});
                ELSIF TG_OP = 'DELETE' THEN
                    IF NOT EXISTS (SELECT FROM removed) THEN
                        RETURN NULL;
                    END IF;
                    act := nextval('trail_act_id_seq');
                    {head}, old)
                    SELECT {row}, {whole} FROM removed;
                ELSE
                    -- The sealer relies on it: no act gets its number before its transaction has one.
                    PERFORM pg_current_xact_id();
                    act := nextval('trail_act_id_seq');
                    {head}, old)
                    SELECT {row}, {whole} FROM {self.table};
                END IF;
                GET DIAGNOSTICS count = ROW_COUNT;
                PERFORM trail_note(act, '{self.table}', TG_OP, '[{names}]', count);
                RETURN NULL;
            END $$
        """

    def _supplier(self) -> str:
        if self.table == "supplier":
            return self.key
        return "supplier_id" if "supplier_id" in self.columns else "NULL::bigint"

    def _supplier_after(self) -> str:
        """What moves from one supplier to another is for neither to see: it names the other."""
        if "supplier_id" in self.columns:
            return "CASE WHEN before.supplier_id = after.supplier_id THEN after.supplier_id END"
        return self._supplier()

    def _plant(self, side: str = "") -> str:
        return f"{side}plant_id" if "plant_id" in self.columns else "NULL::bigint"

    def _value(self, column: str) -> str:
        if column in self.masked:
            return f"CASE WHEN {column} IS NOT NULL THEN '{HIDDEN}' END"
        return column

    def _changed(self, side: str) -> str:
        pairs = []
        for column in self.kept:
            text = f'"{HIDDEN}"' if column in self.masked else None
            value = f"'{text}'" if text else f"coalesce(to_json({side}.{column})::text, 'null')"
            pairs.append(
                f"CASE WHEN before.{column} IS DISTINCT FROM after.{column}"
                f" THEN '\"{column}\": ' || {value} END"
            )
        return f"concat_ws(', ', {', '.join(pairs)})"

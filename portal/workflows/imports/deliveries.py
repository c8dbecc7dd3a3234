"""Merge staged deliveries: order lines, and the arrivals booked against them.

New lines are derived while they are still staged and written once. Lines that are there already are
compared first; only what differs is written, with the row as it was before kept as history.
"""

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from portal import clock
from portal.imports.mapping import Arrivals, ColumnMapping
from portal.workflows import ratings
from portal.workflows.imports.merging import Merged, added_range, month_of, months_noted, note_months
from portal.workflows.ratings import calendars
from portal.workflows.ratings.derive import COLUMNS as DERIVED

_FEW = 2_000

# Ours, as far as the file speaks of them; always in this order.
_ALWAYS = ("supplier_id", "plant_id", "part_id", "ordered")
_MAYBE = ("unit", "requested_on", "acknowledged_on", "confirmed_on", "cancelled_on")
OWNED = (*_ALWAYS, "commodity_id", *_MAYBE, "import_run_id", "updated_at")


async def merge(db: AsyncSession, mapping: ColumnMapping, run_id: int) -> Merged:
    """Write what differs from what is there; see Merged."""
    written = [*_ALWAYS, *(name for name in ("commodity_id", *_MAYBE) if _is_mapped(mapping, name))]
    await _stage_lines(db, written)
    await _stage_receipts(db)
    await _compare(db, mapping, written)
    await months_noted(db)
    await _note_touched_months(db)
    await _change_lines(db, written, run_id)
    await _change_receipts(db, mapping, run_id)
    policy = await ratings.policy_for_writing(db)
    await _add_lines(db, policy.delivery, run_id)
    await _add_receipts(db, run_id)
    await ratings.derive_touched(db, policy)
    await _note_touched_months(db)
    await note_months(
        db,
        "SELECT reference_month FROM delivery_line JOIN import_line USING (id) WHERE import_line.is_new"
        " UNION SELECT arrival_month FROM import_receipt WHERE fate = 'new'",
    )
    return await _counted(db)


def _is_mapped(mapping: ColumnMapping, column: str) -> bool:
    return mapping.has(column.removesuffix("_id"))


async def _stage_lines(db: AsyncSession, written: list[str]) -> None:
    """Make import_line: one row for each order line of the file, with the id it has or will have."""
    dates = ", ".join(
        f"CAST({'staged.' + name if name in written else 'NULL'} AS date) AS {name}" for name in _MAYBE[1:]
    )
    unit = "coalesce(staged.unit, 'pc')" if "unit" in written else "'pc'"
    await db.execute(
        text(f"""
            CREATE TEMPORARY TABLE import_line ON COMMIT DROP AS
            SELECT first.order_number, first.line_number, known.id AS known_id,
                coalesce(known.id, nextval(pg_get_serial_sequence('delivery_line', 'id'))) AS id,
                known.id IS NULL AS is_new,
                import_supplier.id AS supplier_id, import_plant.id AS plant_id, import_part.id AS part_id,
                coalesce(import_commodity.id, import_part.commodity_id) AS commodity_id,
                CAST(staged.ordered AS numeric(18, 3)) AS ordered, CAST({unit} AS text) AS unit, {dates}
            FROM (
                SELECT order_number, line_number, min(line) AS line
                FROM import_staged GROUP BY order_number, line_number ORDER BY 3
            ) AS first
            JOIN import_staged AS staged ON staged.line = first.line
            JOIN import_supplier ON import_supplier.ref = staged.supplier_ref
            JOIN import_plant ON import_plant.ref = staged.plant
            JOIN import_part ON import_part.ref = staged.part
            LEFT JOIN import_commodity ON import_commodity.ref = staged.commodity
            LEFT JOIN delivery_line AS known
                ON known.order_number = first.order_number AND known.line_number = first.line_number
        """)  # noqa: S608 # names of our own
    )
    await db.execute(text("CREATE INDEX ON import_line (id)"))
    await db.execute(text("ANALYZE import_line"))


async def _stage_receipts(db: AsyncSession) -> None:
    """Make import_receipt: one row for each arrival; without a delivery note the day tells them apart."""
    await db.execute(
        text(f"""
            CREATE TEMPORARY TABLE import_receipt ON COMMIT DROP AS
            SELECT staged.line, import_line.id AS delivery_line_id, import_line.is_new,
                coalesce(nullif(staged.reference, ''), CAST(staged.received_on AS text) || CASE
                    WHEN nth.nth > 1 THEN '/' || nth.nth ELSE '' END) AS reference,
                staged.received_on, {month_of("staged.received_on")} AS arrival_month,
                CAST(staged.received AS numeric(18, 3)) AS quantity,
                CAST(CASE WHEN import_line.is_new THEN 'new' END AS text) AS fate
            FROM import_staged AS staged
            JOIN import_line USING (order_number, line_number)
            LEFT JOIN (
                SELECT line, row_number() OVER (
                    PARTITION BY order_number, line_number, received_on ORDER BY line
                ) AS nth
                FROM import_staged WHERE received_on IS NOT NULL AND reference = ''
            ) AS nth USING (line)
            WHERE staged.received_on IS NOT NULL
        """)  # noqa: S608 # names of our own
    )
    await db.execute(text("CREATE INDEX ON import_receipt (delivery_line_id)"))
    await db.execute(text("ANALYZE import_receipt"))


async def _compare(db: AsyncSession, mapping: ColumnMapping, written: list[str]) -> None:
    """Tell which known lines and arrivals differ; touched_line lists the lines that will be written."""
    staged = ", ".join(f"import_line.{name}" for name in written)
    known = ", ".join(f"known.{name}" for name in written)
    await db.execute(
        text(f"""
            CREATE TEMPORARY TABLE import_changed_line ON COMMIT DROP AS
            SELECT known.id FROM import_line JOIN delivery_line AS known ON known.id = import_line.known_id
            WHERE ({staged}) IS DISTINCT FROM ({known})
        """)  # noqa: S608 # names of our own
    )
    await db.execute(
        text("""
            UPDATE import_receipt SET fate = CASE
                    WHEN known.id IS NULL THEN 'new'
                    WHEN (known.received_on, known.quantity)
                        IS DISTINCT FROM (compared.received_on, compared.quantity) THEN 'changed'
                    ELSE 'same' END
            FROM import_receipt AS compared
            LEFT JOIN receipt AS known ON known.delivery_line_id = compared.delivery_line_id
                AND known.reference = compared.reference
            WHERE NOT import_receipt.is_new AND compared.line = import_receipt.line
        """)
    )
    # Arrivals that a complete file no longer has.
    await db.execute(
        text("""
            CREATE TEMPORARY TABLE import_lost_receipt ON COMMIT DROP AS
            SELECT known.id, known.delivery_line_id
            FROM import_line JOIN receipt AS known ON known.delivery_line_id = import_line.known_id
            WHERE CAST(:complete AS boolean) AND NOT EXISTS (
                SELECT FROM import_receipt WHERE import_receipt.delivery_line_id = known.delivery_line_id
                    AND import_receipt.reference = known.reference
            )
        """),
        {"complete": mapping.arrivals is Arrivals.ALL},
    )
    await ratings.note_touched(db)
    await db.execute(
        text("""
            INSERT INTO touched_line (id)
            SELECT id FROM import_changed_line
            UNION SELECT delivery_line_id FROM import_receipt WHERE NOT is_new AND fate <> 'same'
            UNION SELECT delivery_line_id FROM import_lost_receipt
        """)
    )
    # In one order, before anything is written: whoever edits a single line waits, nobody waits in a circle.
    await db.execute(
        text(
            "SELECT count(*) FROM (SELECT FROM delivery_line WHERE id IN (SELECT id FROM touched_line)"
            " ORDER BY id FOR NO KEY UPDATE) AS locked"
        )
    )


async def _note_touched_months(db: AsyncSession) -> None:
    """Note the months of known lines and their arrivals, as they are now."""
    await note_months(
        db,
        "SELECT reference_month FROM delivery_line WHERE id IN (SELECT id FROM touched_line)"
        " UNION SELECT arrival_month FROM receipt WHERE delivery_line_id IN (SELECT id FROM touched_line)",
    )


async def _change_lines(db: AsyncSession, written: list[str], run_id: int) -> None:
    values = {"run": run_id, "at": clock.now()}
    before = ", ".join(f"'{name}', {name}" for name in OWNED)
    await db.execute(
        text(f"""
            INSERT INTO import_change (import_run_id, table_name, row_id, before, at)
            SELECT :run, 'delivery_line', id, jsonb_build_object({before}), :at
            FROM delivery_line WHERE id IN (SELECT id FROM import_changed_line)
        """),  # noqa: S608 # names of our own
        values,
    )
    assigned = ", ".join(f"{name} = import_line.{name}" for name in written)
    await db.execute(
        text(f"""
            UPDATE delivery_line SET {assigned}, import_run_id = :run, updated_at = :at, version = version + 1
            FROM import_line
            WHERE delivery_line.id = import_line.known_id
                AND delivery_line.id IN (SELECT id FROM import_changed_line)
        """),  # noqa: S608 # names of our own
        values,
    )


async def _change_receipts(db: AsyncSession, mapping: ColumnMapping, run_id: int) -> None:
    values: dict[str, Any] = {"run": run_id, "at": clock.now()}
    await db.execute(
        text("""
            INSERT INTO import_change (import_run_id, table_name, row_id, before, at)
            SELECT :run, 'receipt', receipt.id, to_jsonb(receipt), :at
            FROM receipt
            LEFT JOIN import_receipt ON import_receipt.delivery_line_id = receipt.delivery_line_id
                AND import_receipt.reference = receipt.reference AND import_receipt.fate = 'changed'
            WHERE receipt.delivery_line_id IN (SELECT id FROM touched_line) AND (
                import_receipt.line IS NOT NULL OR receipt.id IN (SELECT id FROM import_lost_receipt)
            )
        """),
        values,
    )
    if mapping.arrivals is Arrivals.ALL:
        await db.execute(text("DELETE FROM receipt WHERE id IN (SELECT id FROM import_lost_receipt)"))
    await db.execute(
        text("""
            UPDATE receipt SET received_on = import_receipt.received_on,
                arrival_month = import_receipt.arrival_month, quantity = import_receipt.quantity,
                import_run_id = :run, updated_at = :at, version = version + 1
            FROM import_receipt
            WHERE receipt.delivery_line_id = import_receipt.delivery_line_id
                AND receipt.reference = import_receipt.reference AND import_receipt.fate = 'changed'
        """),
        values,
    )


async def _add_lines(db: AsyncSession, rules: Any, run_id: int) -> None:
    """Write the new lines, derived from what is staged, so that each is written once."""
    first, last = (
        await db.execute(
            text("""
                SELECT min(least(requested_on, acknowledged_on, confirmed_on)),
                    max(greatest(requested_on, acknowledged_on, confirmed_on))
                FROM import_line WHERE is_new
            """)
        )
    ).one()
    await calendars.prepare(db, rules, first, last)
    query, more = ratings.derivation(
        rules, lines="import_line", receipts="import_receipt", only="line.is_new"
    )
    own = (*_ALWAYS, "commodity_id", *_MAYBE)
    columns = ", ".join(own)
    staged = ", ".join(f"line.{name}" for name in own)
    derived = ", ".join(DERIVED)
    values = ", ".join(f"derived.{name}" for name in DERIVED)
    await db.execute(
        text(f"""
            INSERT INTO delivery_line (id, order_number, line_number, {columns}, {derived}, excuse_note,
                nonconforming, import_run_id, created_at, updated_at, version)
            SELECT line.id, line.order_number, line.line_number, {staged}, {values}, '',
                false, :run, :at, :at, 1
            FROM import_line AS line JOIN ({query}) AS derived USING (id)
            WHERE line.is_new ORDER BY line.id
        """),  # noqa: S608 # names of our own
        more | {"run": run_id, "at": clock.now()},
    )


async def _add_receipts(db: AsyncSession, run_id: int) -> None:
    """Write the new arrivals; those of lines that were there before are noted, to find them again."""
    values: dict[str, Any] = {"run": run_id, "at": clock.now()}
    insert = """
        INSERT INTO receipt (delivery_line_id, supplier_id, plant_id, commodity_id, reference, received_on,
            arrival_month, quantity, import_run_id, created_at, updated_at, version)
        SELECT new.delivery_line_id, line.supplier_id, line.plant_id, line.commodity_id, new.reference,
            new.received_on, new.arrival_month, new.quantity, :run, :at, :at, 1
        FROM import_receipt AS new JOIN delivery_line AS line ON line.id = new.delivery_line_id
        WHERE new.fate = 'new' AND {which} ORDER BY new.delivery_line_id, new.line
    """
    known = insert.format(which="NOT new.is_new")
    await db.execute(
        text(f"""
            WITH added AS ({known} RETURNING id)
            INSERT INTO import_change (import_run_id, table_name, row_id, at)
            SELECT :run, 'receipt', id, :at FROM added
        """),  # noqa: S608 # names of our own
        values,
    )
    after = await _first_few(db)
    if after:
        # The sums look arrivals up by line. A table that was all but empty has no statistics to show that
        # this is quick, so a few go first.
        await db.execute(
            text(insert.format(which="new.is_new AND new.line <= :after")), values | {"after": after}
        )
        await db.execute(text("SELECT analyze_tables('receipt')"))
    await db.execute(text(insert.format(which="new.is_new AND new.line > :after")), values | {"after": after})


async def _first_few(db: AsyncSession) -> int:
    """Give the line up to which arrivals go in first, where there are more new ones than old; else 0."""
    found = await db.execute(
        text("""
            SELECT line FROM import_receipt
            WHERE is_new AND (SELECT count(*) FROM import_receipt WHERE is_new)
                > greatest(:few * 2, (SELECT reltuples FROM pg_class WHERE oid = CAST('receipt' AS regclass)))
            ORDER BY line OFFSET :few LIMIT 1
        """),
        {"few": _FEW},
    )
    return int(found.scalar_one_or_none() or 0)


async def _counted(db: AsyncSession) -> Merged:
    row = (
        await db.execute(
            text("""
                SELECT count(*) FILTER (WHERE line.is_new) AS added,
                    count(*) FILTER (WHERE NOT line.is_new AND (
                        line.id IN (SELECT id FROM import_changed_line)
                        OR line.id IN (SELECT delivery_line_id FROM import_lost_receipt)
                        OR coalesce(receipt.fate <> 'same', false)
                    )) AS updated,
                    count(*) AS total,
                    (SELECT count(*) FROM import_lost_receipt) AS lost
                FROM import_staged AS staged
                JOIN import_line AS line USING (order_number, line_number)
                LEFT JOIN import_receipt AS receipt USING (line)
            """)
        )
    ).one()
    notes = []
    if row.lost:
        notes.append(
            f"{row.lost:,} arrival{'s' if row.lost != 1 else ''} that the file no longer has"
            f" {'were' if row.lost != 1 else 'was'} taken back."
        )
    return Merged(
        added=row.added,
        updated=row.updated,
        unchanged=row.total - row.added - row.updated,
        notes=notes,
        added_ids=await added_range(db, "SELECT id FROM import_line WHERE is_new"),
    )

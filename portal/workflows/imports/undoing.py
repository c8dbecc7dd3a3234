"""Take an import back: its records go, what it changed is as it was before, the sums follow."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from portal import clock
from portal.db import because
from portal.errors import NotReadyError
from portal.models import metadata
from portal.models.base import refers_to
from portal.models.imports import ImportKind, ImportRun, ImportStatus
from portal.workflows import ratings
from portal.workflows.imports import deliveries, records
from portal.workflows.imports.merging import months_noted, note_months, touched_months

# Removed in this order when nothing else points to them.
_MASTERS = ("part", "supplier_site", "supplier", "plant", "commodity")


@dataclass(frozen=True, slots=True)
class _Table:
    name: str
    owned: tuple[str, ...]
    month: str


async def refuse_unless_possible(db: AsyncSession, run: ImportRun) -> None:
    """Raise NotReadyError with a sentence when something builds on the import."""
    if run.status not in {ImportStatus.DONE, ImportStatus.UNDOING}:
        raise NotReadyError("Only an import that is done can be undone.")
    first, last = run.added_ids or (1, 0)
    values = {"run": run.id, "run_text": str(run.id), "first": first, "last": last}
    later = (
        await db.execute(text(_LATER if run.kind is ImportKind.DELIVERIES else _LATER_RECORDS), values)
    ).first()
    if later is not None:
        raise NotReadyError(
            f"The import of “{later.file_name}” (number {later.id}) builds on this one. Undo that one first."
        )
    if run.kind is ImportKind.DELIVERIES:
        excused = (await db.execute(text(_EXCUSED), values)).scalar_one()
        if excused:
            were = "were" if excused > 1 else "was"
            raise NotReadyError(
                f"{excused:,} of its lines {were} excused since, and undoing would lose that."
                " Correct the rows in a new import instead."
            )
    disputed = (await db.execute(text(_DISPUTED), values)).scalar_one()
    if disputed:
        raise NotReadyError(
            "A supplier disputes what came with it, and undoing would lose that."
            " Correct the rows in a new import instead."
        )


# Whether a later import, itself not undone, changed a record that this one wrote.
_LATER_RECORDS = """
    SELECT later.id, later.file_name FROM import_run AS later
    WHERE later.status IN ('done', 'undoing') AND later.id <> :run AND EXISTS (
        SELECT FROM import_change
        WHERE import_change.import_run_id = later.id AND import_change.before ->> 'import_run_id' = :run_text
    ) ORDER BY later.id DESC LIMIT 1
"""
# Also arrivals, and nonconformances, booked later on lines that this one added.
_LATER = """
    WITH mine AS (
        SELECT id FROM delivery_line WHERE id BETWEEN :first AND :last AND import_run_id = :run
    )
    SELECT later.id, later.file_name FROM import_run AS later
    WHERE later.status IN ('done', 'undoing') AND later.id <> :run AND (
        EXISTS (
            SELECT FROM import_change WHERE import_change.import_run_id = later.id
                AND import_change.before ->> 'import_run_id' = :run_text
        ) OR EXISTS (
            SELECT FROM import_change JOIN receipt ON receipt.id = import_change.row_id
            WHERE import_change.import_run_id = later.id AND import_change.table_name = 'receipt'
                AND receipt.delivery_line_id IN (SELECT id FROM mine)
        ) OR (later.kind = 'nonconformances' AND EXISTS (
            SELECT FROM nonconformance
            WHERE nonconformance.import_run_id = later.id
                AND nonconformance.delivery_line_id IN (SELECT id FROM mine)
        ))
    ) ORDER BY later.id DESC LIMIT 1
"""
_EXCUSED = """
    SELECT count(*) FROM delivery_line
    WHERE id BETWEEN :first AND :last AND import_run_id = :run AND excuse_code IS NOT NULL
"""
_DISPUTED = """
    SELECT EXISTS (
        SELECT FROM scorecard_dispute AS dispute
        LEFT JOIN delivery_line AS line ON line.id = dispute.delivery_line_id
        LEFT JOIN nonconformance AS found ON found.id = dispute.nonconformance_id
        WHERE dispute.status <> 'withdrawn' AND (
            (line.import_run_id = :run AND line.id BETWEEN :first AND :last)
            OR (found.import_run_id = :run AND found.id BETWEEN :first AND :last)
        )
    )
"""


async def undo(db: AsyncSession, run: ImportRun) -> None:
    """Undo an import in one transaction; the run is UNDONE afterwards and keeps its history.

    Raises:
        NotReadyError: a later import builds on it.
    """
    for setting in ("statement_timeout = 0", "jit = off", "work_mem = '64MB'"):
        await db.execute(text(f"SET LOCAL {setting}"))
    await because(db, f"Import of {run.file_name} undone")
    await ratings.take_turns(db)
    await refuse_unless_possible(db, run)
    await months_noted(db)
    if run.kind is ImportKind.DELIVERIES:
        await _undo_deliveries(db, run)
    else:
        kept = records.KEPT[run.kind]
        await _undo_records(db, run, _Table(kept.table, records.owned(run.kind), "month"))
    await _remove_masters(db, run.id)
    run.status, run.undone_at = ImportStatus.UNDONE, clock.now()
    run.months_touched = await touched_months(db)
    await db.flush()


async def _undo_records(db: AsyncSession, run: ImportRun, table: _Table) -> None:
    changed = f"""
        SELECT row_id FROM import_change
        WHERE import_run_id = {run.id:d} AND table_name = '{table.name}' AND before IS NOT NULL
    """  # noqa: S608 # our own names and a number
    months = f"SELECT {table.month} FROM {table.name} WHERE id IN ({changed})"  # noqa: S608 # ours
    first, last = run.added_ids or (1, 0)
    added = f"id BETWEEN {first:d} AND {last:d} AND import_run_id = {run.id:d}"
    await note_months(db, months)
    await note_months(db, f"SELECT {table.month} FROM {table.name} WHERE {added}")  # noqa: S608 # ours
    await _restore(db, run.id, table)
    await db.execute(text(f"DELETE FROM {table.name} WHERE {added}"))  # noqa: S608 # ours
    await note_months(db, months)


async def _restore(db: AsyncSession, run_id: int, table: _Table) -> None:
    """Put the images from before back into what the import changed."""
    assigned = ", ".join(f"{name} = was.{name}" for name in table.owned)
    await db.execute(
        text(
            f"""
            UPDATE {table.name} SET {assigned}, version = {table.name}.version + 1
            FROM import_change CROSS JOIN jsonb_populate_record(CAST(NULL AS {table.name}), before) AS was
            WHERE import_change.import_run_id = :run AND import_change.table_name = '{table.name}'
                AND import_change.before IS NOT NULL AND {table.name}.id = import_change.row_id
        """  # noqa: S608 # names of our own
        ),
        {"run": run_id},
    )


async def _undo_deliveries(db: AsyncSession, run: ImportRun) -> None:
    values = {"run": run.id}
    await ratings.note_touched(db)
    await db.execute(
        text(
            """
            INSERT INTO touched_line (id)
            SELECT row_id FROM import_change
            WHERE import_run_id = :run AND table_name = 'delivery_line' AND before IS NOT NULL
            UNION SELECT coalesce(receipt.delivery_line_id, CAST(before ->> 'delivery_line_id' AS bigint))
            FROM import_change LEFT JOIN receipt ON receipt.id = import_change.row_id
            WHERE import_change.import_run_id = :run AND table_name = 'receipt'
        """
        ),
        values,
    )
    months = """
        SELECT reference_month FROM delivery_line WHERE id IN (SELECT id FROM touched_line)
        UNION SELECT arrival_month FROM receipt WHERE delivery_line_id IN (SELECT id FROM touched_line)
    """
    first, last = run.added_ids or (1, 0)
    added = (
        f"SELECT id FROM delivery_line WHERE id BETWEEN {first:d} AND {last:d} AND import_run_id = {run.id:d}"  # noqa: S608 # ours
    )
    await note_months(db, months)
    await note_months(db, f"SELECT reference_month FROM delivery_line WHERE id IN ({added})")  # noqa: S608 # ours
    await note_months(db, f"SELECT arrival_month FROM receipt WHERE delivery_line_id IN ({added})")  # noqa: S608 # ours
    # Arrivals first: the database would otherwise remove them line by line.
    await db.execute(text(f"DELETE FROM receipt WHERE delivery_line_id IN ({added})"))  # noqa: S608 # ours
    await db.execute(text(f"DELETE FROM delivery_line WHERE id IN ({added})"))  # noqa: S608 # ours
    await _restore(db, run.id, _Table("delivery_line", deliveries.OWNED, "reference_month"))
    await _restore_receipts(db, run.id)
    await ratings.derive_touched(db, await ratings.policy_for_writing(db))
    await note_months(db, months)


async def _restore_receipts(db: AsyncSession, run_id: int) -> None:
    values = {"run": run_id}
    await db.execute(
        text("""
            DELETE FROM receipt USING import_change
            WHERE import_change.import_run_id = :run AND import_change.table_name = 'receipt'
                AND import_change.before IS NULL AND receipt.id = import_change.row_id
        """),
        values,
    )
    await _restore(
        db,
        run_id,
        _Table(
            "receipt",
            ("received_on", "arrival_month", "quantity", "import_run_id", "updated_at"),
            "arrival_month",
        ),
    )
    # What was taken back comes again, with the supplier and plant that its line has now.
    await db.execute(
        text(
            """
            INSERT INTO receipt (id, delivery_line_id, supplier_id, plant_id, commodity_id, reference,
                received_on, arrival_month, quantity, import_run_id, created_at, updated_at, version)
            SELECT was.id, was.delivery_line_id, line.supplier_id, line.plant_id, line.commodity_id,
                was.reference, was.received_on, was.arrival_month, was.quantity, was.import_run_id,
                was.created_at, was.updated_at, was.version + 1
            FROM import_change
            CROSS JOIN jsonb_populate_record(CAST(NULL AS receipt), before) AS was
            JOIN delivery_line AS line ON line.id = was.delivery_line_id
            WHERE import_change.import_run_id = :run AND import_change.table_name = 'receipt'
                AND import_change.before IS NOT NULL
                AND NOT EXISTS (SELECT FROM receipt WHERE receipt.id = was.id)
        """
        ),
        values,
    )


async def _remove_masters(db: AsyncSession, run_id: int) -> None:
    """Remove what the import added to the master data, as far as nothing has come to point to it since."""
    for table in _MASTERS:
        unused = " ".join(
            f"AND NOT EXISTS (SELECT FROM {other.name} WHERE {other.name}.{column.name} = mine.id)"
            for other in metadata.sorted_tables
            for column in other.columns
            if refers_to(column) == table
        )
        await db.execute(
            text(f"""
                DELETE FROM {table} AS mine USING import_change
                WHERE import_change.import_run_id = :run AND import_change.table_name = '{table}'
                    AND import_change.before IS NULL AND mine.id = import_change.row_id {unused}
            """),  # noqa: S608 # names out of the models
            {"run": run_id},
        )

"""Merge staged inspections and nonconformances: one row of the file is one record."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from portal import clock
from portal.imports.mapping import ColumnMapping
from portal.models.imports import ImportKind
from portal.workflows.imports.merging import Merged, added_range, month_of, months_noted, note_months


@dataclass(frozen=True, slots=True)
class Kept:
    """How a kind's table is written.

    ``same`` compares a record with a staged row in SQL; ``columns`` gives the SQL for each column from the
    staged row; those in ``always`` are written whatever the file has.
    """

    table: str
    day: str
    same: str
    columns: dict[str, str]
    always: tuple[str, ...]


_MASTER = {
    "supplier_id": "import_supplier.id",
    "plant_id": "import_plant.id",
    "part_id": "import_part.id",
    "commodity_id": "coalesce(import_commodity.id, import_part.commodity_id)",
}
KEPT = {
    ImportKind.INSPECTIONS: Kept(
        table="inspection_lot",
        day="inspected_on",
        same="known.supplier_id = import_supplier.id AND known.number = staged.number",
        columns={
            **_MASTER,
            "inspected_on": "staged.inspected_on",
            "month": month_of("staged.inspected_on"),
            "quantity": "CAST(staged.quantity AS numeric(18, 3))",
            "result": "staged.result",
        },
        always=("supplier_id", "plant_id", "part_id", "inspected_on", "month", "quantity", "result"),
    ),
    ImportKind.NONCONFORMANCES: Kept(
        table="nonconformance",
        day="found_on",
        same="known.number = staged.number",
        columns={
            **_MASTER,
            "delivery_line_id": "line.id",
            "lot_number": "coalesce(staged.lot_number, '')",
            "found_on": "staged.found_on",
            "month": month_of("staged.found_on"),
            "quantity": "CAST(staged.quantity AS numeric(18, 3))",
            "defects": "coalesce(staged.defects, 0)",
            "kind": "coalesce(staged.kind, 'Other')",
            "description": "coalesce(staged.description, '')",
            "responsibility": "coalesce(staged.responsibility, 'undetermined')",
            "disposition": "coalesce(staged.disposition, 'open')",
            "is_sample": "coalesce(staged.is_sample, false)",
            "is_safety": "coalesce(staged.is_safety, false)",
        },
        always=("supplier_id", "plant_id", "part_id", "found_on", "month", "quantity"),
    ),
}
_SOURCES = {"commodity_id": "commodity", "delivery_line_id": "order_number"}


def owned(kind: ImportKind) -> tuple[str, ...]:
    return (*KEPT[kind].columns, "import_run_id", "updated_at")


async def merge(db: AsyncSession, mapping: ColumnMapping, run_id: int) -> Merged:
    """Write what differs from what is there; see Merged."""
    kept = KEPT[mapping.kind]
    written = [name for name in kept.columns if name in kept.always or mapping.has(_SOURCES.get(name, name))]
    await _stage(db, kept, mapping.kind)
    await _compare(db, kept, written)
    await months_noted(db)
    changed = f"SELECT month FROM {kept.table} WHERE id IN (SELECT id FROM import_changed)"  # noqa: S608 # ours
    await note_months(db, changed)
    await _change(db, kept, written, run_id)
    await _add(db, kept, run_id)
    await note_months(db, changed)
    await note_months(db, "SELECT month FROM import_record WHERE is_new")
    added, updated, total = (
        await db.execute(
            text("""
                SELECT count(*) FILTER (WHERE is_new),
                    count(*) FILTER (WHERE known_id IN (SELECT id FROM import_changed)), count(*)
                FROM import_record
            """)
        )
    ).one()
    return Merged(
        added=added,
        updated=updated,
        unchanged=total - added - updated,
        added_ids=await added_range(db, "SELECT id FROM import_record WHERE is_new"),
    )


async def _stage(db: AsyncSession, kept: Kept, kind: ImportKind) -> None:
    """Make import_record: each row as the record it will be, with the id it has or will have."""
    columns = ", ".join(f"{how} AS {name}" for name, how in kept.columns.items())
    line = (
        "LEFT JOIN delivery_line AS line"
        " ON line.order_number = staged.order_number AND line.line_number = staged.line_number"
        " AND line.supplier_id = import_supplier.id"
        if kind is ImportKind.NONCONFORMANCES
        else ""
    )
    await db.execute(
        text(f"""
            CREATE TEMPORARY TABLE import_record ON COMMIT DROP AS
            SELECT staged.number, known.id AS known_id, known.id IS NULL AS is_new,
                coalesce(known.id, nextval(pg_get_serial_sequence('{kept.table}', 'id'))) AS id, {columns}
            FROM (SELECT * FROM import_staged ORDER BY line) AS staged
            JOIN import_supplier ON import_supplier.ref = staged.supplier_ref
            JOIN import_plant ON import_plant.ref = staged.plant
            JOIN import_part ON import_part.ref = staged.part
            LEFT JOIN import_commodity ON import_commodity.ref = staged.commodity
            {line}
            LEFT JOIN {kept.table} AS known ON {kept.same}
        """)  # noqa: S608 # names of our own
    )
    await db.execute(text("ANALYZE import_record"))


async def _compare(db: AsyncSession, kept: Kept, written: list[str]) -> None:
    staged = ", ".join(f"import_record.{name}" for name in written)
    known = ", ".join(f"known.{name}" for name in written)
    await db.execute(
        text(f"""
            CREATE TEMPORARY TABLE import_changed ON COMMIT DROP AS
            SELECT known.id FROM import_record JOIN {kept.table} AS known ON known.id = import_record.known_id
            WHERE ({staged}) IS DISTINCT FROM ({known}) ORDER BY known.id FOR NO KEY UPDATE OF known
        """)  # noqa: S608 # names of our own
    )


async def _change(db: AsyncSession, kept: Kept, written: list[str], run_id: int) -> None:
    values = {"run": run_id, "at": clock.now()}
    before = ", ".join(f"'{name}', {name}" for name in (*kept.columns, "import_run_id", "updated_at"))
    await db.execute(
        text(f"""
            INSERT INTO import_change (import_run_id, table_name, row_id, before, at)
            SELECT :run, '{kept.table}', id, jsonb_build_object({before}), :at
            FROM {kept.table} WHERE id IN (SELECT id FROM import_changed)
        """),  # noqa: S608 # names of our own
        values,
    )
    assigned = ", ".join(f"{name} = import_record.{name}" for name in written)
    await db.execute(
        text(f"""
            UPDATE {kept.table} SET {assigned}, import_run_id = :run, updated_at = :at,
                version = {kept.table}.version + 1
            FROM import_record
            WHERE {kept.table}.id = import_record.known_id
                AND {kept.table}.id IN (SELECT id FROM import_changed)
        """),  # noqa: S608 # names of our own
        values,
    )


async def _add(db: AsyncSession, kept: Kept, run_id: int) -> None:
    columns = ", ".join(kept.columns)
    await db.execute(
        text(f"""
            INSERT INTO {kept.table} (id, number, {columns}, import_run_id, created_at, updated_at, version)
            SELECT id, number, {columns}, :run, :at, :at, 1 FROM import_record WHERE is_new ORDER BY id
        """),  # noqa: S608 # names of our own
        {"run": run_id, "at": clock.now()},
    )

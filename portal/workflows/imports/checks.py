"""What no cell shows alone: unknown suppliers and parts, plants that are not theirs, rows that contradict."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from portal.imports.mapping import ColumnMapping, Master, SupplierBy
from portal.imports.targets import TARGETS, target
from portal.models.imports import ImportKind
from portal.workflows.suppliers.record import check_number

_OF_ARRIVAL = {"order_number", "line_number", "received_on", "received", "reference"}
_OF_MASTER = {"supplier", "supplier_name", "supplier_country", "supplier_site", "part_name"}


async def check(db: AsyncSession, mapping: ColumnMapping, plant_ids: list[int] | None) -> int:
    """Note bad rows in import_bad and take them out of import_staged.

    Args:
        db: holds both tables.
        mapping: says what may be added.
        plant_ids: the plants that whoever imports may write to; None: all.

    Returns:
        How many rows are bad, with those that could not even be read.
    """
    await _suppliers(db, mapping)
    await _master_data(db, mapping, plant_ids)
    if mapping.kind is ImportKind.DELIVERIES:
        await _lines_that_differ(db, mapping)
        await _arrivals_twice(db, mapping)
    else:
        await _numbers_twice(db, mapping)
    if mapping.kind is ImportKind.NONCONFORMANCES and mapping.has("order_number"):
        await _lines_unknown(db, mapping, plant_ids)
    if plant_ids is not None:
        await _records_of_other_plants(db, mapping, plant_ids)
    await db.execute(text("CREATE INDEX ON import_bad (line)"))
    await db.execute(
        text("DELETE FROM import_staged USING import_bad AS bad WHERE bad.line = import_staged.line")
    )
    return int((await db.execute(text("SELECT count(DISTINCT line) FROM import_bad"))).scalar_one())


def heading(mapping: ColumnMapping, name: str) -> str:
    """Give the heading in the file where there is one, else our own words."""
    ours = target(mapping.kind, name)
    return ", ".join(mapping.source(name).columns) or (ours.label if ours else name)


def supplier_column(mapping: ColumnMapping) -> str:
    return "supplier_name" if mapping.supplier_by is SupplierBy.NAME else "supplier"


def known_supplier(mapping: ColumnMapping) -> str:
    """Give the SQL for what suppliers are told apart by, as import_staged.supplier_ref has it."""
    return "lower(supplier.name)" if mapping.supplier_by is SupplierBy.NAME else "supplier.number"


async def _note(db: AsyncSession, column: str, found: str, **values: Any) -> None:
    """Add bad rows of a column: ``found`` is a SELECT of line, value and advice."""
    await db.execute(
        text(f"""
            INSERT INTO import_bad (line, column_name, value, advice)
            SELECT line, CAST(:column AS text), left(coalesce(value, ''), 400), left(advice, 400)
            FROM ({found}) AS found
        """),  # noqa: S608 # queries of our own
        values | {"column": column[:200]},
    )


async def _suppliers(db: AsyncSession, mapping: ColumnMapping) -> None:
    column = supplier_column(mapping)
    rows = await db.execute(
        text(f"""
            SELECT ref, (SELECT count(*) FROM supplier WHERE {known_supplier(mapping)} = ref) AS many
            FROM (SELECT DISTINCT supplier_ref AS ref FROM import_staged) AS refs
        """)  # noqa: S608 # names of our own
    )
    wrong: dict[str, str] = {}
    for ref, many in rows:
        if advice := _supplier_advice(mapping, ref, many):
            wrong[ref] = advice
    if wrong:
        await _note(
            db,
            heading(mapping, column),
            f"""
            SELECT line, {column} AS value, wrong.advice FROM import_staged
            JOIN unnest(CAST(:refs AS text[]), CAST(:advice AS text[])) AS wrong (ref, advice)
                ON wrong.ref = supplier_ref
            """,  # noqa: S608 # names of our own
            refs=list(wrong),
            advice=list(wrong.values()),
        )


def _supplier_advice(mapping: ColumnMapping, ref: str, many: int) -> str:
    by_name = mapping.supplier_by is SupplierBy.NAME
    if many > 1:
        return f"There are {many} suppliers of this name. Tell them apart by their number."
    if many == 1:
        return ""
    if Master.SUPPLIER not in mapping.create:
        of = "of this name" if by_name else "with this number"
        return f"There is no supplier {of}. Correct it, add it first, or let the mapping add what is missing."
    if not by_name:
        try:
            check_number(ref)
        except ValueError as wrong:
            return str(wrong)
    return ""


async def _master_data(db: AsyncSession, mapping: ColumnMapping, plant_ids: list[int] | None) -> None:
    """Note plants, parts and commodities that nobody knows and the mapping doesn't add."""
    if plant_ids is not None:
        await _note(
            db,
            heading(mapping, "plant"),
            """
            SELECT line, plant AS value,
                'This plant is not one of yours. Somebody who sees it can import the row.' AS advice
            FROM import_staged WHERE NOT EXISTS (
                SELECT FROM plant
                WHERE plant.code = import_staged.plant AND plant.id = ANY(CAST(:plants AS bigint[]))
            )
            """,
            plants=plant_ids,
        )
    for name, key in (("plant", "code"), ("part", "number"), ("commodity", "code")):
        if (name == "plant" and plant_ids is not None) or name in mapping.create or not mapping.has(name):
            continue
        await _note(
            db,
            heading(mapping, name),
            f"""
            SELECT line, {name} AS value, CAST(:advice AS text) AS advice FROM import_staged
            WHERE {name} IS NOT NULL
                AND NOT EXISTS (SELECT FROM {name} WHERE {name}.{key} = import_staged.{name})
            """,  # noqa: S608 # names of our own
            advice=f"There is no {name} with this {key}. Correct it, add the {name} first, or let the mapping"
            " add what is missing.",
        )


async def _lines_that_differ(db: AsyncSession, mapping: ColumnMapping) -> None:
    """Rows of one order line are its arrivals: all else must be the same in each."""
    columns = ["supplier_ref"] + [
        ours.name
        for ours in TARGETS[mapping.kind]
        if ours.name not in _OF_ARRIVAL | _OF_MASTER and mapping.has(ours.name)
    ]
    heads = {name: heading(mapping, name) for name in columns[1:]}
    heads["supplier_ref"] = heading(mapping, supplier_column(mapping))
    cases = ", ".join(
        f"CASE WHEN staged.{name} IS DISTINCT FROM first.{name} THEN CAST(:{name} AS text) END"
        for name in columns
    )
    ours = ", ".join(f"staged.{name}" for name in columns)
    theirs = ", ".join(f"first.{name}" for name in columns)
    await _note(
        db,
        heading(mapping, "line_number"),
        f"""
        SELECT staged.line, concat_ws(' / ', order_number, line_number) AS value,
            'Line ' || first.line || ' of the file has the same order line with something else in: '
            || concat_ws(', ', {cases}) || '. Rows of one order line differ in arrivals only.' AS advice
        FROM (
            SELECT order_number, line_number, min(line) AS line FROM import_staged
            GROUP BY order_number, line_number HAVING count(*) > 1
        ) AS first_row
        JOIN import_staged AS first USING (order_number, line_number, line)
        JOIN import_staged AS staged USING (order_number, line_number)
        WHERE staged.line > first.line AND ({ours}) IS DISTINCT FROM ({theirs})
        """,  # noqa: S608 # names of our own
        **heads,
    )


async def _arrivals_twice(db: AsyncSession, mapping: ColumnMapping) -> None:
    """The same delivery note, or without one the same day and quantity, or open twice: one row too many."""
    await _note(
        db,
        heading(mapping, "reference" if mapping.has("reference") else "line_number"),
        """
        SELECT line, coalesce(nullif(reference, ''), concat_ws(' / ', order_number, line_number)) AS value,
            CASE
                WHEN reference <> '' THEN 'Line ' || first || ' of the file books this delivery note already.'
                WHEN received_on IS NULL THEN 'The same as line ' || first || ' of the file. Leave one out.'
                ELSE 'The same as line ' || first || ' of the file: same day, same quantity. If both arrived,'
                    || ' give each its delivery note.'
            END AS advice
        FROM (
            SELECT line, order_number, line_number, reference, received_on, min(line) OVER (
                PARTITION BY order_number, line_number, reference,
                    CASE WHEN reference = '' THEN received_on END,
                    CASE WHEN reference = '' THEN received END
            ) AS first
            FROM import_staged
        ) AS numbered
        WHERE line > first
        """,
    )


async def _numbers_twice(db: AsyncSession, mapping: ColumnMapping) -> None:
    key = "supplier_ref, number" if mapping.kind is ImportKind.INSPECTIONS else "number"
    await _note(
        db,
        heading(mapping, "number"),
        f"""
        SELECT line, number AS value, 'Line ' || first || ' of the file has this number already.' AS advice
        FROM (
            SELECT line, number, min(line) OVER (PARTITION BY {key}) AS first FROM import_staged
        ) AS numbered
        WHERE line > first
        """,  # noqa: S608 # names of our own
    )


async def _lines_unknown(db: AsyncSession, mapping: ColumnMapping, plant_ids: list[int] | None) -> None:
    """A nonconformance is tied to a line of its own supplier only, and of a plant that one sees."""
    within, values = "true", {}
    if plant_ids is not None:
        within, values = "delivery_line.plant_id = ANY(CAST(:plants AS bigint[]))", {"plants": plant_ids}
    await _note(
        db,
        heading(mapping, "order_number"),
        f"""
        SELECT line, concat_ws(' / ', order_number, line_number) AS value,
            'This supplier has no such order line. Import deliveries first, or leave order and line empty.'
                AS advice
        FROM import_staged
        WHERE order_number IS NOT NULL AND NOT EXISTS (
            SELECT FROM delivery_line JOIN supplier ON supplier.id = delivery_line.supplier_id
            WHERE delivery_line.order_number = import_staged.order_number
                AND delivery_line.line_number = import_staged.line_number
                AND {known_supplier(mapping)} = import_staged.supplier_ref
                AND {within}
        )
        """,  # noqa: S608 # names of our own
        **values,
    )


_SAME_RECORD = {
    ImportKind.DELIVERIES: (
        "delivery_line AS record",
        "record.order_number = import_staged.order_number AND record.line_number = import_staged.line_number",
    ),
    ImportKind.INSPECTIONS: (
        "inspection_lot AS record JOIN supplier ON supplier.id = record.supplier_id",
        "record.number = import_staged.number AND {known} = import_staged.supplier_ref",
    ),
    ImportKind.NONCONFORMANCES: ("nonconformance AS record", "record.number = import_staged.number"),
}


async def _records_of_other_plants(db: AsyncSession, mapping: ColumnMapping, plant_ids: list[int]) -> None:
    """Who is limited to plants can't take a record away from another plant by writing its number."""
    records, same = _SAME_RECORD[mapping.kind]
    name = "line_number" if mapping.kind is ImportKind.DELIVERIES else "number"
    await _note(
        db,
        heading(mapping, name),
        f"""
        SELECT line, import_staged.{name} AS value,
            'You can''t change the record with this number. Ask somebody who sees all plants.' AS advice
        FROM import_staged WHERE EXISTS (
            SELECT FROM {records}
            WHERE {same.format(known=known_supplier(mapping))}
                AND NOT record.plant_id = ANY(CAST(:plants AS bigint[]))
        )
        """,  # noqa: S608 # names of our own
        plants=plant_ids,
    )

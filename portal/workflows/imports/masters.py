"""Suppliers, plants, commodities and parts of a file: those that are there, and those that it adds.

Afterwards the temporary tables import_supplier, import_plant, import_commodity and import_part translate
what the file calls them into ids.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from portal import clock
from portal.errors import BadInputError
from portal.imports.country_codes import code_of
from portal.imports.mapping import ColumnMapping, SupplierBy
from portal.models.organisation import Commodity, Part, Plant
from portal.models.suppliers import Supplier, SupplierSite
from portal.workflows.imports.checks import known_supplier
from portal.workflows.suppliers.record import check_number

MOST_NEW_PLANTS = 500
_OUR_NUMBER = re.compile(r"S-(\d{1,9})")
_WORDS = {
    "supplier": ("supplier", "suppliers"),
    "supplier_site": ("supplier site", "supplier sites"),
    "plant": ("plant", "plants"),
    "commodity": ("commodity", "commodities"),
    "part": ("part", "parts"),
}


@dataclass(slots=True)
class Added:
    """How many of each kind the file adds."""

    counts: dict[str, int] = field(default_factory=dict)

    def sentence(self) -> str:
        parts = [
            f"{count:,} {one if count == 1 else many}"
            for kind, (one, many) in _WORDS.items()
            if (count := self.counts.get(kind, 0))
        ]
        if not parts:
            return ""
        listed = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
        return f"New in the master data: {listed}."


async def resolve(db: AsyncSession, mapping: ColumnMapping, run_id: int, zone: str) -> Added:
    """Add what the good rows need and the mapping lets it add; fill the translating tables.

    Args:
        db: the transaction with import_staged, whose bad rows are gone.
        mapping: of the file.
        run_id: the import, for its history.
        zone: the organisation's time zone, for new plants.
    """
    added = Added()
    added.counts["supplier"] = await _add_suppliers(db, mapping, run_id)
    await _translate(db, "supplier", "supplier_ref", known_supplier(mapping))
    if mapping.has("supplier_site"):
        added.counts["supplier_site"] = await _add_sites(db, run_id)
    added.counts["plant"] = await _add_plants(db, run_id, zone)
    await _translate(db, "plant", "plant", "plant.code")
    added.counts["commodity"] = await _add_commodities(db, run_id)
    await _translate(db, "commodity", "commodity", "commodity.code")
    added.counts["part"] = await _add_parts(db, run_id)
    await _translate(db, "part", "part", "part.number", "part.commodity_id")
    return added


async def _translate(db: AsyncSession, table: str, column: str, key: str, *more: str) -> None:
    extra = "".join(f", {each}" for each in more)
    await db.execute(
        text(f"""
            CREATE TEMPORARY TABLE import_{table} ON COMMIT DROP AS
            SELECT refs.ref, {table}.id{extra}
            FROM (SELECT DISTINCT {column} AS ref FROM import_staged WHERE {column} IS NOT NULL) AS refs
            JOIN {table} ON {key} = refs.ref
        """)  # noqa: S608 # names of our own
    )
    await db.execute(text(f"ANALYZE import_{table}"))


async def _insert(
    db: AsyncSession, record: SQLModel, given: dict[str, str], source: str, run_id: int, **values: Any
) -> int:
    """Insert rows and their history: ``given`` are SQL expressions over ``source``, the rest the record's."""
    table = str(record.__tablename__)
    defaults = {
        name: value
        for name, value in record.model_dump(exclude={"id"}).items()
        if name not in given and value is not None
    }
    columns = ", ".join([*given, *defaults])
    expressions = ", ".join([*given.values(), *(f":{name}" for name in defaults)])
    result = await db.execute(
        text(f"""
            WITH added AS (
                INSERT INTO {table} ({columns}) SELECT {expressions} FROM {source}
                ON CONFLICT DO NOTHING RETURNING id
            ), noted AS (
                INSERT INTO import_change (import_run_id, table_name, row_id, at)
                SELECT :run, '{table}', id, :at FROM added RETURNING 1
            )
            SELECT count(*) FROM noted
        """),  # noqa: S608 # names of our own
        {name: getattr(value, "value", value) for name, value in defaults.items()}
        | values
        | {"run": run_id, "at": clock.now()},
    )
    return int(result.scalar_one())


async def _add_suppliers(db: AsyncSession, mapping: ColumnMapping, run_id: int) -> int:
    by_name = mapping.supplier_by is SupplierBy.NAME
    found = await db.execute(
        text(f"""
            SELECT staged.supplier, staged.supplier_name, staged.supplier_country
            FROM (SELECT supplier_ref, min(line) AS line FROM import_staged GROUP BY supplier_ref) AS first
            JOIN import_staged AS staged ON staged.line = first.line
            WHERE NOT EXISTS (SELECT FROM supplier WHERE {known_supplier(mapping)} = first.supplier_ref)
            ORDER BY first.line
        """)  # noqa: S608 # names of our own
    )
    new = [(number, name, country) for number, name, country in found]
    if not new:
        return 0
    numbers = await _numbers(db, [number for number, _, _ in new]) if by_name else [row[0] for row in new]
    return await _insert(
        db,
        Supplier(number="", name=""),
        {"number": "new.number", "name": "new.name", "country": "new.country"},
        "unnest(CAST(:numbers AS text[]), CAST(:names AS text[]), CAST(:countries AS text[]))"
        " AS new (number, name, country)",
        run_id,
        numbers=numbers,
        names=[name or number for number, name, _ in new],
        countries=[country or "" for _, _, country in new],
    )


async def _numbers(db: AsyncSession, wished: list[str | None]) -> list[str]:
    """Give numbers to suppliers that a file knows by name: the file's where they can be had, else ours."""
    rows = await db.execute(text("SELECT number FROM supplier"))
    taken = {number for (number,) in rows}
    last = max((int(found[1]) for number in taken if (found := _OUR_NUMBER.fullmatch(number))), default=0)
    given = []
    for wish in wished:
        number = wish
        if not number or number in taken or not _is_number(number):
            last += 1
            number = f"S-{last:05}"
        taken.add(number)
        given.append(number)
    return given


def _is_number(number: str) -> bool:
    try:
        check_number(number)
    except ValueError:
        return False
    return True


async def _add_sites(db: AsyncSession, run_id: int) -> int:
    return await _insert(
        db,
        SupplierSite(supplier_id=0, name=""),
        {"supplier_id": "new.id", "name": "new.name"},
        """(
            SELECT DISTINCT import_supplier.id, supplier_site AS name
            FROM import_staged JOIN import_supplier ON import_supplier.ref = supplier_ref
            WHERE supplier_site IS NOT NULL ORDER BY 1, 2
        ) AS new""",
        run_id,
    )


async def _add_plants(db: AsyncSession, run_id: int, zone: str) -> int:
    found = await db.execute(
        text("""
            SELECT plant FROM import_staged
            WHERE NOT EXISTS (SELECT FROM plant WHERE plant.code = import_staged.plant)
            GROUP BY plant ORDER BY min(line)
        """)
    )
    codes = [code for (code,) in found]
    if len(codes) > MOST_NEW_PLANTS:
        raise BadInputError(
            f"This file would add {len(codes):,} plants, among them “{codes[0]}”."
            " Choose another column for Plant."
        )
    if not codes:
        return 0
    return await _insert(
        db,
        Plant(code="", name="", time_zone=zone),
        {"code": "new.code", "name": "new.code", "country": "new.country"},
        "unnest(CAST(:codes AS text[]), CAST(:countries AS text[])) AS new (code, country)",
        run_id,
        codes=codes,
        # Where receiving sites are named after their country, the public holidays are known as well.
        countries=[code_of(code) if len(code) > 3 else "" for code in codes],
    )


async def _add_commodities(db: AsyncSession, run_id: int) -> int:
    return await _insert(
        db,
        Commodity(code="", name=""),
        {"code": "new.code", "name": "new.code"},
        """(
            SELECT commodity AS code FROM import_staged
            WHERE commodity IS NOT NULL
                AND NOT EXISTS (SELECT FROM commodity WHERE commodity.code = import_staged.commodity)
            GROUP BY commodity ORDER BY min(line)
        ) AS new""",
        run_id,
    )


async def _add_parts(db: AsyncSession, run_id: int) -> int:
    return await _insert(
        db,
        Part(number=""),
        {
            "number": "staged.part",
            "name": "coalesce(staged.part_name, '')",
            "commodity_id": "import_commodity.id",
        },
        """(
            SELECT part, min(line) AS line FROM import_staged
            WHERE NOT EXISTS (SELECT FROM part WHERE part.number = import_staged.part)
            GROUP BY part ORDER BY 2
        ) AS first
        JOIN import_staged AS staged ON staged.line = first.line
        LEFT JOIN import_commodity ON import_commodity.ref = staged.commodity""",
        run_id,
    )

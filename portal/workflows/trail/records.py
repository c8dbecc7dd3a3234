"""Records as people name them, also after they are gone."""

import json
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Column, ScalarSelect, String, Table, Text, cast, func, or_, select, text, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import AutoString

from portal.errors import BadInputError, NotFoundError
from portal.models import metadata
from portal.workflows.lists import contains

# The columns that people know a record by; by the first, or by all of them, they ask for it. Some have none.
NAMED: dict[str, tuple[str, ...]] = {
    "asl_entry": ("scope",),
    "asl_event": ("to_status",),
    "calendar_feed": (),
    "certificate": ("number",),
    "certificate_reminder": ("step",),
    "certificate_requirement": ("level",),
    "certificate_type": ("code",),
    "absence": ("from_on", "until_on"),
    "auditor_share": ("reason",),
    "commodity": ("code", "name"),
    "contact": ("name",),
    "delivery_line": ("order_number", "line_number"),
    "external_identity": ("account",),
    "document": ("file_name",),
    "document_attachment": ("table_name", "record_id"),
    "import_mapping": ("name",),
    "import_run": ("file_name",),
    "inspection_lot": ("number",),
    "invitation": ("email",),
    "job_decision": ("job_name",),
    "mail_choice": ("topic",),
    "month_rules": (),
    "escalation": ("rung", "status"),
    "milestone": ("title",),
    "nonconformance": ("number",),
    "organisation": ("name",),
    "part": ("number", "name"),
    "passkey": ("name",),
    "person": ("name",),
    "plant": ("code", "name"),
    "policy": ("name", "number"),
    "back_test": ("policy_id",),
    "given_points": ("criterion",),
    "demerit_event": ("kind",),
    "receipt": ("reference",),
    "recovery_code": (),
    "response_stage": ("reference", "stage"),
    "scar": ("number", "title"),
    "supplier_target": ("aim", "status"),
    "scar_allowance": ("severity", "stage"),
    "scar_answer": ("discipline", "revision"),
    "scar_cost": ("words",),
    "scar_criterion": ("words",),
    "scar_event": ("kind",),
    "scar_extension": ("stage",),
    "scar_lesson": ("defect",),
    "scar_pause": ("stage",),
    "scar_stage": ("stage",),
    "scorecard": ("month", "revision"),
    "scorecard_bundle": ("month",),
    "scorecard_correction": ("month", "revision"),
    "scorecard_dispute": ("subject",),
    "scorecard_mail_stop": ("reason",),
    "scorecard_month": ("month",),
    "supplier": ("number", "name"),
    "supplier_site": ("name",),
    "task": ("kind", "reference"),
    "task_link": ("email",),
    "thread": ("table_name", "record_id"),
    "thread_message": ("author_name",),
    "thread_note": ("author_name",),
    "totp": (),
}

# Their own names say little without whose they are.
_OF_SUPPLIERS = {
    *("asl_entry", "asl_event", "certificate", "contact", "supplier_site"),
    *("scorecard", "scorecard_correction", "scorecard_dispute"),
}
# Where a part of a name is looked for, and where a whole number: those tables are too long for more.
_SEARCHED_IN_PART = (
    *("supplier", "part", "person", "contact", "supplier_site", "plant", "commodity", "policy", "asl_entry"),
    "document",
    *("import_run", "import_mapping", "invitation", "certificate", "certificate_type"),
)
_SEARCHED_WHOLE = ("delivery_line", "nonconformance", "scar")
_MOST_FOUND = 200
_LARGEST = 2**63 - 1
_GONE = text(
    "SELECT trail_change.row_id, trail_act.columns, trail_change.old"
    " FROM trail_change JOIN trail_act ON trail_act.id = trail_change.act_id"
    " WHERE trail_act.table_name = :table AND trail_act.action = 'delete'"
    " AND trail_change.row_id = ANY(CAST(:ids AS bigint[]))"
)

Names = dict[tuple[str, int], str]


class Record(NamedTuple):
    table: str
    id: int
    name: str


async def find(db: AsyncSession, wanted: str) -> Record:
    """Find a record by ``supplier:104417``, ``delivery_line:4500012345/10`` or, also when gone, ``part:#17``.

    Raises:
        BadInputError: this names no kind of record.
        NotFoundError: there is none, or more than one.
    """
    table, _, number = wanted.partition(":")
    if table not in NAMED or not number:
        known = ", ".join(NAMED)
        raise BadInputError(f"Name a record as supplier:104417. Before the colon stands one of: {known}.")
    if number.startswith("#"):
        row_id = int(number[1:]) if number[1:].isascii() and number[1:].isdigit() else 0
        if not 0 < row_id <= _LARGEST:
            raise BadInputError(f"“{number}” is no row number. Give it as {table}:#17.")
    else:
        row_id = await _by_number(db, table, number)
    return Record(table, row_id, (await names(db, {table: {row_id}}))[table, row_id])


async def search(db: AsyncSession, q: str) -> dict[str, list[int]]:
    """Find records that are there by their names; at most some hundreds of each kind."""
    found = {}
    for table in (*_SEARCHED_IN_PART, *_SEARCHED_WHOLE):
        rows = metadata.tables[table]
        columns = [rows.c[name] for name in NAMED[table]]
        if table in _SEARCHED_IN_PART:
            wanted = contains(
                q, *(column for column in columns if isinstance(column.type, String | AutoString))
            )
        else:
            order, _, line = q.partition("/")
            wanted = (columns[0] == order) & (columns[-1] == line if line else true())
        ids = await db.execute(select(_key(rows)).where(wanted).limit(_MOST_FOUND))
        found[table] = list(ids.scalars())
    return found


async def names(db: AsyncSession, wanted: Mapping[str, Collection[int]]) -> Names:
    """Give the names of records by table and id; what nobody can name any more is called by its id."""
    found: Names = {}
    for table, ids in wanted.items():
        found |= {(table, row_id): f"no. {row_id}" for row_id in ids}
        if table not in NAMED or not ids:
            continue
        rows = metadata.tables[table]
        key = _key(rows)
        columns = [rows.c[name] for name in NAMED[table]]
        query = select(key, *columns).where(key.in_(ids))
        if table in _OF_SUPPLIERS:
            query = query.add_columns(func.concat("(", _supplier(rows), ")"))
        live = list(await db.execute(query))
        found |= {(table, row[0]): joined(table, row[1:]) for row in live}
        if gone := set(ids) - {row[0] for row in live}:
            for row in await db.execute(_GONE, {"table": table, "ids": list(gone)}):
                values = dict(zip(json.loads(row.columns), json.loads(row.old), strict=True))
                found[table, row.row_id] = joined(table, [values.get(name) for name in NAMED[table]])
    return found


def joined(table: str, values: Collection[Any]) -> str:
    return ("/" if table == "delivery_line" else " ").join(str(value) for value in values if value)


def _supplier(rows: Table) -> ScalarSelect[str]:
    supplier = metadata.tables["supplier"]
    return select(supplier.c.name).where(supplier.c.id == rows.c.supplier_id).scalar_subquery()


def _key(rows: Table) -> Column[Any]:
    return next(iter(rows.primary_key.columns))


async def _by_number(db: AsyncSession, table: str, number: str) -> int:
    rows = metadata.tables[table]
    columns = [rows.c[name] for name in NAMED[table]]
    if not columns:
        raise BadInputError(f"A {table} has no number of its own. Name it by its id: {table}:#17.")
    by_one = cast(columns[0], Text) == number
    query = select(_key(rows)).where(or_(by_one, func.concat_ws("/", *columns) == number))
    ids = list((await db.execute(query.limit(2))).scalars())
    if not ids:
        raise NotFoundError(
            f"There is no {table} “{number}”. One that is gone is found by its id: {table}:#17."
        )
    if len(ids) > 1:
        raise NotFoundError(f"There is more than one {table} “{number}”. Name it by its id: {table}:#17.")
    return int(ids[0])

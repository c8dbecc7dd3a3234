"""The trail's rows in their order, as the entries that are hashed."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from portal.workflows.trail.proof import Entry

BATCH = 5000


class Place(NamedTuple):
    """Where a change stands in the trail; places are in the order of the chain."""

    act: int
    n: int


_ACTS = (
    "SELECT id, at, transaction, person_id, person_name, reason, table_name, action, columns, rows"
    " FROM trail_act"
)
_CHANGES = "SELECT act_id, n, row_id, supplier_id, plant_id, old, new FROM trail_change"
_RANGE = "(act_id, n) > ($1, $2) AND (act_id, n) <= ($3, $4)"
_NEXT = f"{_CHANGES} WHERE {_RANGE} ORDER BY act_id, n LIMIT {BATCH}"
_OF_TABLE = "act_id IN (SELECT id FROM trail_act WHERE table_name = $1)"
_RECORD = f"{_CHANGES} WHERE row_id = $2 AND {_OF_TABLE} ORDER BY act_id, n"


async def unhurried(db: AsyncSession) -> None:
    """Let this transaction take its time, where others are ended."""
    await db.execute(
        text(
            "SELECT set_config('statement_timeout', '0', true),"
            " set_config('idle_in_transaction_session_timeout', '0', true)"
        )
    )


async def raw(db: AsyncSession) -> Any:
    """Give asyncpg's own connection, inside the session's transaction: a million rows need no more."""
    return (await (await db.connection()).get_raw_connection()).driver_connection


async def in_order(db: AsyncSession, after: Place, upto: Place) -> AsyncIterator[list[Entry]]:
    """Stream the entries after one place up to another, in batches."""
    connection = await raw(db)
    found = await connection.fetch(f"{_ACTS} WHERE id BETWEEN $1 AND $2", after.act, upto.act)
    heads = {act["id"]: head(act) for act in found}
    while batch := await connection.fetch(_NEXT, *after, *upto):
        yield [entry(heads.get(row["act_id"], NO_HEAD), row) for row in batch]
        after = Place(batch[-1]["act_id"], batch[-1]["n"])


async def of_record(db: AsyncSession, table: str, row_id: int) -> list[Entry]:
    """All entries of one record, the oldest first."""
    connection = await raw(db)
    changes = await connection.fetch(_RECORD, table, row_id)
    acts = await connection.fetch(f"{_ACTS} WHERE id = ANY($1)", [change["act_id"] for change in changes])
    heads = {act["id"]: head(act) for act in acts}
    return [entry(heads[change["act_id"]], change) for change in changes]


def head(act: Any) -> Entry:
    """Give what an entry has from its act."""
    return {
        "action": act["action"],
        "at": instant(act["at"]),
        "columns": act["columns"],
        "person": act["person_name"],
        "person_id": act["person_id"],
        "reason": act["reason"],
        "rows": act["rows"],
        "table": act["table_name"],
        "transaction": act["transaction"],
    }


# An act that somebody removed: its changes then hash to something else.
NO_HEAD: Entry = {}


def entry(of_act: Entry, change: Any) -> Entry:
    return {
        **of_act,
        "act": change["act_id"],
        "n": change["n"],
        "new": change["new"],
        "old": change["old"],
        "plant_id": change["plant_id"],
        "row": change["row_id"],
        "supplier_id": change["supplier_id"],
    }


def instant(at: datetime) -> str:
    """Write an instant as it is hashed: UTC, to the microsecond."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

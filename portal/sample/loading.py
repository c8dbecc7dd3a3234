"""Bring the sample into an empty database: COPY, then the policy's windows; the sums follow by triggers."""

from datetime import date
from enum import Enum
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from portal import clock
from portal.models.deliveries import Receipt
from portal.models.organisation import Organisation
from portal.models.people import Person
from portal.models.suppliers import Supplier
from portal.sample import escalations, policies, scar_stories, scars, shares, talk, targets
from portal.sample.generation import Sample, generate
from portal.sample.house import PASS_PHRASE, TIME_ZONE
from portal.sample.rows import Table
from portal.workflows import ratings, sign_in


async def is_empty(db: AsyncSession) -> bool:
    """Whether nobody has begun to use this database: no organisation, no supplier, no person."""
    for model in (Organisation, Supplier, Person):
        if (await db.execute(select(col(model.id)).limit(1))).first() is not None:
            return False
    return True


async def is_synthetic(db: AsyncSession) -> bool:
    found = (await db.execute(select(col(Organisation.is_synthetic)))).scalar_one_or_none()
    return bool(found)


async def load(db: AsyncSession, as_of: date | None = None) -> Sample:
    """Write the whole sample inside the caller's transaction; an empty database is the caller's to check."""
    sample = generate(as_of or clock.today(TIME_ZONE))
    await db.execute(text("SET LOCAL statement_timeout = 0"))
    policy = await ratings.install_default_policy(db)
    for table in sample.tables:
        await _copy(db, sample, table)
        if table.model is Receipt:
            # Without statistics of its own rows, the planner would join them in loops: 10 s instead of 1.
            await db.execute(text("SELECT analyze_tables('delivery_line', 'receipt')"))
            await ratings.derive_all(db, policy)
    await policies.tell(db, sample.anchor)
    await escalations.tell(db, sample.anchor)
    await targets.tell(db, sample.anchor)
    await scars.gather(db)
    await scar_stories.tell(db, sample.anchor)
    password_hash = await sign_in.hash_password(PASS_PHRASE)
    await db.execute(text("UPDATE person SET password_hash = :hash"), {"hash": password_hash})
    await talk.load(db, sample.anchor)
    await shares.load(db, sample.anchor)
    return sample


async def _copy(db: AsyncSession, sample: Sample, table: Table) -> None:
    name = str(table.model.__tablename__)
    more = _defaults(sample, table)
    connection = (await (await db.connection()).get_raw_connection()).driver_connection
    assert connection is not None  # noqa: S101 - a session that has executed something has one
    columns = (*table.columns, *more)
    names = ", ".join(f'"{column}"' for column in columns)
    # COPY does not go through policies: the rows are copied beside, and inserted from there.
    await db.execute(text(f"CREATE TEMPORARY TABLE sample_{name} AS SELECT {names} FROM {name} WITH NO DATA"))  # noqa: S608
    await connection.copy_records_to_table(
        f"sample_{name}",
        columns=columns,
        records=[(*row, *more.values()) for row in table.rows],
    )
    await db.execute(text(f"INSERT INTO {name} ({names}) SELECT {names} FROM sample_{name}"))  # noqa: S608 - our own
    await db.execute(text(f"DROP TABLE sample_{name}"))
    if name == "organisation":
        return
    # The rows brought their numbers along; what people add comes after them.
    await db.execute(
        text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name}")  # noqa: S608 - our own
    )


def _defaults(sample: Sample, table: Table) -> dict[str, Any]:
    """What the model would have filled in for the columns that the rows leave out."""
    made: dict[str, Any] = {}
    columns = SQLModel.metadata.tables[str(table.model.__tablename__)].columns
    for column in columns:
        if column.name in {"id", *table.columns}:
            continue
        field = table.model.model_fields[column.name]
        if column.name in {"created_at", "updated_at"}:
            made[column.name] = sample.anchor.now
        elif not field.is_required():
            value = field.get_default(call_default_factory=False)
            made[column.name] = value.value if isinstance(value, Enum) else value
    return made

"""Lines and arrivals refer only to what is there, though that is checked for a whole statement at once."""

import asyncio
from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from portal.access.principal import system
from portal.models import metadata
from portal.models.base import REFERS_TO, refers_to
from portal.models.imports import ImportKind, ImportRun
from portal.models.organisation import Commodity, Part, Plant
from portal.models.suppliers import Supplier
from tests.factories import deliveries
from tests.people import invite_everybody

EVERYBODY = system("test")
HELD = [
    (table.name, column.name, refers_to(column))
    for table in metadata.sorted_tables
    for column in table.columns
    if REFERS_TO in column.info
]


def spare(target):
    """A record that nothing refers to yet."""
    match target:
        case "supplier":
            return Supplier(number="SPARE", name="Spare")
        case "plant":
            return Plant(code="SPARE", name="Spare")
        case "part":
            return Part(number="SPARE")
        case "commodity":
            return Commodity(code="SPARE", name="Spare")
        case "import_run":
            return ImportRun(
                kind=ImportKind.DELIVERIES,
                mapping_name="",
                definition={},
                file_name="",
                file_key="",
                file_size=0,
                sha256="",
                started_by_name="Test",
            )
    raise AssertionError(target)


@pytest.mark.parametrize(("table", "column", "target"), HELD)
async def test_nothing_refers_to_what_is_not_there(db, cast, table, column, target):
    await deliveries.line(db, cast, (date(2026, 10, 8), 100))
    with pytest.raises(IntegrityError, match=f"{table}.{column} refers to a {target} that is not there"):
        await db.execute(text(f"UPDATE {table} SET {column} = 987654"))


@pytest.mark.parametrize(("table", "column", "target"), [each for each in HELD if each[2] != "delivery_line"])
async def test_what_is_referred_to_stays(db, cast, table, column, target):
    await deliveries.line(db, cast, (date(2026, 10, 8), 100))
    made = spare(target)
    db.add(made)
    await db.flush()
    await db.execute(text(f"UPDATE {table} SET {column} = :id"), {"id": made.id})
    with pytest.raises(IntegrityError, match=f"{target} is still referred to from .*{column}"):
        await db.execute(text(f"DELETE FROM {target} WHERE id = :id"), {"id": made.id})


async def test_arrivals_go_with_their_line(db, cast):
    await deliveries.line(db, cast, (date(2026, 10, 8), 100))
    await db.execute(text("DELETE FROM delivery_line"))
    assert (await db.execute(text("SELECT count(*) FROM receipt"))).scalar_one() == 0


async def test_nobody_takes_away_what_another_is_about_to_refer_to(fresh):
    async with fresh.work(EVERYBODY) as db:
        cast = await invite_everybody(db)
        made = spare("commodity")
        db.add(made)
    remove = text("DELETE FROM commodity WHERE code = 'SPARE'")

    async def late() -> None:
        async with fresh.work(EVERYBODY) as db:
            await db.execute(remove)

    async with fresh.work(EVERYBODY) as db:
        await deliveries.line(db, cast, commodity_id=made.id)
        waiting = asyncio.create_task(late())
        await asyncio.sleep(0.3)
        assert not waiting.done()
    with pytest.raises(IntegrityError, match="still referred to"):
        await waiting


async def test_nobody_refers_to_what_another_is_about_to_take_away(fresh):
    async with fresh.work(EVERYBODY) as db:
        cast = await invite_everybody(db)
        made = spare("commodity")
        db.add(made)

    async def late() -> None:
        async with fresh.work(EVERYBODY) as db:
            await deliveries.line(db, cast, commodity_id=made.id)

    async with fresh.work(EVERYBODY) as db:
        await db.execute(text("DELETE FROM commodity WHERE code = 'SPARE'"))
        waiting = asyncio.create_task(late())
        await asyncio.sleep(0.3)
        assert not waiting.done()
    with pytest.raises(IntegrityError, match="refers to a commodity that is not there"):
        await waiting

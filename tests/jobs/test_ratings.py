import pytest
from sqlalchemy import text

from portal.access.principal import system
from portal.errors import StaleError
from portal.jobs.job import JobContext
from portal.jobs.ratings import recount
from portal.storage import make_store
from portal.workflows import ratings
from tests.factories import deliveries
from tests.jobs.conftest import rows
from tests.people import TESTER, invite_everybody

STORED = "SELECT month, lines, lines_on_time FROM supplier_month_total ORDER BY month"


@pytest.fixture
async def rated(fresh):
    """One line on time, with its sums."""
    async with fresh.work(TESTER) as db:
        cast = await invite_everybody(db)
        await ratings.install_default_policy(db)
        await deliveries.line(db, cast, (deliveries.PROMISED, 100))
        await ratings.derive_all(db, await ratings.policy_for_writing(db))
    return fresh


async def run(database, settings):
    async with database.work(system("night")) as db:
        await recount(JobContext(db, system("night"), database, make_store(settings), settings), {})


async def test_sums_that_agree_are_left_alone(rated, settings):
    before = await rows(rated, STORED)
    assert [row.lines for row in before] != []
    await run(rated, settings)
    assert await rows(rated, STORED) == before


@pytest.mark.parametrize(
    "wrong",
    [
        "UPDATE supplier_month_total SET lines_on_time = lines_on_time + 7",
        "UPDATE supplier_month SET lines = lines + 1",
        "DELETE FROM supplier_month_total",
    ],
)
async def test_drift_is_mended_and_told(rated, settings, wrong):
    before = await rows(rated, STORED)
    async with rated.work(TESTER) as db:
        await db.execute(text(wrong))
    with pytest.raises(StaleError, match="numbers of October 2026 did not agree"):
        await run(rated, settings)
    assert await rows(rated, STORED) == before
    await run(rated, settings)


async def test_a_line_that_was_derived_wrongly_is_derived_again(rated, superuser, settings):
    async with superuser.connection() as connection:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        await connection.execute(text("UPDATE delivery_line SET in_window = 1"))
    with pytest.raises(StaleError):
        await run(rated, settings)
    assert [row.in_window for row in await rows(rated, "SELECT in_window FROM delivery_line")] == [100]
    await run(rated, settings)

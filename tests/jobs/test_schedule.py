"""The timetable: each moment once, whatever the workers, the clocks and the time without either."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from portal import clock
from portal.jobs.registry import JOBS
from portal.jobs.schedule import TIMETABLE, Line, follow, last_due
from portal.models.organisation import Organisation
from tests.jobs.conftest import rows
from tests.people import TESTER

STOCKHOLM = ZoneInfo("Europe/Stockholm")
NIGHTLY = Line("nightly", hour=2, minute=30)
HOURLY = Line("hourly", minute=15)


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "now", "due"),
    [
        (NIGHTLY, utc(2026, 1, 10, 1, 29, 59), utc(2026, 1, 9, 1, 30)),
        (NIGHTLY, utc(2026, 1, 10, 1, 30), utc(2026, 1, 10, 1, 30)),
        (NIGHTLY, utc(2026, 7, 10, 0, 30), utc(2026, 7, 10, 0, 30)),  # summer time
        # 2:30 is left out on 29 March 2026: it is due at 3:30.
        (NIGHTLY, utc(2026, 3, 29, 1, 29), utc(2026, 3, 28, 1, 30)),
        (NIGHTLY, utc(2026, 3, 29, 1, 31), utc(2026, 3, 29, 1, 30)),
        # 2:30 comes twice on 25 October 2026: the first one counts, at both.
        (NIGHTLY, utc(2026, 10, 25, 0, 31), utc(2026, 10, 25, 0, 30)),
        (NIGHTLY, utc(2026, 10, 25, 1, 31), utc(2026, 10, 25, 0, 30)),
        (HOURLY, utc(2026, 1, 10, 1, 14), utc(2026, 1, 10, 0, 15)),
        (HOURLY, utc(2026, 1, 10, 1, 15), utc(2026, 1, 10, 1, 15)),
    ],
)
def test_a_line_is_due_at_a_time_of_day_in_its_zone(line, now, due):
    assert last_due(line, now, STOCKHOLM) == due


def test_every_day_of_the_year_has_exactly_one_moment():
    moment = utc(2026, 1, 1)
    found = set()
    while moment < utc(2027, 1, 1):
        found.add(last_due(NIGHTLY, moment, STOCKHOLM).astimezone(STOCKHOLM).date())
        moment += timedelta(minutes=15)
    assert (
        len(found) == 366
    )  # also 31 December, whose moment is the last one on the first minutes of the year


async def queued(database):
    return [row.entrypoint for row in await rows(database, "SELECT entrypoint FROM job_queue.pgqueuer")]


@pytest.fixture
async def stockholm(fresh):
    async with fresh.work(TESTER) as db:
        db.add(Organisation(name="Norrland", short_name="Norrland", time_zone="Europe/Stockholm"))
    return fresh


async def look(database, moment, *lines):
    with clock.fixed(moment):
        return await follow(database, lines or (NIGHTLY,))


async def test_a_line_begins_with_its_next_moment(stockholm):
    assert await look(stockholm, utc(2026, 1, 10, 12, 0)) == []
    assert await look(stockholm, utc(2026, 1, 11, 1, 29)) == []
    assert await look(stockholm, utc(2026, 1, 11, 1, 30)) == ["nightly"]
    assert await look(stockholm, utc(2026, 1, 11, 1, 31)) == []
    assert await queued(stockholm) == ["nightly"]


async def test_many_workers_queue_a_moment_once(stockholm):
    await look(stockholm, utc(2026, 1, 10, 12, 0))
    answers = await asyncio.gather(*(look(stockholm, utc(2026, 1, 11, 1, 30, n)) for n in range(8)))
    assert sorted(answers) == [[]] * 7 + [["nightly"]]
    assert await queued(stockholm) == ["nightly"]


async def test_a_worker_whose_clock_is_late_does_not_turn_the_timetable_back(stockholm):
    await look(stockholm, utc(2026, 1, 10, 12, 0))
    assert await look(stockholm, utc(2026, 1, 11, 1, 30, 1)) == ["nightly"]
    assert await look(stockholm, utc(2026, 1, 11, 1, 29, 58)) == []
    assert await look(stockholm, utc(2026, 1, 11, 1, 30, 2)) == []


async def test_days_without_a_worker_are_made_up_for_by_one_run(stockholm):
    await look(stockholm, utc(2026, 1, 10, 12, 0))
    assert await look(stockholm, utc(2026, 1, 14, 9, 0)) == ["nightly"]
    assert await look(stockholm, utc(2026, 1, 14, 9, 1)) == []


async def test_a_moment_whose_job_could_not_be_queued_is_not_lost(stockholm, owner):
    await look(stockholm, utc(2026, 1, 10, 12, 0))
    async with owner.connection() as connection:
        await connection.execute(text("ALTER TABLE job_queue.pgqueuer RENAME TO away"))
    with pytest.raises(Exception, match="pgqueuer"):
        await look(stockholm, utc(2026, 1, 11, 1, 30))
    async with owner.connection() as connection:
        await connection.execute(text("ALTER TABLE job_queue.away RENAME TO pgqueuer"))
    assert await look(stockholm, utc(2026, 1, 11, 1, 31)) == ["nightly"]


async def test_an_unknown_zone_of_the_organisation_is_taken_for_utc(stockholm):
    async with stockholm.work(TESTER) as db:
        await db.execute(text("UPDATE organisation SET time_zone = 'Mars/Olympus'"))
    await look(stockholm, utc(2026, 1, 10, 12, 0))
    assert await look(stockholm, utc(2026, 1, 11, 2, 29)) == []
    assert await look(stockholm, utc(2026, 1, 11, 2, 30)) == ["nightly"]


def test_the_timetable_names_jobs_that_exist_each_once():
    names = [line.job for line in TIMETABLE]
    assert set(names) <= set(JOBS)
    assert len(names) == len(set(names))
    assert all(0 <= line.minute < 60 and (line.hour is None or 0 <= line.hour < 24) for line in TIMETABLE)

"""The timetable: each moment once, whatever the workers, the clocks and the time without either."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from portal import clock
from portal.jobs.queue import load
from portal.jobs.registry import JOBS
from portal.jobs.schedule import follow
from portal.models.organisation import Organisation, Plant
from portal.workflows.timetable import (
    TIMETABLE,
    CatchUp,
    Daily,
    Hourly,
    Line,
    Place,
    WorkingDay,
    last_due,
    next_due,
)
from scorecards.periods import Calendar
from tests.jobs.conftest import rows
from tests.people import TESTER

STOCKHOLM = Place(
    ZoneInfo("Europe/Stockholm"), Calendar(holidays=frozenset({date(2026, 1, 1), date(2026, 1, 6)}))
)
NIGHTLY = Line("nightly", Daily(2, 30))
HOURLY = Line("hourly", Hourly((15, 45)))
CARDS = Line("cards", WorkingDay(6, 0, nth=3))


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
        (HOURLY, utc(2026, 1, 10, 1, 14), utc(2026, 1, 10, 0, 45)),
        (HOURLY, utc(2026, 1, 10, 1, 15), utc(2026, 1, 10, 1, 15)),
        # The third working day: January begins with holidays, 6 October 2026 is a Tuesday after a weekend.
        (CARDS, utc(2026, 1, 7, 4, 59), utc(2025, 12, 3, 5, 0)),
        (CARDS, utc(2026, 1, 7, 5, 0), utc(2026, 1, 7, 5, 0)),
        (CARDS, utc(2026, 10, 31), utc(2026, 10, 5, 4, 0)),
        (Line("last", WorkingDay(6, 0, nth=40)), utc(2026, 10, 31), utc(2026, 8, 22)),
    ],
)
def test_a_line_is_due_at_a_time_of_day_in_its_zone(line, now, due):
    assert last_due(line, now, STOCKHOLM) == due


@pytest.mark.parametrize("line", [NIGHTLY, HOURLY, CARDS])
def test_the_next_moment_is_the_one_that_comes_after(line):
    now = utc(2026, 3, 28, 12)
    coming = next_due(line, now, STOCKHOLM)
    assert coming > now
    assert last_due(line, coming, STOCKHOLM) == coming
    assert last_due(line, coming - timedelta(seconds=1), STOCKHOLM) <= now


def test_every_day_of_the_year_has_one_moment_and_every_month_one_working_day_of_a_number():
    around = utc(2025, 12, 31, 23), utc(2026, 12, 31, 22, 59)
    days = [each.astimezone(STOCKHOLM.zone).date() for each in NIGHTLY.when.moments(*around, STOCKHOLM)]
    assert len(days) == len(set(days)) == 365
    months = [each.month for each in CARDS.when.moments(*around, STOCKHOLM)]
    assert months == list(range(1, 13))
    assert len(list(HOURLY.when.moments(*around, STOCKHOLM))) == 2 * 365 * 24


async def queued(database):
    found = await rows(database, "SELECT entrypoint, payload FROM job_queue.pgqueuer ORDER BY id")
    return [(row.entrypoint, load(row.payload)["due"]) for row in found]


@pytest.fixture
async def stockholm(fresh):
    async with fresh.work(TESTER) as db:
        db.add(Organisation(name="Norrland", short_name="Norrland", time_zone="Europe/Stockholm"))
    return fresh


async def look(database, moment, *lines):
    with clock.fixed(moment):
        return await follow(database, lines or (NIGHTLY,))


async def test_a_line_begins_with_its_next_moment_and_tells_the_job_which_it_is(stockholm):
    assert await look(stockholm, utc(2026, 1, 10, 12, 0)) == []
    assert await look(stockholm, utc(2026, 1, 11, 1, 29)) == []
    assert await look(stockholm, utc(2026, 1, 11, 1, 30)) == ["nightly"]
    assert await look(stockholm, utc(2026, 1, 11, 1, 31)) == []
    assert await queued(stockholm) == [("nightly", "2026-01-11T01:30:00+00:00")]


async def test_many_workers_queue_a_moment_once(stockholm):
    await look(stockholm, utc(2026, 1, 10, 12, 0))
    answers = await asyncio.gather(*(look(stockholm, utc(2026, 1, 11, 1, 30, n)) for n in range(8)))
    assert sorted(answers) == [[]] * 7 + [["nightly"]]
    assert len(await queued(stockholm)) == 1


async def two_workers(database, *moments, lines):
    """Both look at each moment, at the same time."""
    found = []
    for moment in moments:
        for names in await asyncio.gather(*(look(database, moment, *lines) for _ in range(2))):
            found += names
    return found


async def test_a_clock_that_jumps_a_day_ahead_and_an_hour_back_runs_nothing_twice(stockholm):
    each = Line("each", Daily(2, 30), CatchUp.EACH)
    moments = (
        utc(2026, 1, 10, 1, 0),
        utc(2026, 1, 10, 1, 31),
        utc(2026, 1, 11, 1, 31),  # one day ahead
        utc(2026, 1, 11, 0, 31),  # an hour back
        utc(2026, 1, 11, 1, 30),  # the same moment again
        utc(2026, 1, 11, 1, 45),
        utc(2026, 1, 12, 1, 30),
    )
    found = await two_workers(stockholm, *moments, lines=(NIGHTLY, each))
    assert found.count("nightly") == found.count("each") == 3
    assert len(set(await queued(stockholm))) == 6


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
async def test_the_days_on_which_summer_time_begins_and_ends_have_one_run(stockholm, day):
    start = datetime(day.year, day.month, day.day - 1, 12, tzinfo=UTC)
    quarters = [start + timedelta(minutes=15 * n) for n in range(24 * 4)]
    found = await two_workers(stockholm, *quarters[::2], lines=(NIGHTLY,))
    assert found == ["nightly"]


async def test_days_without_a_worker_are_made_up_for_as_the_line_says(stockholm):
    lines = [Line(rule.value, Daily(2, 30), rule) for rule in CatchUp]
    await look(stockholm, utc(2026, 1, 10, 12, 0), *lines)
    assert await look(stockholm, utc(2026, 1, 14, 9, 0), *lines) == ["once", "each", "each", "each", "each"]
    assert [due[8:10] for name, due in await queued(stockholm) if name == "each"] == ["11", "12", "13", "14"]
    assert await look(stockholm, utc(2026, 1, 14, 9, 1), *lines) == []
    # On time is on time, whatever the rule.
    assert await look(stockholm, utc(2026, 1, 15, 1, 40), *lines) == ["once", "each", "skip"]


async def test_a_restart_of_minutes_misses_nothing_even_for_lines_that_skip(stockholm):
    line = Line("skip", Hourly((7,)), CatchUp.SKIP)
    await look(stockholm, utc(2026, 1, 10, 12, 0), line)
    assert await look(stockholm, utc(2026, 1, 10, 12, 36), line) == ["skip"]
    assert await look(stockholm, utc(2026, 1, 10, 13, 38), line) == []


async def test_working_days_are_those_of_the_first_plant_in_the_organisations_zone(stockholm):
    async with stockholm.work(TESTER) as db:
        db.add(Plant(code="A", name="A", country="PL", time_zone="Europe/Warsaw"))
        db.add(Plant(code="B", name="B", country="SE", time_zone="Europe/Stockholm"))
    await look(stockholm, utc(2026, 1, 2, 0, 0), CARDS)
    # 1 and 6 January are days off in Sweden: 2, 5 and 7 are worked.
    assert await look(stockholm, utc(2026, 1, 7, 4, 59), CARDS) == []
    assert await look(stockholm, utc(2026, 1, 7, 5, 0), CARDS) == ["cards"]


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


def test_the_timetable_names_jobs_that_exist_each_once_and_says_when_in_words():
    names = [line.job for line in TIMETABLE]
    assert set(names) <= set(JOBS)
    assert len(names) == len(set(names))
    assert all(line.when.words.startswith(("every ", "on ")) for line in TIMETABLE)

"""The two-sided clock: working days of the supplier's site, summer time, holidays, and whose time it was."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import languages
from portal.models.scars import Severity, Stage
from portal.workflows.ratings import calendars
from portal.workflows.scars.clock import ALLOWED, Allowance, Pause, Site, between, due, later, spent, words
from scorecards.periods import Calendar

HOURS = timedelta(hours=1)


def site(zone: str, *off: str) -> Site:
    return Site(zone, Calendar(holidays=frozenset(date.fromisoformat(day) for day in off)))


BERLIN = site("Europe/Berlin", "2026-04-03", "2026-04-06", "2026-12-25", "2026-12-26")
SHANGHAI = site("Asia/Shanghai", *(f"2026-02-{day}" for day in range(16, 24)))
LOS_ANGELES = site("America/Los_Angeles", "2026-11-26", "2026-07-03")
WARSAW = site("Europe/Warsaw")


def at(place: Site, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(place.zone))


@pytest.mark.parametrize(
    ("place", "begins", "hours", "ends"),
    [
        (WARSAW, "2026-11-03 13:30", 24, "2026-11-04 13:30"),
        # A weekend stands still.
        (BERLIN, "2026-11-06 15:00", 24, "2026-11-09 15:00"),
        (BERLIN, "2026-11-06 15:00", 48, "2026-11-10 15:00"),
        # What begins on a Saturday begins on Monday.
        (BERLIN, "2026-11-07 11:00", 24, "2026-11-10 00:00"),
        # Easter in Berlin: Good Friday, the weekend and Monday.
        (BERLIN, "2026-04-02 10:00", 24, "2026-04-07 10:00"),
        # Summer time begins and ends on a Sunday between: the same time of day.
        (BERLIN, "2026-03-26 10:00", 7 * 24, "2026-04-08 10:00"),
        (BERLIN, "2026-10-22 16:40", 7 * 24, "2026-11-02 16:40"),
        (LOS_ANGELES, "2026-03-05 09:00", 7 * 24, "2026-03-16 09:00"),
        (LOS_ANGELES, "2026-10-29 09:00", 48, "2026-11-02 09:00"),
        # Thanksgiving, and the day before Independence Day, which is a Saturday.
        (LOS_ANGELES, "2026-11-25 16:00", 24, "2026-11-27 16:00"),
        (LOS_ANGELES, "2026-07-02 08:00", 48, "2026-07-07 08:00"),
        # The New Year's week in Shanghai, where no clock ever changes.
        (SHANGHAI, "2026-02-13 17:00", 24, "2026-02-24 17:00"),
        (SHANGHAI, "2026-10-22 17:00", 48, "2026-10-26 17:00"),
    ],
)
def test_hours_count_on_working_days_of_the_site(place, begins, hours, ends):
    assert later(at(place, begins), hours * HOURS, place) == at(place, ends)


@pytest.mark.parametrize(
    ("place", "begins", "days", "ends"),
    [
        (WARSAW, "2026-11-03 13:30", 30, "2026-12-03 13:30"),
        (BERLIN, "2026-03-20 10:00", 30, "2026-04-19 10:00"),  # over the change to summer time
        (LOS_ANGELES, "2028-01-31 23:30", 30, "2028-03-01 23:30"),  # over a leap day
    ],
)
def test_calendar_days_end_at_the_same_time_of_day(place, begins, days, ends):
    assert later(at(place, begins), days * 24 * HOURS, place, is_calendar=True) == at(place, ends)


async def test_the_calendar_comes_from_the_table_of_working_days(db):
    poland = Site(
        "Europe/Warsaw",
        await calendars.of_country(db, "PL", date(2026, 11, 1), date(2027, 3, 1)),
    )
    # 11 November is Independence Day.
    assert later(at(poland, "2026-11-10 09:00"), 24 * HOURS, poland) == at(poland, "2026-11-12 09:00")
    china = Site("Asia/Shanghai", await calendars.of_country(db, "CN", date(2026, 9, 1), date(2026, 11, 1)))
    assert later(at(china, "2026-09-30 09:00"), 24 * HOURS, china) > at(china, "2026-10-05 00:00")


def test_what_our_decision_took_is_added_to_every_deadline():
    """The example of the supplier's page: D3 was with us from Wednesday 10:50 to Thursday 14:00."""
    begins = at(WARSAW, "2026-11-03 13:30")
    ours = [Pause(at(WARSAW, "2026-11-04 10:50"), at(WARSAW, "2026-11-05 14:00"))]
    assert words(ours[0].ends - ours[0].begins) == "27 h 10 min"
    allowed = ALLOWED[Severity.MAJOR]
    now = at(WARSAW, "2026-11-06 08:00")
    assert due(begins, allowed[Stage.ANALYSIS], ours, WARSAW, now=now) == at(WARSAW, "2026-11-13 16:40")
    assert due(begins, allowed[Stage.IMPLEMENTATION], ours, WARSAW, now=now) == at(WARSAW, "2026-11-24 16:40")
    assert due(begins, allowed[Stage.PREVENTION], ours, WARSAW, now=now) == at(WARSAW, "2026-12-04 16:40")


def test_a_weekend_in_our_court_adds_no_working_hours_and_three_days_of_the_calendar():
    begins = at(BERLIN, "2026-11-04 09:00")
    ours = [Pause(at(BERLIN, "2026-11-06 18:00"), at(BERLIN, "2026-11-09 09:00"))]
    now = at(BERLIN, "2026-11-10 00:00")
    assert due(begins, Allowance(7 * 24), ours, BERLIN, now=now) == at(BERLIN, "2026-11-14 00:00")
    assert due(begins, Allowance(720, is_calendar=True), ours, BERLIN, now=now) == at(
        BERLIN, "2026-12-07 00:00"
    )


def test_granted_days_are_working_days_and_end_on_one():
    begins = at(BERLIN, "2026-11-03 10:00")
    end = due(begins, Allowance(720, is_calendar=True), (), BERLIN, now=begins, extra_hours=48)
    assert end == at(BERLIN, "2026-12-07 10:00")  # Thursday 3 December, then Friday and Monday


def test_time_is_told_in_words_of_the_reader():
    assert words(timedelta(minutes=50)) == "50 min"
    assert words(timedelta(hours=3)) == "3 h"
    assert words(timedelta(days=3, hours=4)) == "3 days 4 h"
    with languages.speaking("de"):
        assert words(timedelta(days=3, hours=4)) == "3 Tage 4 Std."


PLACES = st.sampled_from([BERLIN, SHANGHAI, LOS_ANGELES, WARSAW])
MOMENTS = st.integers(0, 480_000).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
SPANS = st.integers(0, 40 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))


@given(PLACES, MOMENTS, SPANS, st.booleans())
def test_between_undoes_later(place, begins, span, is_calendar):
    end = later(begins, span, place, is_calendar=is_calendar)
    assert end >= begins
    assert between(begins, end, place, is_calendar=is_calendar) == span


@given(PLACES, MOMENTS, SPANS, SPANS)
def test_more_time_never_ends_earlier(place, begins, one, two):
    assert later(begins, one + two, place) == later(later(begins, one, place), two, place)


@given(PLACES, MOMENTS, st.lists(st.integers(0, 6 * 24 * 60), max_size=7))
def test_their_time_and_ours_are_all_the_time_there_was(place, begins, minutes):
    moments = [begins]
    for each in minutes:
        moments.append(moments[-1] + timedelta(minutes=each))
    ours = [Pause(a, b) for a, b in zip(moments[1::2], moments[2::2], strict=False)]
    end = moments[-1] + timedelta(hours=5)
    their_time = spent(begins, end, ours, place)
    our_time = sum((between(each.begins, each.ends, place) for each in ours), timedelta())
    assert their_time + our_time == between(begins, end, place)
    # Who had 10 days and has used that much of them has the rest left.
    deadline = due(begins, Allowance(240), ours, place, now=end)
    assert between(end, deadline, place) == max(240 * HOURS - their_time, timedelta())

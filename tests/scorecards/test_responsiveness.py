from datetime import date

import pytest

from scorecards import responsiveness
from scorecards.measures import State
from scorecards.periods import Period
from scorecards.responsiveness import ResponseSums, StageState, judge
from tests.scorecards.rows import LATER, OCTOBER, stage

DUE = date(2026, 10, 20)


@pytest.mark.parametrize(
    ("answered", "accepted", "as_of", "state"),
    [
        (0, True, DUE, StageState.ON_TIME),
        (1, True, LATER, StageState.LATE),
        (-5, None, LATER, StageState.PENDING),
        (5, None, LATER, StageState.LATE),
        (-5, False, LATER, StageState.LATE),
        (-5, False, DUE, StageState.PENDING),
        (None, None, DUE, StageState.PENDING),
        (None, None, date(2026, 10, 21), StageState.LATE),
    ],
)
def test_a_stage_is_on_time_when_answered_by_its_due_time_and_accepted(answered, accepted, as_of, state):
    assert judge(stage(1, DUE, answered, accepted=accepted), as_of).state is state


def test_stages_count_in_the_period_they_were_due_in():
    rows = [stage(1, DUE), stage(2, DUE, 3), stage(3, date(2026, 11, 2)), stage(4, DUE, None)]
    sums = responsiveness.sums(rows, OCTOBER, LATER)
    assert sums == ResponseSums(due=3, on_time=1, late=2)
    both = responsiveness.sums(rows, Period(OCTOBER.first_month, 2), LATER)
    assert both == sums + responsiveness.sums(rows, Period.month(2026, 11), LATER)
    assert both.on_time == 2


def test_an_open_stage_past_its_due_day_is_late_when_the_period_ends():
    rows = [stage(1, date(2026, 10, 31), None)]
    assert responsiveness.measure(responsiveness.sums(rows, OCTOBER, date(2026, 11, 1))).value == 0


def test_states_without_a_number():
    assert responsiveness.measure(ResponseSums()).state is State.NO_ACTIVITY
    assert responsiveness.measure(ResponseSums(due=1, pending=1)).state is State.PENDING
    assert responsiveness.measure(ResponseSums(due=3, on_time=2, late=1)).value.quantize(1) == 67

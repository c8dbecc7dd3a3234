from datetime import timedelta

import pytest

from portal import clock
from portal.mail.gate import BEHIND_ONE, FIRST, LONGEST, ONE_TRIES, Gate
from tests.mail.conftest import AT

NOTHING = timedelta()


@pytest.fixture
def at():
    return lambda seconds: clock.fixed(AT + timedelta(seconds=seconds))


def test_an_open_gate_lets_everything_through():
    gate = Gate()
    assert [gate.wait() for _ in range(3)] == [NOTHING] * 3


def test_after_a_fault_all_wait_and_then_one_goes_first(at):
    gate = Gate()
    with at(0):
        gate.close()
        assert gate.wait() == FIRST
    with at(20):
        assert gate.wait() == FIRST - timedelta(seconds=20)
    with at(30):
        assert gate.wait() == NOTHING
        assert gate.wait() == BEHIND_ONE
        gate.open()
        assert gate.wait() == NOTHING


def test_faults_of_mails_under_way_together_count_as_one(at):
    gate = Gate()
    with at(0):
        for _ in range(4):
            gate.close()
        assert gate.wait() == FIRST


def test_each_further_fault_keeps_it_closed_longer_up_to_a_limit(at):
    gate, seconds, pauses = Gate(), 0, []
    for _ in range(6):
        with at(seconds):
            assert gate.wait() == NOTHING
            gate.close()
            pauses.append(gate.wait())
        seconds += pauses[-1].total_seconds()
    assert pauses == [timedelta(seconds=s) for s in (30, 60, 120, 240, 300, 300)]
    assert pauses[-1] == LONGEST


def test_a_try_that_never_comes_back_keeps_nobody_waiting_for_ever(at):
    gate = Gate()
    with at(0):
        gate.close()
    with at(30):
        assert gate.wait() == NOTHING
    with at(30 + ONE_TRIES.total_seconds()):
        assert gate.wait() == NOTHING

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from scorecards import delivery
from scorecards.delivery import DeliverySums, judge
from scorecards.policy import DEFAULT_POLICY
from scorecards.sums import Sums
from scorecards.what_if import if_excused, if_on_time
from tests.scorecards.rows import EXCUSE, LATER, OCTOBER, line, receipt
from tests.scorecards.test_weighting import EXAMPLE, MONTH

RULES = DEFAULT_POLICY.delivery
LATE = line("late", 480, date(2026, 10, 8), (receipt(date(2026, 10, 12), 480),))
QUANTITIES = {"ordered": Decimal(12480), "in_window": Decimal(11000)}
DRAWN = replace(EXAMPLE, delivery=replace(EXAMPLE.delivery, **QUANTITIES))


def test_the_sentence_on_the_drawn_card():
    found = if_excused({MONTH: DRAWN}, DEFAULT_POLICY, OCTOBER, judge(LATE, RULES, LATER))
    assert found.sentence == "If the line is excused: 24 ÷ 25 = 96.0 %, score 88.6, still band B."
    sums = found.card.sums_over(OCTOBER).delivery
    assert (sums.promised, sums.excused, sums.late, sums.ordered) == (28, 2, 0, 12000)


def test_it_is_what_excusing_the_line_gives():
    rows = [line(number) for number in range(12)]
    sums, excused = (
        delivery.sums([*rows, each], OCTOBER, RULES, LATER) for each in (LATE, replace(LATE, excuse=EXCUSE))
    )
    found = if_excused({MONTH: Sums(sums)}, DEFAULT_POLICY, OCTOBER, judge(LATE, RULES, LATER))
    assert found.card.sums_over(OCTOBER).delivery == excused


def test_an_excuse_that_would_change_nothing():
    assert if_excused({MONTH: DRAWN}, DEFAULT_POLICY, OCTOBER, judge(line(), RULES, LATER)) is None


@pytest.mark.parametrize(
    ("rest", "sentence"),
    [
        (DRAWN.response, "If the line is excused: nothing is left to count, score 90.0, band A."),
        (Sums().response, "If the line is excused: nothing is left to count, not rated."),
    ],
)
def test_the_only_line(rest, sentence):
    months = {MONTH: Sums(delivery.sums([LATE], OCTOBER, RULES, LATER), response=rest)}
    assert months[MONTH].delivery - DeliverySums() == months[MONTH].delivery
    found = if_excused(months, DEFAULT_POLICY, OCTOBER, judge(LATE, RULES, LATER))
    assert found.sentence == sentence


def test_lines_on_time_give_what_lines_on_time_give():
    early = line("early", 100, date(2026, 10, 8), (receipt(date(2026, 9, 12), 100),))
    rows = [line(number) for number in range(12)]
    wished = [
        replace(each, receipts=(receipt(each.acknowledged_on, each.ordered),)) for each in (LATE, early)
    ]
    sums, as_wished = (
        delivery.sums([*rows, *more], OCTOBER, RULES, LATER) for more in ((LATE, early), wished)
    )
    missed = [judge(each, RULES, LATER) for each in (LATE, early)]
    found = if_on_time({MONTH: Sums(sums)}, DEFAULT_POLICY, OCTOBER, missed)
    assert found.card.sums_over(OCTOBER).delivery == as_wished
    assert found.sentence == "If these 2 lines were on time: score 100.0, band A."
    assert if_on_time({MONTH: Sums(sums)}, DEFAULT_POLICY, OCTOBER, [judge(line(), RULES, LATER)]) is None

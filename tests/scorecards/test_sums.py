from dataclasses import replace
from datetime import date

from hypothesis import given

from scorecards import delivery, quality, responsiveness
from scorecards.canonical import dump
from scorecards.policy import DEFAULT_POLICY
from scorecards.quality import QualitySums
from scorecards.sums import SoftSums, Sums, count
from tests.scorecards.rows import LATER, OCTOBER, inputs, line, receipt
from tests.scorecards.test_properties import AUTUMN, few


@few
@given(inputs)
def test_counting_by_month_is_counting_each_kind_over_the_whole_window(rows):
    assert count(rows, AUTUMN, DEFAULT_POLICY, LATER) == Sums(
        delivery.sums(rows.lines, AUTUMN, DEFAULT_POLICY.delivery, LATER),
        quality.sums(rows.lines, rows.lots, rows.nonconformances, AUTUMN),
        responsiveness.sums(rows.stages, AUTUMN, LATER),
    )


def test_a_receipt_of_nothing_is_no_arrival():
    nothing = line(receipts=(receipt(date(2026, 10, 15), 0),))
    assert quality.sums([nothing], [], [], OCTOBER) == QualitySums()


def test_sums_added_in_any_order_are_the_same_bytes():
    one = Sums(soft={"help": SoftSums(given=1)}, events={"freight": 1})
    other = Sums(soft={"care": SoftSums(given=1)}, events={"stoppage": 2, "freight": 1})
    assert dump(one + other) == dump(other + one)
    assert (one + other).events == {"freight": 2, "stoppage": 2}


def test_the_order_of_names_does_not_show_in_the_bytes():
    weights = DEFAULT_POLICY.weights
    turned = replace(DEFAULT_POLICY, weights=dict(reversed(weights.items())))
    assert list(turned.weights) != list(weights)
    assert dump(turned) == dump(DEFAULT_POLICY)

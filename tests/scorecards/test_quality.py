from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from scorecards import quality
from scorecards.feeds import Lot, LotResult
from scorecards.measures import State
from scorecards.periods import Period
from scorecards.policy import QualityRules
from scorecards.quality import QualitySums
from tests.scorecards.rows import OCTOBER, line, nonconformance, receipt


def test_ppm_of_the_example():
    lines = [line(1, 12480)]
    sums = quality.sums(lines, [], [nonconformance(1, 3), nonconformance(2, 2)], OCTOBER)
    measure = quality.ppm(sums)
    assert (measure.numerator, measure.denominator) == (5, 12480)
    assert str(measure.value).startswith("400.6410256410")


@pytest.mark.parametrize(
    "left_out",
    [
        {"responsibility": "ours"},
        {"responsibility": "carrier"},
        {"responsibility": "undetermined"},
        {"is_sample": True},
    ],
)
def test_only_the_suppliers_own_series_parts_count(left_out):
    found = [nonconformance(1, 3), nonconformance(2, 2, safety=True, **left_out)]
    sums = quality.sums([line(1, 1000)], [], found, OCTOBER)
    assert (sums.nonconforming, sums.nonconformances, sums.left_out, sums.safety) == (3, 1, 1, 0)
    assert quality.ppm(sums).value == 3000


def test_pieces_count_in_the_month_they_arrive_even_for_cancelled_lines():
    arrivals = (receipt(date(2026, 10, 31), 60), receipt(date(2026, 11, 1), 40))
    late = line(1, 100, receipts=arrivals, cancelled_on=date(2026, 10, 20))
    october = quality.sums([late], [], [], OCTOBER)
    november = quality.sums([late], [], [], Period.month(2026, 11))
    assert (october.received, october.lines) == (60, 1)
    assert (november.received, november.lines) == (40, 1)
    assert october + november == quality.sums([late], [], [], Period(OCTOBER.first_month, 2))


def test_defects_on_nothing_received_are_undefined_and_nothing_is_no_activity():
    undefined = quality.ppm(quality.sums([], [], [nonconformance(1, 4)], OCTOBER))
    assert (undefined.state, undefined.value) == (State.UNDEFINED, None)
    assert quality.ppm(QualitySums()).state is State.NO_ACTIVITY


def test_dpmo_divides_by_opportunities():
    sums = quality.sums([line(1, 1000)], [], [nonconformance(1, 1, defects=6)], OCTOBER)
    assert quality.dpmo(sums, QualityRules()).state is State.NO_ACTIVITY
    assert quality.dpmo(sums, QualityRules(opportunities_per_unit=1)).value == 6000
    assert quality.dpmo(sums, QualityRules(opportunities_per_unit=12)).value == 500


def lots(*results):
    return [
        Lot(str(at), f"L{at}", "GH", "Luleå", "castings", date(2026, 10, 5), Decimal(10), LotResult(result))
        for at, result in enumerate(results)
    ]


def test_lots_accepted_and_the_two_ways_to_read_use_as_is():
    sums = quality.sums([], lots("accepted", "accepted", "rejected", "use_as_is"), [], OCTOBER)
    assert quality.lar(sums, QualityRules()).value == 50
    assert quality.lar(sums, replace(QualityRules(), use_as_is="accepted")).value == 75
    assert quality.lar(QualitySums(), QualityRules()).state is State.NO_ACTIVITY


def test_lots_of_another_month_do_not_count():
    assert quality.sums([], lots("accepted"), [], Period.month(2026, 9)) == QualitySums()

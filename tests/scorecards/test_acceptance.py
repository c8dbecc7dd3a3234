"""The published examples of the acceptance table, one test a row."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from scorecards import delivery
from scorecards.delivery import DeliverySums, LineState
from scorecards.exact import rounded
from scorecards.explain import explain
from scorecards.feeds import Inputs
from scorecards.measures import State
from scorecards.periods import Period
from scorecards.policy import DEFAULT_POLICY, DeliveryRules, Policy, PolicyError
from scorecards.sums import Sums
from scorecards.weighting import rate, rate_inputs, weighted_average
from tests.scorecards.rows import LATER, OCTOBER, line, receipt, scms_lines

ON_OR_BEFORE = DeliveryRules(early_days=None)
STRICT = DeliveryRules(early_days=5, late_days=0)


def percent(lines, rules=STRICT, period=OCTOBER):
    return delivery.measure(delivery.sums(lines, period, rules, LATER), rules).value


def test_two_categories_of_two_measures():
    one = Decimal(1)
    category_a = weighted_average([(one, Decimal(4)), (one, Decimal(2))])
    category_b = weighted_average([(one, Decimal(1)), (one, Decimal(4))])
    assert (category_a, category_b) == (Decimal(3), Decimal("2.5"))
    score = weighted_average([(Decimal(65), category_a), (Decimal(35), category_b)])
    assert score == Decimal("2.825")
    assert str(rounded(score, 2)) == "2.83"


def test_weights_of_three_and_one():
    parts = [(Decimal(3), Decimal(80)), (Decimal(1), Decimal(90))]
    assert weighted_average(parts) == Decimal("82.5")


def with_table(key, table):
    data = DEFAULT_POLICY.to_dict()
    data["points"][key] = table
    return data


def refusals(data):
    with pytest.raises(PolicyError) as refused:
        Policy.parse(data)
    return [(problem.path, problem.sentence) for problem in refused.value.problems]


OTD_STEPS = [(98, 15), (97, 14), (96, 13), (95, 12), (94, 10), (90, 5), (80, 2)]


def test_delivery_points_given_for_single_percentages_leave_gaps_that_are_named():
    steps = [{"from": at, "to": 100 if at == 98 else at, "points": points} for at, points in OTD_STEPS]
    table = {"kind": "steps", "steps": steps, "rounded_to": 1, "out_of": 15}
    assert refusals(with_table("delivery", table)) == [
        ("points.delivery.steps[6]", "No step covers 0 to 79. Begin a step at 0."),
        ("points.delivery.steps[5]", "No step covers 81 to 89. Extend a step or add one."),
        ("points.delivery.steps[4]", "No step covers 91 to 93. Extend a step or add one."),
    ]


def test_delivery_points_from_lower_bounds_leave_one_gap_below_and_work_without_it():
    steps = [{"from": at, "points": points} for at, points in OTD_STEPS]
    table = {"kind": "steps", "steps": steps, "out_of": 15}
    assert refusals(with_table("delivery", table)) == [
        ("points.delivery.steps[6]", "No step covers below 80. Begin a step at 0.")
    ]
    steps.append({"from": 0, "points": 0})
    policy = Policy.parse(with_table("delivery", table))
    sums = Sums(DeliverySums(promised=1000, on_time=975, late=25))
    assert rate(sums, policy, OCTOBER).measure("delivery").points == Decimal("93." + "3" * 30)


def test_published_ppm_table_is_refused_with_its_four_holes():
    rows = [(0, 100, 50), (101, 200, 42), (201, 300, 36), (301, 400, 28), (501, 600, 20), (701, 800, 14)]
    rows += [(901, 1000, 8), (1001, 1100, 2)]
    steps = [{"from": first, "to": last, "points": points} for first, last, points in rows]
    table = {"kind": "steps", "steps": [*steps, {"above": 1101, "points": 0}], "rounded_to": 1, "out_of": 50}
    found = refusals(with_table("quality", table))
    assert [sentence.split(".")[0] for _, sentence in found] == [
        "No step covers 401 to 500",
        "No step covers 601 to 700",
        "No step covers 801 to 900",
        "No step covers 1101",
    ]
    assert [path for path, _ in found] == [f"points.quality.steps[{at}]" for at in (4, 5, 6, 8)]


def test_split_delivery_adds_up():
    split = line(receipts=(receipt(date(2026, 10, 12), 6), receipt(date(2026, 10, 14), 4)))
    assert percent([split]) == 100
    assert percent([split], replace(STRICT, mode="quantity")) == 100


@pytest.mark.parametrize("mode", ["line", "quantity"])
def test_over_delivery_is_no_more_than_all(mode):
    assert (
        percent([line(ordered=7, receipts=(receipt(date(2026, 10, 15), 14),))], replace(STRICT, mode=mode))
        == 100
    )


def test_a_rate_of_zero_reads_zero():
    late = [line(number, receipts=(receipt(date(2026, 10, 19), 10),)) for number in range(12)]
    card = rate_inputs(Inputs("Acme", tuple(late)), DEFAULT_POLICY, OCTOBER, LATER)
    measure = card.measure("delivery")
    assert (measure.state, measure.value) == (State.OK, Decimal(0))
    explained = explain(card, DEFAULT_POLICY).measure("delivery")
    assert (explained.shown, explained.brief) == ("0.0 %", "0 of 12 lines")
    assert card.shown == 0


@pytest.mark.parametrize("mode", ["line", "quantity"])
def test_a_line_reduced_to_nothing_is_left_out(mode):
    rules = replace(STRICT, mode=mode)
    empty = line(ordered=0)
    assert percent([empty], rules) is None
    sums = delivery.sums([empty, line(2)], OCTOBER, rules, LATER)
    assert (sums.promised, sums.empty, sums.on_time) == (2, 1, 1)
    assert delivery.measure(sums, rules).value == 100


def test_one_second_before_midnight_at_the_plant_is_on_time():
    """The feed holds the plant's civil day: 23:59:59 in Luleå is still that day."""
    arrived_at = datetime(2026, 10, 15, 21, 59, 59, tzinfo=UTC).astimezone(ZoneInfo("Europe/Stockholm"))
    assert (arrived_at.hour, arrived_at.minute, arrived_at.second) == (23, 59, 59)
    made = line(receipts=(receipt(arrived_at.date(), 10),))
    assert delivery.judge(made, STRICT, LATER).state is LineState.ON_TIME


@pytest.fixture(scope="module")
def scms():
    return scms_lines()


EVER = Period(60, 144)


@pytest.mark.parametrize(
    ("rules", "on_time", "shown"), [(ON_OR_BEFORE, 9138, "88.51"), (STRICT, 6720, "65.09")]
)
def test_scms_history(scms, rules, on_time, shown):
    lines = [made for _, made in scms]
    assert len(lines) == 10324
    sums = delivery.sums(lines, EVER, rules, date(2016, 1, 1))
    assert (sums.promised, sums.on_time, sums.pending) == (10324, on_time, 0)
    assert str(rounded(delivery.measure(sums, rules).value, 2)) == shown


def test_scms_aurobindo_pools_its_quarters(scms):
    lines = [made for vendor, made in scms if vendor == "Aurobindo Pharma Limited"]
    quarters = [
        delivery.sums(lines, Period.quarter(2013, quarter), ON_OR_BEFORE, date(2016, 1, 1))
        for quarter in (1, 2, 3, 4)
    ]
    assert [(one.on_time, one.promised) for one in quarters] == [(10, 10), (11, 11), (24, 26), (25, 31)]
    year = sum(quarters, DeliverySums())
    assert year == delivery.sums(lines, Period(156, 12), ON_OR_BEFORE, date(2016, 1, 1))
    assert str(rounded(delivery.measure(year, ON_OR_BEFORE).value, 2)) == "89.74"


def test_scms_vendors_without_enough_lines_say_so_and_quality_has_no_number(scms):
    by_vendor = defaultdict(list)
    for vendor, made in scms:
        by_vendor[vendor].append(made)
    assert len(by_vendor) == 73
    states = Counter()
    for vendor, lines in by_vendor.items():
        policy = replace(DEFAULT_POLICY, delivery=ON_OR_BEFORE)
        card = rate_inputs(Inputs(vendor, tuple(lines)), policy, EVER, date(2016, 1, 1))
        states[card.measure("delivery").state] += 1
        assert card.measure("responsiveness").state is State.NO_ACTIVITY
        assert card.measure("quality").state is State.NO_ACTIVITY
        assert (card.measure("delivery").state is State.LOW_VOLUME) == (len(lines) < 10)
        assert not (card.may_escalate and len(lines) < 10)
    assert states == {State.OK: 30, State.LOW_VOLUME: 43}

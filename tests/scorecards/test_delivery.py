from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from scorecards import delivery
from scorecards.delivery import DeliverySums, LineState, judge
from scorecards.feeds import Excuse
from scorecards.measures import State
from scorecards.periods import Calendar, Period
from scorecards.policy import DeliveryRules, Reference
from tests.scorecards.rows import EXCUSE, LATER, OCTOBER, line, receipt

RULES = DeliveryRules()
D = date(2026, 10, 15)


def day(number):
    return date(2026, 10, number)


def arriving(number, quantity=10, **more):
    return line(receipts=(receipt(day(number), quantity),), **more)


@pytest.mark.parametrize(
    ("arrived", "state", "days", "sentence"),
    [
        (9, LineState.EARLY, 1, "Too early by 1 day"),
        (10, LineState.ON_TIME, 0, "On time"),
        (15, LineState.ON_TIME, 0, "On time"),
        (16, LineState.LATE, 1, "1 day late"),
        (19, LineState.LATE, 4, "4 days late"),
    ],
)
def test_window_of_five_days_early_and_none_late(arrived, state, days, sentence):
    verdict = judge(arriving(arrived), RULES, LATER)
    assert (verdict.state, verdict.days, verdict.sentence) == (state, days, sentence)
    assert (verdict.first_day, verdict.last_day) == (day(10), day(15))


@pytest.mark.parametrize(
    ("early", "late", "on_time"), [(2, 0, range(13, 16)), (0, 3, range(15, 19)), (None, 0, range(1, 16))]
)
def test_other_published_windows(early, late, on_time):
    rules = replace(RULES, early_days=early, late_days=late)
    found = [number for number in range(1, 32) if judge(arriving(number), rules, LATER).state == "on_time"]
    assert found == list(on_time)


def test_business_days_use_the_plants_own_holidays():
    rules = replace(RULES, early_days=0, late_days=1, days="business")
    calendars = {"Luleå": Calendar(holidays=frozenset({day(16), day(19)}))}
    tuesday = arriving(20)
    assert judge(tuesday, rules, LATER, calendars).state is LineState.ON_TIME
    assert judge(replace(tuesday, plant="Graz"), rules, LATER, calendars).state is LineState.LATE


@pytest.mark.parametrize(
    ("preferred", "dates", "used"),
    [
        (Reference.ACKNOWLEDGED, (3, 5, 7), (Reference.ACKNOWLEDGED, 5)),
        (Reference.ACKNOWLEDGED, (3, None, 7), (Reference.CONFIRMED, 7)),
        (Reference.ACKNOWLEDGED, (3, None, None), (Reference.REQUESTED, 3)),
        (Reference.CONFIRMED, (3, 5, None), (Reference.ACKNOWLEDGED, 5)),
        (Reference.REQUESTED, (3, 5, 7), (Reference.REQUESTED, 3)),
        (Reference.REQUESTED, (None, 5, 7), (Reference.ACKNOWLEDGED, 5)),
    ],
)
def test_a_missing_date_is_replaced_in_a_known_order(preferred, dates, used):
    requested, acknowledged, confirmed = (None if number is None else day(number) for number in dates)
    made = replace(line(), requested_on=requested, acknowledged_on=acknowledged, confirmed_on=confirmed)
    verdict = judge(made, replace(RULES, reference=preferred), LATER)
    assert (verdict.reference, verdict.promised_on) == (used[0], day(used[1]))


def test_a_line_without_any_date_is_in_no_period():
    made = line(promised=None, receipts=())
    assert judge(made, RULES, LATER).state is LineState.NOT_COUNTED
    assert delivery.sums([made], Period(0, 600), RULES, LATER) == DeliverySums()


def test_cancelled_comes_before_everything():
    verdict = judge(arriving(19, cancelled_on=day(5), excuse=EXCUSE), RULES, LATER)
    assert (verdict.state, verdict.sentence) == (LineState.CANCELLED, "Cancelled on 5 Oct 2026")


def test_an_excuse_says_why_and_who():
    verdict = judge(arriving(19, excuse=EXCUSE), RULES, LATER)
    assert verdict.state is LineState.EXCUSED
    assert verdict.sentence == "Our dock was closed 1 to 5 Oct. Approved by O. Nyström"


def test_an_excuse_takes_nothing_from_a_line_on_time():
    assert judge(arriving(15, excuse=EXCUSE), RULES, LATER).state is LineState.ON_TIME


def test_an_excuse_needs_an_approver():
    with pytest.raises(ValueError, match="name of who approved"):
        Excuse("dock_closed", "Our dock was closed.", " ")


def test_open_lines_are_pending_until_the_windows_last_day_is_over():
    rules = replace(RULES, late_days=2)
    opened = line(receipts=())
    states = [judge(opened, rules, day(number)).state for number in (1, 16, 17, 18)]
    assert states == [LineState.PENDING, LineState.PENDING, LineState.PENDING, LineState.LATE]
    assert judge(opened, rules, day(17)).sentence == "Not due until 17 Oct 2026"
    assert judge(opened, rules, day(18)).sentence == "1 day late so far, nothing arrived"


def test_on_time_and_early_do_not_wait_for_the_window_to_pass():
    assert judge(arriving(12), RULES, day(12)).state is LineState.ON_TIME
    assert judge(arriving(8), RULES, day(8)).state is LineState.EARLY


def test_part_early_and_part_in_the_window_is_early_and_part_late_is_late():
    early = line(receipts=(receipt(day(8), 4), receipt(day(15), 6)))
    assert judge(early, RULES, LATER).sentence == "Too early by 2 days"
    late = line(receipts=(receipt(day(8), 4), receipt(day(18), 6)))
    assert judge(late, RULES, LATER).sentence == "3 days late"
    short = line(receipts=(receipt(day(15), 6),))
    assert judge(short, RULES, day(20)).sentence == "5 days late so far, not all arrived"


def test_tolerance_is_a_share_of_the_quantity():
    rules = replace(RULES, tolerance_percent=Decimal(5))
    assert judge(arriving(15, "9.5"), rules, LATER).state is LineState.ON_TIME
    assert judge(arriving(15, "9.499"), rules, LATER).state is LineState.LATE
    sums = delivery.sums([arriving(15, "9.5"), line(2)], OCTOBER, rules, LATER)
    assert delivery.measure(sums, rules).value == 100
    assert delivery.otif(sums, rules).value == 50


def test_quantity_mode_counts_pieces_in_the_window():
    rules = replace(RULES, mode="quantity")
    lines = [
        line(1, 100, receipts=(receipt(day(15), 60), receipt(day(17), 40))),
        line(2, 300, receipts=(receipt(day(15), 500),)),
    ]
    sums = delivery.sums(lines, OCTOBER, rules, LATER)
    measure = delivery.measure(sums, rules)
    assert (measure.numerator, measure.denominator, measure.value) == (360, 400, 90)


@pytest.mark.parametrize("mode", ["line", "quantity"])
def test_early_lines_strict_and_apart(mode):
    early = line(1, 10, receipts=(receipt(day(8), 10),))
    lines = [early, line(2, 10), line(3, 10)]
    strict = replace(RULES, mode=mode)
    apart = replace(strict, early="apart")
    sums = delivery.sums(lines, OCTOBER, strict, LATER)
    assert (sums.on_time, sums.early, sums.late) == (2, 1, 0)
    assert delivery.measure(sums, strict).value.quantize(Decimal("0.01")) == Decimal("66.67")
    assert delivery.measure(sums, apart).value == 100


def test_perfect_order_needs_parts_and_papers_right():
    lines = [
        line(1),
        line(2, nonconforming=True),
        line(3, paperwork_right=False),
        line(4, paperwork_right=True),
        arriving(19),
    ]
    lines[4] = replace(lines[4], id="5")
    sums = delivery.sums(lines, OCTOBER, RULES, LATER)
    assert (delivery.perfect_order(sums, RULES).value, delivery.otif(sums, RULES).value) == (40, 80)


def test_a_line_counts_once_in_the_period_of_its_date_wherever_it_arrives():
    made = line(promised=date(2026, 10, 31), receipts=(receipt(date(2026, 11, 3), 10),))
    assert delivery.sums([made], OCTOBER, RULES, LATER).late == 1
    assert delivery.sums([made], Period.month(2026, 11), RULES, LATER) == DeliverySums()


def test_sums_of_each_fate():
    lines = [
        line(1),
        arriving(19, excuse=EXCUSE),
        line(3, cancelled_on=day(5)),
        line(4, ordered=0),
        line(5, promised=date(2026, 10, 31), receipts=()),
        line(6, receipts=(receipt(day(8), 10),)),
        line(7, receipts=(receipt(day(18), 10),)),
    ]
    lines[1] = replace(lines[1], id="2")
    sums = delivery.sums(lines, OCTOBER, RULES, date(2026, 10, 31))
    assert sums == DeliverySums(
        promised=7,
        cancelled=1,
        empty=1,
        excused=1,
        pending=1,
        on_time=1,
        late=1,
        early=1,
        in_full=1,
        perfect=1,
        ordered=Decimal(30),
        in_window=Decimal(10),
        early_ordered=Decimal(10),
    )


def test_states_without_a_number():
    assert delivery.measure(DeliverySums(), RULES).state is State.NO_ACTIVITY
    assert (
        delivery.measure(DeliverySums(promised=2, excused=1, cancelled=1), RULES).state is State.NO_ACTIVITY
    )
    assert delivery.measure(DeliverySums(promised=2, pending=2), RULES).state is State.PENDING

from dataclasses import replace
from datetime import date
from decimal import Decimal, localcontext

import pytest

from scorecards.delivery import DeliverySums
from scorecards.feeds import Event, Fact, FactState, Inputs, SoftScore
from scorecards.measures import State
from scorecards.periods import Period
from scorecards.policy import DEFAULT_POLICY, Demerits, Policy, SoftCriterion
from scorecards.quality import QualitySums
from scorecards.responsiveness import ResponseSums
from scorecards.sums import Sums, over, pooled
from scorecards.weighting import Card, rate, rate_inputs, rate_with_trailing
from tests.scorecards.rows import LATER, OCTOBER, line

MONTH = OCTOBER.first_month
EXAMPLE = Sums(
    DeliverySums(promised=28, cancelled=1, excused=1, on_time=24, late=1, early=1, in_full=24, perfect=22),
    QualitySums(received=Decimal(12480), lines=26, nonconforming=Decimal(5), nonconformances=3),
    ResponseSums(due=10, on_time=9, late=1),
)


def shown(value, places="0.01"):
    return str(value.quantize(Decimal(places)))


def test_the_example_card():
    card = rate(EXAMPLE, DEFAULT_POLICY, OCTOBER)
    assert [one.key for one in card.measures] == ["quality", "delivery", "responsiveness"]
    assert [shown(one.points, "0.1") for one in card.measures] == ["84.0", "78.7", "90.0"]
    assert [shown(one.contribution) for one in card.measures] == ["33.59", "31.46", "18.00"]
    assert (shown(card.score), str(card.shown), card.band) == ("83.05", "83.1", "B")
    assert [one.key for one in card.beside] == ["otif", "perfect_order"]
    assert card.may_escalate


def test_a_thread_with_few_digits_changes_nothing():
    expected = rate(EXAMPLE, DEFAULT_POLICY, OCTOBER)
    with localcontext(prec=3, rounding="ROUND_DOWN"):
        assert rate(EXAMPLE, DEFAULT_POLICY, OCTOBER) == expected
        assert EXAMPLE + Sums() == EXAMPLE


def test_no_activity_leaves_its_weight_to_the_others():
    card = rate(replace(EXAMPLE, delivery=DeliverySums()), DEFAULT_POLICY, OCTOBER)
    assert card.measure("delivery").state is State.NO_ACTIVITY
    assert [one.effective_weight.quantize(Decimal("0.0001")) for one in card.measures] == [
        Decimal("66.6667"),
        0,
        Decimal("33.3333"),
    ]
    quality = card.measure("quality").points
    assert shown(card.score, "1E-20") == shown((quality * 2 + 90) / 3, "1E-20")


def test_thirds_of_a_hundred_are_a_hundred():
    weights = {
        "delivery": Decimal(1),
        "otif": Decimal(1),
        "perfect_order": Decimal(1),
        "responsiveness": Decimal(97),
    }
    policy = replace(DEFAULT_POLICY, weights=weights)
    perfect = Sums(DeliverySums(promised=10, on_time=10, in_full=10, perfect=10))
    assert rate(perfect, policy, OCTOBER).score == 100


def test_nothing_at_all_is_not_rated():
    card = rate(Sums(), DEFAULT_POLICY, OCTOBER)
    assert (card.score, card.shown, card.band, card.is_rated, card.may_escalate) == (
        None,
        None,
        "Not rated",
        False,
        False,
    )


def test_pending_and_undefined_have_no_points():
    sums = Sums(
        DeliverySums(promised=2, pending=2),
        QualitySums(nonconforming=Decimal(4), nonconformances=2),
        EXAMPLE.response,
    )
    card = rate(sums, DEFAULT_POLICY, OCTOBER)
    assert [one.state for one in card.measures] == [State.UNDEFINED, State.PENDING, State.OK]
    assert [one.value for one in card.measures[:2]] == [None, None]
    assert (card.score, card.may_escalate) == (90, False)


def test_pieces_received_where_nobody_looked_have_no_number_unless_the_policy_says_so():
    sums = Sums(quality=QualitySums(received=Decimal(500), lines=20))
    assert rate(sums, DEFAULT_POLICY, OCTOBER).measure("quality").state is State.NO_ACTIVITY
    trusting = replace(DEFAULT_POLICY, quality=replace(DEFAULT_POLICY.quality, without_records="zero"))
    assert rate(sums, trusting, OCTOBER).measure("quality").points == 100
    months = {MONTH: sums, MONTH - 11: Sums(quality=QualitySums(lots_accepted=1))}
    assert rate_with_trailing(months, DEFAULT_POLICY, OCTOBER).measure("quality").points == 100


def lines_of(on_time, late=0):
    return Sums(DeliverySums(promised=on_time + late, on_time=on_time, late=late))


@pytest.mark.parametrize(
    ("months", "period", "state", "window", "volume"),
    [
        ({0: lines_of(9, 1)}, OCTOBER, State.OK, 1, 10),
        ({0: lines_of(8, 1), 1: lines_of(1)}, OCTOBER, State.OK, 3, 10),
        ({0: lines_of(4), 2: lines_of(5), 3: lines_of(1)}, OCTOBER, State.OK, 12, 10),
        ({0: lines_of(7, 1), 12: lines_of(50)}, OCTOBER, State.LOW_VOLUME, 12, 8),
        ({1: lines_of(50)}, OCTOBER, State.NO_ACTIVITY, 1, 0),
        ({0: lines_of(5), 3: lines_of(5)}, Period.trailing(MONTH, 3), State.OK, 12, 10),
        ({0: lines_of(5), 30: lines_of(5)}, Period.trailing(MONTH, 12), State.LOW_VOLUME, 12, 5),
    ],
)
def test_minimum_volume(months, period, state, window, volume):
    card = rate_with_trailing({MONTH - ago: sums for ago, sums in months.items()}, DEFAULT_POLICY, period)
    measure = card.measure("delivery")
    assert (measure.state, measure.period, measure.volume) == (state, Period.trailing(MONTH, window), volume)
    assert card.period == period
    assert card.is_low_volume is (state is State.LOW_VOLUME)
    if state is State.LOW_VOLUME:
        assert card.is_rated
        assert not card.may_escalate


def test_few_answers_are_still_answers():
    card = rate(Sums(response=ResponseSums(due=1, on_time=1)), DEFAULT_POLICY, OCTOBER)
    assert card.measure("responsiveness").state is State.OK


def test_weighted_product_is_pulled_down_by_the_worst():
    policy = replace(DEFAULT_POLICY, combine="product")
    card = rate(EXAMPLE, policy, OCTOBER)
    assert shown(card.score) == "82.95"
    factors = [one.contribution for one in card.measures]
    assert shown(factors[0] * factors[1] * factors[2] * 100, "1E-20") == shown(card.score, "1E-20")
    nothing = rate(replace(EXAMPLE, response=ResponseSums(due=1, late=1)), policy, OCTOBER)
    assert nothing.score == 0


def test_a_soft_criterion_is_averaged_and_weighs():
    data = DEFAULT_POLICY.to_dict()
    data["weights"] = {"delivery": 60, "cooperation": 40}
    data["soft"] = [{"key": "cooperation", "title": "Cooperation"}]
    policy = Policy.parse(data)
    assert policy.soft == (SoftCriterion("cooperation", "Cooperation"),)
    scores = tuple(
        SoftScore("cooperation", Decimal(points), "Fast answers.", name, date(2026, 10, 9))
        for points, name in ((70, "E. Sandberg"), (90, "O. Nyström"))
    )
    lines = tuple(line(number) for number in range(10))
    card = rate_inputs(Inputs("Acme", lines, soft=scores), policy, OCTOBER, LATER)
    assert card.measure("cooperation").value == 80
    assert card.score == 60 + 32
    without = rate_inputs(Inputs("Acme", lines), policy, OCTOBER, LATER)
    assert (without.measure("cooperation").state, without.score) == (State.NO_ACTIVITY, 100)


DEMERITS = Demerits({"premium_freight": Decimal(2), "line_stoppage": Decimal(5)}, Decimal(8))


@pytest.mark.parametrize(
    ("kinds", "points"),
    [
        (["premium_freight"], 2),
        (["premium_freight", "line_stoppage"], 7),
        (["line_stoppage"] * 3, 8),
        (["rain"], 0),
    ],
)
def test_demerits_come_off_up_to_their_limit(kinds, points):
    policy = replace(DEFAULT_POLICY, demerits=DEMERITS)
    events = tuple(Event(str(at), kind, date(2026, 10, 9)) for at, kind in enumerate(kinds))
    lines = tuple(line(number) for number in range(10))
    card = rate_inputs(Inputs("Acme", lines, events=events), policy, OCTOBER, LATER)
    assert (card.before_demerits, card.demerits, card.score) == (100, points, 100 - points)
    assert rate_inputs(Inputs("Acme", events=events), policy, OCTOBER, LATER).band == "Not rated"


def test_demerits_never_go_below_zero():
    policy = replace(DEFAULT_POLICY, demerits=DEMERITS)
    sums = Sums(response=ResponseSums(due=20, on_time=1, late=19), events={"line_stoppage": 9})
    assert rate(sums, policy, OCTOBER).score == 0


GOOD = Sums(response=ResponseSums(due=20, on_time=20))


def capped(*facts, sums=GOOD):
    return rate(sums, DEFAULT_POLICY, OCTOBER, facts)


def fact(kind, state):
    return Fact(kind, state, "ISO 9001 ended on 4 Oct.")


def test_a_cap_limits_the_band_and_never_the_number():
    card = capped(fact("expired_mandatory_certificate", FactState.PRESENT))
    assert (card.shown, card.uncapped_band, card.band) == (100, "A", "C")
    (cap,) = card.acting_caps
    assert (cap.title, cap.sentence) == ("Expired mandatory certificate", "ISO 9001 ended on 4 Oct.")


def test_a_cap_never_lifts_a_band():
    bad = Sums(response=ResponseSums(due=20, on_time=10, late=10))
    card = capped(fact("open_critical_scar", FactState.PRESENT), sums=bad)
    assert (card.band, card.acting_caps) == ("D", ())


def test_what_nobody_checked_says_so():
    card = capped(fact("open_critical_scar", FactState.NONE))
    assert [(cap.kind, cap.state) for cap in card.caps] == [
        ("expired_mandatory_certificate", FactState.NOT_CHECKED),
        ("open_critical_scar", FactState.NONE),
        ("safety_escape", FactState.NONE),
    ]


def test_present_beats_none_where_a_fact_is_given_twice():
    both = [fact("open_critical_scar", FactState.NONE), fact("open_critical_scar", FactState.PRESENT)]
    assert capped(*both).band == "C"


def test_a_nonconformance_that_touches_safety_is_a_safety_escape():
    card = capped(sums=GOOD + Sums(quality=QualitySums(safety=1, nonconformances=1)))
    assert (card.band, card.acting_caps[0].sentence) == ("C", "One nonconformance touches safety.")


def test_a_cap_on_a_supplier_that_is_not_rated_leaves_it_so():
    assert capped(fact("open_critical_scar", FactState.PRESENT), sums=Sums()).band == "Not rated"


def test_groups_pool_and_never_average():
    big = Sums(DeliverySums(promised=90, on_time=90))
    small = Sums(DeliverySums(promised=10, late=10))
    assert rate(pooled([big, small]), DEFAULT_POLICY, OCTOBER).measure("delivery").value == 90
    assert over({MONTH: big, MONTH - 1: small}, OCTOBER) == big


def test_a_card_is_its_own_round_trip():
    card = rate_with_trailing({MONTH: lines_of(4), MONTH - 5: EXAMPLE}, DEFAULT_POLICY, OCTOBER)
    assert [window.period.months for window in card.windows] == [1, 12]
    assert Card.from_dict(card.to_dict()) == card

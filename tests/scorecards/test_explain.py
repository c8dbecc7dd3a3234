import copy
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from scorecards.delivery import DeliverySums
from scorecards.explain import explain, explain_measure
from scorecards.feeds import Fact, FactState
from scorecards.periods import Period
from scorecards.policy import DEFAULT_POLICY, DeliveryRules, Demerits, Policy, Reference
from scorecards.quality import QualitySums
from scorecards.responsiveness import ResponseSums
from scorecards.sums import SoftSums, Sums
from scorecards.weighting import rate, rate_with_trailing
from scorecards.wording import number, shown, unrounded_score
from tests.scorecards.rows import OCTOBER
from tests.scorecards.test_weighting import EXAMPLE, MONTH, lines_of

FACTS = [
    Fact("expired_mandatory_certificate", FactState.NONE, "None."),
    Fact("open_critical_scar", FactState.NONE, "None."),
]


def explained(sums=EXAMPLE, policy=DEFAULT_POLICY, facts=FACTS):
    return explain(rate(sums, policy, OCTOBER, facts), policy)


def terms(found):
    return " ".join(f"{term.sign} {term.text} {term.label}".strip() for term in found)


def test_delivery_as_on_the_drawn_card():
    one = explained().measure("delivery")
    assert one.heading == "How on-time delivery becomes 92.3 %"
    assert (one.numerator.text, one.numerator.label) == ("24", "lines on time")
    assert (one.denominator.text, one.denominator.label) == ("26", "lines counted")
    assert (one.multiplier, one.shown, one.unrounded) == ("× 100", "92.3 %", "92.3077")
    assert terms(one.reconciliation) == (
        "28 lines promised for October 2026 − 1 excused − 1 cancelled = 26 counted"
        " = 24 on time + 1 late + 1 too early"
    )
    assert one.rule.startswith(
        "A line is on time when the whole quantity arrives from 5 calendar days before to the day first"
        " acknowledged, plant time."
    )
    assert one.points_sentence == (
        "92.31 % lies between 90 % (70 points) and 98 % (100 points): 70 + 2.31 ÷ 8 × 30 = 78.7 points."
        " × 40 % = 31.46."
    )
    assert (one.points_shown, one.weight_shown, one.contribution_shown) == ("78.7", "40 %", "31.46")
    assert (one.brief, one.state_sentence, one.weight_sentence) == ("24 of 26 lines, 1 excused", None, None)


def test_defects_and_answers_as_on_the_drawn_card():
    found = explained()
    defects, answers = found.measure("quality"), found.measure("responsiveness")
    assert (defects.heading, defects.brief) == ("How defects become 401 PPM", "5 of 12,480 pieces")
    assert (defects.multiplier, defects.unrounded) == ("× 1,000,000", "400.641")
    assert "100 − 400.64 ÷ 500 × 20 = 84.0 points. × 40 % = 33.59." in defects.points_sentence
    assert terms(defects.reconciliation) == "3 nonconformances found = 3 counted"
    assert (answers.shown, answers.unrounded, answers.brief) == ("90.0 %", None, "9 of 10 steps")
    assert answers.points_sentence == "The percentage is the points: 90.0 points. × 20 % = 18.00."
    assert terms(answers.reconciliation) == "10 steps due in October 2026 = 10 counted = 9 on time + 1 late"


def test_the_score_as_on_the_drawn_card():
    score = explained().score
    assert terms(score.terms) == "33.59 Defects + 31.46 On-time delivery + 18.00 Answers on time"
    assert (score.unrounded, score.shown, score.band) == ("83.05", "83.1", "B")
    assert score.band_sentence == "Band B is 80 to below 90."
    assert score.caps_sentence == "No cap applies."
    assert score.to_next_band.sentence == "6.9 points to band A"


def signed_sum(found):
    return sum(int(one.text.replace(",", "")) * (-1 if one.sign == "−" else 1) for one in found)


@pytest.mark.parametrize("early", ["strict", "apart"])
def test_reconciliations_add_up(early):
    sums = Sums(
        DeliverySums(
            promised=31,
            cancelled=1,
            empty=2,
            excused=3,
            pending=4,
            on_time=9,
            late=7,
            early=5,
            in_full=9,
            perfect=8,
            ordered=Decimal(210),
            in_window=Decimal(100),
            early_ordered=Decimal(50),
            early_in_window=Decimal(10),
        ),
        QualitySums(
            received=Decimal(1000),
            lines=20,
            nonconforming=Decimal(3),
            defects=4,
            nonconformances=2,
            left_out=5,
            lots_accepted=4,
            lots_rejected=3,
            lots_used_as_is=2,
        ),
        ResponseSums(due=9, pending=2, on_time=4, late=3),
    )
    quality = replace(DEFAULT_POLICY.quality, opportunities_per_unit=3)
    policy = replace(DEFAULT_POLICY, delivery=DeliveryRules(early=early), quality=quality)
    found = explained(sums, policy)
    assert len((*found.measures, *found.beside)) == 7
    for one in (*found.measures, *found.beside):
        groups = [[]]
        for term in one.reconciliation:
            if term.sign == "=":
                groups.append([])
            groups[-1].append(term)
        assert len({signed_sum(group) for group in groups}) == 1, one.key
        if one.key == "delivery":
            assert groups[1][0].text == one.denominator.text
            assert groups[2][0].text == one.numerator.text
            assert "pending" not in terms(one.reconciliation)
            assert "4 not due yet" in terms(one.reconciliation)


def state_of(sums, key, policy=DEFAULT_POLICY):
    return explained(sums, policy).measure(key)


def test_states_in_words():
    nothing = state_of(replace(EXAMPLE, delivery=DeliverySums()), "delivery")
    assert (
        nothing.state_sentence == "No deliveries in October 2026. Left out, the other weights share its 40 %."
    )
    assert (nothing.shown, nothing.points_sentence, nothing.contribution_shown) == (None, None, None)
    assert nothing.heading == "Why on-time delivery has no number"
    pending = state_of(replace(EXAMPLE, delivery=DeliverySums(promised=2, pending=2)), "delivery")
    assert pending.state_sentence.startswith("2 lines not due yet, on neither side. Left out,")
    undefined = state_of(
        replace(EXAMPLE, quality=QualitySums(nonconforming=Decimal(4), nonconformances=1)), "quality"
    )
    assert undefined.state_sentence.startswith("4 pieces rejected, nothing received. Left out,")
    unseen = state_of(replace(EXAMPLE, quality=QualitySums(received=Decimal(9), lines=9)), "quality")
    assert unseen.state_sentence.startswith("No inspections and nonconformances recorded in October 2026.")
    waiting = state_of(replace(EXAMPLE, response=ResponseSums(due=1, pending=1)), "responsiveness")
    assert waiting.state_sentence.startswith("1 step waiting or not due yet, on neither side.")
    excused = state_of(replace(EXAMPLE, delivery=DeliverySums(promised=1, excused=1)), "delivery")
    assert excused.state_sentence.startswith("No deliveries to count in October 2026.")


def test_not_rated_in_words():
    found = explained(Sums())
    assert found.score.sentence == "Not rated. No measure has a number."
    assert (found.score.shown, found.score.to_next_band) == ("Not rated", None)
    assert found.measure("delivery").state_sentence == "No deliveries in October 2026. Left out."


def test_weights_that_grew_say_so():
    one = state_of(replace(EXAMPLE, delivery=DeliverySums()), "quality")
    assert one.weight_sentence == (
        "On-time delivery has no number, so this weight of 40 % counts as 40 ÷ 60 = 66.67 %."
    )
    assert one.points_sentence.endswith("= 84.0 points. × 66.67 % = 55.98.")


def test_a_wider_window_and_too_few_lines_say_so():
    widened = rate_with_trailing({MONTH: lines_of(4), MONTH - 2: lines_of(6)}, DEFAULT_POLICY, OCTOBER)
    one = explain_measure(widened, DEFAULT_POLICY, "delivery")
    assert (
        one.window_sentence
        == "Too few lines in October 2026, so what counts is the 3 months to October 2026."
    )
    assert one.reconciliation[0].label == "lines promised for the 3 months to October 2026"
    few = rate_with_trailing({MONTH: lines_of(7, 1)}, DEFAULT_POLICY, OCTOBER)
    one = explain_measure(few, DEFAULT_POLICY, "delivery")
    assert (one.shown, one.brief) == ("87.5 %", "7 of 8 lines")
    assert one.state_sentence.startswith("Only 8 lines in the 12 months to October 2026: shown, but nothing")
    assert explain_measure(few, DEFAULT_POLICY, "lar") is None


@pytest.mark.parametrize(
    ("on_time", "sentence"),
    [
        (10, "100 % is 98 % or more: 100.0 points."),
        (9, "90 % gives 70.0 points."),
        (5, "50 % is 70 % or less: 0.0 points."),
        (7, "70 % gives 0.0 points."),
    ],
)
def test_points_outside_and_at_the_knots(on_time, sentence):
    one = state_of(lines_of(on_time, 10 - on_time), "delivery")
    assert one.points_sentence.startswith(sentence)


def test_points_from_steps_and_of_another_scale():
    data = copy.deepcopy(DEFAULT_POLICY.to_dict())
    data["points"]["quality"] = {
        "kind": "steps",
        "rounded_to": 1,
        "out_of": 50,
        "steps": [
            {"from": 0, "to": 400, "points": 50},
            {"from": 401, "to": 800, "points": 28},
            {"above": 800, "points": 0},
        ],
    }
    one = state_of(EXAMPLE, "quality", Policy.parse(data))
    assert one.points_sentence == (
        "400.64 PPM, rounded to 401 PPM, falls in the step 401 PPM to 800 PPM: 28 of 50 points, that is"
        " 56.0 of 100. × 40 % = 22.40."
    )


@pytest.mark.parametrize(
    ("rules", "start"),
    [
        (
            DeliveryRules(early_days=0, late_days=0),
            "A line is on time when the whole quantity arrives on the day",
        ),
        (
            DeliveryRules(early_days=0, late_days=3),
            "A line is on time when the whole quantity arrives from the day first acknowledged to 3 calendar",
        ),
        (
            DeliveryRules(early_days=2, late_days=1, days="business"),
            "A line is on time when the whole quantity arrives from 2 business days before to 1 business day",
        ),
        (
            DeliveryRules(early_days=None),
            "A line is on time when the whole quantity arrives by the day first acknowledged,",
        ),
        (
            DeliveryRules(tolerance_percent=Decimal(5)),
            "A line is on time when at least 95 % of the quantity arrives",
        ),
        (
            DeliveryRules(mode="quantity", reference=Reference.REQUESTED),
            "A piece is on time when it arrives from 5 calendar days before to the day requested, plant time",
        ),
    ],
)
def test_rules_in_words(rules, start):
    one = state_of(lines_of(9, 1), "delivery", replace(DEFAULT_POLICY, delivery=rules))
    assert one.rule.startswith(start)


def test_caps_demerits_and_the_product_in_words():
    acting = [Fact("open_critical_scar", FactState.PRESENT, "SCAR-0118 is open.")]
    score = explained(facts=acting).score
    assert score.band_sentence == "Band B is 80 to below 90. A cap limits it to C."
    assert (
        score.caps_sentence == "Limited to band C; the number stays. Open critical SCAR: SCAR-0118 is open."
    )
    assert explained(facts=[]).score.caps_sentence == (
        "None of the caps that were checked applies. Not checked: Expired mandatory certificate,"
        " Open critical SCAR."
    )
    policy = replace(DEFAULT_POLICY, demerits=Demerits({"premium_freight": Decimal(3)}, Decimal(5)))
    score = explained(replace(EXAMPLE, events={"premium_freight": 2}), policy).score
    assert terms(score.terms).endswith("− 5.00 2 × premium freight, at most 5 points")
    assert (score.unrounded, score.shown) == ("78.05", "78.1")
    product = explained(policy=replace(DEFAULT_POLICY, combine="product")).score
    assert terms(product.terms).startswith("100 points at most × 0.9325 Defects × ")


def test_a_soft_criterion_in_words():
    data = DEFAULT_POLICY.to_dict()
    data |= {"weights": {"help": 100}, "soft": [{"key": "help", "title": "Helpfulness"}]}
    sums = Sums(soft={"help": SoftSums(Decimal(150), 2)})
    one = state_of(sums, "help", Policy.parse(data))
    assert (one.heading, one.brief) == ("How helpfulness becomes 75.0", "given 2 times")
    assert one.points_sentence == "The points are taken as given: 75.0 points. × 100 % = 75.00."


@pytest.mark.parametrize(
    ("score", "text"),
    [
        ("83.0482", "83.048"),
        ("83.0512", "83.05"),
        ("83", "83.00"),
        ("89.9499999", "89.9499999"),
        ("89.95", "89.95"),
    ],
)
def test_the_unrounded_score_never_seems_to_round_the_other_way(score, text):
    assert unrounded_score(Decimal(score), 1) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        ("0", "ppm", "0 PPM"),
        ("0.4", "ppm", "0.4 PPM"),
        ("400.64", "ppm", "401 PPM"),
        ("12345.5", "ppm", "12,346 PPM"),
        ("0", "percent", "0.0 %"),
        ("99.95", "percent", "100.0 %"),
        ("6", "dpmo", "6.0 DPMO"),
    ],
)
def test_values_as_people_read_them(value, unit, text):
    assert shown(Decimal(value), unit) == text


def test_numbers_with_thousands():
    assert [number(Decimal(text)) for text in ("1265100", "0.50", "12480.25", "-0")] == [
        "1,265,100",
        "0.5",
        "12,480.25",
        "0",
    ]


def test_quarters_are_named_as_such():
    card = rate(EXAMPLE, DEFAULT_POLICY, Period.quarter(2026, 3))
    one = explain_measure(card, DEFAULT_POLICY, "delivery")
    assert one.reconciliation[0].label == "lines promised for Q3 2026"
    assert card.period.first_day == date(2026, 7, 1)

"""Criteria of one's own on a card: computed, explained, refused, and recomputed offline to the same bytes."""

import subprocess
import sys
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from scorecards import measures
from scorecards.canonical import dump
from scorecards.cardfile import build_card_file, verify
from scorecards.delivery import DeliverySums
from scorecards.explain import explain
from scorecards.feeds import DeliveryLine, Inputs, Receipt
from scorecards.measures import State
from scorecards.periods import Period
from scorecards.points import linear
from scorecards.policy import DEFAULT_POLICY, OwnCriterion, Policy, PolicyError
from scorecards.quality import QualitySums
from scorecards.sums import Sums
from scorecards.weighting import rate

OCTOBER = Period.month(2026, 10)
FORMULA = "100 * lines_in_full / lines_counted - 2 * lines_early"
STEADY = OwnCriterion("steady", "Steady delivery", FORMULA, "percent")
POLICY = replace(
    DEFAULT_POLICY,
    own=(STEADY,),
    weights={measures.DELIVERY: Decimal(60), "steady": Decimal(40)},
)
SUMS = Sums(
    delivery=DeliverySums(promised=26, on_time=24, late=1, early=1, in_full=20),
    quality=QualitySums(received=Decimal(500), lines=26),
)


def test_the_result_is_the_points_and_makes_its_part_of_the_score():
    card = rate(SUMS, Policy.parse(POLICY.to_dict()), OCTOBER)
    own = card.measure("steady")
    assert own.value == own.points == Decimal("74.923076923076923076923076923077")
    assert own.contribution == Decimal("29.969230769230769230769230769231")
    said = explain(card, POLICY).measure("steady")
    assert said.worked == "100 × 20 ÷ 26 − 2 × 1"
    assert said.shown == "74.9 %"
    assert [(term.text, term.label) for term in said.reconciliation] == [
        ("20", "lines on time with the whole quantity"),
        ("26", "lines on time, late and too early"),
        ("1", "lines too early"),
    ]
    assert said.points_sentence == "The result is the points: 74.9 points. × 40 % = 29.97."


def test_a_table_makes_points_of_the_result_whichever_way_it_goes():
    falling = replace(
        POLICY,
        own=(replace(STEADY, formula="lines_late", unit="number"),),
        points={**POLICY.points, "steady": linear((0, 100), (4, 0))},
    )
    card = rate(SUMS, Policy.parse(falling.to_dict()), OCTOBER)
    assert (card.measure("steady").value, card.measure("steady").points) == (1, 75)


def test_points_stay_between_0_and_100_and_the_card_says_so():
    below = replace(POLICY, own=(replace(STEADY, formula="0 - lines_late * 7"),))
    card = rate(SUMS, below, OCTOBER)
    assert (card.measure("steady").value, card.measure("steady").points) == (-7, 0)
    assert "The result is the points, limited to 0 to 100: 0.0 points." in (
        explain(card, below).measure("steady").points_sentence
    )


@pytest.mark.parametrize("delivery", [DeliverySums(), DeliverySums(promised=3, excused=3)])
def test_where_nothing_happened_or_it_divides_by_nothing_it_leaves_its_weight_to_the_others(delivery):
    card = rate(Sums(delivery), POLICY, OCTOBER)
    assert card.measure("steady").state is State.NO_ACTIVITY
    assert card.measure("steady").points is None


@pytest.mark.parametrize(
    ("own", "where", "sentence"),
    [
        (
            replace(STEADY, formula="lines_tine"),
            "own[0].formula",
            "Character 1: There is no variable",
        ),
        (
            replace(STEADY, formula="1 < 2"),
            "own[0].formula",
            "Character 1: The whole formula",
        ),
        (replace(STEADY, key="quality"), "own[0].key", "Give each criterion a short key of its own"),
        (replace(STEADY, title=" "), "own[0].title", "Give a title of 1 to 100 characters."),
    ],
)
def test_a_policy_refuses_a_formula_that_is_none(own, where, sentence):
    with pytest.raises(PolicyError) as refused:
        Policy.parse(replace(POLICY, own=(own,)).to_dict())
    assert any(one.path == where and one.sentence.startswith(sentence) for one in refused.value.problems)


def test_a_policy_without_any_keeps_the_bytes_it_had():
    assert b'"own"' not in dump(DEFAULT_POLICY)
    assert b'"own"' in dump(POLICY)


def test_the_file_carries_the_formula_and_recomputes_offline(tmp_path):
    lines = tuple(
        DeliveryLine(
            id=str(number),
            order_number=f"PO-{number}",
            line_number="10",
            part="GH-220-04",
            plant="LUL",
            commodity="CAST",
            ordered=Decimal(10),
            acknowledged_on=date(2026, 10, 8),
            receipts=(Receipt(date(2026, 10, 8 + number % 3), Decimal(10)),),
        )
        for number in range(12)
    )
    made = build_card_file(Inputs("Acme", lines), POLICY, OCTOBER, date(2026, 11, 2))
    assert verify(made).card.measure("steady").value is not None
    (tmp_path / "card.json").write_bytes(made)
    done = subprocess.run(
        [sys.executable, "-m", "scorecards", "explain", str(tmp_path / "card.json")],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "100 × 4 ÷ 12 − 2 × 0 = 33.3 %" in done.stdout
    changed = made.replace(b"2 * lines_early", b"3 * lines_early")
    assert verify(changed).difference is not None

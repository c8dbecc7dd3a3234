from decimal import Decimal

import pytest

from scorecards.banding import to_next_band
from scorecards.exact import rounded, settle
from scorecards.policy import DEFAULT_POLICY
from scorecards.ranking import rank
from scorecards.responsiveness import ResponseSums
from scorecards.sums import Sums
from scorecards.trend import trend
from scorecards.weighting import rate
from tests.scorecards.rows import OCTOBER


def card(on_time, due=1000, period=OCTOBER):
    response = ResponseSums(due=due, on_time=on_time, late=due - on_time)
    return rate(Sums(response=response), DEFAULT_POLICY, period)


@pytest.mark.parametrize(
    ("per_ten_thousand", "shown", "band"),
    [
        (10000, "100.0", "A"),
        (9000, "90.0", "A"),
        (8995, "90.0", "A"),
        (8994, "89.9", "B"),
        (8000, "80.0", "B"),
        (7995, "80.0", "B"),
        (7994, "79.9", "C"),
        (7000, "70.0", "C"),
        (6994, "69.9", "D"),
        (0, "0.0", "D"),
    ],
)
def test_bands_are_given_by_the_score_as_shown_half_up(per_ten_thousand, shown, band):
    made = card(per_ten_thousand, 10_000)
    assert (str(made.shown), made.band) == (shown, band)


def test_a_value_that_only_just_misses_a_half_is_settled_first():
    third = settle(Decimal("0.9") * 3) / 3
    assert str(rounded(settle(third - Decimal("1E-50") + Decimal("89.05")), 1)) == "90.0"
    assert str(rounded(Decimal("2.5"), 0)) == "3"


@pytest.mark.parametrize(
    ("on_time", "sentence"),
    [(831, "6.9 points to band A"), (790, "1.0 point to band B"), (699, "0.1 points to band C"), (900, None)],
)
def test_the_way_to_the_next_band(on_time, sentence):
    found = to_next_band(card(on_time).shown, DEFAULT_POLICY)
    assert (found.sentence if found else None) == sentence


def test_no_way_from_not_rated():
    assert to_next_band(None, DEFAULT_POLICY) is None


@pytest.mark.parametrize(
    ("before", "now", "sentence"),
    [
        (844, 831, "1.3 points lower than September 2026"),
        (831, 844, "1.3 points higher than September 2026"),
        (821, 831, "1.0 point higher than September 2026"),
        (831, 831, "the same as September 2026"),
    ],
)
def test_trend_is_the_difference_of_the_shown_scores(before, now, sentence):
    found = trend(card(now), card(before, period=OCTOBER.previous()))
    assert (found.sentence, found.change) == (sentence, Decimal(now - before) / 10)


def test_no_trend_without_two_scores_and_only_against_the_period_before():
    unrated = rate(Sums(), DEFAULT_POLICY, OCTOBER.previous())
    assert trend(card(831), unrated) is None
    with pytest.raises(ValueError, match="the period just before"):
        trend(card(831), card(831))


def test_equal_scores_share_a_rank_and_those_not_rated_have_none():
    scores = [("d", None), ("b", "83.1"), ("c", "90.0"), ("e", "70.0"), ("a", "83.1")]
    ranked = rank((name, None if score is None else Decimal(score)) for name, score in scores)
    assert [(one.supplier, one.rank) for one in ranked] == [
        ("c", 1),
        ("a", 2),
        ("b", 2),
        ("e", 4),
        ("d", None),
    ]


def test_a_score_of_zero_is_ranked_before_not_rated():
    assert [one.rank for one in rank([("a", None), ("b", Decimal(0))])] == [1, None]

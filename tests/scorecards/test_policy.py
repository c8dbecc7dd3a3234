import copy
from decimal import Decimal

import pytest

from scorecards.canonical import dump, load
from scorecards.measures import COMPUTED
from scorecards.points import derive, linear
from scorecards.policy import DEFAULT_POLICY, Policy, PolicyError, Reference


def changed(path, value):
    """The default policy with one place changed; the path's last part may be new."""
    data = copy.deepcopy(DEFAULT_POLICY.to_dict())
    *way, last = path.split("/")
    place = data
    for part in way:
        place = place[int(part) if isinstance(place, list) else part]
    place[int(last) if isinstance(place, list) else last] = value
    return data


def refusals(data):
    with pytest.raises(PolicyError) as refused:
        Policy.parse(data)
    return {problem.path: problem.sentence for problem in refused.value.problems}


def test_the_default_is_its_own_round_trip():
    again = Policy.parse(load(dump(DEFAULT_POLICY)))
    assert again == DEFAULT_POLICY
    assert dump(again) == dump(DEFAULT_POLICY)
    assert again.delivery.reference is Reference.ACKNOWLEDGED


@pytest.mark.parametrize(
    ("path", "value", "where", "sentence"),
    [
        ("weights/quality", 35, "weights", "The weights sum to 95, 5 missing. Make them sum to 100."),
        (
            "weights/quality",
            "40.5",
            "weights",
            "The weights sum to 100.5, 0.5 too much. Make them sum to 100.",
        ),
        ("weights/quality", -40, "weights.quality", "Give a weight from 0 to 100."),
        (
            "weights/quality",
            "NaN",
            "weights.quality",
            "Give a number such as 12.5, with a point and no exponent.",
        ),
        (
            "weights/quality",
            float("nan"),
            "weights.quality",
            "Give a number such as 12.5, with a point and no exponent.",
        ),
        (
            "weights/quality",
            float("inf"),
            "weights.quality",
            "Give a number such as 12.5, with a point and no exponent.",
        ),
        (
            "weights/quality",
            "1e309",
            "weights.quality",
            "Give a number such as 12.5, with a point and no exponent.",
        ),
        ("weights/quality", True, "weights.quality", "Give a number."),
        ("delivery/late_days", -1, "delivery.late_days", "Give a number of days from 0 to 365."),
        ("delivery/early_days", 366, "delivery.early_days", "Give a number of days from 0 to 365."),
        ("delivery/early_days", "5", "delivery.early_days", "Give a whole number."),
        (
            "delivery/tolerance_percent",
            60,
            "delivery.tolerance_percent",
            "Give a tolerance from 0 to 50 percent.",
        ),
        ("delivery/days", "lunar", "delivery.days", "Give one of: calendar, business."),
        (
            "delivery/reference",
            "hoped",
            "delivery.reference",
            "Give one of: requested, acknowledged, confirmed.",
        ),
        ("delivery/mode", "both", "delivery.mode", "Give one of: line, quantity."),
        ("surprise", 1, "surprise", "This field is unknown. Take it out."),
        ("delivery/surprise", 1, "delivery.surprise", "This field is unknown. Take it out."),
        ("name", " ", "name", "Give a name of 1 to 100 characters."),
        ("name", "a\0b", "name", "Take out the characters that are no text (NUL or half a pair)."),
        ("name", "\ud800", "name", "Take out the characters that are no text (NUL or half a pair)."),
        ("version", 0, "version", "Count versions from 1."),
        ("version", 10**400, "version", "Give a whole number of at most 1,000,000,000,000,000."),
        ("score_decimals", 4, "score_decimals", "Show the score with 0 to 3 decimals."),
        (
            "minimum_volume/trailing",
            [12, 3],
            "minimum_volume.trailing",
            "Give up to 5 rising numbers of months, from 2 to 60.",
        ),
        ("minimum_volume/lines", -1, "minimum_volume.lines", "Give a number of lines from 0 to 100,000."),
        (
            "quality/opportunities_per_unit",
            0,
            "quality.opportunities_per_unit",
            "Give a whole number from 1 to 1,000,000.",
        ),
        ("caps/0/band", "E", "caps[0].band", "There is no band E. Choose from A, B, C, D."),
        ("caps/1/kind", "safety_escape", "caps[2]", "Give each cap a kind of its own and a title."),
        ("bands/1/band", "A", "bands[1].band", "Give each band a name of its own, of 1 to 20 characters."),
        ("bands/0/to", "99", "bands[0]", "No band covers 99 to 100. Let the top band end at 100."),
        ("bands/3/from", "10", "bands[3]", "No band covers 0 to below 10. Begin the lowest at 0."),
        (
            "bands/2/to",
            "75",
            "bands[1]",
            "No band covers 75 to below 80. Let one band begin where the other ends.",
        ),
        (
            "bands/2/to",
            "85",
            "bands[1]",
            "Two bands cover 80 to below 85. Let one band begin where the other ends.",
        ),
        ("bands/2/from", "90", "bands[2]", "Let a band run from its lower to its higher score, in 0 to 100."),
        ("bands", [], "bands", "Give 1 to 20 bands."),
        ("weights", "many", "weights", "Give names with values."),
        ("bands", {}, "bands", "Give a list."),
        (
            "soft",
            [{"key": "quality", "title": "Q"}],
            "soft[0].key",
            "Give each criterion a short key of its own, such as cooperation.",
        ),
        (
            "demerits",
            {"points": {"freight": 101}, "at_most": 10},
            "demerits.points.freight",
            "Give 0 to 100 points for each event.",
        ),
        (
            "demerits",
            {"points": {"freight": 1}, "at_most": -1},
            "demerits.at_most",
            "Give a limit from 0 to 100 points.",
        ),
        (
            "points/quality/knots/1/at",
            0,
            "points.quality.knots[1].at",
            "Put 0 before 0; each value once, smallest first.",
        ),
        (
            "points/quality/knots/2/points",
            90,
            "points.quality",
            "Points go from 80 to 90 between 500 and 5000, although that is worse.",
        ),
        (
            "points/delivery/knots/3/points",
            60,
            "points.delivery",
            "Points go from 70 to 60 between 90 and 98, although that is better.",
        ),
        (
            "points/delivery/knots/3/points",
            101,
            "points.delivery.knots[3].points",
            "Give points from 0 to 100.",
        ),
        ("points/delivery/knots", [], "points.delivery.knots", "Give 1 to 50 rows."),
        (
            "points/delivery/rounded_to",
            1,
            "points.delivery.rounded_to",
            "Only steps are rounded, and to something such as 1 or 0.01.",
        ),
        ("points/delivery/out_of", 0, "points.delivery.out_of", "Give a number above 0, at most 1000."),
        (
            "points/happiness",
            {"kind": "linear"},
            "points.happiness",
            f"There is no measure happiness. Choose from {', '.join(COMPUTED)}.",
        ),
    ],
)
def test_refusals_say_where_and_what_to_do(path, value, where, sentence):
    assert refusals(changed(path, value))[where] == sentence


def test_a_missing_field_and_an_unknown_measure():
    data = DEFAULT_POLICY.to_dict()
    del data["bands"]
    assert refusals(data) == {"bands": "This field is missing."}
    data = changed("weights", {"quality": 50, "magic": 50})
    assert refusals(data)["weights.magic"].startswith("There is no measure magic. Choose from ")


def test_a_weighted_measure_needs_points():
    data = DEFAULT_POLICY.to_dict()
    del data["points"]["quality"]
    assert refusals(data) == {"points.quality": "This measure has a weight, so it needs a table of points."}


def test_every_problem_is_named_at_once():
    data = changed("weights/quality", 30)
    data["delivery"]["late_days"] = 999
    data["bands"][0]["to"] = "95"
    assert set(refusals(data)) == {"weights", "delivery.late_days", "bands[0]"}


def steps_refused(steps, **more):
    table = {"kind": "steps", "steps": steps, **more}
    return list(refusals(changed("points/quality", table)).items())


def test_steps_must_not_overlap():
    steps = [{"from": 0, "to": 120, "points": 50}, {"from": 100, "points": 20}]
    assert steps_refused(steps, rounded_to=1) == [
        ("points.quality.steps[1]", "Two steps cover 100 to 120. Let them meet without overlap.")
    ]
    assert steps_refused([{"from": 0, "points": 9}, {"from": 0, "points": 8}]) == [
        ("points.quality.steps[1]", "Two steps begin at 0. Keep one.")
    ]


@pytest.mark.parametrize(
    ("steps", "more", "sentence"),
    [
        ([{"points": 5}], {}, "Say where the step begins: either from or above."),
        ([{"from": 0, "above": 0, "points": 5}], {}, "Say where the step begins: either from or above."),
        (
            [{"from": 0, "to": 5, "points": 5}],
            {},
            "Say in rounded_to how values are rounded, or leave out to.",
        ),
        ([{"from": 9, "to": 5, "points": 5}], {"rounded_to": 1}, "9 to 5 is empty. Swap the two."),
        (
            [{"from": "0.5", "points": 5}],
            {"rounded_to": 1},
            "Give multiples of 1, to which values are rounded.",
        ),
        (
            [{"from": 0, "to": 900, "points": 5}],
            {"rounded_to": 1},
            "No step covers values above 900. Leave out the last step's to.",
        ),
        ([{"above": 0, "points": 5}], {"rounded_to": 1}, "No step covers 0 to 0. Begin a step at 0."),
    ],
)
def test_steps_must_be_whole(steps, more, sentence):
    assert steps_refused(steps, **more)[0][1] == sentence


def test_too_many_rows_are_refused():
    steps = [{"from": at, "points": 0} for at in range(51)]
    assert steps_refused(steps) == [("points.quality.steps", "Give 1 to 50 rows.")]


def step_table(*rows, rounded_to=None, out_of=100):
    table = {"kind": "steps", "steps": list(rows), "rounded_to": rounded_to, "out_of": out_of}
    return Policy.parse(changed("points/quality", table)).points["quality"]


def test_steps_are_looked_up_after_rounding_half_up():
    table = step_table(
        {"from": 0, "to": 100, "points": 50},
        {"from": 101, "to": 200, "points": 42},
        {"above": 200, "points": 0},
        rounded_to=1,
        out_of=50,
    )
    values = ["0", "100.4999", "100.5", "200", "200.5", "99999999"]
    assert [derive(table, Decimal(value)).points for value in values] == [100, 100, 84, 84, 0, 0]


def test_above_excludes_its_own_value_where_nothing_is_rounded():
    table = step_table({"from": 0, "points": 90}, {"above": 500, "points": 10})
    assert [derive(table, Decimal(value)).points for value in ("500", "500.000001")] == [90, 10]


@pytest.mark.parametrize(
    ("value", "points"),
    [("0", 0), ("70", 0), ("75", 15), ("80", 30), ("90", 70), ("96", "92.5"), ("98", 100), ("100", 100)],
)
def test_default_delivery_points(value, points):
    assert derive(DEFAULT_POLICY.points["delivery"], Decimal(value)).points == Decimal(points)


@pytest.mark.parametrize(
    ("value", "points"), [("0", 100), ("250", 90), ("500", 80), ("2750", 40), ("5000", 0), ("2000000", 0)]
)
def test_default_defect_points(value, points):
    assert derive(DEFAULT_POLICY.points["quality"], Decimal(value)).points == points


def test_one_knot_is_a_constant():
    assert [derive(linear((50, 7)), Decimal(value)).points for value in (0, 50, 100)] == [7, 7, 7]

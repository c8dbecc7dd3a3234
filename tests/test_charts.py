import re
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import charts
from portal.charts.svg import ticks
from portal.web.assets import STATIC

HOSTILE = "\"><script>alert('1')</script>&"
BANDS = [
    charts.Band("A", 90, 100),
    charts.Band("B", 80, 90),
    charts.Band("C", 70, 80),
    charts.Band("D", 0, 70),
]
MONTHS = ["Nov", "Dec", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct"]
values = st.lists(
    st.none()
    | st.integers(0, 10**12)
    | st.decimals(0, 10**6, places=4, allow_nan=False)
    | st.floats(0, 1e9, allow_nan=False),
    max_size=40,
)


def drawn(markup):
    """The figure as a tree: this also says that it is well formed."""
    return ET.fromstring(str(markup))


def texts(markup):
    return [each.text for each in drawn(markup).iter("text")]


def numbers(markup):
    return [
        float(n) for n in re.findall(r'\s(?:x|y|x1|x2|y1|y2|cx|cy|width|height|r)="([^"]+)"', str(markup))
    ]


def within(markup):
    """Every coordinate lies in the picture; NaN and infinity lie nowhere."""
    _, _, width, height = (float(n) for n in drawn(markup).get("viewBox").split())
    return all(-40 <= n <= max(width, height) + 40 for n in numbers(markup))


FIGURES = {
    "line": lambda v, said: charts.line(
        v, [said] * len(v), label=said, target=5, target_label=said, empty=said
    ),
    "bars": lambda v, said: charts.bars(
        v, [said] * len(v), label=said, target=5, target_label=said, empty=said
    ),
    "spark": lambda v, said: charts.spark(v, label=said),
    "pareto": lambda v, said: charts.pareto([(said, n) for n in v], label=said, unit=said, empty=said),
    "ruler": lambda v, said: charts.ruler(
        v[0] if v else None,
        "B",
        [charts.Band(said, 0, 50), charts.Band("B", 50, 100)],
        other=4,
        other_words=said,
        empty=said,
    ),
    "stacked": lambda v, said: charts.stacked(
        [[n] for n in v], [said] * len(v), [said], label=said, empty=said
    ),
}


@pytest.mark.parametrize("figure", FIGURES.values(), ids=FIGURES)
@pytest.mark.parametrize("given_values", [[3, 7], []], ids=["something", "nothing"])
def test_words_are_escaped(figure, given_values):
    markup = figure(given_values, HOSTILE)
    root = drawn(markup)
    assert "<script" not in str(markup).lower()
    assert {each.tag for each in root.iter()} <= {
        "svg",
        "rect",
        "text",
        "line",
        "polyline",
        "circle",
        "path",
        "p",
        "span",
    }
    assert all("on" not in {k[:2] for k in each.keys()} for each in root.iter())  # noqa: SIM118 -- an Element is no dict


@pytest.mark.parametrize("figure", FIGURES.values(), ids=FIGURES)
def test_nothing_to_draw_is_a_sentence(figure):
    markup = figure([], "Nothing yet.")
    assert drawn(markup).tag in {"p", "span"}
    assert "Nothing yet." in str(markup)


@pytest.mark.parametrize("draw", [charts.line, charts.bars])
@given(given_values=values, target=st.none() | st.integers(0, 10**7))
def test_any_months_make_a_sound_figure(draw, given_values, target):
    markup = draw(given_values, ["m"] * len(given_values), label="x", target=target)
    if all(each is None for each in given_values):
        assert drawn(markup).tag == "p"
    else:
        assert within(markup)
        assert "nan" not in str(markup)


@given(values)
def test_any_months_make_a_sound_sparkline(given_values):
    markup = charts.spark(given_values, label="x")
    assert drawn(markup).tag == "span" or within(markup)


@given(st.decimals(0, 100, places=3), st.none() | st.decimals(0, 100, places=3), st.sampled_from([560, 330]))
def test_any_score_has_its_place_on_the_ruler(score, other, width):
    markup = charts.ruler(score, "B", BANDS, width=width, other=other)
    assert within(markup)
    mark = re.search(r'class="mk" d="M([\d.]+) ', str(markup))
    assert mark
    assert 6 <= float(mark[1]) <= width - 6


@given(st.lists(st.floats(0, 1e12, allow_nan=False), min_size=1, max_size=20), st.booleans())
def test_axis_holds_every_value_on_round_numbers(given_values, from_zero):
    axis = ticks(given_values, from_zero=from_zero)
    slack = axis[-1] * 1e-9
    assert len(axis) >= 2
    assert axis[0] <= min(given_values) + slack
    assert axis[-1] >= max(given_values) - slack
    assert axis[0] >= 0
    assert not from_zero or axis[0] == 0


@pytest.mark.parametrize(
    ("given_values", "axis"),
    [
        ([88.2, 95.9], [88, 90, 92, 94, 96]),
        ([0.12, 0.31], [0.1, 0.15, 0.2, 0.25, 0.3, 0.35]),
        ([5, 5], [4, 4.5, 5, 5.5, 6]),
        ([0], [0, 0.5, 1]),
        ([0, 1_265_100], [0, 500_000, 1_000_000, 1_500_000]),
    ],
)
def test_axis_steps_by_1_2_or_5(given_values, axis):
    assert ticks(given_values) == axis


def test_a_gap_stays_a_gap():
    markup = charts.line([1, 2, None, 4, 5, None, 7], list("abcdefg"), label="x")
    assert len(drawn(markup).findall("polyline")) == 2
    assert len(drawn(markup).findall("circle")) == 5, "the lonely last month is still a point"
    bars = charts.bars([1, None, 3], list("abc"), label="x")
    assert len(drawn(bars).findall("rect")) == 2
    assert "0" in texts(bars), "the axis"
    assert texts(bars).count("0") == 1, "but no zero for the month without data"


def test_a_zero_is_no_gap():
    assert len(drawn(charts.bars([0, 0, 3], list("abc"), label="x")).findall("rect")) == 3
    assert "0.0" in texts(charts.line([0, 0], list("ab"), label="x"))


def test_a_cut_axis_says_so():
    assert "axis starts at 90" in texts(charts.line([90.4, 94.1], ["Sep", "Oct"], label="x", target=95))
    assert not any("starts" in each for each in texts(charts.line([0.4, 94.1], ["Sep", "Oct"], label="x")))
    assert not any("starts" in each for each in texts(charts.bars([90, 94], ["Sep", "Oct"], label="x")))


def test_preview_is_hollow_and_dashed():
    root = drawn(charts.line([80, 81, 82], list("abc"), label="x", preview=True))
    assert [c.get("class") for c in root.findall("circle")] == ["p1", "p1", "p0"]
    assert [each for each in root.findall("line") if each.get("stroke-dasharray")]
    gap = drawn(charts.line([80, 81, None], list("abc"), label="x", preview=True))
    assert "p0" not in {c.get("class") for c in gap.findall("circle")}, "no preview yet, so nothing is hollow"


def test_numbers_are_rounded_half_up():
    assert "2.83" in texts(charts.line([Decimal("2.825")], ["Oct"], label="x", digits=2))
    assert "3" in texts(charts.bars([Decimal("2.5")], ["Oct"], label="x"))


def test_the_newest_month_has_its_number_and_the_accent():
    for width in (charts.WIDE, charts.NARROW):
        markup = charts.bars([1010] * 11 + [642], MONTHS, label="x", width=width, target=700)
        assert "642" in texts(markup)
        assert [r.get("class") for r in drawn(markup).findall("rect")] == ["bar"] * 11 + ["bar on"]


def test_bands_come_as_data():
    markup = charts.line(
        [40, 60], ["a", "b"], label="x", bands=[charts.Band("Gold", 50, 100), charts.Band("E", 0, 50)]
    )
    assert {"Gold", "E"} <= set(texts(markup))
    assert {r.get("class") for r in drawn(markup).findall("rect")} == {"t-x"}


def test_ruler_lights_the_band_it_is_told():
    def lit(markup):
        return [r.get("class") for r in drawn(markup).findall("rect") if r.get("class").startswith("f-")]

    assert lit(charts.ruler(Decimal("83.05"), "B", BANDS)) == ["f-b"]
    assert lit(charts.ruler(Decimal("93.05"), "C", BANDS)) == ["f-c"], "a cap limits the band, not the number"


def test_ruler_says_itself_in_words():
    label = drawn(charts.ruler(Decimal("83.05"), "B", BANDS)).get("aria-label")
    assert label == "Score 83.1 on a scale with D from 0, C from 70, B from 80, A from 90"


def test_ruler_reaches_down_to_a_low_score():
    high, low = texts(charts.ruler(83, "B", BANDS)), texts(charts.ruler(12, "D", BANDS))
    assert "50" in high
    assert "12" in low
    assert "50" not in low


def test_pareto_ranks_and_keeps_the_rest_last():
    markup = charts.pareto([("Burrs", 124), ("Other", 300), ("Porosity", 268), ("None left", 0)], label="x")
    shown = texts(markup)
    assert [each for each in shown if each in {"Burrs", "Other", "Porosity"}] == [
        "Porosity",
        "Burrs",
        "Other",
    ]
    assert "692 pieces" in shown
    assert "100 %" in shown
    assert "None left" not in shown
    assert [r.get("class") for r in drawn(markup).findall("rect")] == ["bar on", "bar on", "bar"]


def test_pareto_lets_what_is_left_not_dwarf_what_has_a_name():
    markup = charts.pareto([("Burrs", 10), ("Other", 300), ("Porosity", 20)], label="x", width=460)
    assert "300, not drawn" in texts(markup)
    widths = [float(each) for each in re.findall(r'<rect class="bar[^"]*"[^>]* width="([\d.]+)"', markup)]
    assert len(widths) == 2
    assert widths[0] == pytest.approx(2 * widths[1], rel=0.01), "the named ones have the whole room"


def test_pareto_cuts_a_name_that_is_too_long():
    shown = texts(charts.pareto([("Surface roughness beyond the drawing's note 7", 3)], label="x", width=350))
    assert shown[0].endswith("…")
    assert shown[0].startswith("Surface rough")


def test_stacked_stands_on_the_axis():
    root = drawn(charts.stacked([[1, 1], [2, 2]], ["a", "b"], ["A", "B"], label="x", height=228))
    feet = {}
    for rect in root.findall("rect"):
        foot = float(rect.get("y")) + float(rect.get("height"))
        feet[rect.get("x")] = max(foot, feet.get(rect.get("x"), 0))
    assert len(set(feet.values())) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: charts.line([1], [], label="x"),
        lambda: charts.bars([1], ["a", "b"], label="x"),
        lambda: charts.bars([-1], ["a"], label="x"),
        lambda: charts.pareto([("a", -1)], label="x"),
        lambda: charts.stacked([[1]], ["a"], ["A", "B"], label="x"),
        lambda: charts.stacked([[-1]], ["a"], ["A"], label="x"),
    ],
)
def test_what_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValueError, match=r"label|below"):
        wrong()


def test_classes_are_in_the_style_sheet():
    css = (STATIC / "portal.css").read_text(encoding="utf-8")
    known = set(re.findall(r"\.([a-z][\w-]*)", css))
    figures = [
        charts.line([80, None, 82, 83], list("abcd"), label="x", bands=BANDS, preview=True, target=81),
        charts.bars([80, 82], list("ab"), label="x", target=81),
        charts.spark([1, 2], label="x"),
        charts.pareto([("a", 1)], label="x"),
        charts.ruler(83, "B", [*BANDS, charts.Band("E", -10, 0)], other=88),
        charts.stacked([[1, 2, 3, 4, 5]], ["a"], list("ABCDE"), label="x"),
        charts.line([], [], label="x"),
    ]
    used = {name for f in figures for each in re.findall(r'class="([^"]+)"', str(f)) for name in each.split()}
    assert used - known == set()
    assert "style=" not in "".join(map(str, figures))
